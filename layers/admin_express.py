"""ADMIN EXPRESS (IGN), of versions 3 and 4, as the communes of a region.

Version 3 is delivered as Shapefiles side by side (``COMMUNE.shp``, ``EPCI.shp``…), version 4
as layers of a GeoPackage; the names of the columns differ, what they hold does not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import COMMUNE, as_text
from layers.cog import Passage
from layers.crs import parse_crs
from layers.errors import N_, LayerError, Problem, problem
from layers.files import layer_names, open_file
from layers.raw_table import Geometries, RawTable, field_key, fold, row_problems
from layers.recognition import file_columns
from layers.spec import Provenance, Status

_CRS: Final = "EPSG:2154"
_NO_EPCI: Final = "ZZZZZZZZZ"
_GRAND_PARIS: Final = "200054781"  # a commune there is in the Métropole and in one EPT
_OVERSEAS: Final = frozenset({"01", "02", "03", "04", "06"})
# By version 4, then version 3.
_COMMUNE: Final[Mapping[str, tuple[str, ...]]] = {
    "code": ("code_insee", "insee_com"),
    "name": ("nom_officiel", "nom", "nom_com"),
    "departement": ("code_insee_du_departement", "insee_dep"),
    "region": ("code_insee_de_la_region", "insee_reg"),
    "epci": ("codes_siren_des_epci", "code_siren_de_l_epci", "siren_epci", "code_epci"),
}
_UNITS: Final[Mapping[str, tuple[str, ...]]] = {
    "epci": ("code_siren", "siren_epci", "code_epci"),
    "departement": ("code_insee", "insee_dep"),
    "region": ("code_insee", "insee_reg"),
}
_FORMS: Final = (
    frozenset({"code_insee", "code_insee_de_la_region"}),
    frozenset({"insee_com", "insee_reg"}),
)
_SIREN: Final = re.compile(r"\d{9}")
_EDITION: Final = re.compile(r"(?<!\d)(20\d\d)-\d\d-\d\d(?!\d)")


@dataclass(frozen=True, eq=False, slots=True)
class AdminExpress:
    """Communes of a region, read from ADMIN EXPRESS.

    Parameters
    ----------
    data
        The columns of :data:`layers.territory.COMMUNES`, EPSG:2154, sorted by code.
    provenance
        IGN; the method tells what was converted, merged or is not named.
    """

    data: gpd.GeoDataFrame
    provenance: Provenance


def is_admin_express(path: Path) -> bool:
    """Tell whether a file is of ADMIN EXPRESS, by the names of its layers, or its columns.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        Whether it is; a file of communes in the columns of this product is not.
    """
    if "commune" in {name.lower() for name in layer_names(path)}:
        return True
    if path.suffix.lower() == ".shp":
        return path.stem.lower() == "commune"
    return _is_commune_table(path)


def _is_commune_table(path: Path) -> bool:
    """Tell whether a file is one table of communes, as the service of IGN gives it."""
    names = {field_key(name) for name in file_columns(path)}
    return len(layer_names(path)) <= 1 and any(form <= names for form in _FORMS)


def read_admin_express(
    path: Path, *, region: str | None = None, passage: Passage | None = None
) -> AdminExpress:
    """Read the communes of a region.

    Parameters
    ----------
    path
        A GeoPackage, ``COMMUNE.shp`` (its neighbours ``EPCI.shp``, ``DEPARTEMENT.shp`` and
        ``REGION.shp`` give the names) or a ZIP archive of these.
    region
        Code of the region; ``None`` for all communes of the file.
    passage
        To the COG wanted: the edition of 2024 keeps 49069 for Orée-d'Anjou, 49126. Communes
        that became one are merged.

    Returns
    -------
    AdminExpress
        The communes. Outlines are generalised in the editions CARTO: their areas are
        approximate.

    Raises
    ------
    LayerError
        With what is wrong: columns found, CRS, codes, a region without commune.
    """
    if region in _OVERSEAS:
        raise LayerError(
            problem("crs-mismatch", file=path.name, found=f"region {region}", expected=_CRS)
        )
    table = _table(path, "commune")
    if table is None:
        found = ", ".join(layer_names(path)) or path.name
        raise LayerError(problem("layer-missing", file=path.name, found="commune", expected=found))
    communes = _communes(table, path.name)
    regions_of = communes.groupby("epci")["region"]
    complete = regions_of.min() == regions_of.max()
    if region is not None:
        regions = sorted(set(communes["region"]))
        communes = communes[communes["region"] == region]
        if communes.empty:
            found, expected = region, ", ".join(regions)
            raise LayerError(
                problem("value-choice", file=path.name, field="region", found=found,
                        expected=expected)
            )  # fmt: skip
    method, notes = [], []
    if table.crs is not None and not table.crs.equals(parse_crs(_CRS), ignore_axis_order=True):
        communes = communes.to_crs(_CRS)
        method.append(f"{table.crs.name} → {_CRS}")
    communes = communes.to_crs(_CRS) if communes.crs != _CRS else communes
    if passage is not None:
        communes, merged = _to_cog(communes, passage, path.name)
        notes += merged
    communes = communes.sort_values("code", ignore_index=True)
    for unit in _UNITS:
        communes[f"{unit}_name"], unnamed = _names(path, unit, communes[unit])
        notes += [f"{unit}: {unnamed} without name, told by their code"] if unnamed else []
    communes["epci_complete"] = communes["epci"].map(complete).fillna(value=True).astype(bool)
    communes.loc[communes["epci"] == _NO_EPCI, "epci_complete"] = True
    edition = _EDITION.search(path.name) or _EDITION.search(path.parent.name)
    return AdminExpress(
        communes,
        Provenance(
            publisher="IGN",
            title="ADMIN EXPRESS",
            vintage=edition[1] if edition else N_("not stated"),
            licence="Licence Ouverte 2.0",
            status=Status.OBSERVED,
            method="; ".join([*method, *notes]),
            file=path.name,
        ),
    )


def _table(path: Path, layer: str) -> RawTable | None:
    """Open a layer, or the Shapefile of its name beside; ``None`` if there is none."""
    if path.suffix.lower() == ".shp":
        beside = [p for p in path.parent.glob("*.[sS][hH][pP]") if p.stem.lower() == layer]
        return open_file(beside[0]) if beside else None
    if layer == "commune" and _is_commune_table(path):
        return open_file(path)
    found = {name.lower(): name for name in layer_names(path)}
    return open_file(path, layer=found[layer]) if layer in found else None


def _field(table: RawTable, candidates: tuple[str, ...]) -> str | None:
    by_key = {field_key(str(c)): str(c) for c in reversed(table.data.columns)}
    return next((by_key[name] for name in candidates if name in by_key), None)


def _communes(table: RawTable, file: str) -> gpd.GeoDataFrame:
    columns = {name: _field(table, candidates) for name, candidates in _COMMUNE.items()}
    found = ", ".join(map(str, table.data.columns))
    problems = [
        problem("column-missing", file=file, field=" / ".join(_COMMUNE[name]), found=found)
        for name, column in columns.items()
        if column is None
    ]
    if problems or table.geometry is None:
        raise LayerError(problems or [problem("geometry-column", file=file, found=found)])
    data = pd.DataFrame(
        {name: as_text(table.data[str(column)]) for name, column in columns.items()}
    )
    data["epci"] = data["epci"].map(_epci)
    shapes = _polygons(table.geometry)
    problems = _wrong(data, shapes, table, str(columns["code"]))
    if problems:
        raise LayerError(problems)
    return gpd.GeoDataFrame(data, geometry=shapes, crs=table.crs)


def _wrong(data: pd.DataFrame, shapes: Geometries, table: RawTable, field: str) -> list[Problem]:
    """Tell of codes that are none or twice, and of communes without outline."""
    codes = data["code"]
    texts = codes.to_numpy(dtype=object)
    malformed = ~codes.str.fullmatch(COMMUNE).to_numpy(dtype=bool)
    twice = codes.duplicated().to_numpy(dtype=bool) & ~malformed
    empty = np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
    found = row_problems(
        malformed,
        table.rows,
        "value-type",
        expected=N_("an INSEE commune code"),
        field=field,
        found=texts,
    )
    found += row_problems(twice, table.rows, "id-duplicate", expected="1", field=field, found=texts)
    found += row_problems(empty, table.rows, "geometry-empty", field="geometry")
    return [*table.rejected, *found]


def _polygons(geometry: Geometries) -> Geometries:
    shapes = np.asarray(shapely.force_2d(geometry), dtype=object)
    broken = ~np.asarray(shapely.is_missing(shapes) | shapely.is_valid(shapes), dtype=bool)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    other = ~np.isin(shapely.get_type_id(shapes), (3, 6))
    shapes[other] = None
    return shapes


def _epci(text: str) -> str:
    """Return the EPCI of a cell that may name several, or none (``NR``, ``NC``).

    Examples
    --------
    >>> _epci("244400404"), _epci("NC"), _epci("200057941/200054781")
    ('244400404', 'ZZZZZZZZZ', '200054781')
    """
    sirens = _SIREN.findall(text)
    if _GRAND_PARIS in sirens:
        return _GRAND_PARIS
    return sirens[0] if sirens else _NO_EPCI


def _names(path: Path, unit: str, codes: pd.Series) -> tuple[pd.Series, int]:
    """Return the names of units by their code, and how many have none."""
    table = _table(path, unit)
    known: dict[str, str] = {_NO_EPCI: "Sans EPCI"} if unit == "epci" else {}
    if table is not None:
        code, name = _field(table, _UNITS[unit]), _field(table, _COMMUNE["name"])
        if code is not None and name is not None:
            keys, values = as_text(table.data[code]), as_text(table.data[name])
            known |= {k: v for k, v in zip(keys, values, strict=True) if fold(v)}
    names = pd.Series([known.get(code, code) for code in codes], index=codes.index)
    return names, len(set(codes) - known.keys())


def _to_cog(
    communes: gpd.GeoDataFrame, passage: Passage, file: str
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Give the communes the codes of another COG, those that became one merged."""
    targets = communes["code"].map(passage.of)
    split = [code for code, new in zip(communes["code"], targets, strict=True) if len(new) > 1]
    if split:
        found = ", ".join(split[:10])
        expected = N_("one commune of the COG wanted for each of the file")
        raise LayerError(
            problem("cog-unmatched", file=file, field="code", found=found, expected=expected)
        )
    old = communes["code"]
    new = targets.map(lambda codes: codes[0])
    changed = int((old != new).sum())
    if not changed:
        return communes, []
    first = communes.assign(code=new, own=old == new).sort_values(["code", "own"])
    last = first.drop(columns=["own", "geometry"]).drop_duplicates("code", keep="last")
    shapes = {code: shapely.union_all(group.to_numpy()) for code, group in
              first.groupby("code")["geometry"]}  # fmt: skip
    merged = gpd.GeoDataFrame(
        pd.DataFrame(last), geometry=[shapes[code] for code in last["code"]], crs=communes.crs
    )
    return merged, [f"{changed} communes brought to the COG {passage.year or ''}".strip()]
