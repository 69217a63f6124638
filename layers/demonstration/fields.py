"""Compiled fields of the demonstration land cover: noise, town density, classes.

Importing this module imports numba. Everything is a function of absolute positions
in Lambert-93 (EPSG:2154), so that a cell has one class however the raster is cut. Cells
are counted from (0, :data:`TOP_M`): column ``floor(x / 10)``, row ``floor((TOP - y) / 10)``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numba
import numpy as np
import numpy.typing as npt

from layers.demonstration import SEED

Fields = npt.NDArray[np.float32]
Codes = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.int16]

CELL_M: Final = 10
TOP_M: Final = 7_200_000
"""Northing of row 0, north of metropolitan France."""

NODE: Final = 8
"""Cells between two nodes of the coarse fields (80 m)."""

URBAN, ACTIVITY, FOREST, RIVER, SOIL = range(5)
"""Layers of the coarse fields."""

LOWEST: Final = -9.0
BINS: Final = 4096
BIN: Final = 14.0 / BINS
"""Histogram of urban scores, from LOWEST to LOWEST + 14."""

ROAD: Final = 1
WORKS: Final = 2
"""Marks of the fixed cells: road, ground of a brownfield."""

ZONE: Final = 0.76
WATER: Final = 0.004
WOODED: Final = 0.645
VINEYARD: Final = 0.71

# OSO codes of 2018 and later, and how often a parcel bears them (in 1/256, cumulated).
_CROPS = np.array([13, 6, 10, 5, 9, 7, 8, 12, 14, 15, 20], dtype=np.uint8)
_SHARES = np.array([105, 164, 212, 225, 235, 242, 246, 248, 252, 255, 256], dtype=np.int64)

_A = np.uint64(0x9E3779B97F4A7C15)
_B = np.uint64(0xBF58476D1CE4E5B9)
_C = np.uint64(0x94D049BB133111EB)
_SEED = np.uint64(SEED)


def compiled(*, parallel: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that compiles on first call, cached on disk where one can be.

    Parameters
    ----------
    parallel
        Whether loops over ``numba.prange`` share the cores.

    Returns
    -------
    Callable
        The decorator.
    """

    def decorator(function: Callable[..., Any]) -> Callable[..., Any]:
        try:
            return numba.njit(cache=True, parallel=parallel)(function)
        except RuntimeError:  # no folder where a cache could be written
            return numba.njit(parallel=parallel)(function)

    return decorator


@compiled()
def lattice(column: int, row: int, draw: int) -> float:
    """Return the draw in [0, 1) of a node of a lattice.

    Parameters
    ----------
    column, row
        Position of the node.
    draw
        Which draw, so that lattices differ.

    Returns
    -------
    float
        A number that depends on the three (SplitMix64 finaliser) and on the seed.
    """
    state = _SEED + np.uint64(column) * _A + np.uint64(row) * _B + np.uint64(draw) * _C
    state = (state ^ (state >> np.uint64(30))) * _B
    state = (state ^ (state >> np.uint64(27))) * _C
    state = state ^ (state >> np.uint64(31))
    return float(state >> np.uint64(11)) * 2.0**-53


@compiled()
def noise(x: float, y: float, draw: int) -> float:
    """Return smooth noise in [0, 1): draws of a unit lattice, interpolated.

    Parameters
    ----------
    x, y
        Position, in steps of the lattice.
    draw
        Which lattice.

    Returns
    -------
    float
        Value noise, continuous and differentiable.
    """
    column, row = int(np.floor(x)), int(np.floor(y))
    u, v = x - column, y - row
    u, v = u * u * (3 - 2 * u), v * v * (3 - 2 * v)
    top = lattice(column, row, draw) * (1 - u) + lattice(column + 1, row, draw) * u
    low = lattice(column, row + 1, draw) * (1 - u) + lattice(column + 1, row + 1, draw) * u
    return float(top * (1 - v) + low * v)


@compiled()
def waves(x: float, y: float, step_m: float, draw: int) -> float:
    """Return noise of three scales: a step, a third and a ninth of it.

    Parameters
    ----------
    x, y
        Position in metres.
    step_m
        Step of the largest scale.
    draw
        Which lattices.

    Returns
    -------
    float
        A number in [0, 1), mostly near 0.5.
    """
    # Each lattice is turned, so that no line of theirs shows through.
    u, v = (0.8 * x - 0.6 * y) / step_m, (0.6 * x + 0.8 * y) / step_m
    large = noise(u, v, draw)
    middle = noise(2.2 * u + 1.9 * v, 2.2 * v - 1.9 * u, draw + 1)
    small = noise(8.8 * v - 1.7 * u, 8.8 * u + 1.7 * v, draw + 2)
    return float(0.57 * large + 0.29 * middle + 0.14 * small)


