"""Block of cells of the demonstration land cover: what is burnt in it, and its fields."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from rasterio import Affine
from rasterio.features import rasterize

from layers.demonstration import fields, roads

Floats = npt.NDArray[np.float64]
Extent = tuple[float, float, float, float]

STRIP_ROWS: Final = 512
_MARGIN_NODES = 2
_STATION_RADIUS_M = 350.0
_STATION_HEIGHT = 0.5
_STATION_PULL = 0.6
_INTERCHANGE_RADIUS_M = 1_500.0
_MOTORWAY_WIDTH_M = 40.0


@dataclass(frozen=True, eq=False)
class Inputs:
    """What the land cover is made from; every table in EPSG:2154, in any order.

    Parameters
    ----------
    communes
        ``code`` and outlines that tile the territory.
    housing
        ``code`` and ``dwellings`` of the same communes.
    stations, interchanges
        Points.
    brownfields
        Polygons of industrial ground.
    """

    communes: gpd.GeoDataFrame
    housing: pd.DataFrame
    stations: gpd.GeoSeries
    interchanges: gpd.GeoSeries
    brownfields: gpd.GeoSeries

    @cached_property
    def towns(self) -> roads.Towns:
        """The town centres, sorted by commune code."""
        return roads.town_centres(self.communes, self.housing)

    @cached_property
    def outlines(self) -> npt.NDArray[np.object_]:
        """The outlines of the communes, sorted by code."""
        outlines: npt.NDArray[np.object_] = self.communes.sort_values("code").geometry.to_numpy()
        return outlines

    @cached_property
    def fixed(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.uint8]]:
        """The shapes whose class is given, and their marks; the later cover the former."""
        local = roads.local_roads(self.towns)
        wide = shapely.buffer(roads.motorways(self.towns), _MOTORWAY_WIDTH_M / 2)
        grounds = self.brownfields.to_numpy()
        marks = [fields.ROAD] * (len(local) + len(wide)) + [fields.WORKS] * len(grounds)
        return np.concatenate([local, wide, grounds]), np.array(marks, dtype=np.uint8)

    @cached_property
    def trees(self) -> tuple[shapely.STRtree, shapely.STRtree]:
        """Search trees of the outlines and of the fixed shapes."""
        return shapely.STRtree(self.outlines), shapely.STRtree(self.fixed[0])


@dataclass(frozen=True, eq=False)
class Domain:
    """A block of cells, made of whole nodes of the coarse fields.

    Parameters
    ----------
    inputs
        What the land cover is made from.
    rows, columns
        First and last (excluded) cells, counted as in :mod:`layers.demonstration.fields`.
    """

    inputs: Inputs
    rows: tuple[int, int]
    columns: tuple[int, int]

    @classmethod
    def around(cls, inputs: Inputs, extent: Extent) -> Domain:
        """Return the smallest block that holds an extent.

        Parameters
        ----------
        inputs
            What the land cover is made from.
        extent
            West, south, east and north, in metres (EPSG:2154).

        Returns
        -------
        Domain
            The block, widened to multiples of 80 m.
        """
        side = fields.CELL_M * fields.NODE
        west, south, east, north = extent
        top = int(np.floor((fields.TOP_M - north) / side)) * fields.NODE
        low = int(np.ceil((fields.TOP_M - south) / side)) * fields.NODE
        left = int(np.floor(west / side)) * fields.NODE
        right = int(np.ceil(east / side)) * fields.NODE
        return cls(inputs, (top, low), (left, right))

    @property
    def nodes(self) -> tuple[int, int]:
        """Row and column of the first node of the coarse fields."""
        first_row = self.rows[0] // fields.NODE - _MARGIN_NODES
        return first_row, self.columns[0] // fields.NODE - _MARGIN_NODES

    @property
    def shape(self) -> tuple[int, int]:
        """Number of rows and of columns."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    def transform(self, first_row: int) -> Affine:
        """Return the georeference of a strip.

        Parameters
        ----------
        first_row
            Its first row.

        Returns
        -------
        Affine
            From column and row to EPSG:2154.
        """
        cell = fields.CELL_M
        return Affine(cell, 0, self.columns[0] * cell, 0, -cell, fields.TOP_M - first_row * cell)

    def strips(self) -> Iterator[tuple[int, int]]:
        """Cut the block into strips, at the same rows whatever the block.

        Yields
        ------
        tuple of int
            First and last (excluded) rows.
        """
        first, last = self.rows
        while first < last:
            following = min((first // STRIP_ROWS + 1) * STRIP_ROWS, last)
            yield first, following
            first = following

    def burn(self, first: int, last: int) -> tuple[fields.Indices, fields.Codes]:
        """Draw the communes and the fixed shapes in a strip.

        Parameters
        ----------
        first, last
            First and last (excluded) rows.

        Returns
        -------
        communes : ndarray
            Rank of the commune of each cell, from 1 by code; 0 outside.
        fixed : ndarray
            Mark of the cells whose class is given, else 0.
        """
        cell = fields.CELL_M
        north, south = fields.TOP_M - first * cell, fields.TOP_M - last * cell
        strip = shapely.box(self.columns[0] * cell, south, self.columns[1] * cell, north)
        shapes, marks = self.inputs.fixed
        ours, given = (np.sort(tree.query(strip)) for tree in self.inputs.trees)
        communes = np.zeros((last - first, self.shape[1]), dtype=np.int16)
        fixed = np.zeros(communes.shape, dtype=np.uint8)
        _burn(communes, self.inputs.outlines[ours], ours + 1, self.transform(first))
        _burn(fixed, shapes[given], marks[given], self.transform(first))
        return communes, fixed

    def coarse_fields(self, radii: Floats) -> fields.Fields:
        """Make the coarse fields of the block and of a margin around it.

        Parameters
        ----------
        radii
            Radius of each town (m), by commune code.

        Returns
        -------
        ndarray
            What :func:`layers.demonstration.fields.classify` reads.
        """
        rows, columns = (cells // fields.NODE + 2 * _MARGIN_NODES + 1 for cells in self.shape)
        values = np.zeros((5, rows, columns), dtype=np.float32)
        stations = shapely.get_coordinates(self.inputs.stations.to_numpy())
        interchanges = shapely.get_coordinates(self.inputs.interchanges.to_numpy())
        near = np.full(len(stations), _STATION_RADIUS_M)
        wide = np.full(len(interchanges), _INTERCHANGE_RADIUS_M)
        _add_bumps(values[fields.URBAN], self.nodes, self.inputs.towns.points, radii, 1.0)
        _add_bumps(values[fields.URBAN], self.nodes, stations, near, _STATION_HEIGHT)
        _add_bumps(values[fields.ACTIVITY], self.nodes, stations, 2 * near, _STATION_PULL)
        _add_bumps(values[fields.ACTIVITY], self.nodes, interchanges, wide, 1.0)
        fields.fill_fields(values, *self.nodes)
        return values


def _burn(
    cells: npt.NDArray[Any],
    shapes: npt.NDArray[np.object_],
    marks: npt.NDArray[Any],
    transform: Affine,
) -> None:
    """Write the mark of each shape in the cells whose centre it covers, in place."""
    pairs = list(zip(shapes, marks.tolist(), strict=True))
    if pairs:
        rasterize(pairs, out=cells, transform=transform)


def _add_bumps(
    field: npt.NDArray[np.float32], nodes: tuple[int, int], points: Floats, radii: Floats,
    height: float,
) -> None:  # fmt: skip
    """Add an exponential bump at each point, cut at seven radii, in place."""
    side = fields.CELL_M * fields.NODE
    for (x, y), radius in zip(points.tolist(), radii.tolist(), strict=True):
        reach = 7 * radius
        top = max(int((fields.TOP_M - y - reach) // side) - nodes[0], 0)
        low = min(int((fields.TOP_M - y + reach) // side) - nodes[0] + 1, field.shape[0])
        left = max(int((x - reach) // side) - nodes[1], 0)
        right = min(int((x + reach) // side) - nodes[1] + 1, field.shape[1])
        if top >= low or left >= right:
            continue
        north = fields.TOP_M - (np.arange(top, low) + nodes[0] + 0.5) * side - y
        east = (np.arange(left, right) + nodes[1] + 0.5) * side - x
        distance = np.hypot(north[:, None], east[None, :])
        bump = height * np.exp(-distance / radius)
        field[top:low, left:right] += np.where(distance < reach, bump, 0)
