"""Flows of a territory: consumption of ENAF in its COG, net artificialisation by year."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

import pandas as pd

from layers.cog import Passage, to_cog
from layers.errors import N_, LayerError, Problem, problem
from layers.harmonise import SPLITS
from layers.ocs_ge import departement_of
from layers.ocs_ge_diff import check_ocsge_diff, load_ocsge_diff
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer

NET_FLOWS: Final = LayerSpec(
    name="net_flows",
    title=N_("Net artificialisation per commune and year"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("year", "integer", "Year of the change: 1 January to 1 January", minimum=2000),
        Column(
            "area_m2", "integer", "Artificialised less renatured in the year; may be negative",
            unit="m²", nullable=True,
        ),
        Column(
            "artificialised_m2", "integer", "Land artificialised in the year", unit="m²",
            nullable=True, minimum=0,
        ),
        Column(
            "renatured_m2", "integer", "Land renatured in the year", unit="m²", nullable=True,
            minimum=0,
        ),
    ),
)  # fmt: skip
"""Contract of net artificialisation, from vintages of OCS GE: one row a commune and year."""

_OVERSEAS: Final = "97"
T = TypeVar("T")


def no_net_flows() -> Layer:
    """Return a layer of net artificialisation without a row: nothing is known of it.

    Returns
    -------
    Layer
        The empty layer.
    """
    columns = {
        column.name: pd.Series(dtype="object" if column.kind == "string" else "Int64")
        for column in NET_FLOWS.columns
    }
    source = Provenance("IGN", "OCS GE", "", "Licence Ouverte 2.0", Status.OBSERVED)
    return make_layer(NET_FLOWS, pd.DataFrame(columns), source)


def flows_of_territory(flows: Layer, communes: Layer, *, passage: Passage | None = None) -> Layer:
    """Carry flows of consumption to the communes of a territory; none of them is lost.

    Parameters
    ----------
    flows
        Contract :data:`layers.artificialised_land.ENAF_FLOWS`, of the whole country or not.
    communes
        The communes of the territory.
    passage
        From the COG of the flows to that of the territory.

    Returns
    -------
    Layer
        The flows of the départements of the territory, in its COG; the same object where
        every code is already its own. The communes of the territory without flows stay without,
        and its notes count them (``code-missing``). A commune split since is shared by area.

    Raises
    ------
    LayerError
        ``cog-unmatched``, with every commune of these départements that reaches none of the
        territory; ``communes-elsewhere`` where the file has none of these départements.
    """
    table = communes.data
    codes = set(table["code"])
    departements = set(table["departement"])
    found = set(flows.data["code"])
    mine = {code for code in found if code in codes or _departement(code) in departements}
    split = _splits(mine, codes)
    if mine == found == codes and not split:
        return flows
    if found and not mine:
        elsewhere = problem(
            "communes-elsewhere", file=flows.provenance.file, found=len(found),
            expected=", ".join(sorted(departements)),
        )  # fmt: skip
        raise LayerError(elsewhere)
    own = flows.data[flows.data["code"].isin(mine)].reset_index(drop=True)
    kept = make_layer(flows.spec, own, flows.provenance)
    if not mine <= codes or split:
        known = Passage({}, None) if passage is None else passage
        weights = pd.Series(communes.geo.geometry.area.to_numpy(), index=table["code"])
        # A code in force stays, unless it was split and no part has its own flows yet.
        targets = {
            old: new for old, new in known.targets.items()
            if old not in codes or (len(new) > 1 and not set(new) - {old} & found)
        }  # fmt: skip
        whole = Passage({**targets, **split}, known.year, known.file)
        kept = to_cog(kept, whole, codes, weights=weights)
    missing = len(codes - set(kept.data["code"]))
    notes = flows.notes
    if missing:
        file, expected = flows.provenance.file, len(codes)
        told = problem(
            "code-missing", file=file, field="code", found=missing, expected=expected,
            severity="warning",
        )  # fmt: skip
        notes = (*notes, told)
    return replace(kept, notes=notes)


def _splits(found: Collection[str], codes: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Return the communes split since, whose code remains that of a part."""
    return {
        code: parts
        for code, parts in SPLITS.items()
        if code in found and set(parts) <= set(codes) and not set(parts[1:]) & set(found)
    }


def _departement(code: str) -> str:
    return code[:3] if code.startswith(_OVERSEAS) else code[:2]


def load_net_flows(path: Path, communes: Layer) -> Layer:
    """Read net artificialisation by commune and year from changes of OCS GE.

    Parameters
    ----------
    path
        A file of changes between two vintages, or a folder of them: one or more a département.
    communes
        The communes of the territory.

    Returns
    -------
    Layer
        Contract :data:`NET_FLOWS`, as :func:`yearly_flows`. Files of a folder whose name tells a
        département outside the territory are not read; the notes name them
        (``files-elsewhere``).

    Raises
    ------
    LayerError
        With every problem of the files; ``departement-unclear`` where none is of the territory.
    """
    here = set(communes.data["departement"])
    elsewhere = [
        file for file in _files(path)
        if path.is_dir() and (code := departement_of(file.stem)) is not None and code not in here
    ]  # fmt: skip
    if len(elsewhere) == len(_files(path)):
        elsewhere = []  # each is told as an error
    flows = yearly_flows(_each(path, lambda file: load_ocsge_diff(file, communes.geo), elsewhere))
    if not elsewhere:
        return flows
    found = ", ".join(file.name for file in elsewhere)
    told = problem("files-elsewhere", file=path.name, found=found, severity="warning")
    return replace(flows, notes=(*flows.notes, told))


