"""Keep what a reader made of a large file, so that a national table is parsed once.

What is kept is only ever a shortcut: it is taken for the same file, the same provenance and the
same code of the readers, checked against the contract like any table, and made again where
anything is not as it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import geopandas as gpd
import pandas as pd
import pyarrow as pa

from layers.errors import LayerError, Problem
from layers.spec import Layer, LayerSpec, Provenance, Status, make_layer

LEAST_BYTES: Final = 2 << 20
"""Smaller files are read as fast as what would be kept."""
_ALREADY: Final = frozenset({".parquet", ".geoparquet"})
_UNUSABLE: Final = (
    OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException, LayerError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    """Where to keep what is made of a file.

    Parameters
    ----------
    folder
        The folder of the layer; it may not exist.
    digest
        What the file is, whatever its name.
    """

    folder: Path
    digest: str


def load_kept(
    spec: LayerSpec,
    load: Callable[..., Layer],
    path: Path,
    kept: Kept | None,
    *,
    provenance: Provenance | None = None,
) -> Layer:
    """Read a layer, or take what was made of the same file.

    Parameters
    ----------
    spec
        The contract.
    load
        Reads the file: ``load(path, provenance=...)``.
    path
        The file, or a folder of files.
    kept
        Where to keep it; ``None`` to read it every time.
    provenance
        As the reader takes it.

    Returns
    -------
    Layer
        The same as ``load`` returns.

    Raises
    ------
    LayerError
        As ``load`` does; nothing is kept then.
    """
    if kept is None or path.suffix.lower() in _ALREADY or _size(path) < LEAST_BYTES:
        return load(path, provenance=provenance)
    told = None if provenance is None else asdict(provenance)
    asked = json.dumps([spec.name, kept.digest, told, _code()], sort_keys=True, default=str)
    table = kept.folder / f"{sha256(asked.encode()).hexdigest()[:32]}.parquet"
    found = _taken(spec, table)
    if found is not None:
        return found
    layer = load(path, provenance=provenance)
    if layer.spec == spec:
        _keep(layer, table)
    return layer


def _size(path: Path) -> int:
    files = path.iterdir() if path.is_dir() else [path]
    return sum(one.stat().st_size for one in files if one.is_file())


@cache
def _code() -> str:
    """Return what the readers are: another version of them reads anew."""
    made = sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        made.update(source.read_bytes())
    return made.hexdigest()


def _taken(spec: LayerSpec, table: Path) -> Layer | None:
    try:
        told = json.loads(table.with_suffix(".json").read_bytes())
        drawn = spec.geometry is not None
        data = gpd.read_parquet(table) if drawn else pd.read_parquet(table)
        notes = tuple(Problem(**one) for one in told["notes"])
        return make_layer(spec, data, _provenance(told["provenance"]), notes=notes)
    except _UNUSABLE:
        return None


def _provenance(told: Mapping[str, Any]) -> Provenance:
    return Provenance(**{**told, "status": Status(told["status"])})


def _keep(layer: Layer, table: Path) -> None:
    """Write a layer, whole or not at all; a disk that takes nothing is no error."""
    told = {"provenance": asdict(layer.provenance), "notes": [asdict(one) for one in layer.notes]}
    fresh = table.with_name(f"{uuid4().hex}.tmp")
    try:
        table.parent.mkdir(parents=True, exist_ok=True)
        layer.data.to_parquet(fresh)
        fresh.replace(table)
        fresh.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        fresh.replace(table.with_suffix(".json"))
        for one in table.parent.iterdir():  # what was made of the file before
            if one.stem != table.stem:
                one.unlink(missing_ok=True)
    except _UNUSABLE:
        fresh.unlink(missing_ok=True)
