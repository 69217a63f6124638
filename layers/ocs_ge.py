"""OCS GE (IGN): land cover and land use as polygons, one file a département and vintage.

Whether land is artificialised comes from the delivered column ``artif``, which honours the
least areas of the decree, else from the matrix of couverture (CS) and usage (US) of decree
2023-1096 (R.101-1), which ignores them: the method of the provenance says which.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from layers.errors import N_, LayerError, Problem, problem
from layers.files import LARGE_BYTES, identify
from layers.gdal import plain_message, quiet_gdal
from layers.raw_table import Bools, Geometries, field_key, fold
from layers.spec import Provenance, Status

OCS_GE_CRS: Final = "EPSG:2154"
CS_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "1.1.1.1": "zones bâties",
        "1.1.1.2": "zones non bâties",
        "1.1.2.1": "matériaux minéraux",
        "1.1.2.2": "matériaux composites",
        "1.2.1": "sols nus",
        "1.2.2": "surfaces d'eau",
        "1.2.3": "névés et glaciers",
        "2.1.1.1": "feuillus",
        "2.1.1.2": "conifères",
        "2.1.1.3": "peuplement mixte",
        "2.1.2": "formations arbustives",
        "2.1.3": "autres formations ligneuses",
        "2.2.1": "formations herbacées",
        "2.2.2": "autres formations non ligneuses",
    }
)
"""Couverture, without the prefix ``CS``."""
US_CODES: Final = frozenset(
    {
        "1.1", "1.2", "1.3", "1.4", "1.5", "2", "3", "235", "4.1.1", "4.1.2", "4.1.3", "4.1.4",
        "4.1.5", "4.2", "4.3", "5", "6.1", "6.2", "6.3", "6.6",
    }
)  # fmt: skip
"""Usage, without the prefix ``US``; ``6.6`` is unknown."""
_ALWAYS: Final = frozenset({"1.1.1.1", "1.1.1.2", "1.1.2.2"})
_GRASS: Final = frozenset({"2.2.1", "2.2.2"})
_BUILT_USES: Final = frozenset(
    {"2", "3", "5", "235", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.2", "4.3", "6.1", "6.2"}
)
_UNKNOWN_USE: Final = "6.6"
_CS_FIELDS: Final = ("code_cs", "couverture", "cs")
_US_FIELDS: Final = ("code_us", "usage", "us")
_DEPARTEMENT: Final = re.compile(r"(?<![A-Z0-9])D(0?97[1-6]|0?2[AB]|0?\d\d)(?!\d)", re.IGNORECASE)
_ARTIF_LAYER: Final = re.compile(r"artif_(20\d\d)_(97[1-6]|2[ab]|\d\d)", re.IGNORECASE)
_YEAR: Final = re.compile(r"(?<!\d)20\d\d(?!\d)")
_CHANGES: Final = re.compile(r"dii?ff?|evol", re.IGNORECASE)  # "diif": as published
GDAL_ERRORS: Final = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError,
    OSError, ValueError, KeyError,
)  # fmt: skip


def plain_code(text: str) -> str:
    """Return a code of OCS GE without its prefix.

    Parameters
    ----------
    text
        Code as a file has it.

    Returns
    -------
    str
        The code.

    Examples
    --------
    >>> plain_code("CS1.1.1.1"), plain_code("us4.1.1"), plain_code(" 2.2.1 ")
    ('1.1.1.1', '4.1.1', '2.2.1')
    """
    return re.sub(r"^[CU]S", "", text.strip().upper()).strip().rstrip(".")


def is_artificialised(cs: str, us: str) -> bool | None:
    """Tell whether the matrix of the decree makes land artificialised.

    Parameters
    ----------
    cs, us
        Couverture and usage, as :func:`plain_code` returns them.

    Returns
    -------
    bool or None
        ``None`` where a code that decides is not known. Least areas are not applied.

    Examples
    --------
    Gravel is artificialised but in a quarry, a lawn where people live but not in a field.

    >>> is_artificialised("1.1.2.1", "5"), is_artificialised("1.1.2.1", "1.3")
    (True, False)
    >>> is_artificialised("2.2.1", "5"), is_artificialised("2.2.1", "1.1")
    (True, False)
    """
    if cs not in CS_CODES:
        return None
    if cs in _ALWAYS:
        return True
    if cs != "1.1.2.1" and cs not in _GRASS:
        return False
    if us not in US_CODES or us == _UNKNOWN_USE:
        return None
    return us != "1.3" if cs == "1.1.2.1" else us in _BUILT_USES


def land_group(cs: str, us: str, *, artificialised: bool | None) -> str:
    """Return the group of land of a polygon.

    Parameters
    ----------
    cs, us
        Couverture and usage, as :func:`plain_code` returns them.
    artificialised
        Whether it is artificialised, if that is known.

    Returns
    -------
    str
        ``artificialised``, ``agricultural``, ``forest``, ``natural``, ``water`` or
        ``unknown``. What is not artificialised is agricultural by its use, else what covers
        it: a quarry is bare, hence natural.
    """
    if artificialised is None or cs not in CS_CODES:
        return "unknown"
    if artificialised:
        return "artificialised"
    if cs == "1.2.2":
        return "water"
    if us == "1.1" and cs.startswith("2"):
        return "agricultural"
    return "forest" if cs.startswith("2.1.1") or (us == "1.2" and cs > "2") else "natural"


@dataclass(frozen=True, slots=True)
class OcsGeFile:
    """One layer of OCS GE: a département at a date.

    Parameters
    ----------
    path, layer
        The file and its layer.
    cs, us
        Names of the columns of couverture and usage.
    artif
        Name of the delivered column; ``None`` where the matrix is used.
    departement
        Its code; ``None`` where nothing tells it.
    year
        Vintage; empty where nothing tells it.
    """

    path: Path
    layer: str
    cs: str
    us: str
    artif: str | None
    departement: str | None
    year: str

    def read(self, bounds: tuple[float, float, float, float]) -> tuple[Geometries, Any]:
        """Read the polygons that a box meets, and their groups.

        Parameters
        ----------
        bounds
            Least and greatest x and y, in EPSG:2154.

        Returns
        -------
        array of Polygon
            Valid polygons, in the order of the file.
        array of str
            Groups (:func:`land_group`).

        Raises
        ------
        LayerError
            If the file cannot be read any more.
        """
        columns = [c for c in (self.cs, self.us, self.artif) if c is not None]
        try:
            with quiet_gdal():
                meta, fids, wkb, values = pyogrio.raw.read(
                    self.path, layer=self.layer, columns=columns, bbox=bounds, return_fids=True
                )
        except GDAL_ERRORS as error:
            raise LayerError(unreadable(self.path, error)) from error
        by_name = dict(zip(meta["fields"], values, strict=True))
        shapes = valid_shapes(np.asarray(shapely.from_wkb(wkb, on_invalid="ignore"), dtype=object))
        artif = by_name[self.artif] if self.artif else None
        groups = groups_of(by_name[self.cs], by_name[self.us], artif)
        kept = ~np.asarray(shapely.is_missing(shapes) | shapely.is_empty(shapes), dtype=bool)
        order = np.argsort(fids[kept], kind="stable")
        return shapes[kept][order], groups[kept][order]


@dataclass(frozen=True, eq=False, slots=True)
class PolygonCover:
    """Land cover as polygons: as many files as départements.

    Parameters
    ----------
    files
        The files.
    provenance
        Where they come from.
    crs
        Authority code of the CRS.
    """

    files: tuple[OcsGeFile, ...]
    provenance: Provenance
    crs: str = OCS_GE_CRS


def load_ocs_ge(
    paths: Sequence[Path] | Path,
    *,
    layer: str | None = None,
    provenance: Provenance | None = None,
) -> PolygonCover:
    """Open OCS GE files, of any vintage and form, as land cover.

    Parameters
    ----------
    paths
        GeoPackages or Shapefiles in EPSG:2154: ``occupation_sol``, or the delivered
        artificialisation ``artif_YYYY_DD``. One a département: land is measured with the
        file of the département of its commune, so that slivers on borders do not count twice.
    layer
        Layer to read; by default the delivered artificialisation, else the occupation.
    provenance
        Provenance; by default that of IGN, recognised by the columns.

    Returns
    -------
    PolygonCover
        The cover; polygons are read when sites are measured.

    Raises
    ------
    LayerError
        With what is wrong with each file: layers or columns found, CRS, codes that are none
        of OCS GE, two files of one département, several files and one whose département is
        not told.
    """
    listed = [paths] if isinstance(paths, Path) else list(paths)
    problems: list[Problem] = []
    files: list[OcsGeFile] = []
    strange: set[str] = set()
    for path in listed:
        try:
            file, unknown = _open(Path(path), layer)
            files.append(file)
            strange |= unknown
        except LayerError as error:
            problems += error.problems
    departements = [file.departement for file in files]
    for file in files:
        if len(files) > 1 and (
            file.departement is None or departements.count(file.departement) > 1
        ):
            found = file.departement or N_("not stated")
            problems.append(problem("departement-unclear", file=file.path.name, found=found))
    if not listed:
        problems.append(problem("no-rows"))
    if problems:
        raise LayerError(problems)
    return PolygonCover(tuple(files), provenance or _provenance(files, strange))


def groups_of(cs: Any, us: Any, artif: Any | None = None) -> Any:
    """Return the groups of land of polygons.

    Parameters
    ----------
    cs, us
        Codes as a file has them.
    artif
        Delivered artificialisation; ``None`` for the matrix.

    Returns
    -------
    array of str
        Groups; each couple of codes is looked up once.
    """
    frame = pd.DataFrame({"cs": cs, "us": us, "artif": "" if artif is None else artif})
    frame = frame.astype(object).where(frame.notna(), "").astype(str)
    codes, rows = pd.factorize(pd.MultiIndex.from_frame(frame))
    groups = np.empty(len(rows), dtype=object)
    for i, (raw_cs, raw_us, told) in enumerate(rows):
        cover, use = plain_code(raw_cs), plain_code(raw_us)
        known = is_artificialised(cover, use) if artif is None else _delivered(told)
        groups[i] = land_group(cover, use, artificialised=known)
    return groups[codes] if len(rows) else np.empty(0, dtype=object)


def _delivered(text: str) -> bool | None:
    """Read the delivered column: ``artif`` and ``non artif``, or 1 and 0."""
    word = fold(text)
    if word in ("1", "1.0", "true", "oui"):
        return True
    if word in ("0", "0.0", "-1", "false") or word.startswith("non"):
        return False
    return True if word.startswith("artif") else None


def layers_of(path: Path) -> list[str]:
    """Return the layers of a vector file.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    list of str
        Their names.

    Raises
    ------
    LayerError
        If the file is not a vector file that can be read.
    """
    if not identify(path, limit_bytes=LARGE_BYTES).driver:
        raise LayerError(unreadable(path, N_("it is no GeoPackage nor Shapefile")))
    try:
        with quiet_gdal():
            return [str(name) for name, _ in pyogrio.list_layers(path)]
    except GDAL_ERRORS as error:
        raise LayerError(unreadable(path, error)) from error


def read_info(path: Path, layer: str) -> tuple[dict[str, str], str | None]:
    """Return the columns of a layer and its CRS.

    Parameters
    ----------
    path, layer
        The file and its layer.

    Returns
    -------
    dict
        Names in the file, by name as it is looked up.
    str or None
        The CRS.

    Raises
    ------
    LayerError
        If it cannot be read, or its CRS is missing or not EPSG:2154.
    """
    try:
        with quiet_gdal():
            info = pyogrio.read_info(path, layer=layer)
    except GDAL_ERRORS as error:
        raise LayerError(unreadable(path, error)) from error
    crs = info["crs"]
    if not crs:
        raise LayerError(problem("crs-missing", file=path.name, expected=OCS_GE_CRS))
    try:
        same = pyproj.CRS(crs).to_2d().equals(pyproj.CRS(OCS_GE_CRS), ignore_axis_order=True)
    except pyproj.exceptions.CRSError as error:
        raise LayerError(problem("crs-unknown", file=path.name, found=crs[:80])) from error
    if not same:
        found = pyproj.CRS(crs).name
        raise LayerError(problem("crs-mismatch", file=path.name, found=found, expected=OCS_GE_CRS))
    return {field_key(str(name)): str(name) for name in reversed(info["fields"])}, crs


def departement_of(*names: str) -> str | None:
    """Return the département that the names of a file or layer tell.

    Parameters
    ----------
    *names
        Names, by order of preference.

    Returns
    -------
    str or None
        Its code.

    Examples
    --------
    >>> departement_of("OCS-GE_2-0__GPKG_LAMB93_D044_2022-01-01"), departement_of("artif_2021_2a")
    ('44', '2A')
    """
    for name in names:
        if found := _ARTIF_LAYER.search(name):
            return found[2].upper()
        if found := _DEPARTEMENT.search(name.replace("_", " ")):
            code = found[1].upper()
            return code[1:] if len(code) > 2 and code.startswith("0") else code
    return None


def _open(path: Path, layer: str | None) -> tuple[OcsGeFile, set[str]]:
    names = layers_of(path)
    chosen = _chosen(path, names, layer)
    fields, _ = read_info(path, chosen)
    cs = next((fields[name] for name in _CS_FIELDS if name in fields), None)
    us = next((fields[name] for name in _US_FIELDS if name in fields), None)
    artif = fields.get("artif")
    if cs is None or us is None:
        found = ", ".join(fields.values())
        lacking = [f for f, name in (("code_cs", cs), ("code_us", us)) if name is None]
        raise LayerError(
            problem("column-missing", file=path.name, field=f, found=found) for f in lacking
        )
    unknown = _strange_codes(path, chosen, cs, us)
    millesime = _YEAR.search(chosen.replace("_", " ")) or _YEAR.search(path.stem.replace("_", " "))
    year = millesime[0] if millesime else ""
    departement = departement_of(chosen, path.stem)
    return OcsGeFile(path, chosen, cs, us, artif, departement, year), unknown


def _chosen(path: Path, names: list[str], layer: str | None) -> str:
    """Return the layer asked for, that of artificialisation, or that of occupation."""
    found = ", ".join(names)
    if layer is not None:
        if layer not in names:
            raise LayerError(problem("layer-missing", file=path.name, found=layer, expected=found))
        return layer
    states = [name for name in names if not _CHANGES.search(name)]
    for word in ("artif", "occupation", "ocs"):
        of_word = [name for name in states if word in name.lower()]
        if len(of_word) == 1:
            return of_word[0]
    if len(names) == 1:
        return names[0]
    raise LayerError(problem("layer-choice", file=path.name, found=found))


def _strange_codes(path: Path, layer: str, cs: str, us: str) -> set[str]:
    """Return the codes that are none of OCS GE; refuse a layer that has no other."""
    try:
        with quiet_gdal():
            _, _, _, (covers, uses) = pyogrio.raw.read(
                path, layer=layer, columns=[cs, us], read_geometry=False
            )
    except GDAL_ERRORS as error:
        raise LayerError(unreadable(path, error)) from error
    if not len(covers):
        raise LayerError(problem("no-rows", file=path.name))
    found = {str(code) for code in pd.unique(covers)}
    strange = {code for code in found if plain_code(code) not in CS_CODES}
    if strange == found:
        listed, expected = ", ".join(sorted(found)[:5]), "CS1.1.1.1, …, CS2.2.2"
        raise LayerError(
            problem("value-choice", file=path.name, field=cs, found=listed, expected=expected)
        )
    return strange | {str(u) for u in pd.unique(uses) if plain_code(str(u)) not in US_CODES}


def valid_shapes(shapes: Geometries) -> Geometries:
    """Return polygons, the invalid ones repaired.

    Parameters
    ----------
    shapes
        Polygons, some of which may be missing; changed in place.

    Returns
    -------
    array of Polygon
        The same array.
    """
    broken = ~np.asarray(shapely.is_missing(shapes) | shapely.is_valid(shapes), dtype=bool)
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    return shapes


def _provenance(files: Sequence[OcsGeFile], strange: set[str]) -> Provenance:
    delivered: Bools = np.array([file.artif is not None for file in files])
    if delivered.all():
        method = N_("artificialisation as delivered")
    else:
        method = N_("artificialisation by the matrix of the decree, least areas not applied")
    if strange:
        method = f"{method}; ? {', '.join(sorted(strange)[:10])}"
    told = sorted({" ".join(filter(None, (f.departement, f.year))) for f in files})
    return Provenance(
        publisher="IGN",
        title="OCS GE",
        vintage=", ".join(told),
        licence="Licence Ouverte 2.0",
        status=Status.OBSERVED if delivered.all() else Status.ESTIMATED,
        method=method,
        file=", ".join(file.path.name for file in files),
    )


def unreadable(path: Path, error: object) -> Problem:
    """Return the problem of a file that cannot be read as OCS GE.

    Parameters
    ----------
    path
        The file.
    error
        Why.

    Returns
    -------
    Problem
        ``file-unreadable``.
    """
    found = plain_message(str(error), path)
    return problem("file-unreadable", file=path.name, expected="OCS GE", found=found)
