"""A table of communes in the COG of a territory: merges, splits, strangers, all told.

Each table carries the COG of its year. A count of communes that merged is a sum, a label
is kept where all agree, a ratio is computed again from its counts, and what can be none of
these (a median) is unknown: nothing is averaged. What a split commune counted is unknown
in its parts, and a label holds in each of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, Literal

import pandas as pd

from layers.cog import Passage
from layers.errors import Problem, problem
from layers.spec import Layer, Provenance, make_layer


@dataclass(frozen=True, slots=True)
class Ratio:
    """A column that is computed again from two counts.

    Parameters
    ----------
    part, whole
        Columns of the counts.
    factor
        From the quotient to the unit of the column (100 for a percentage).
    """

    part: str
    whole: str
    factor: float = 1.0


Rule = Literal["sum", "same", "chief", "unknown"] | Ratio
"""What becomes of a column where communes merged: ``sum``; ``same``: kept where all agree,
else unknown; ``chief``: where they differ, that of the commune whose code the new one keeps;
``unknown``: kept only where one commune makes the new one; a ratio."""

Rules = Mapping[str, Rule]

SPLITS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    # Essarts-en-Bocage lost L'Oie and Sainte-Florence on 1 January 2024 and kept its code.
    {"85084": ("85084", "85165", "85212")}
)
"""Communes that were split and whose code remains that of a part: a passage table of past
codes cannot tell them. Used where a table has the code and none of the other parts."""
_LABELS: Final = ("same", "chief")  # hold in each part of what was split
_COVERED: Final = 0.5  # share of the communes from which a missing part tells an older COG


def on_communes(
    layer: Layer, codes: Collection[str], rules: Rules, *, passage: Passage | None = None
) -> Layer:
    """Carry a table of communes to the communes of a territory.

    Parameters
    ----------
    layer
        One row a commune, in column ``code``.
    codes
        Every commune of the territory.
    rules
        By column other than ``code``, what becomes of it where communes merged.
    passage
        From the COG of the layer to that of the territory; ``None`` where none is given:
        the communes that changed code are then unmatched.

    Returns
    -------
    Layer
        The communes of the territory that the table tells of, sorted by code. Its notes
        list the codes of the départements of the territory that match none
        (``cog-unmatched``) and count the communes without a row (``code-missing``); its
        method tells what merged or was split.

    Examples
    --------
    >>> from layers.spec import Column, LayerSpec, Status
    >>> spec = LayerSpec("homes", "Homes", (Column("code", "string", "INSEE code"),
    ...     Column("homes", "integer", "Homes", nullable=True)), key="code")
    >>> rows = pd.DataFrame({"code": ["49144", "44180", "49999"], "homes": [300, 200, 1]})
    >>> source = Provenance("INSEE", "RP", "2011", "LO 2.0", Status.OBSERVED)
    >>> passage = Passage({"49144": ("44180",)}, 2025)
    >>> homes = on_communes(make_layer(spec, rows, source), {"44180", "49007"}, {"homes": "sum"},
    ...     passage=passage)
    >>> homes.data.to_numpy().tolist()
    [['44180', 500]]
    >>> [note.code for note in homes.notes]
    ['cog-unmatched', 'code-missing']
    """
    known = frozenset(codes)
    figures = [name for name in rules if name in layer.data.columns]
    silent = layer.data[_figures(rules, figures)].isna().all(axis=1)
    targets = _targets(layer.data["code"], silent, known, passage)
    pairs = pd.DataFrame(
        [(old, new, len(news) > 1) for old, news in targets.items() for new in news],
        columns=["code", "new", "part"],
    )
    rows = layer.data.merge(pairs, on="code")
    parts = rows["part"].astype(bool)
    for name in figures:
        if rules[name] not in _LABELS:
            rows[name] = rows[name].mask(parts)
    merged = _merged(rows, rules)[list(layer.data.columns)]
    table = merged.sort_values("code", ignore_index=True)
    strangers = [c for c in layer.data["code"] if c not in targets and c not in known]
    cog = f"COG {passage.year}" if passage is not None and passage.year else "COG"
    notes = (*layer.notes, *_notes(layer, table, strangers, known, cog))
    return make_layer(layer.spec, table, _source(layer.provenance, targets, cog), notes=notes)


def recode(layer: Layer, codes: Collection[str], name: str, *, passage: Passage) -> Layer:
    """Carry a column of commune codes to another COG, in a layer of places.

    Parameters
    ----------
    layer
        The layer.
    codes
        Every commune of the territory; the others keep their code.
    name
        The column.
    passage
        From the COG of the layer to that of the territory.

    Returns
    -------
    Layer
        The layer; a code that several communes of the territory come from is missing.
    """
    known = frozenset(codes)
    news = {}
    for code in set(layer.data[name].dropna()):
        inside = [new for new in passage.of(code) if new in known]
        news[code] = inside[0] if len(inside) == 1 else None if inside else code
    carried = layer.data[name].map(news).astype("object")
    data = layer.data.assign(**{name: carried.where(carried.notna(), None)})
    return make_layer(layer.spec, data, layer.provenance, notes=layer.notes)


def _figures(rules: Rules, names: list[str]) -> list[str]:
    """Return the columns whose absence makes a row say nothing."""
    return [name for name in names if rules[name] not in _LABELS] or names


def _targets(
    codes: pd.Series, silent: pd.Series, known: frozenset[str], passage: Passage | None
) -> dict[str, tuple[str, ...]]:
    """Return the communes of the territory that each code became."""
    present = set(codes[~silent])
    whole = len(present & known) >= _COVERED * len(known)
    split = {
        code: parts
        for code, parts in SPLITS.items()
        if whole and known.issuperset(parts) and present & set(parts) == {code}
    }
    empty = {part for parts in split.values() for part in parts} - set(split)
    found: dict[str, tuple[str, ...]] = {}
    for code in codes:
        news = passage.of(code) if passage is not None else (code,)
        news = split.get(code, news) if news == (code,) else news
        inside = tuple(new for new in news if new in known)
        if inside and code not in empty:  # a row that says nothing of a part
            found[code] = inside
    return found


def _merged(rows: pd.DataFrame, rules: Rules) -> pd.DataFrame:
    """Return one row a new commune."""
    chiefs = rows[rows["code"] == rows["new"]].set_index("new")
    groups = rows.drop(columns=["code", "part"]).groupby("new", sort=True)
    size = groups.size()
    table = groups.first()
    for name in map(str, table.columns):
        rule = rules.get(name, "same")
        if rule == "sum":
            # Unknown as soon as one of the communes that merged is.
            table[name] = groups[name].sum(min_count=1).mask(groups[name].count() < size)
        elif rule in _LABELS:
            several = groups[name].nunique(dropna=False) > 1  # noqa: PD101 - of each group
            chief = chiefs[name].reindex(table.index) if rule == "chief" else None
            table[name] = table[name].mask(several, chief)
        else:
            table[name] = table[name].mask(size > 1)
    for name, rule in rules.items():
        if isinstance(rule, Ratio):
            again = rule.factor * table[rule.part] / table[rule.whole]
            table[name] = table[name].where(size == 1, again.astype("float64"))
    return table.reset_index(names="code")


def _notes(
    layer: Layer, table: pd.DataFrame, strangers: list[str], known: frozenset[str], cog: str
) -> Iterator[Problem]:
    file = layer.provenance.file or layer.spec.name
    departments = {_department(code) for code in known}
    lost = [code for code in strangers if _department(code) in departments]
    if lost:
        found = f"{', '.join(sorted(lost))} ({len(lost)})"
        yield problem(
            "cog-unmatched", file=file, field="code", found=found, expected=cog,
            severity="warning",
        )  # fmt: skip
    missing = len(known) - table["code"].nunique()
    if missing:
        yield problem(
            "code-missing", file=file, field="code", found=missing, expected=len(known),
            severity="warning",
        )  # fmt: skip


def _department(code: str) -> str:
    """Return the département of a commune.

    Examples
    --------
    >>> _department("44109"), _department("2A004"), _department("97411")
    ('44', '2A', '974')
    """
    return code[:3] if code.startswith("97") else code[:2]


def _source(source: Provenance, targets: Mapping[str, tuple[str, ...]], cog: str) -> Provenance:
    moved = sorted(c for c, news in targets.items() if len(news) == 1 and news != (c,))
    split = sorted(c for c, news in targets.items() if len(news) > 1)
    told = []
    if moved:
        arrows = (f"{code} → {targets[code][0]}" for code in moved)
        told.append(f"now under another code: {', '.join(arrows)}")
    if split:
        told.append("split since, counts of the parts unknown: " + ", ".join(split))
    if not told:
        return source
    method = "; ".join(filter(None, (source.method, f"{cog}: {'; '.join(told)}")))
    return replace(source, method=method)
