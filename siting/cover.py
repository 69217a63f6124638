"""Land of places by group, whatever form the land cover has: a raster, or polygons.

Both give the same table; the rest of the product does not know which one it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.artificialised_land import LandCover
from layers.ocs_ge import OcsGeFile, PolygonCover
from siting.coverage import class_areas, polygon_areas
from siting.domain import LandClass
from siting.errors import LayerError, problem

GROUPS: tuple[str, ...] = tuple(c.value for c in LandClass)
TILE_M: Final = 10_000.0
"""Side of the squares by which polygons are read: bounds the polygons in memory."""
_ROUNDING: Final = 1e-9  # share of a place below which a rest is the rounding of areas
_OVERLAP: Final = 1e-3  # share above which polygons that overlap are no rounding

Floats = npt.NDArray[np.float64]


def group_areas(
    places: gpd.GeoSeries, communes: pd.Series, land_cover: LandCover | PolygonCover
) -> pd.DataFrame:
    """Measure the land of places by group.

    Parameters
    ----------
    places
        Polygons, each in one commune, in the CRS of the land cover.
    communes
        INSEE code of the commune of each place: polygons are those of the file of its
        département.
    land_cover
        A raster (shares of cells, exact) or polygons (areas in common, exact).

    Returns
    -------
    DataFrame
        On the index of ``places``, a column a group of :class:`siting.domain.LandClass`, in
        m². A row adds up to the area of its place: what the cover does not tell is
        ``unknown``. The row of a place does not depend on the others.

    Raises
    ------
    LayerError
        If a CRS differs, the cover cannot be read, or its polygons overlap.
    """
    if isinstance(land_cover, PolygonCover):
        return _of_polygons(places, communes, land_cover)
    return _of_codes(class_areas(places, land_cover.path), land_cover)


def _of_codes(codes: pd.DataFrame, land_cover: LandCover) -> pd.DataFrame:
    """Add the columns of class codes up to the groups of the account.

    One plain addition after another: the classes met, hence the columns, depend on the
    other sites, and a compensated sum is changed by the zeros they add.
    """
    groups = {name: np.zeros(len(codes)) for name in GROUPS}
    for code in codes.columns:
        name = LandClass.UNKNOWN.value if code == "outside" else land_cover.groups.get(int(code))
        groups[name or LandClass.UNKNOWN.value] += codes[code].to_numpy()
    return pd.DataFrame(groups, index=codes.index)


def _of_polygons(
    places: gpd.GeoSeries, communes: pd.Series, land_cover: PolygonCover
) -> pd.DataFrame:
    shapes = np.asarray(places.array, dtype=object)
    codes = communes.to_numpy(dtype=object)
    areas = np.zeros((len(shapes), len(GROUPS)))
    for file in land_cover.files:
        ours = np.array([_is_of(str(code), file.departement) for code in codes], dtype=bool)
        for tile in _tiles(shapes, np.flatnonzero(ours)):
            _add(areas, shapes, tile, file, land_cover.crs)
    table = pd.DataFrame(areas, index=places.index, columns=list(GROUPS))
    whole = shapely.area(shapes)
    rest = whole - areas.sum(axis=1)
    over = rest < -_OVERLAP * whole
    if over.any():
        i = int(np.flatnonzero(over)[0])
        found, expected = f"{areas[i].sum():.0f}", f"{whole[i]:.0f}"
        name = land_cover.provenance.file
        raise LayerError(problem("cover-overlap", file=name, found=found, expected=expected))
    table[LandClass.UNKNOWN.value] += np.where(rest > _ROUNDING * whole, rest, 0.0)
    return table


def _is_of(commune: str, departement: str | None) -> bool:
    """Tell whether a commune is of a département (``None``: the only file there is).

    Examples
    --------
    >>> _is_of("44109", "44"), _is_of("97411", "974"), _is_of("2A004", "2B")
    (True, True, False)
    """
    return departement is None or commune.startswith(departement)


def _tiles(
    shapes: npt.NDArray[np.object_], chosen: npt.NDArray[np.intp]
) -> Iterator[npt.NDArray[np.intp]]:
    """Group places by the square their centre lies in."""
    bounds = shapely.bounds(shapes[chosen])
    column, row = ((bounds[:, i] + bounds[:, i + 2]) // (2 * TILE_M) for i in (0, 1))
    _, tile = np.unique(np.column_stack([column, row]), axis=0, return_inverse=True)
    tile = tile.ravel()
    for i in range(tile.max() + 1 if len(tile) else 0):
        yield chosen[tile == i]


def _add(
    areas: Floats,
    shapes: npt.NDArray[np.object_],
    tile: npt.NDArray[np.intp],
    file: OcsGeFile,
    crs: str,
) -> None:
    """Add the land of the places of a square, polygon after polygon in the file's order."""
    xmin, ymin, xmax, ymax = (float(v) for v in shapely.total_bounds(shapes[tile]))
    polygons, groups = file.read((xmin, ymin, xmax, ymax))
    if not len(polygons):
        return
    shared = polygon_areas(gpd.GeoSeries(shapes[tile], crs=crs), gpd.GeoSeries(polygons, crs=crs))
    column = np.array([GROUPS.index(group) for group in groups])
    where = tile[shared["site"].to_numpy()]
    np.add.at(areas, (where, column[shared["polygon"].to_numpy()]), shared["area_m2"].to_numpy())
