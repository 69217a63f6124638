"""A road network ready for travel times: directed edges, built once, kept in one Parquet file.

The file holds one row a directed edge, sorted by ``tail``, ``head``, ``time_ms``: the columns of
:data:`ROAD_NETWORK`. Nodes are numbered from 0; every node is the tail of an edge, which
carries its coordinates. Times and lengths are whole numbers: a sum along a route is exact, and
the same whichever end it starts from. The metadata of the file, under ``siting.road_network``,
hold a JSON object: ``version`` (:data:`FORMAT_VERSION`), ``crs`` and ``provenance``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from layers.errors import N_, LayerError, Problem, problem
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import check_file

NETWORK_CRS: Final = "EPSG:2154"
FORMAT_VERSION: Final = 1
"""Version of the file; another one is refused."""

ROAD_NETWORK: Final = LayerSpec(
    name="road_network",
    title=N_("Road network"),
    columns=(
        Column("tail", "integer", "Node that the edge leaves", minimum=0),
        Column("head", "integer", "Node that it reaches", minimum=0),
        Column("tail_x_m", "number", "Easting of the tail, EPSG:2154", "m"),
        Column("tail_y_m", "number", "Northing of the tail, EPSG:2154", "m"),
        Column("time_ms", "integer", "Time by car", "ms", minimum=1),
        Column("length_mm", "integer", "Length", "mm", minimum=1),
        Column("access", "boolean", "Whether what stands beside it is reached from it"),
    ),
)
"""Contract of a network: directed edges, every node the tail of one at least."""

_KEY: Final = b"siting.road_network"
_DTYPES: Final = {
    "tail": "int32", "head": "int32", "tail_x_m": "float64", "tail_y_m": "float64",
    "time_ms": "int32", "length_mm": "int32", "access": "bool",
}  # fmt: skip


def make_network(
    edges: pd.DataFrame, provenance: Provenance, *, notes: tuple[Problem, ...] = ()
) -> Layer:
    """Check edges and return the network.

    Parameters
    ----------
    edges
        The columns of :data:`ROAD_NETWORK`.
    provenance
        Where they come from.
    notes
        What making them told.

    Returns
    -------
    Layer
        The network, edges sorted.

    Raises
    ------
    LayerError
        If a column is missing or out of its bounds, if there is no edge, or if a node is
        never the tail of an edge or has two places.
    """
    name = provenance.file or ROAD_NETWORK.name
    if edges.empty:
        raise LayerError(problem("no-rows", file=name))
    checked = make_layer(ROAD_NETWORK, edges, provenance, notes=notes).data
    table = checked[list(_DTYPES)].astype(_DTYPES)
    table = table.sort_values(["tail", "head", "time_ms", "length_mm"], ignore_index=True)
    found = list(_node_problems(table, name))
    if found:
        raise LayerError(found)
    return Layer(ROAD_NETWORK, table, provenance, notes)


def _node_problems(table: pd.DataFrame, name: str) -> Iterator[Problem]:
    tail, head = table["tail"].to_numpy(), table["head"].to_numpy()
    count = int(max(tail.max(), head.max())) + 1
    lost = count - len(np.unique(tail))
    if lost:
        yield problem("network-nodes", file=name, found=lost, expected=count)
    places: npt.NDArray[np.float64] = table[["tail_x_m", "tail_y_m"]].to_numpy()
    moved = (np.diff(places, axis=0) != 0).any(axis=1) & (np.diff(tail) == 0)
    if moved.any():
        yield problem("network-places", file=name, found=int(tail[1:][moved][0]))


def write_network(network: Layer, path: Path) -> None:
    """Write a network to one Parquet file.

    Parameters
    ----------
    network
        The network.
    path
        The file, replaced as a whole once it is complete.
    """
    described = {
        "version": FORMAT_VERSION,
        "crs": NETWORK_CRS,
        "provenance": asdict(network.provenance),
    }
    table = pa.Table.from_pandas(network.data, preserve_index=False)
    metadata = {_KEY: json.dumps(described, ensure_ascii=False, sort_keys=True).encode()}
    fresh = path.with_name(f".{path.name}.part")
    parquet.write_table(table.replace_schema_metadata(metadata), fresh, compression="zstd")
    fresh.replace(path)


def is_network(path: Path) -> bool:
    """Tell whether a file is to be read as a network, by its suffix.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    bool
        True for a Parquet file.
    """
    return path.suffix.lower() == ".parquet"


def read_network(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the file that :func:`write_network` made.

    Parameters
    ----------
    path
        The file.
    provenance
        Where it comes from; by default as the file tells.

    Returns
    -------
    Layer
        The network.

    Raises
    ------
    LayerError
        If the file is damaged, is no network, or is of another version or CRS
        (``network-version``, ``crs-mismatch``).
    """
    check_file(path)
    try:
        table = parquet.read_table(path)
        described = json.loads((table.schema.metadata or {}).get(_KEY, b"null"))
        source = None if described is None else _provenance(described["provenance"], path)
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError) as error:
        unreadable = problem(
            "file-unreadable", file=path.name, expected=ROAD_NETWORK.title, found=error
        )
        raise LayerError(unreadable) from error
    if source is None:
        found = ", ".join(table.column_names)
        raise LayerError(problem("network-foreign", file=path.name, found=found))
    version, crs = described.get("version"), described.get("crs")
    if version != FORMAT_VERSION:
        expected = str(FORMAT_VERSION)
        wrong = problem("network-version", file=path.name, found=version, expected=expected)
        raise LayerError(wrong)
    if crs != NETWORK_CRS:
        raise LayerError(problem("crs-mismatch", file=path.name, found=crs, expected=NETWORK_CRS))
    return make_network(table.to_pandas(), provenance or source)


def _provenance(told: dict[str, Any], path: Path) -> Provenance:
    return Provenance(**{**told, "status": Status(told["status"]), "file": path.name})