@dataclass(frozen=True, slots=True)
class ChangeFiles:
    """Files of changes of OCS GE, checked, not measured on communes yet.

    Parameters
    ----------
    provenance
        Where they come from.
    """

    provenance: Provenance


def check_changes(path: Path, *, provenance: Provenance | None = None) -> ChangeFiles:
    """Check files of changes without the communes they are to be measured on.

    Parameters
    ----------
    path
        As in :func:`load_net_flows`.
    provenance
        Provenance of ``path``, if it is known.

    Returns
    -------
    ChangeFiles
        What they are.

    Raises
    ------
    LayerError
        With every problem of the files.
    """
    sources = _each(path, check_ocsge_diff)
    vintage = " ; ".join(dict.fromkeys(one.vintage for one in sources))
    file = ", ".join(one.file for one in sources)
    told = replace(sources[0], vintage=vintage, file=file)
    return ChangeFiles(provenance or told)


def _files(path: Path) -> list[Path]:
    """Return the files of a folder, or the file itself."""
    return sorted([*path.glob("*.gpkg"), *path.glob("*.shp")]) if path.is_dir() else [path]


def _each(path: Path, read: Callable[[Path], T], but: Collection[Path] = ()) -> list[T]:
    """Read a file, or each of a folder but some; all their problems at once."""
    files = _files(path)
    if not files:
        expected = ".gpkg, .shp"
        raise LayerError(problem("file-format", file=path.name, found="", expected=expected))
    found: list[T] = []
    problems: list[Problem] = []
    for file in (one for one in files if one not in but):
        try:
            found.append(read(file))
        except LayerError as error:
            problems += error.problems
    if problems:
        raise LayerError(problems)
    return found


def yearly_flows(changes: Sequence[Layer]) -> Layer:
    """Share changes between two vintages equally among their years.

    Parameters
    ----------
    changes
        Contract :data:`layers.ocs_ge_diff.OCSGE_FLOWS`; the vintages differ by département.

    Returns
    -------
    Layer
        Contract :data:`NET_FLOWS`, sorted by code and year: from the first vintage to the year
        before the second. The years of an interval add up to its change, to the m². Status
        ``estimated``: no year is observed alone.

    Raises
    ------
    LayerError
        ``net-overlap``, where two intervals of a commune share years.

    Examples
    --------
    10 m² artificialised from 2019 to 2022 are 3, 3 and 4 m².

    >>> from layers.ocs_ge_diff import OCSGE_FLOWS
    >>> rows = pd.DataFrame({"code": ["44001"], "year_from": 2019, "year_to": 2022,
    ...                      "artificialised_m2": [10], "renatured_m2": [3]})
    >>> source = Provenance("IGN", "OCS GE", "2019-2022", "LO 2.0", Status.OBSERVED)
    >>> table = yearly_flows([make_layer(OCSGE_FLOWS, rows, source)]).data
    >>> table[["year", "artificialised_m2", "area_m2"]].to_numpy().tolist()
    [[2019, 3, 2], [2020, 3, 2], [2021, 4, 3]]
    """
    rows = pd.DataFrame([row for one in changes for row in _years(one.data)])
    twice = rows.duplicated(["code", "year"])
    if twice.any():
        row = rows[twice].iloc[0]
        raise LayerError(
            problem("net-overlap", field="code", found=row["code"], expected=int(row["year"]))
        )
    areas = ["area_m2", "artificialised_m2", "renatured_m2"]
    data = rows.sort_values(["code", "year"], ignore_index=True).astype(
        dict.fromkeys(areas, "Int64")
    )
    sources = [one.provenance for one in changes]
    source = Provenance(
        publisher=" ; ".join(dict.fromkeys(one.publisher for one in sources)),
        title="OCS GE",
        vintage=" ; ".join(dict.fromkeys(one.vintage for one in sources)),
        licence=sources[0].licence,
        status=Status.ESTIMATED,
        method=N_("changes between two vintages, shared equally among their years"),
        file=", ".join(dict.fromkeys(one.file for one in sources)),
    )
    return make_layer(NET_FLOWS, data[["code", "year", *areas]], source)


def _years(changes: pd.DataFrame) -> Iterator[dict[str, Any]]:
    for row in changes.to_dict("records"):
        years = range(int(row["year_from"]), int(row["year_to"]))
        gained = _parts(row["artificialised_m2"], len(years))
        lost = _parts(row["renatured_m2"], len(years))
        for year, gain, loss in zip(years, gained, lost, strict=True):
            yield {
                "code": row["code"],
                "year": year,
                "area_m2": None if gain is None or loss is None else gain - loss,
                "artificialised_m2": gain,
                "renatured_m2": loss,
            }


def _parts(area_m2: Any, count: int) -> list[int | None]:
    """Cut a whole area in equal whole parts that add up to it; unknown stays so."""
    if pd.isna(area_m2):
        return [None] * count
    whole = int(area_m2)
    return [whole * (rank + 1) // count - whole * rank // count for rank in range(count)]
