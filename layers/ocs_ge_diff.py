"""Changes between two vintages of OCS GE: land artificialised and renatured, by commune."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from layers.errors import N_, LayerError, problem
from layers.gdal import quiet_gdal
from layers.ocs_ge import (
    GDAL_ERRORS,
    departement_of,
    is_artificialised,
    layers_of,
    plain_code,
    read_info,
    unreadable,
    valid_shapes,
)
from layers.raw_table import Floats, Geometries
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer

OCSGE_FLOWS: Final = LayerSpec(
    name="ocsge_flows",
    title=N_("Land artificialised and renatured between two vintages of OCS GE"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("year_from", "integer", "First vintage", minimum=2000),
        Column("year_to", "integer", "Second vintage", minimum=2000),
        Column(
            "artificialised_m2", "integer", "Land that became artificialised", unit="m²",
            nullable=True, minimum=0,
        ),
        Column(
            "renatured_m2", "integer", "Land that is artificialised no more", unit="m²",
            nullable=True, minimum=0,
        ),
    ),
    key="code",
)  # fmt: skip
"""Contract of changes: one row a commune of the département. Years differ by département."""

_YEARS: Final = re.compile(r"(20\d\d)[-_](20\d\d)(?![-_]?\d)")
_PAIR: Final = {
    "cs": re.compile(r"(?:code_)?cs_(20\d\d)"),
    "us": re.compile(r"(?:code_)?us_(20\d\d)"),
}
_BEFORE_AFTER: Final = ("cs_avant", "cs_apres", "us_avant", "us_apres")
_GAIN, _LOSS = 1, -1


def load_ocsge_diff(
    path: Path,
    communes: gpd.GeoDataFrame,
    *,
    layer: str | None = None,
    departement: str | None = None,
    provenance: Provenance | None = None,
) -> Layer:
    """Read the changes of a département between two vintages, by commune.

    Parameters
    ----------
    path
        A GeoPackage or Shapefile in EPSG:2154: ``DIFF`` (CS and US of two years) or the
        delivered changes ``zan_evol_*`` (``artificialisation`` is 1 or -1). It holds changes
        only: a commune without any did not change.
    communes
        Communes with ``code`` and ``departement``, EPSG:2154. Only those of the département
        count, clipped by its own file.
    layer
        Layer to read, where the file has several.
    departement
        Its code; by default that of the name of the file.
    provenance
        Provenance; by default that of IGN.

    Returns
    -------
    Layer
        Contract :data:`OCSGE_FLOWS`, sorted by code. Areas are measured, then rounded to the
        m². Flows are of the whole interval of years: regional sums need them by year.

    Raises
    ------
    LayerError
        With what is wrong: columns found, CRS, years or département that nothing tells,
        codes that are none of OCS GE.
    """
    code = departement or departement_of(path.stem, layer or "")
    ours = communes[communes["departement"] == code] if code else communes.iloc[:0]
    if ours.empty:
        found = code or N_("not stated")
        raise LayerError(problem("departement-unclear", file=path.name, found=found))
    change, shapes, years, source = _opened(path, layer)
    ours = ours.sort_values("code", ignore_index=True)
    outlines = np.asarray(ours.geometry.array, dtype=object)
    gained = _shared_m2(shapes[change == _GAIN], outlines)
    lost = _shared_m2(shapes[change == _LOSS], outlines)
    data = pd.DataFrame(
        {
            "code": ours["code"],
            "year_from": years[0],
            "year_to": years[1],
            "artificialised_m2": pd.array(np.rint(gained).astype(np.int64), "Int64"),
            "renatured_m2": pd.array(np.rint(lost).astype(np.int64), "Int64"),
        }
    )
    return make_layer(OCSGE_FLOWS, data, provenance or source)


def check_ocsge_diff(path: Path) -> Provenance:
    """Check a file of changes without the communes it is to be measured on.

    Parameters
    ----------
    path
        As in :func:`load_ocsge_diff`.

    Returns
    -------
    Provenance
        That of IGN, with the two years.

    Raises
    ------
    LayerError
        With what is wrong with the file; ``departement-unclear`` where its name does not tell
        its département.
    """
    if departement_of(path.stem) is None:
        found = N_("not stated")
        raise LayerError(problem("departement-unclear", file=path.name, found=found))
    return _opened(path, None)[3]


def _opened(path: Path, layer: str | None) -> tuple[Any, Geometries, tuple[int, int], Provenance]:
    """Return the sign of the change of each polygon, the polygons, the years, the provenance."""
    chosen = _chosen(path, layers_of(path), layer)
    fields, _ = read_info(path, chosen)
    columns, years = _columns(path, chosen, fields)
    change, shapes, method = _changes(path, chosen, columns)
    source = Provenance(
        publisher="IGN",
        title="OCS GE",
        vintage=f"{years[0]}-{years[1]}",
        licence="Licence Ouverte 2.0",
        status=Status.OBSERVED if "artificialisation" in columns else Status.ESTIMATED,
        method=method,
        file=path.name,
    )
    return change, shapes, years, source


def _chosen(path: Path, names: list[str], layer: str | None) -> str:
    if layer is not None and layer not in names:
        expected = ", ".join(names)
        raise LayerError(problem("layer-missing", file=path.name, found=layer, expected=expected))
    if layer is not None or len(names) == 1:
        return layer or names[0]
    changes = [n for n in names if re.search(r"evol|dii?ff?", n, re.IGNORECASE)]
    if len(changes) == 1:
        return changes[0]
    raise LayerError(problem("layer-choice", file=path.name, found=", ".join(names)))


def _columns(
    path: Path, layer: str, fields: Mapping[str, str]
) -> tuple[dict[str, str], tuple[int, int]]:
    """Return the columns of the change and the years it lies between."""
    found: dict[str, dict[int, str]] = {"cs": {}, "us": {}}
    for key, name in fields.items():
        for kind, pattern in _PAIR.items():
            if match := pattern.fullmatch(key):
                found[kind][int(match[1])] = name
    years = tuple(sorted(found["cs"]))
    columns: dict[str, str] = {}
    if len(years) == 2 and found["us"].keys() == found["cs"].keys():
        columns = {f"{kind}_{i}": found[kind][year] for kind in found for i, year in
                   enumerate(years)}  # fmt: skip
    elif all(name in fields for name in _BEFORE_AFTER):
        names = [fields[name] for name in _BEFORE_AFTER]
        columns = dict(zip(("cs_0", "cs_1", "us_0", "us_1"), names, strict=True))
    if "artificialisation" in fields:
        columns["artificialisation"] = fields["artificialisation"]
    if not columns:
        expected = ", ".join(fields.values())
        raise LayerError(
            problem("column-missing", file=path.name, field="CS_AAAA, US_AAAA", found=expected)
        )
    if len(years) != 2:
        told = _YEARS.search(layer) or _YEARS.search(path.stem)
        years = (int(told[1]), int(told[2])) if told else ()
    if len(years) != 2 or years[0] >= years[1]:
        raise LayerError(problem("years-unclear", file=path.name, found=path.stem))
    return columns, (years[0], years[1])


def _changes(path: Path, layer: str, columns: dict[str, str]) -> tuple[Any, Geometries, str]:
    """Return the sign of the change of each polygon, the polygons, and how it was told."""
    delivered = columns.get("artificialisation")
    wanted = [delivered] if delivered else list(columns.values())
    try:
        with quiet_gdal():
            meta, _, wkb, values = pyogrio.raw.read(path, layer=layer, columns=wanted)
    except GDAL_ERRORS as error:
        raise LayerError(unreadable(path, error)) from error
    by_name = dict(zip(meta["fields"], values, strict=True))
    shapes = valid_shapes(np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object))
    if delivered:
        signs = pd.to_numeric(pd.Series(by_name[delivered]), errors="coerce").to_numpy(dtype=float)
        strange = ~np.isin(signs, (_GAIN, 0, _LOSS))
        if strange.any():
            row = int(np.flatnonzero(strange)[0])
            found = str(by_name[delivered][row])
            raise LayerError(
                problem("value-choice", file=path.name, row=row + 1, field=delivered, found=found,
                        expected="1, 0, -1")
            )  # fmt: skip
        return signs, shapes, N_("artificialisation as delivered")
    return _by_matrix(path, by_name, columns), shapes, _MATRIX


_MATRIX: Final = N_("artificialisation by the matrix of the decree, least areas not applied")


def _by_matrix(path: Path, by_name: Mapping[str, Any], columns: Mapping[str, str]) -> Any:
    frame = pd.DataFrame({key: by_name[name] for key, name in columns.items()}).astype(str)
    codes, rows = pd.factorize(pd.MultiIndex.from_frame(frame))
    signs = np.zeros(len(rows))
    for i, row in enumerate(rows):
        cell = dict(zip(frame.columns, map(plain_code, row), strict=True))
        before = is_artificialised(cell["cs_0"], cell["us_0"])
        after = is_artificialised(cell["cs_1"], cell["us_1"])
        if before is None or after is None:
            raise LayerError(
                problem("value-choice", file=path.name, found=", ".join(row),
                        field=", ".join(columns.values()), expected="CS1.1.1.1, US1.1, …")
            )  # fmt: skip
        signs[i] = int(after) - int(before)
    return signs[codes] if len(rows) else np.zeros(0)


def _shared_m2(shapes: Geometries, outlines: Geometries) -> Floats:
    """Return the area of the polygons in each outline."""
    areas = np.zeros(len(outlines))
    shapes = shapes[~np.asarray(shapely.is_missing(shapes), dtype=bool)]
    outline, shape = shapely.STRtree(shapes).query(outlines, predicate="intersects")
    order = np.lexsort((shape, outline))
    outline, shape = outline[order], shape[order]
    np.add.at(areas, outline, shapely.area(shapely.intersection(shapes[shape], outlines[outline])))
    return areas
