"""The name of the demonstration land cover in a cache, told without making it.

Apart from the module that makes the raster, which imports numba: a command that finds it made
already does not wait for a compiler.
"""

from __future__ import annotations

import hashlib
from typing import Final

from layers.demonstration import FOLDER, SEED
from layers.tables import embedded_file

METHOD_VERSION: Final = 1
"""Raised when the method changes: rasters of another version are made anew."""

_FILES = ("communes.parquet", "housing.csv", "stations.csv")
_MADE = ("interchanges.parquet", "sites.gpkg")


def file_name() -> str:
    """Return the name of the raster in a cache: it changes with the method and its inputs.

    Returns
    -------
    str
        Such as ``demonstration_land_cover_v1_0f3a….tif``.
    """
    digest = hashlib.sha256(str(SEED).encode())
    for path in (*map(embedded_file, _FILES), *(FOLDER / name for name in _MADE)):
        digest.update(path.read_bytes())
    return f"demonstration_land_cover_v{METHOD_VERSION}_{digest.hexdigest()[:12]}.tif"
