"""SCoT of each commune: a table of ours, or the perimeters of Docurba (opposable ones)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import COMMUNE, TRUE_WORDS, as_text
from layers.errors import N_, LayerError, Problem, problem
from layers.harmonise import Rules
from layers.official import CODE_NAMES, commune_codes, open_table, required
from layers.raw_table import RawTable, fold, in_file, row_problems
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import local_provenance

SCOT_COLUMNS: Final = ("code", "scot", "name", "source")
SCOTS: Final = LayerSpec(
    name="scot",
    title=N_("SCoT of each commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("scot", "string", "Code of its opposable SCoT"),
        Column("name", "string", "Name of the SCoT"),
    ),
    key="code",
)
"""Contract of the SCoT: a commune without a row has none."""
SCOTS_RULES: Final[Rules] = MappingProxyType({"scot": "same", "name": "same"})
"""What becomes of the columns where communes merged."""
DOCURBA_FORMS: Final = (("pa_id", "pa_nom_schema", "procedure_id", "collectivite_code"),)
"""Columns of the two tables of Docurba, in one folder."""
_OWN: Final = {"scot": ("scot", "code_scot"), "name": ("name", "nom", "nom_scot", "scot_name")}
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


def load_scots(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the SCoT of each commune.

    Parameters
    ----------
    path
        A table with the columns of :data:`SCOTS`; or a folder with the two tables of Docurba,
        schemas and perimeters (:func:`read_scot_perimeters`).
    provenance
        Provenance of ``path``; by default ``declared``, or that of Docurba for its tables.

    Returns
    -------
    Layer
        Contract :data:`SCOTS`, one row a commune that a SCoT covers.

    Raises
    ------
    LayerError
        With what is wrong.
    """
    if not path.is_dir():
        raw = open_table(path)
        columns = required(raw, {"code": ("code", *CODE_NAMES), **_OWN})
        codes, errors = commune_codes(raw, columns["code"])
        data = pd.DataFrame({name: as_text(raw.data[columns[name]]) for name in _OWN})
        for name in _OWN:
            empty = (data[name] == "").to_numpy(dtype=bool)
            errors += row_problems(empty, raw.rows, "value-missing", field=columns[name])
        if errors:
            raise LayerError(in_file(errors, path.name))
        table = data.assign(code=codes)[["code", *_OWN]]
        return make_layer(SCOTS, table, provenance or local_provenance(path), notes=raw.notes)
    tables = {one: set(open_table(one).data.columns) for one in sorted(path.glob("*.csv"))}
    scots = [one for one, names in tables.items() if "pa_id" in names]
    perimeters = [one for one, names in tables.items() if "procedure_id" in names]
    if len(scots) != 1 or len(perimeters) != 1:
        found = ", ".join(one.name for one in tables)
        expected = "/api/scots, /api/perimetres"
        raise LayerError(problem("layer-missing", file=path.name, found=found, expected=expected))
    read = read_scot_perimeters(scots[0], perimeters[0])
    file = f"{scots[0].name}, {perimeters[0].name}"
    source = Provenance(
        "Docurba (DGALN)", "Périmètres des SCoT", N_("not stated"), "Licence Ouverte 2.0",
        Status.OBSERVED, method=N_("opposable SCoT only"), file=file,
    )  # fmt: skip
    return make_layer(
        SCOTS, read.data[["code", "scot", "name"]], provenance or source, notes=read.notes
    )


def scot_table(layer: Layer) -> pd.DataFrame:
    """Return the SCoT of communes as a territory takes them.

    Parameters
    ----------
    layer
        Contract :data:`SCOTS`.

    Returns
    -------
    DataFrame
        Indexed by commune: ``scot`` and ``scot_name``.
    """
    table = layer.data.set_index("code")[["scot", "name"]]
    return table.rename(columns={"name": "scot_name"})


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