@compiled()
def hamlets(x: float, y: float) -> float:
    """Return the density of hamlets: one about every 1.4 km, 80 to 260 m wide.

    Parameters
    ----------
    x, y
        Position in metres.

    Returns
    -------
    float
        Sum of exponential bumps of height 0.04 to 0.5.
    """
    step = 1400.0
    column, row = int(np.floor(x / step)), int(np.floor(y / step))
    total = 0.0
    for i in range(column - 1, column + 2):
        for j in range(row - 1, row + 2):
            dx = x - (i + lattice(i, j, 50)) * step
            dy = y - (j + lattice(i, j, 51)) * step
            radius = 40.0 + 90.0 * lattice(i, j, 52)
            height = 0.04 + 0.46 * lattice(i, j, 53) ** 2
            total += height * np.exp(-np.sqrt(dx * dx + dy * dy) / radius)
    return total


@compiled()
def river(x: float, y: float) -> float:
    """Return how far a place is from the synthetic rivers, without unit.

    Parameters
    ----------
    x, y
        Position in metres.

    Returns
    -------
    float
        0 on a river: rivers are the level line 0.5 of a noise; below :data:`WATER` is
        water.
    """
    return float(abs(waves(x, y, 16_000.0, 60) - 0.5))


@compiled(parallel=True)
def fill_fields(fields: Fields, first_row: int, first_column: int) -> None:
    """Complete the coarse fields, in place, from what towns and interchanges left there.

    Parameters
    ----------
    fields
        Shape (5, rows, columns). On entry ``URBAN`` holds the density of towns (1 in the
        centre of one) and ``ACTIVITY`` the pull of interchanges and stations (0 to 1);
        on return all five fields are what :func:`classify` reads.
    first_row, first_column
        Node of the corner, counted as cells are, every :data:`NODE` cells.
    """
    step = NODE * CELL_M
    for i in numba.prange(fields.shape[1]):
        y = TOP_M - (first_row + i) * step - step / 2
        for j in range(fields.shape[2]):
            x = (first_column + j) * step + step / 2
            density = fields[URBAN, i, j] + hamlets(x, y) + 2e-3
            pull = min(1.0, fields[ACTIVITY, i, j])
            zone = waves(x, y, 900.0, 10) + 0.25 * pull
            score = np.log(density) + 2.2 * (waves(x, y, 700.0, 20) - 0.5)
            if zone > ZONE:
                score += 1.2
            fields[URBAN, i, j] = score
            fields[ACTIVITY, i, j] = zone
            fields[FOREST, i, j] = waves(x, y, 4_500.0, 30)
            fields[RIVER, i, j] = river(x, y)
            fields[SOIL, i, j] = waves(x, y, 25_000.0, 40)


@compiled()
def at_cell(fields: Fields, layer: int, row: float, column: float) -> float:
    """Interpolate a coarse field.

    Parameters
    ----------
    fields
        The coarse fields.
    layer
        Which one.
    row, column
        Position in nodes from the corner.

    Returns
    -------
    float
        The value, bilinear between the four nodes around.
    """
    i, j = int(row), int(column)
    v, u = row - i, column - j
    top = fields[layer, i, j] * (1 - u) + fields[layer, i, j + 1] * u
    low = fields[layer, i + 1, j] * (1 - u) + fields[layer, i + 1, j + 1] * u
    return float(top * (1 - v) + low * v)


@compiled()
def urban_score(fields: Fields, row: float, column: float, i: int, j: int) -> float:
    """Return how likely a cell is built: the coarse field and two scales of fine noise.

    Parameters
    ----------
    fields, row, column
        As in :func:`at_cell`.
    i, j
        Row and column of the cell.

    Returns
    -------
    float
        The score; the cells of a commune above its threshold are built, water never is.
    """
    if at_cell(fields, RIVER, row, column) < WATER:
        return LOWEST
    fine = 0.9 * (noise(j / 7.0, i / 7.0, 70) - 0.5) + 0.6 * (noise(j / 2.5, i / 2.5, 71) - 0.5)
    return float(at_cell(fields, URBAN, row, column) + fine)


