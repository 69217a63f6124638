"""Outlines of demonstration sites: irregular, turned, some with a bend, a hole or two parts."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from layers.demonstration.hashing import uniform

Floats = npt.NDArray[np.float64]

# Drawn on a unit scale; the corners are then shaken, turned and brought to the area asked.
_OUTLINES: Final[dict[str, tuple[tuple[float, float], ...]]] = {
    "plain": ((0, 0), (1.1, 0.05), (1.7, 0), (1.75, 0.6), (1.6, 1.0), (0.9, 1.1), (0.05, 1)),
    "indented": (
        (0, 0), (0.6, 0.05), (0.62, 0.3), (0.95, 0.28), (1, 0), (1.8, 0.1), (1.9, 0.7),
        (1.5, 0.75), (1.45, 1.2), (0.8, 1.1), (0.75, 0.9), (0.1, 1),
    ),
    "elbow": ((0, 0), (2, 0.1), (1.95, 0.8), (1.2, 0.75), (0.75, 0.8), (0.8, 1.7), (0, 1.8)),
    "notched": ((0, 0), (0.9, -0.1), (1.6, 0.2), (1.5, 0.9), (1.1, 0.85), (1.05, 1.2), (0.1, 1.1)),
}  # fmt: skip
_HOLE: Final = ((0.7, 0.4), (1.0, 0.45), (1.05, 0.7), (0.72, 0.68))
_SECOND_PART: Final = ((2.1, 0.1), (2.9, 0.0), (3.0, 0.8), (2.2, 0.9))
_SHAKE = 0.09

SHAPES: Final = (*_OUTLINES, "holed", "split")
"""Kinds of outlines :func:`draw` knows."""


def draw(
    kind: str, area_m2: float, centre: Floats, *, key: int, turn: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """Draw a site.

    Parameters
    ----------
    kind
        One of :data:`SHAPES`.
    area_m2
        Area wanted, met within the rounding of coordinates.
    centre
        Where its centroid goes, EPSG:2154.
    key
        What the irregularities depend on.
    turn
        Rotation, as a share of a turn.

    Returns
    -------
    Polygon or MultiPolygon
        A valid shape, coordinates in whole metres.

    Examples
    --------
    >>> site = draw("elbow", 200_000, np.array([400_000.0, 6_700_000.0]), key=1, turn=0.1)
    >>> round(site.area / 1e4), site.is_valid
    (20, True)
    """
    outline = _shaken(_OUTLINES.get(kind, _OUTLINES["plain"]), key)
    holes = [np.array(_HOLE)] if kind == "holed" else []
    parts = [shapely.Polygon(outline, holes)]
    if kind == "split":
        parts.append(shapely.Polygon(np.array(_SECOND_PART)))
    shape = shapely.MultiPolygon(parts) if len(parts) > 1 else parts[0]
    middle = shapely.get_coordinates(shape.centroid)[0]
    scale = np.sqrt(area_m2 / shape.area)
    cosine, sine = np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)
    rotation = scale * np.array([[cosine, sine], [-sine, cosine]])
    return shapely.transform(shape, lambda points: np.rint((points - middle) @ rotation + centre))


def _shaken(corners: tuple[tuple[float, float], ...], key: int) -> Floats:
    order = np.arange(2 * len(corners), dtype=np.uint64)
    shift = _SHAKE * (2 * uniform("shake", key, order) - 1)
    return np.array(corners) + shift.reshape(-1, 2)
