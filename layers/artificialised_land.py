"""Artificialised land: ENAF flows per commune and year, and land cover at 10 m.

ENAF flows are read from the CSV files of the Cerema (*fichiers fonciers*), whatever
their vintage; land cover from the yearly OSO raster (CES OSO, Theia), in both nomenclatures,
or from OCS GE (:mod:`layers.ocs_ge`). Without a path, both come from the demonstration
layers, which are synthetic.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pandas as pd
import platformdirs
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rasterio.windows import Window

from layers import _cerema
from layers._cerema import ROUNDING_M2, USES
from layers.demonstration import MARK
from layers.demonstration.cached import file_name
from layers.errors import N_, LayerError, Problem, problem
from layers.plain_table import read_plain_table
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import (
    check_file,
    demonstration_provenance,
    embedded_file,
    local_provenance,
)

Progress = Callable[[float], None]

_USE_NAMES = ("activity", "housing", "mixed use", "roads", "rail", "unknown use")

ENAF_FLOWS: Final = LayerSpec(
    name="enaf_flows",
    title=N_("ENAF consumption per commune and year"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("year", "integer", "Year of consumption: 1 January to 1 January", minimum=2000),
        Column(
            "area_m2", "integer", "ENAF consumed in the year", unit="m²", nullable=True,
            minimum=-ROUNDING_M2,
        ),
        *(
            Column(
                f"{use}_m2", "integer", f"Part of it for {name}; missing in files that do not "
                "tell it apart", unit="m²", nullable=True, minimum=-ROUNDING_M2,
            )
            for use, name in zip(USES, _USE_NAMES, strict=True)
        ),
    ),
)  # fmt: skip
"""Contract of ENAF flows: one row a commune and year, sorted by code and year."""

_ENAF_FILE: Final = "demonstration/demonstration_enaf_flows_2011_2025.csv.gz"
_LAND_COVER_CRS: Final = "EPSG:2154"
DEMONSTRATION_LAND_COVER: Final = demonstration_provenance(
    "Occupation du sol de démonstration, codes OSO",
    "demonstration_land_cover.tif",
    vintage="2026",
    method=N_("synthetic; artificialised land follows dwellings, towns and stations"),
)
"""Provenance of the land cover that is made on first use."""
_LOG = logging.getLogger(__name__)
# Sessions of the app are threads, and the compiled loops must not run twice at once.
_MAKING = threading.Lock()


def load_enaf_flows(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read the ENAF flows of a Cerema file, of any vintage.

    A column ``nafAAartBB`` is a yearly flow only if BB = AA + 1 (the others are totals of
    periods); its year is 20AA. Values are m², whatever the published dictionary says: where
    the file allows, the unit is checked against its own share of the commune's area.

    Parameters
    ----------
    path
        A CSV file (``.csv.gz`` too), a workbook, a GeoPackage, a Shapefile, or a ZIP archive of
        one of these: every form the Cerema has published; ``None`` for the demonstration file.
    provenance
        Provenance of ``path``; by default that of the Cerema file its columns show it to be,
        or that of the demonstration file if it bears its mark.

    Returns
    -------
    Layer
        One row a commune and year; unknown values are missing, never zero.

    Raises
    ------
    LayerError
        With every problem of the file: columns, codes, values, unit (``unit-suspicious``),
        yearly totals that are not the sum of their destinations (``sum-mismatch``).

    Examples
    --------
    >>> flows = load_enaf_flows()
    >>> str(flows.provenance.status)
    'demonstration'
    >>> int(flows.data.query("2011 <= year <= 2020")["area_m2"].sum())
    194000000
    """
    file = path or embedded_file(_ENAF_FILE)
    table, told = read_plain_table(file)
    table.columns = table.columns.str.strip().str.lower()
    years = _cerema.yearly_columns(table)
    _refuse([p for p in told if p.severity == "error"], file)
    _refuse(_cerema.header_problems(table, years), file)
    codes = table["idcom"].str.strip()
    codes = codes.where(codes.str.len() != 4, "0" + codes)  # a spreadsheet ate the zero
    wide, wrong = _cerema.numbers(table)
    found = [*_cerema.code_problems(codes), *wrong]
    found += [*_cerema.sum_problems(wide, years), *_cerema.unit_problems(wide, years)]
    _refuse(found, file)
    source = provenance or _enaf_provenance(table, years, file)
    return make_layer(ENAF_FLOWS, _cerema.tidy(codes, wide, years), source)