@compiled()
def open_land(fields: Fields, row: float, column: float, i: int, j: int) -> int:
    """Return the OSO code of a cell that is not artificialised.

    Parameters
    ----------
    fields, row, column, i, j
        As in :func:`urban_score`.

    Returns
    -------
    int
        A code of the classes of farmland, forest, natural land or water.
    """
    bank = at_cell(fields, RIVER, row, column)
    wood = at_cell(fields, FOREST, row, column)
    soil = at_cell(fields, SOIL, row, column)
    # Parcels: bricks of a slanted grid, bent by the slow fields so that no line is straight.
    x = j * CELL_M + 1800.0 * wood + 0.35 * i * CELL_M
    y = i * CELL_M + 2600.0 * soil + 900.0 * wood
    strip = int(np.floor(y / 170.0))
    width = 110.0 + 190.0 * lattice(strip, 0, 80)
    along = x / width + lattice(strip, 0, 81)
    brick = int(np.floor(along))
    parcel = lattice(brick, strip, 82)
    edge = (along - brick) * width < CELL_M or y - strip * 170.0 < CELL_M
    if bank < WATER:
        code = 23
    elif wood > WOODED - 0.02 * parcel:
        code = 17 if noise(j / 75.0, i / 55.0, 83) > 0.66 else 16
    elif bank < 3.5 * WATER:
        code = 16 if parcel < 0.3 else 13
    elif edge and lattice(brick, strip, 84) < 0.3:
        code = 16  # a hedge
    elif wood > WOODED - 0.05 and parcel < 0.16:
        code = 19 if parcel < 0.11 else 18
    elif soil > VINEYARD and parcel < 0.4:
        code = 15
    else:
        share = int(256 * lattice(brick, strip, 85))
        rank = 0
        while share >= _SHARES[rank]:
            rank += 1
        code = int(_CROPS[rank])
    return code


@compiled()
def count_scores(
    fields: Fields, nodes: tuple[int, int], communes: Indices, fixed: Codes,
    corner: tuple[int, int], step: int, histogram: npt.NDArray[np.int64],
) -> None:  # fmt: skip
    """Count, in place, the cells of each commune by urban score.

    Parameters
    ----------
    fields
        The coarse fields.
    nodes
        Row and column of their first node.
    communes
        Index of the commune of each cell, 0 outside; shape (rows, columns).
    fixed
        :data:`ROAD` or :data:`WORKS` where the class is given, else 0.
    corner
        Row and column of the first cell.
    step
        Every how many cells to look, both ways.
    histogram
        Shape (communes + 1, :data:`BINS` + 1); the last bin counts the fixed cells.
    """
    for a in range(0, communes.shape[0], step):
        i = corner[0] + a
        row = (i + 0.5) / NODE - 0.5 - nodes[0]
        for b in range(0, communes.shape[1], step):
            commune = communes[a, b]
            if commune == 0:
                continue
            if fixed[a, b] != 0:
                histogram[commune, BINS] += 1
                continue
            j = corner[1] + b
            column = (j + 0.5) / NODE - 0.5 - nodes[1]
            score = urban_score(fields, row, column, i, j)
            rank = int((score - LOWEST) / BIN)
            histogram[commune, min(max(rank, 0), BINS - 1)] += 1


@compiled(parallel=True)
def classify(
    fields: Fields, nodes: tuple[int, int], communes: Indices, fixed: Codes,
    corner: tuple[int, int], thresholds: npt.NDArray[np.float64], classes: Codes,
) -> None:  # fmt: skip
    """Write, in place, the OSO code of each cell.

    Parameters
    ----------
    fields, nodes, communes, fixed, corner
        As in :func:`count_scores`.
    thresholds
        Scores above which the cells of a commune are built, and densely built; shape
        (communes + 1, 2).
    classes
        Codes written, shape (rows, columns); 0 outside every commune.
    """
    for a in numba.prange(communes.shape[0]):
        i = corner[0] + a
        row = (i + 0.5) / NODE - 0.5 - nodes[0]
        for b in range(communes.shape[1]):
            commune = communes[a, b]
            if commune == 0:
                classes[a, b] = 0
            elif fixed[a, b] == ROAD:
                classes[a, b] = 4
            elif fixed[a, b] == WORKS:
                classes[a, b] = 3
            else:
                j = corner[1] + b
                column = (j + 0.5) / NODE - 0.5 - nodes[1]
                score = urban_score(fields, row, column, i, j)
                rank = LOWEST + BIN * int((score - LOWEST) / BIN)
                if rank < thresholds[commune, 0]:
                    classes[a, b] = open_land(fields, row, column, i, j)
                elif at_cell(fields, ACTIVITY, row, column) > ZONE:
                    classes[a, b] = 3
                elif rank < thresholds[commune, 1]:
                    classes[a, b] = 2
                else:
                    classes[a, b] = 1
