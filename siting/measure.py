"""What each site takes: land by class, ENAF, and in which commune.

A site is cut along the communes, each piece is measured on the land cover, and
the pieces add up to the site.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.artificialised_land import LandCover
from layers.ocs_ge import PolygonCover
from siting.cover import group_areas
from siting.coverage import intersections
from siting.domain import LandClass
from siting.overlap import pairs_in_order
from siting.zan.ruleset import Ruleset

CLASSES: tuple[str, ...] = tuple(c.value for c in LandClass)

LEAST_SHARE = 0.01
"""Share of the smaller of two sites below which an overlap is the imprecision of drawing."""

DUST = 1e-6
"""Share of a site below which a piece cut along a border is rounding, not land."""


@dataclass(frozen=True, eq=False, slots=True)
class LandTake:
    """Land of each site, in m².

    Parameters
    ----------
    areas_m2
        Sites × land classes; each row adds up to the area of the site. Land
        outside the territory is ``unknown``.
    shares
        One row a site and commune, in that order: ``site`` (label),
        ``commune``, ``area_m2``, ``enaf_m2`` (whole m², missing when unknown).
    enaf_m2
        ENAF the site would consume in the territory, whole m², the sum of its
        shares; missing when the cover of too much of it is unknown. Below that, land of
        unknown cover counts as ENAF: never as nothing.
    outside_m2
        Part of the site outside the territory.
    partial
        Whether more than the tolerance of the site lies outside the territory: what it
        consumes there, and on whose budget, is not known.
    unknown_m2
        Part inside the territory whose cover is unknown.
    deducted_m2
        Vegetation of a friche that is not counted as ENAF (R15), whole m².
    """

    areas_m2: pd.DataFrame
    shares: pd.DataFrame
    enaf_m2: pd.Series
    outside_m2: pd.Series
    partial: pd.Series
    unknown_m2: pd.Series
    deducted_m2: pd.Series


def land_take(
    sites: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame,
    land_cover: LandCover | PolygonCover,
    ruleset: Ruleset,
    *,
    unknown_share: float,
) -> LandTake:
    """Measure the land of each site, by class and by commune.

    ENAF is estimated from the land cover of today: what is not urbanised and is
    agricultural, forest, natural or water, by the classes of the rule set; inside a
    confirmed friche only its agricultural and forest land counts. Zoning is never
    read (R3).

    Parameters
    ----------
    sites
        The site table, EPSG:2154, unique index.
    communes
        Polygons with ``code``, same CRS.
    land_cover
        The land cover, same CRS: a raster, or polygons.
    ruleset
        Says which classes are ENAF.
    unknown_share
        Share of a site whose cover may be unknown before its ENAF is, and that may lie
        outside the territory before the site is partial.

    Returns
    -------
    LandTake
        The measures; those of a site do not depend on the other sites.

    Raises
    ------
    LayerError
        If a CRS differs, or the polygons of the land cover overlap.
    """
    by_code = communes.set_index("code").sort_index()
    gross_m2 = sites.geometry.area
    pieces = intersections(sites.geometry, by_code.geometry)
    of_site = gross_m2.reindex(pieces["site"]).to_numpy()
    pieces = pieces[pieces.area.to_numpy() > DUST * of_site].reset_index(drop=True)
    classes = group_areas(pieces.geometry, pieces["polygon"], land_cover)
    inside = _sum_by_site(classes, sites.index.get_indexer(pd.Index(pieces["site"])), sites.index)
    outside_m2 = (gross_m2 - inside.sum(axis=1)).clip(lower=0.0)
    outside_m2 = outside_m2.where(outside_m2 > DUST * gross_m2, 0.0)
    areas = inside.assign(unknown=inside["unknown"] + outside_m2)[list(CLASSES)]

    friche = sites["is_brownfield"].reindex(pieces["site"]).eq(other=True).fillna(value=False)
    is_friche = friche.to_numpy(dtype=bool)
    unknown = (LandClass.UNKNOWN,)
    counted = _sum_classes(classes, (*ruleset.enaf_classes.value, *unknown))
    friche_counted = _sum_classes(classes, (*ruleset.brownfield_enaf_classes.value, *unknown))
    enaf = _whole_shares(counted.where(~is_friche, friche_counted), pieces["site"])
    deducted = _whole_shares((counted - friche_counted).where(is_friche, 0.0), pieces["site"])

    site_sum = enaf.groupby(pieces["site"]).sum().reindex(sites.index, fill_value=0)
    known = inside["unknown"] <= unknown_share * gross_m2
    shares = pd.DataFrame(
        {
            "site": pieces["site"],
            "commune": pieces["polygon"],
            "area_m2": classes.sum(axis=1),
            "enaf_m2": enaf.astype("Int64").where(known.reindex(pieces["site"]).to_numpy()),
        }
    )
    return LandTake(
        areas_m2=areas,
        shares=shares,
        enaf_m2=site_sum.astype("Int64").where(known),
        outside_m2=outside_m2,
        partial=outside_m2 > unknown_share * gross_m2,
        unknown_m2=inside["unknown"],
        deducted_m2=deducted.groupby(pieces["site"]).sum().reindex(sites.index, fill_value=0),
    )


def _sum_classes(classes: pd.DataFrame, names: tuple[LandClass, ...]) -> pd.Series:
    return classes[[name.value for name in names]].sum(axis=1)


def _sum_by_site(pieces: pd.DataFrame, site: npt.NDArray[np.intp], index: pd.Index) -> pd.DataFrame:
    """Add the pieces of each site up, in their order and in plain floats.

    The compensated sum of pandas moves in the last bit with the other groups.
    """
    sums = {
        name: np.bincount(site, weights=pieces[name].to_numpy(), minlength=len(index))
        for name in pieces
    }
    return pd.DataFrame(sums, index=index)


def _whole_shares(area_m2: pd.Series, site: pd.Series) -> pd.Series:
    """Round the pieces of each site so that they add up to its rounded total."""
    cm2 = (area_m2 * 10_000).round().astype("int64")  # whole: sums do not depend on order
    running = (cm2.groupby(site).cumsum() + 5_000) // 10_000
    before = running.groupby(site).shift(fill_value=0)
    return running - before


def overlaps(sites: gpd.GeoSeries, *, least_share: float = LEAST_SHARE) -> pd.DataFrame:
    """Find the sites that overlap, whose land would be counted more than once.

    Parameters
    ----------
    sites
        Polygons in a projected CRS in metres.
    least_share
        Share of the smaller site below which an overlap is the imprecision of drawing.

    Returns
    -------
    pd.DataFrame
        ``first``, ``second`` (labels, in the order of the file) and ``area_m2``.

    Examples
    --------
    >>> import shapely
    >>> shapes = [shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10), shapely.box(9, 9, 19, 19)]
    >>> overlaps(gpd.GeoSeries(shapes, index=["A", "B", "C"], crs=2154), least_share=0.05)
      first second  area_m2
    0     A      B     50.0
    1     B      C      6.0
    """
    shapes = np.asarray(sites.array, dtype=object)
    found = list(pairs_in_order(shapes, least_share=least_share))
    first, second, area_m2 = (
        np.concatenate(columns) if columns else np.zeros(0, dtype=np.intp)
        for columns in (zip(*found, strict=True) if found else ((), (), ()))
    )
    return pd.DataFrame(
        {"first": sites.index[first], "second": sites.index[second], "area_m2": area_m2}
    )
