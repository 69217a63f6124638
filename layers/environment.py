"""Environment: protected areas and inventories of natural value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import read_text
from layers.errors import N_, LayerError, Problem, problem
from layers.files import open_file
from layers.official import official_provenance, required, year_in
from layers.raw_table import fold, in_file
from layers.spec import Column, Layer, LayerSpec, Provenance, make_layer
from layers.tables import (
    checked_layer,
    demonstration_provenance,
    embedded_file,
    local_provenance,
    read_vector,
)

PROTECTED_KINDS: Final = ("natura_2000", "znieff_1", "znieff_2", "reserve_naturelle", "zone_humide")
"""Kinds of areas. ZNIEFF are inventories, without force of law by themselves."""

PUBLISHED_KINDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sic": "natura_2000",
        "zsc": "natura_2000",
        "zps": "natura_2000",
        "znieff1": "znieff_1",
        "znieff2": "znieff_2",
        "rnn": "reserve_naturelle",
        "rnr": "reserve_naturelle",
        "bcae": "zone_humide",
    }
)
"""Kind of areas by the word of the name of a published file (``patrinat_znieff1…``)."""

PROTECTED_AREAS: Final = LayerSpec(
    name="protected_areas",
    title=N_("Protected areas"),
    columns=(
        Column("name", "string", "Name of the area"),
        Column("kind", "string", "Kind of protection or inventory", choices=PROTECTED_KINDS),
    ),
    crs="EPSG:2154",
    geometry="polygon",
)
"""Contract of protected areas; areas may overlap (a ZNIEFF 1 often lies in a ZNIEFF 2)."""

_DEMONSTRATION: Final = demonstration_provenance(
    "Aires protégées de démonstration",
    "protected_areas.parquet",
    vintage="2026",
    method=N_("made-up shapes along the coast and made-up rivers"),
)


def load_protected_areas(
    path: Path | None = None, *, provenance: Provenance | None = None
) -> Layer:
    """Read the protected areas.

    Parameters
    ----------
    path
        A vector file of polygons in EPSG:2154 with the columns of :data:`PROTECTED_AREAS`; a
        file of PatriNat whose name tells its kind (:data:`PUBLISHED_KINDS`), in any declared
        CRS; or a folder of such files. ``None`` for the demonstration layer.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated, or that of
        PatriNat where its columns are recognised.

    Returns
    -------
    Layer
        Polygons in EPSG:2154, one an area.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> sorted(set(load_protected_areas().data["kind"]))
    ['natura_2000', 'reserve_naturelle', 'znieff_1', 'znieff_2', 'zone_humide']
    """
    if path is None:
        path, provenance = embedded_file(f"demonstration/{_DEMONSTRATION.file}"), _DEMONSTRATION
    elif path.is_dir() or _published_kind(path):
        return _published(path, provenance)
    return checked_layer(PROTECTED_AREAS, read_vector(path), provenance or local_provenance(path))


def _published_kind(path: Path) -> str | None:
    """Return the kind of areas that the name of a file tells.

    Examples
    --------
    >>> _published_kind(Path("patrinat_znieff1_52.geojson")), _published_kind(Path("aires.gpkg"))
    ('znieff_1', None)
    """
    words = re.split(r"[^a-z0-9]+", fold(path.stem))
    return next((PUBLISHED_KINDS[word] for word in words if word in PUBLISHED_KINDS), None)


def _published(path: Path, provenance: Provenance | None) -> Layer:
    """Read one file of PatriNat, or each of a folder; all their problems at once."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    known = [(file, kind) for file in files if (kind := _published_kind(file))]
    if not known:
        expected = ", ".join(PUBLISHED_KINDS)
        raise LayerError(problem("layer-missing", file=path.name, found="", expected=expected))
    pieces: list[gpd.GeoDataFrame] = []
    problems: list[Problem] = []
    notes: list[Problem] = []
    for file, kind in known:
        try:
            piece, told = _areas(file, kind)
        except LayerError as error:
            problems += error.problems
            continue
        pieces.append(piece)
        notes += told
    if problems:
        raise LayerError(problems)
    areas = gpd.GeoDataFrame(pd.concat(pieces, ignore_index=True), crs=PROTECTED_AREAS.crs)
    kinds = ", ".join(sorted({kind for _, kind in known}))
    names = ", ".join(file.name for file, _ in known)
    vintages = sorted({year for file, _ in known if (year := year_in(file.stem.replace("_", " ")))})
    source = provenance or official_provenance(
        "PatriNat (OFB, MNHN)", f"Espaces protégés et inventaires : {kinds}", ", ".join(vintages)
    )
    return make_layer(PROTECTED_AREAS, areas, replace(source, file=names), notes=tuple(notes))


def _areas(path: Path, kind: str) -> tuple[gpd.GeoDataFrame, list[Problem]]:
    """Return the polygons of a file, mended where they are not valid."""
    raw = open_file(path)
    if raw.crs is None or raw.geometry is None:
        raise LayerError(problem("crs-missing", file=path.name, expected=PROTECTED_AREAS.crs or ""))
    headers = required(raw, {"name": ("nom_site", "site_?name", "nom", "name", "libelle")})
    notes = list(in_file(raw.notes, path.name))
    shapes = np.asarray(raw.geometry, dtype=object)
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    for i in np.flatnonzero(broken).tolist():
        reason = str(shapely.is_valid_reason(shapes[i]))
        notes.append(
            problem("geometry-mended", file=path.name, row=int(raw.rows[i]), found=reason,
                    severity="warning")
        )  # fmt: skip
    shapes[broken] = [_polygons(shapely.make_valid(shape)) for shape in shapes[broken]]
    names = read_text(raw.data[headers["name"]]).column.fillna("")
    data = pd.DataFrame({"name": names, "kind": kind})
    areas = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(shapes, crs=raw.crs))
    kept = areas[~(areas.geometry.isna() | areas.geometry.is_empty)]
    if len(kept) < len(areas):
        left = len(areas) - len(kept)
        notes.append(problem("places-left-out", file=path.name, found=left, severity="warning"))
    return kept.to_crs(PROTECTED_AREAS.crs), notes


def _polygons(shape: shapely.Geometry) -> shapely.Geometry:
    """Return the polygons of what mending gave, without its lines and points."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")]
    return shapely.union_all(parts)
