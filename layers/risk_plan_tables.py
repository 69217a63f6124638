"""Deliveries of risk prevention plans: zones in one table, their risks in another.

Two standards. COVADIS (a folder, a Shapefile a table): ``ZONE_REG`` holds the zones of a plan
(``ID_GASPAR``, ``TYPEREG``), ``ZONE_ALEA`` its hazards (``CODERISQUE``). CNIG PPR (a GeoPackage a
plan): ``zonereglementaireurba_s`` and ``zonereglementairefoncier_s`` hold the zones,
``zoneregmultialea`` the hazards of each, ``procedure`` the type of the plan.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from layers.cells import as_text
from layers.errors import LayerError, Problem, problem
from layers.files import layer_names, open_file
from layers.gdal import quiet_gdal
from layers.ocs_ge import GDAL_ERRORS, unreadable
from layers.official import column
from layers.raw_table import RawTable, field_key, fold
from layers.recognition import file_columns, files_of
from layers.risk_plans import RISKS, ZONE_CODES, read_risk_plans, risk_of, zones_layer
from layers.spec import Layer, LayerSpec, Provenance

_URBAN: Final[Mapping[str, str]] = MappingProxyType(
    {code: ZONE_CODES[code] for code in ("01", "02", "03", "04")}
)
_ADVICE: Final = ("05", "06", "07")  # advice, grey zones, exceptional hazard: they forbid nothing
_LAND: Final[Mapping[str, str]] = MappingProxyType({"01": ZONE_CODES["05"], "02": ZONE_CODES["06"]})
_TABLES: Final = re.compile(r"zonereglementaire(urba|foncier)_s$", re.IGNORECASE)
_PROCEDURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "pprn-i": "inondation",
        "pprn-l": "submersion marine",
        "pprn-mvt": "mouvement de terrain",
        "pprn-if": "feu de forêt",
        "pprt": "technologique",
    }
)
_HAZARD: Final = ("coderisque", "code_risque", "codrisque", "typealea")


def is_delivery(path: Path) -> bool:
    """Tell whether a file or a folder is a plan in several tables.

    Parameters
    ----------
    path
        The file, or the folder.

    Returns
    -------
    bool
        True for a folder, and for a GeoPackage with zones of the CNIG.
    """
    return path.is_dir() or any(map(_TABLES.search, layer_names(path)))


def read_delivery(spec: LayerSpec, path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the zones of a plan, each with the risks that the other tables tell.

    Parameters
    ----------
    spec
        Contract of the risk plans.
    path
        A GeoPackage of the CNIG, or a folder of tables of the COVADIS.
    provenance
        Provenance, if it is known.

    Returns
    -------
    Layer
        Polygons in EPSG:2154: one row a zone and risk. Zones that forbid nothing, and hazards
        that are no risk of the layer (avalanche, earthquake), are left out and told.

    Raises
    ------
    LayerError
        With what is wrong; ``value-choice`` for a zone whose risk nothing tells.
    """
    if path.is_dir():
        return _of_folder(spec, path, provenance)
    names = [name for name in layer_names(path) if _TABLES.search(name)]
    found = [_cnig_zones(path, name) for name in names]
    zones = pd.concat([one for one in found if one is not None], ignore_index=True)
    hazards, plans = _cnig_hazards(path), _cnig_plans(path)
    by_name = risk_of(path.name)
    codes = [
        hazards.get((kind, zone)) or plans.get(plan) or ([by_name] if by_name else [])
        for kind, zone, plan in zip(zones["kind"], zones["id"], zones["plan"], strict=True)
    ]
    notes = _left_out(zones.loc[zones["zone"].eq(""), "label"], "typereglement")
    kept = zones.assign(risk=codes)[zones["zone"].ne("")]
    return _exploded(spec, kept, path, provenance, notes)


def _exploded(
    spec: LayerSpec,
    zones: gpd.GeoDataFrame,
    path: Path,
    provenance: Provenance | None,
    notes: Sequence[Problem],
) -> Layer:
    """Make a row of each zone and risk; told where a zone has none."""
    untold = zones.index[zones["risk"].map(len).eq(0)]
    if len(untold):
        raise LayerError(
            problem("value-choice", file=path.name, field="risque", found=zones["id"][row],
                    expected=", ".join(RISKS))
            for row in untold
        )  # fmt: skip
    rows = zones.explode("risk", ignore_index=True)
    known = rows["risk"].isin(RISKS)
    notes = [*notes, *_left_out(rows.loc[~known, "risk"], "typealea")]
    rows = gpd.GeoDataFrame(rows[known], crs=zones.crs).drop_duplicates(["kind", "id", "risk"])
    if rows.empty:
        raise LayerError(problem("no-rows", file=path.name))
    table = rows[["name", "risk", "zone", "geometry"]]
    return zones_layer(spec, table, path.name, provenance=provenance, notes=notes)


def _left_out(words: pd.Series, field: str) -> list[Problem]:
    return [
        problem("value-unmapped", field=field, found=word, severity="warning")
        for word in sorted(set(words))
    ]


