"""Perimeters of SCoT, from the tables of Docurba: which opposable SCoT a commune is in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pandas as pd

from layers.cells import COMMUNE, TRUE_WORDS, as_text
from layers.errors import LayerError, Problem, problem
from layers.official import open_table, required
from layers.raw_table import RawTable, fold

SCOT_COLUMNS: Final = ("code", "scot", "name", "source")
_SCOTS: Final = {"pa_id": ("pa_id",), "pa_nom_schema": ("pa_nom_schema",)}
_PERIMETERS: Final = {
    "collectivite_code": ("collectivite_code",),
    "procedure_id": ("procedure_id",),
    "opposable": ("opposable",),
}


@dataclass(frozen=True, eq=False, slots=True)
class ScotTable:
    """The SCoT of each commune.

    Parameters
    ----------
    data
        ``code`` (INSEE commune), ``scot``, ``name``, ``source``, sorted by code: what a
        scenario reads as its table of SCoT.
    notes
        Warnings: communes of several opposable SCoT, left out; SCoT without perimeter.
    """

    data: pd.DataFrame
    notes: tuple[Problem, ...]


def read_scot_perimeters(scots: Path, perimeters: Path) -> ScotTable:
    """Read the opposable SCoT of each commune.

    Parameters
    ----------
    scots
        CSV of the schemas: ``pa_id`` is the procedure of the opposable one, ``pc_*`` what is
        in progress and never counts.
    perimeters
        CSV of the perimeters: communes by procedure. Groups of communes are skipped.

    Returns
    -------
    ScotTable
        One row a commune; a commune without opposable SCoT has none. Of several years of
        COG, the last one counts.

    Raises
    ------
    LayerError
        With the columns that are missing, or if no commune is in an opposable SCoT.
    """
    plans = _plans(open_table(scots))
    raw = open_table(perimeters)
    rows = _rows(raw)
    rows = rows[rows["procedure"].isin(plans.index)].drop_duplicates(["code", "procedure"])
    twice = rows["code"].duplicated(keep=False)
    notes = [
        problem(
            "scot-several", file=perimeters.name, field="collectivite_code", found=code,
            expected=", ".join(plans[procedure] for procedure in group), severity="warning",
        )
        for code, group in rows[twice].groupby("code")["procedure"]
    ]  # fmt: skip
    rows = rows[~twice].sort_values("code", ignore_index=True)
    if rows.empty:
        raise LayerError(problem("no-rows", file=perimeters.name))
    lost = sorted(set(plans.index) - set(rows["procedure"]))
    if lost:
        found = ", ".join(plans[lost].to_list()[:10])
        notes.append(problem("scot-nowhere", file=scots.name, found=found, severity="warning"))
    data = pd.DataFrame(
        {
            "code": rows["code"],
            "scot": rows["procedure"],
            "name": rows["procedure"].map(plans),
            "source": f"Docurba, {scots.name}, {perimeters.name}",
        }
    )
    return ScotTable(data, tuple(notes))


def _plans(raw: RawTable) -> pd.Series:
    """Return the names of the opposable schemas by their procedure."""
    columns = required(raw, _SCOTS)
    data = pd.DataFrame({key: as_text(raw.data[name]) for key, name in columns.items()})
    data = data[data["pa_id"] != ""].drop_duplicates("pa_id")
    names = data["pa_nom_schema"].where(data["pa_nom_schema"] != "", data["pa_id"])
    return names.set_axis(pd.Index(data["pa_id"]))


def _rows(raw: RawTable) -> pd.DataFrame:
    """Return communes and opposable procedures, of the last COG of the file."""
    columns = required(raw, _PERIMETERS)
    text = {key: as_text(raw.data[name]) for key, name in columns.items()}
    data = pd.DataFrame({"code": text["collectivite_code"], "procedure": text["procedure_id"]})
    is_commune = data["code"].map(lambda code: re.fullmatch(COMMUNE, code) is not None)
    opposable = text["opposable"].map(fold).isin(TRUE_WORDS)
    kept = is_commune & opposable
    year = next((c for c in raw.data.columns if fold(str(c)) == "annee_cog"), None)
    if year is not None:
        years = as_text(raw.data[year])
        kept &= years == years[kept].max() if kept.any() else kept
    return data[kept]
