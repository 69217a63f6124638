"""The ENAF flows of a file on the communes of a territory, what is lost told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from layers.cog import Passage, to_cog
from layers.errors import Problem, problem
from layers.spec import Layer, make_layer


def flows_on_communes(flows: Layer, codes: Collection[str], passage: Passage | None) -> Layer:
    """Keep the flows of a territory, carried to its communes.

    Parameters
    ----------
    flows
        Layer :data:`layers.artificialised_land.ENAF_FLOWS`, of a region or of France.
    codes
        Every commune of the territory.
    passage
        From the COG of the flows to that of the territory; ``None`` where none is given:
        the communes that changed code are then unmatched.

    Returns
    -------
    Layer
        The flows of the communes of the territory. Its notes list the codes of its
        départements that match none (``cog-unmatched``) and count the communes without a
        row (``code-missing``).

    Raises
    ------
    LayerError
        If a commune of the territory comes from one that was split (``cog-weight``).

    Examples
    --------
    >>> from layers.artificialised_land import load_enaf_flows
    >>> kept = flows_on_communes(load_enaf_flows(), ["44109", "44999"], None)
    >>> sorted(set(kept.data["code"])), [note.code for note in kept.notes]
    (['44109'], ['cog-unmatched', 'code-missing'])
    """
    known = frozenset(codes)
    there = sorted(set(flows.data["code"]))
    targets = {code: passage.of(code) if passage else (code,) for code in there}
    inside = [code for code, news in targets.items() if known.intersection(news)]
    rows = flows.data[flows.data["code"].isin(inside)].reset_index(drop=True)
    kept = make_layer(flows.spec, rows, flows.provenance, notes=flows.notes)
    if passage is not None and any(targets[code] != (code,) for code in inside):
        reached = known.union(*(targets[code] for code in inside))
        carried = to_cog(kept, passage, reached)
        data = carried.data[carried.data["code"].isin(known)].reset_index(drop=True)
        kept = replace(carried, data=data, notes=flows.notes)
    notes = _notes(flows, known, set(there) - set(inside), set(kept.data["code"]), passage)
    return replace(kept, notes=(*kept.notes, *notes))


def _notes(
    flows: Layer,
    known: frozenset[str],
    left: set[str],
    found: set[str],
    passage: Passage | None,
) -> list[Problem]:
    departments = {_department(code) for code in known}
    lost = sorted(code for code in left if _department(code) in departments)
    missing = len(known - found)
    file, notes = flows.provenance.file, []
    if lost:
        cog = f"COG {passage.year}" if passage is not None and passage.year else "COG"
        told = f"{', '.join(lost)} ({len(lost)})"
        notes.append(
            problem("cog-unmatched", file=file, field="code", found=told, expected=cog,
                    severity="warning")
        )  # fmt: skip
    if missing:
        notes.append(
            problem("code-missing", file=file, field="code", found=missing, expected=len(known),
                    severity="warning")
        )  # fmt: skip
    return notes


def _department(code: str) -> str:
    """Return the département of a commune.

    Examples
    --------
    >>> _department("44109"), _department("97411")
    ('44', '974')
    """
    return code[:3] if code.startswith("97") else code[:2]
