"""Exact coverage of raster cells by polygons: the algorithm of :mod:`siting.coverage`.

Plain functions of scalars and arrays, which :mod:`siting._coverage_kernel` compiles. Called as
they are, they give the same figures to the last bit, slowly: for a few sites that is less than
the import of numba takes.

Method. Coordinates are in cells, x to the right and y downwards. An edge that goes
down covers everything to its right, one that goes up uncovers it. In one row, a piece
of edge of height ``h`` inside column ``c``, at a mean distance ``d`` from the left
border of that column, therefore adds ``h (1 - d)`` to the covered share of column
``c`` and ``h`` to that of every column after it. Keeping only the *steps* from one
column to the next (``h (1 - d)`` at ``c``, ``h d`` at ``c + 1``) makes an edge cost
what it crosses; the running sum of the steps along a row is the share of each cell
inside the polygon, without approximation. This is the "area and cover" accumulation
of anti-aliased font rasterisers (FreeType, font-rs), in double precision.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]
Booleans = npt.NDArray[np.bool_]

BAND_CELLS = 1 << 20
"""Cells of the work buffer (8 MiB): a polygon wider or taller is done by bands of rows."""

NEGLIGIBLE = 1e-11
"""Share of a cell below which it is not touched: only the rounding of running sums is."""

UNSOUND = 1e-6
"""Distance from [0, 1] beyond which a share cannot come from a valid polygon."""


def ring_signs(points: Floats, rings: Integers, exterior: Booleans) -> Integers:
    """Return what each ring must be multiplied by to add (exterior) or remove (hole).

    Parameters
    ----------
    points
        Vertices in cells, shape (vertices, 2).
    rings
        Offsets of the rings in ``points``, shape (rings + 1,).
    exterior
        Whether a ring is the outline of a polygon (else it is a hole), shape (rings,).

    Returns
    -------
    ndarray
        +1 or -1 for each ring, whatever way round it was drawn.
    """
    signs = np.empty(len(exterior), np.int64)
    for ring in range(len(exterior)):
        first, last = rings[ring], rings[ring + 1]
        area = 0.0
        # From the first vertex: far from the origin the products would lose digits.
        x0, y0 = points[first, 0], points[first, 1]
        for i in range(first, last - 1):
            area += (points[i + 1, 0] - x0) * (points[i, 1] - y0)
            area -= (points[i, 0] - x0) * (points[i + 1, 1] - y0)
        signs[ring] = 1 if (area > 0.0) == exterior[ring] else -1
    return signs


def add_piece(steps: Floats, base: int, width: int, xa: float, xb: float, height: float) -> None:
    """Add to ``steps`` one piece of edge that stays in one row.

    Parameters
    ----------
    steps
        Steps of coverage, changed in place.
    base
        Position in ``steps`` of the first column of the row.
    width
        Number of columns; what lies left of them covers them all, right of them none.
    xa, xb
        Columns of the two ends.
    height
        Signed height of the piece, in rows.
    """
    left, right = min(xa, xb), max(xa, xb)
    if left >= width:
        return
    if right <= 0.0:
        steps[base] += height
        return
    if int(left) == int(right) and left >= 0.0:  # most pieces: one column
        column = base + int(left)
        beyond = height * (0.5 * (left + right) - int(left))
        steps[column] += height - beyond
        steps[column + 1] += beyond
        return
    slope = height / (right - left)
    if left < 0.0:
        steps[base] -= left * slope
        left = 0.0
    right = min(right, float(width))
    first, last = int(left), int(right)
    for column in range(first, last + 1):
        enter, leave = max(left, float(column)), min(right, float(column + 1))
        part = (leave - enter) * slope
        beyond = part * (0.5 * (enter + leave) - column)
        steps[base + column] += part - beyond
        steps[base + column + 1] += beyond


def add_edge(
    steps: Floats, band: tuple[int, int, int, int], points: Floats, start: int, sign: int
) -> None:
    """Add to ``steps`` the part of an edge that crosses a band of the grid.

    Parameters
    ----------
    steps
        Steps of coverage, rows of two more than the columns of the band; changed in place.
    band
        Top, bottom, left and right of the band, in cells.
    points
        Vertices in cells.
    start
        Position in ``points`` of the first end of the edge.
    sign
        Sign of the ring.
    """
    top, bottom, left, right = band
    x0, y0 = points[start, 0] - left, points[start, 1]
    x1, y1 = points[start + 1, 0] - left, points[start + 1, 1]
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    y, end = max(y0, float(top)), min(y1, float(bottom))
    if y >= end:
        return
    width = right - left
    slope = (x1 - x0) / (y1 - y0)
    x = x0 if y == y0 else x0 + (y - y0) * slope
    row = int(y)
    while y < end:
        y_next = min(end, row + 1.0)
        x_next = x1 if y_next == y1 else x0 + (y_next - y0) * slope
        add_piece(steps, (row - top) * (width + 2), width, x, x_next, sign * (y_next - y))
        x, y, row = x_next, y_next, row + 1


def add_cells(shares: Floats, steps: Floats, classes: Bytes) -> bool:
    """Turn the steps of a band into shares of cells, and add them up by class.

    Parameters
    ----------
    shares
        Cells covered in each of the 256 classes, changed in place.
    steps
        Steps of coverage, rows of two more than the columns; set back to zero.
    classes
        Classes of the cells of the band.

    Returns
    -------
    bool
        Whether every share was between 0 and 1.
    """
    sound = True
    height, width = classes.shape
    for row in range(height):
        line = steps[row * (width + 2) : (row + 1) * (width + 2)]
        share = 0.0
        for column in range(width):
            share += line[column]
            if share > NEGLIGIBLE:
                shares[classes[row, column]] += share
                sound &= share < 1.0 + UNSOUND
            else:
                sound &= share > -UNSOUND
        line[:] = 0.0
    return sound


def band_rows(width: int) -> int:
    """Return how many rows of a polygon ``width`` columns wide are done at once.

    Parameters
    ----------
    width
        Number of columns of the polygon.

    Returns
    -------
    int
        Number of rows; depends on nothing but the polygon, as its sums must.
    """
    return max(1, BAND_CELLS // (width + 2))


def add_coverage(
    shares: Floats, points: Floats, rings: Integers, signs: Integers, owners: Integers,
    windows: Integers, classes: Bytes, corner: tuple[int, int],
) -> Booleans:  # fmt: skip
    """Add up by class the cells of a part of the raster that polygons cover.

    Each polygon is done alone and from top to bottom, so that its sums do not depend
    on the others.

    Parameters
    ----------
    shares
        Cells covered, shape (polygons, 256), changed in place.
    points
        Vertices in cells of the whole raster, shape (vertices, 2).
    rings
        Offsets of the rings in ``points``, shape (rings + 1,).
    signs
        Signs of the rings, from :func:`ring_signs`.
    owners
        Offsets of the polygons in ``rings``, shape (polygons + 1,).
    windows
        Rows and columns ``(top, bottom, left, right)`` of the raster that each polygon
        touches, within ``classes``; shape (polygons, 4).
    classes
        Classes of a part of the raster.
    corner
        Row and column of the raster at the top left of ``classes``.

    Returns
    -------
    ndarray
        Whether each polygon covered every cell between 0 and 1 times.
    """
    count = len(owners) - 1
    sound = np.ones(count, np.bool_)
    size = 0
    for polygon in range(count):
        first_row, last_row, left, right = windows[polygon]
        rows = min(last_row - first_row, band_rows(right - left))
        size = max(size, rows * (right - left + 2))
    steps = np.zeros(size, np.float64)
    for polygon in range(count):
        first_row, last_row, left, right = windows[polygon]
        rows = band_rows(right - left)
        for top in range(first_row, last_row, rows):
            bottom = min(top + rows, last_row)
            for ring in range(owners[polygon], owners[polygon + 1]):
                for i in range(rings[ring], rings[ring + 1] - 1):
                    add_edge(steps, (top, bottom, left, right), points, i, signs[ring])
            band = classes[
                top - corner[0] : bottom - corner[0], left - corner[1] : right - corner[1]
            ]
            sound[polygon] &= add_cells(shares[polygon], steps, band)
    return sound