def _enaf_provenance(table: pd.DataFrame, years: _cerema.Years, file: Path) -> Provenance:
    region = table["idregtxt"] if "idregtxt" in table.columns else pd.Series(dtype=str)
    vintage = f"{min(years)}-{max(years) + 1}"
    if region.fillna("").str.endswith(MARK).any():
        method = N_(
            "region, uses and activity by département calibrated on published totals; "
            "figures of EPCI and communes are synthetic"
        )
        title = "Consommation d'ENAF, format du Cerema"
        return demonstration_provenance(title, file.name, vintage=vintage, method=method)
    return Provenance(
        publisher="Cerema",
        title="Consommation d'espaces naturels, agricoles et forestiers (fichiers fonciers)",
        vintage=vintage,
        licence="Licence Ouverte 2.0",
        status=Status.OBSERVED,
        method=N_("publisher and licence recognised by the columns of the file"),
        file=file.name,
    )


def _refuse(problems: Iterable[Problem], file: Path) -> None:
    found = [replace(found, file=file.name) for found in problems]
    if found:
        raise LayerError(found)


OSO_GROUPS: Final[Mapping[int, str]] = MappingProxyType(
    dict.fromkeys(range(1, 5), "artificialised")
    | dict.fromkeys(range(5, 16), "agricultural")
    | dict.fromkeys(range(16, 18), "forest")
    | dict.fromkeys(range(18, 23), "natural")
    | {23: "water", 24: "unknown", 0: "unknown"}
)
"""Groups of the OSO codes of 2018 and later; any other code is ``unknown``."""
OSO_2016_GROUPS: Final[Mapping[int, str]] = MappingProxyType(
    dict.fromkeys((41, 42, 43, 44), "artificialised")
    | dict.fromkeys((11, 12, 211, 221, 222), "agricultural")
    | dict.fromkeys((31, 32), "forest")
    | dict.fromkeys((34, 36, 45, 46, 53), "natural")
    | {51: "water", 0: "unknown", 255: "unknown"}
)
"""Groups of the 17 classes of 2016 and 2017: 11 and 12 are summer and winter crops there,
rice and tubers since 2018."""
OSO_SINCE: Final = 2018
_OSO_FIRST: Final = 2016
_YEAR_IN_NAME: Final = re.compile(r"(?<![0-9A-Za-z])20\d\d(?![0-9A-Za-z])")


@dataclass(frozen=True, eq=False, slots=True)
class LandCover:
    """A raster of land cover and what its codes mean.

    Parameters
    ----------
    path
        The raster: one band of uint8.
    groups
        ``artificialised``, ``agricultural``, ``forest``, ``natural``, ``water`` or
        ``unknown``, by code; a code without a group is unknown.
    provenance
        Where it comes from.
    resolution_m
        Side of a cell.
    crs
        Authority code of the CRS.
    """

    path: Path
    groups: Mapping[int, str]
    provenance: Provenance
    resolution_m: float
    crs: str = "EPSG:2154"


def load_land_cover(
    path: Path | None = None,
    *,
    provenance: Provenance | None = None,
    vintage: int | None = None,
    progress: Progress | None = None,
) -> LandCover:
    """Open a raster of land cover with the OSO codes of its vintage.

    The same number does not mean the same before 2018: the vintage tells the nomenclature.
    Where nothing tells it, codes that only one nomenclature has do, and the method says so.

    Parameters
    ----------
    path
        A GeoTIFF in EPSG:2154; ``None`` for the demonstration raster, which is made on
        first use (half a minute) and kept in :func:`cache_folder`.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.
    vintage
        Year the raster describes; by default that in the name of the file (``OCS_2017.tif``).
    progress
        Told the share of the work done, from 0 to 1, while the demonstration raster is
        made.

    Returns
    -------
    LandCover
        The raster; its cells are read when sites are measured.

    Raises
    ------
    LayerError
        If the file cannot be read or is not such a raster (``raster-unsuitable``,
        ``crs-mismatch``), if its codes are not those of its vintage or of none for certain
        (``vintage-unclear``), or if the cache cannot be written (``cache-unwritable``).
    """
    if path is None:
        path = _demonstration_raster(progress)
        provenance = DEMONSTRATION_LAND_COVER
    check_file(path)
    try:
        # A raster without georeference is told as a problem.
        quiet = warnings.catch_warnings(action="ignore", category=NotGeoreferencedWarning)
        with quiet, rasterio.open(path) as raster:
            ours = raster.tags().get("status") == Status.DEMONSTRATION
            year = vintage or (OSO_SINCE if ours else _year_of(path))
            problems, groups, method = _raster_problems(raster, year)
            resolution_m = float(raster.res[0])
            if ours:
                provenance = provenance or replace(DEMONSTRATION_LAND_COVER, file=path.name)
    except RasterioIOError as error:
        unreadable = problem("file-unreadable", found=error, expected="GeoTIFF")
        _refuse([unreadable], path)
        raise
    _refuse(problems, path)
    if provenance is None:
        stated = local_provenance(path)
        provenance = replace(stated, vintage=str(year or stated.vintage), method=method)
    return LandCover(path, groups, provenance, resolution_m)