def _cnig_zones(path: Path, layer: str) -> gpd.GeoDataFrame | None:
    """Return zones of one table: ``name``, ``zone``, ``id``, ``kind``, ``plan``; none if empty."""
    try:
        raw = open_file(path, layer=layer)
    except LayerError as error:
        if {one.code for one in error.problems} == {"no-rows"}:
            return None
        raise
    urban = "urba" in layer.lower()
    codes = _texts(raw, "typereglement").str.zfill(2)
    allowed = {**_URBAN, **dict.fromkeys(_ADVICE, "")} if urban else dict(_LAND)
    wrong = [
        problem("value-choice", file=path.name, row=int(raw.rows[i]), field="typereglement",
                found=codes.iloc[i], expected=", ".join(allowed))
        for i in np.flatnonzero(~codes.isin(allowed.keys()))
    ]  # fmt: skip
    if wrong or raw.crs is None:
        raise LayerError(wrong or [problem("crs-missing", file=path.name, expected="EPSG:2154")])
    return gpd.GeoDataFrame(
        {
            "name": _texts(raw, "libellezonereglement"),
            "zone": codes.map(allowed),
            "label": codes,
            "id": _texts(raw, "idzonereglementaire"),
            "kind": "u" if urban else "f",
            "plan": _texts(raw, "codeprocedure"),
        },
        geometry=np.asarray(raw.geometry, dtype=object),
        crs=raw.crs,
    )


def _texts(raw: RawTable, name: str) -> pd.Series:
    header = column(raw, name)
    if header is None:
        found = ", ".join(map(str, raw.data.columns))
        raise LayerError(problem("column-missing", file=raw.name, field=name, found=found))
    return as_text(raw.data[header])


def _cnig_hazards(path: Path) -> dict[tuple[str, str], list[str]]:
    """Return the risks of each zone, by kind and identifier."""
    table = _attributes(path, "zoneregmultialea")
    found: dict[tuple[str, str], list[str]] = {}
    for kind in ("u", "f"):
        name = f"idzonereglementaire_{kind}_s"
        if {name, "typealea"} <= set(table.columns):
            for zone, code in zip(table[name], table["typealea"], strict=True):
                if zone:
                    found.setdefault((kind, zone), []).append(risk_of(code) or code)
    return found


def _cnig_plans(path: Path) -> dict[str, list[str]]:
    """Return the risk of each plan, where its type tells one."""
    table = _attributes(path, "procedure")
    if not {"codeprocedure", "typeprocedure"} <= set(table.columns):
        return {}
    pairs = zip(table["codeprocedure"], table["typeprocedure"].map(fold), strict=True)
    return {plan: [_PROCEDURES[kind]] for plan, kind in pairs if kind in _PROCEDURES}


def _attributes(path: Path, suffix: str) -> pd.DataFrame:
    """Return a table without geometry, as text; an empty one if the file has none such."""
    names = [n for n in layer_names(path) if re.search(rf"(^|_){suffix}$", n, re.IGNORECASE)]
    if len(names) != 1:
        return pd.DataFrame()
    return _plain(path, names[0])


def _plain(path: Path, layer: str | None = None) -> pd.DataFrame:
    try:
        with quiet_gdal():
            table = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    except GDAL_ERRORS as error:
        raise LayerError(unreadable(path, error)) from error
    return pd.DataFrame({field_key(str(name)): as_text(table[name]) for name in table.columns})


def _of_folder(spec: LayerSpec, path: Path, provenance: Provenance | None) -> Layer:
    """Read the zones of a folder of tables, each plan with the hazards that others tell."""
    files = [one for one in files_of(path) if layer_names(one) or one.suffix.lower() == ".shp"]
    keys = {one: {field_key(name) for name in file_columns(one)} for one in files}
    zoned = [one for one, names in keys.items() if "typereg" in names]
    hazards: dict[str, list[str]] = {}
    for one, names in keys.items():
        code = next((name for name in _HAZARD if name in names), None)
        if one not in zoned and code is not None and "id_gaspar" in names:
            table = _plain(one)
            for plan, hazard in zip(table["id_gaspar"], table[code], strict=True):
                hazards.setdefault(plan, []).append(risk_of(hazard) or hazard)
    if not zoned:
        found = ", ".join(one.name for one in files_of(path))
        raise LayerError(problem("column-missing", file=path.name, field="TYPEREG", found=found))
    layers = [_covadis(spec, one, hazards, provenance) for one in zoned]
    table = pd.concat([one.geo for one in layers], ignore_index=True)
    notes = [note for one in layers for note in one.notes]
    source = provenance or layers[0].provenance
    return zones_layer(spec, table, path.name, provenance=source, notes=notes)


def _covadis(
    spec: LayerSpec, path: Path, hazards: Mapping[str, list[str]], provenance: Provenance | None
) -> Layer:
    """Read one table of zones: its own risks, else those of its plan."""
    raw = open_file(path)
    plan = column(raw, "id_gaspar")
    own = column(raw, "(code_?|lib_?|libelle_?|nom_?)?(risque|alea)s?", "codrisque")
    if plan is None or own is not None or not hazards:
        return read_risk_plans(spec, raw, provenance=provenance)
    codes = _texts(raw, "typereg").str.removesuffix(".0").str.zfill(2)
    wrong = np.flatnonzero(~codes.isin(ZONE_CODES.keys()))
    if len(wrong) or raw.crs is None:
        raise LayerError(
            [
                problem("value-choice", file=path.name, row=int(raw.rows[i]), field="TYPEREG",
                        found=codes.iloc[i], expected="01 – 06")
                for i in wrong
            ]
            or [problem("crs-missing", file=path.name, expected="EPSG:2154")]
        )  # fmt: skip
    by_name = risk_of(path.stem)
    name = column(raw, "nom", "codezone", "libelle")
    plans = as_text(raw.data[plan])
    zones = gpd.GeoDataFrame(
        {
            "name": as_text(raw.data[name]) if name else None,
            "zone": codes.map(ZONE_CODES),
            "id": [str(row) for row in raw.rows],
            "kind": "z",
            "risk": [hazards.get(one) or ([by_name] if by_name else []) for one in plans],
        },
        geometry=np.asarray(raw.geometry, dtype=object), crs=raw.crs,
    )  # fmt: skip
    return _exploded(spec, zones, path, provenance, raw.notes)
