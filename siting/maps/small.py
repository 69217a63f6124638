"""Small maps of runs, to be set side by side: still pictures, the same land at the same scale."""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from layers.territory import Level
from siting.maps.ground import Ground
from siting.maps.signs import (
    SHARE_CLASSES,
    marker_size,
    share_class,
    total_m2,
    verdict_symbol,
)
from siting.pipeline import Run

WIDTH: Final = 420
"""Width of the picture, in its own units."""
_MARGIN: Final = 8
_SIMPLIFICATION_M: Final = 700.0
_UNKNOWN: Final = "#d5dadb"
_SMALLER: Final = 0.72


class _Frame:
    """Places of the land in the picture."""

    def __init__(self, bounds: tuple[float, float, float, float]) -> None:
        self.west, self.south, east, self.north = bounds
        self.scale = (WIDTH - 2 * _MARGIN) / (east - self.west)
        self.height = round((self.north - self.south) * self.scale) + 2 * _MARGIN

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (
            _MARGIN + (x - self.west) * self.scale,
            _MARGIN + (self.north - y) * self.scale,
        )

    def path(self, shape: shapely.Geometry) -> str:
        rings = [
            ring
            for part in shapely.get_parts(shape)
            for ring in (part.exterior, *part.interiors)
        ]  # fmt: skip
        return "".join(self._ring(ring) for ring in rings)

    def _ring(self, ring: shapely.Geometry) -> str:
        points = (self.at(x, y) for x, y in shapely.get_coordinates(ring)[:-1])
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z"


@lru_cache(maxsize=4)
def _paths(ground: Ground, epci: tuple[str, ...]) -> tuple[_Frame, dict[str, str]]:
    """Return the outline of each EPCI in the picture; ``epci`` is that of each commune."""
    communes = ground.communes
    simple = shapely.coverage_simplify(communes.to_numpy(), _SIMPLIFICATION_M)
    shapes = gpd.GeoDataFrame(geometry=gpd.GeoSeries(simple, crs=communes.crs))
    whole = shapes.dissolve(by=list(epci), method="coverage").geometry
    frame = _Frame(tuple(whole.total_bounds))
    return frame, {str(code): frame.path(shape) for code, shape in whole.items()}


def small_map(run: Run, ground: Ground) -> str:
    """Draw the EPCI by share of budget used, the sites of the scenario counted, and these sites.

    Parameters
    ----------
    run
        The run.
    ground
        The ground of its territory.

    Returns
    -------
    str
        SVG, without any text of a file: the sites are told by their place and verdict alone.
        EPCI beyond their budget have a dark outline.
    """
    account = run.account
    codes = account.codes(Level.EPCI).reindex(ground.communes.index)
    frame, paths = _paths(ground, tuple(map(str, codes)))
    table = account.budgets(Level.EPCI)
    land, over = [], []
    for code, row in zip(table.index, table.to_dict("records"), strict=True):
        used = total_m2(row["used_m2"], row["planned_m2"])
        rank = share_class(used, row["budget_m2"])
        colour = _UNKNOWN if rank is None else SHARE_CLASSES[rank].colour
        land.append(f'<path d="{paths[str(code)]}" fill="{colour}" stroke="#fff"/>')
        if used is not None and not pd.isna(row["budget_m2"]) and used > row["budget_m2"]:
            over.append(f'<path d="{paths[str(code)]}" fill="none"/>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {frame.height}" '
        f'width="{WIDTH}" height="{frame.height}"><g stroke-width="0.8">{"".join(land)}</g>'
        f'<g stroke="#22313a" stroke-width="2" stroke-linejoin="round">{"".join(over)}</g>'
        f"{''.join(_signs(run, frame))}</svg>"
    )


def _signs(run: Run, frame: _Frame) -> list[str]:
    """Draw the sites chosen, the large first."""
    chosen = {*run.plan.posted, *run.plan.left_out}
    sites = run.sites[run.sites.index.isin(list(chosen))]
    centres = sites.geometry.representative_point()
    signs = []
    for key in sites["gross_area_m2"].sort_values(ascending=False).index:
        size = _SMALLER * marker_size(sites["gross_area_m2"][key])
        x, y = frame.at(centres[key].x, centres[key].y)
        place = f'x="{x - size / 2:.1f}" y="{y - size / 2:.1f}" width="{size:.1f}" '
        sign = verdict_symbol(run.verdicts[str(key)].code)
        signs.append(sign.replace("<svg ", f'<svg {place}height="{size:.1f}" ', 1))
    return signs


def picture_address(svg: str) -> str:
    """Return a picture as an address that holds it whole: nothing is asked for.

    Parameters
    ----------
    svg
        The picture.

    Returns
    -------
    str
        A ``data:`` address.

    Examples
    --------
    >>> picture_address("<svg/>")
    'data:image/svg+xml;base64,PHN2Zy8+'
    """
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
