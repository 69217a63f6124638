"""Open a land cover, whatever form it has: a raster of OSO, or the polygons of OCS GE."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from layers.artificialised_land import LandCover, Progress, load_land_cover
from layers.errors import LayerError, problem
from layers.ocs_ge import PolygonCover, load_ocs_ge
from layers.recognition import RASTERS, file_columns, meets
from layers.spec import Provenance

POLYGONS: Final = frozenset({".gpkg", ".shp"})
"""Suffixes of the files of OCS GE."""
LAND_COVER_FORMS: Final = (("(code_)?cs|couverture", "(code_)?us|usage"),)
"""Columns of the polygons of OCS GE, of all its vintages."""
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def open_land_cover(
    path: Path | None = None,
    *,
    provenance: Provenance | None = None,
    vintage: str = "",
    progress: Progress | None = None,
) -> LandCover | PolygonCover:
    """Open a land cover.

    Parameters
    ----------
    path
        A raster of OSO codes; a file of OCS GE, or a folder of them, one a département;
        ``None`` for the demonstration raster.
    provenance
        Provenance of ``path``, if it is known.
    vintage
        What it describes: its year tells the codes of a raster; by default that of the
        provenance.
    progress
        Told how far the making of the demonstration raster is.

    Returns
    -------
    LandCover or PolygonCover
        The land cover.

    Raises
    ------
    LayerError
        If it cannot be used.
    """
    if path is None or path.suffix.lower() in RASTERS:
        told = vintage or (provenance.vintage if provenance is not None else "")
        years = _YEAR.findall(told)
        year = int(years[-1]) if years else None
        return load_land_cover(path, provenance=provenance, vintage=year, progress=progress)
    if not path.is_dir():
        return load_ocs_ge(path, provenance=provenance)
    files = sorted(one for one in path.iterdir() if one.suffix.lower() in POLYGONS)
    # A delivery has other tables beside (ZONE_CONSTRUITE), of other columns.
    form = LAND_COVER_FORMS[0]
    files = [one for one in files if meets(form, file_columns(one))] or files
    if not files:
        expected = ", ".join(sorted(POLYGONS))
        raise LayerError(problem("file-format", file=path.name, found="", expected=expected))
    return load_ocs_ge(files, provenance=provenance)
