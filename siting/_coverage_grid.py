"""Cells of a raster, and the parts of it that polygons touch: used by :mod:`siting.coverage`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]

STRIP_ROWS = 2048
STRIP_CELLS = 1 << 26
"""A raster is read by strips of at most so many rows and cells (64 MiB)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of a raster with north up.

    Parameters
    ----------
    x, y
        Top left corner, in metres.
    cell_width, cell_height
        Size of a cell, in metres.
    rows, columns
        Number of cells.
    strip_rows
        Height of the strips read at once, in rows.
    block_columns
        Width of the blocks of the file, in columns.
    """

    x: float
    y: float
    cell_width: float
    cell_height: float
    rows: int
    columns: int
    strip_rows: int
    block_columns: int

    @classmethod
    def of(cls, dataset: Any) -> Grid:
        """Read the grid of a raster and decide on its strips.

        Parameters
        ----------
        dataset
            Open rasterio dataset.

        Returns
        -------
        Grid
            Its strips depend on nothing but the file, as the sums made by strip must.
        """
        rows = min(STRIP_ROWS, max(1, STRIP_CELLS // dataset.width))
        block_rows, block_columns = dataset.block_shapes[0]
        rows = rows // block_rows * block_rows or rows
        m = dataset.transform
        return cls(m.c, m.f, m.a, -m.e, dataset.height, dataset.width, rows, block_columns)

    @property
    def cell_area_m2(self) -> float:
        """Area of a cell, in m²."""
        return self.cell_width * self.cell_height

    def cells(self, points: Floats) -> Floats:
        """Turn coordinates into columns and rows, rightwards and downwards.

        The corner is subtracted first, and the size of a cell divides: coordinates of
        a million metres keep their digits, and borders of cells fall on whole numbers.

        Parameters
        ----------
        points
            Coordinates in metres, shape (points, 2).

        Returns
        -------
        ndarray
            Positions in cells, shape (points, 2).
        """
        return np.column_stack(
            ((points[:, 0] - self.x) / self.cell_width, (self.y - points[:, 1]) / self.cell_height)
        )

    def windows(self, bounds: Floats) -> Integers:
        """Find the cells that bounding boxes touch.

        Parameters
        ----------
        bounds
            Boxes (minx, miny, maxx, maxy) in metres, shape (boxes, 4).

        Returns
        -------
        ndarray
            First row, row after the last, first column, column after the last; no
            column for a box beside the raster, no row for one above or below it.
        """
        limits = np.array([self.rows, self.rows, self.columns, self.columns])
        inside = np.clip(self._extents(bounds), 0, limits)
        inside[:, 0::2] = np.floor(inside[:, 0::2])
        inside[:, 1::2] = np.ceil(inside[:, 1::2])
        return inside.astype(np.int64)

    def exceeded_by(self, bounds: Floats) -> Booleans:
        """Tell which bounding boxes reach beyond the raster.

        Parameters
        ----------
        bounds
            Boxes (minx, miny, maxx, maxy) in metres, shape (boxes, 4).

        Returns
        -------
        ndarray
            Shape (boxes,).
        """
        top, bottom, left, right = self._extents(bounds).T
        beyond: Booleans = (top < 0) | (bottom > self.rows) | (left < 0) | (right > self.columns)
        return beyond

    def _extents(self, bounds: Floats) -> Floats:
        """Return the top, bottom, left and right of boxes, in cells."""
        low, high = self.cells(bounds[:, :2]), self.cells(bounds[:, 2:])
        return np.column_stack((high[:, 1], low[:, 1], low[:, 0], high[:, 0]))


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """A part of a raster to read, with the boxes that touch it.

    Parameters
    ----------
    boxes
        Positions of the boxes.
    top, bottom, left, right
        Rows and columns of the part, the last ones excluded.
    """

    boxes: Integers
    top: int
    bottom: int
    left: int
    right: int


def parts(windows: Integers, grid: Grid) -> Iterator[Part]:
    """Share boxes out among the parts of the raster to read, strip by strip.

    Within a strip, boxes go from left to right (neighbours then meet the same memory),
    and a gap between them of a block of the file or more is not read.

    Parameters
    ----------
    windows
        Rows and columns of the boxes, from :meth:`Grid.windows`.
    grid
        Grid of the raster.

    Yields
    ------
    Part
        From top to bottom; a box comes once in every strip it touches.
    """
    wide = windows[:, 3] > windows[:, 2]
    for top in range(0, grid.rows, grid.strip_rows):
        bottom = min(top + grid.strip_rows, grid.rows)
        touched = np.flatnonzero(wide & (windows[:, 0] < bottom) & (windows[:, 1] > top))
        touched = touched[np.argsort(windows[touched, 2], kind="stable")]
        first_block = windows[touched, 2] // grid.block_columns
        next_block = -(-windows[touched, 3] // grid.block_columns)
        gaps = first_block[1:] > np.maximum.accumulate(next_block)[:-1]
        for boxes in np.split(touched, np.flatnonzero(gaps) + 1):
            if len(boxes):
                tops, bottoms, lefts, rights = windows[boxes].T
                rows = max(top, int(tops.min())), min(bottom, int(bottoms.max()))
                yield Part(boxes, *rows, int(lefts.min()), int(rights.max()))