def _year_of(path: Path) -> int | None:
    years = _YEAR_IN_NAME.findall(path.stem.replace("_", " "))
    return int(years[-1]) if years else None


def _nomenclature(codes: set[int], year: int | None) -> tuple[Mapping[int, str], str]:
    """Return the groups of the codes, and how the nomenclature was told.

    Examples
    --------
    >>> _nomenclature({11, 12}, 2017)[0][11], _nomenclature({11, 12}, 2018)[0][11]
    ('agricultural', 'agricultural')
    >>> _nomenclature({12, 211}, None)[1]
    'OSO of 2016 and 2017, told by its codes'
    """
    if not codes:
        return OSO_GROUPS, ""
    since, before = codes <= set(OSO_GROUPS), codes <= set(OSO_2016_GROUPS)
    if year is not None and year >= _OSO_FIRST:
        return (OSO_GROUPS, "") if year >= OSO_SINCE else (OSO_2016_GROUPS, "")
    if since and before and codes - {0, 255}:
        raise LayerError(problem("vintage-unclear", found=", ".join(map(str, sorted(codes)))))
    if before and not since:
        return OSO_2016_GROUPS, N_("OSO of 2016 and 2017, told by its codes")
    return OSO_GROUPS, N_("OSO of 2018 and later, told by its codes")


def cache_folder() -> Path:
    """Return the folder of cached files: ``SITING_CACHE``, else that of the user.

    Returns
    -------
    Path
        The folder; it may not exist yet.
    """
    chosen = os.environ.get("SITING_CACHE")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("siting", appauthor=False))


def _demonstration_raster(progress: Progress | None) -> Path:
    path = cache_folder() / file_name()
    with _MAKING:
        if not path.is_file():
            # Imported here: it imports numba, and only the making of the raster needs it.
            from layers.demonstration import land_cover  # noqa: PLC0415

            _LOG.info("making the demonstration land cover, once: %s", path)
            try:
                land_cover.build_land_cover(path, progress=progress)
            except OSError as error:
                found = f"{path.parent}: {error}"
                unwritable = problem("cache-unwritable", found=found, expected="SITING_CACHE")
                raise LayerError(unwritable) from error
    return path


def _raster_problems(
    raster: rasterio.DatasetReader, year: int | None
) -> tuple[list[Problem], Mapping[int, str], str]:
    """Check bands, type, CRS and, on samples all over the raster, codes by its vintage."""
    problems = list(_form_problems(raster))
    if set(raster.dtypes) != {"uint8"}:
        return problems, OSO_GROUPS, ""
    codes = _sampled_codes(raster) - {raster.nodata}
    try:
        groups, method = _nomenclature(codes, year)
    except LayerError as error:
        return [*problems, *error.problems], OSO_GROUPS, ""
    strange = sorted(codes - set(groups))
    if strange:
        found = ", ".join(map(str, strange[:10]))
        expected = N_("OSO codes of 2018 and later (0 to 24)")
        if groups is OSO_2016_GROUPS:
            expected = N_("OSO codes of 2016 and 2017 (11 to 222)")
        problems.append(problem("raster-unsuitable", found=found, expected=expected))
    return problems, groups, method


def _form_problems(raster: rasterio.DatasetReader) -> Iterator[Problem]:
    if raster.count != 1:
        found, expected = N_("several bands"), N_("one band")
        yield problem("raster-unsuitable", found=found, expected=expected)
    if set(raster.dtypes) != {"uint8"}:
        found = ", ".join(sorted(set(raster.dtypes)))
        yield problem("raster-unsuitable", found=found, expected="uint8")
        return
    if raster.transform.is_identity:
        found, expected = N_("no georeference"), N_("a grid in metres")
        yield problem("raster-unsuitable", found=found, expected=expected)
    if raster.crs is None:
        yield problem("crs-missing", expected=_LAND_COVER_CRS)
    elif raster.crs != _LAND_COVER_CRS:
        yield problem("crs-mismatch", found=raster.crs.to_string(), expected=_LAND_COVER_CRS)


def _sampled_codes(raster: rasterio.DatasetReader) -> set[int]:
    """Return the codes met in an 8 × 8 grid of windows: a whole country is not read."""
    side = 256
    columns = np.unique(np.linspace(0, max(raster.width - side, 0), 8, dtype=int))
    rows = np.unique(np.linspace(0, max(raster.height - side, 0), 8, dtype=int))
    codes: set[int] = set()
    for row in rows.tolist():
        for column in columns.tolist():
            codes.update(np.unique(raster.read(1, window=Window(column, row, side, side))).tolist())
    return codes
