"""The layers in use: those of the store of local data in place of the embedded ones.

With :mod:`siting.pipeline`, one of the few readers of the registry of layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from layers.artificialised_land import DEMONSTRATION_LAND_COVER, LandCover, Progress
from layers.cover_files import open_land_cover
from layers.data_errors import data_problem
from layers.errors import LayerError, Problem
from layers.ocs_ge import PolygonCover
from layers.recognition import Loaded
from layers.registry import (
    COG,
    LAND_COVER,
    PASSAGE,
    READERS,
    gather_layers,
    is_embedded_territory,
)
from layers.sources import Sources, load_sources, user_sources
from layers.spec import Layer, Provenance
from layers.status import LayerStatus, layer_statuses
from layers.store import Entry, Store
from layers.table_cache import Kept

__all__ = [
    "READERS",
    "StoreCheck",
    "check_store",
    "load_local_land_cover",
    "load_local_layers",
    "local_sources",
    "statuses",
]

_REQUIRED: Final = ("enaf_flows",)  # without them there is no budget, hence no result


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """What a check of the store found.

    Parameters
    ----------
    checked
        Names of the layers and sources that were checked.
    problems
        What is wrong, by name.
    """

    checked: tuple[str, ...]
    problems: Mapping[str, tuple[Problem, ...]]


def local_sources(store: Store) -> Sources:
    """Return the sources, with what the user's own file changes.

    Parameters
    ----------
    store
        The store of local data.

    Returns
    -------
    Sources
        Every source.

    Raises
    ------
    LayerError
        With everything that is wrong in the user's file.
    """
    return load_sources(user_sources(store.folder))


def load_local_layers(store: Store, files: Mapping[str, Path] | None = None) -> dict[str, Layer]:
    """Load the layers in use: a local file where there is one, else the embedded layer.

    Where the local communes are those of another territory, the embedded layers do not
    describe it: they are left out, and what they feed is unknown.

    Parameters
    ----------
    store
        The store of local data.
    files
        Files that come before those of the store, by name of layer.

    Returns
    -------
    dict
        Layers by name.

    Raises
    ------
    LayerError
        With everything that is wrong in the local files, and the layers that are required
        and missing.
    """
    layers, failures = _gathered(store, files or {})
    problems = [found for told in failures.values() for found in told]
    problems += [
        data_problem("local-only", field=name)
        for name in _REQUIRED
        if name not in layers and name not in failures
    ]
    if problems:
        raise LayerError(problems)
    return layers


def load_local_land_cover(
    store: Store, communes: Layer, *, progress: Progress | None = None
) -> LandCover | PolygonCover:
    """Open the land cover in use.

    Parameters
    ----------
    store
        The store of local data.
    communes
        The communes in use.
    progress
        Told how far the making of the demonstration land cover is.

    Returns
    -------
    LandCover or PolygonCover
        The local one, else the demonstration raster of the embedded territory.

    Raises
    ------
    LayerError
        If the local one cannot be used, or if the territory is not the embedded one and
        has none.
    """
    entry = store.manifest().layers.get(LAND_COVER)
    if entry is not None:
        return open_land_cover(store.path(entry), provenance=_given(entry))
    if not is_embedded_territory(communes):
        raise LayerError(data_problem("local-only", field=LAND_COVER))
    return open_land_cover(progress=progress)


def statuses(store: Store, sources: Sources) -> tuple[LayerStatus, ...]:
    """Tell what is known of every layer; a local file that fails is told, not raised.

    Parameters
    ----------
    store
        The store of local data.
    sources
        Every source.

    Returns
    -------
    tuple of LayerStatus
        One a layer.

    Raises
    ------
    LayerError
        If the manifest of the store cannot be read.
    """
    manifest = store.manifest()
    layers, failures = _gathered(store, {})
    loaded: dict[str, Loaded] = dict(layers)
    entry = manifest.layers.get(LAND_COVER)
    if entry is not None:
        try:
            loaded[LAND_COVER] = open_land_cover(store.path(entry), provenance=_given(entry))
        except LayerError as error:
            failures[LAND_COVER] = error.problems
    elif "communes" in layers and is_embedded_territory(layers["communes"]):
        loaded[LAND_COVER] = _Told(DEMONSTRATION_LAND_COVER)  # made only when sites are measured
    for name in (PASSAGE, COG):
        held = manifest.layers.get(name)
        if held is not None and held.told is not None and name not in failures:
            loaded[name] = _Told(held.told.provenance())
    today = datetime.now(tz=UTC).date()
    return layer_statuses(READERS, loaded, manifest, sources, today=today, failures=failures)


def check_store(store: Store) -> StoreCheck:
    """Check that every file is the one recorded, and read every layer again.

    Parameters
    ----------
    store
        The store of local data.

    Returns
    -------
    StoreCheck
        What was checked, and what is wrong.

    Raises
    ------
    LayerError
        If the manifest of the store cannot be read.
    """
    manifest = store.manifest()
    problems: dict[str, tuple[Problem, ...]] = {}
    for name, entry in {**manifest.fetched, **manifest.layers}.items():
        found = tuple(store.verify(entry))
        if not found and name in manifest.layers:
            found = _reading_problems(store, name, entry)
        if found:
            problems[name] = found
    return StoreCheck((*manifest.layers, *manifest.fetched), problems)


@dataclass(frozen=True, slots=True)
class _Told:
    """A layer of which only the provenance is wanted."""

    provenance: Provenance


def _reading_problems(store: Store, name: str, entry: Entry) -> tuple[Problem, ...]:
    if name not in READERS:
        return (data_problem("layer-unknown", found=name, expected=", ".join(READERS)),)
    try:
        READERS[name].load(store.path(entry), provenance=_given(entry))
    except LayerError as error:
        return error.problems
    return ()


def _gathered(
    store: Store, files: Mapping[str, Path]
) -> tuple[dict[str, Layer], dict[str, tuple[Problem, ...]]]:
    """Load what can be, and tell why the rest cannot."""
    entries = {
        name: entry
        for name, entry in store.manifest().layers.items()
        if name in READERS and name not in {LAND_COVER, COG} and name not in files
    }
    paths = dict(files)
    lost: dict[str, tuple[Problem, ...]] = {}
    for name, entry in entries.items():
        try:
            paths[name] = store.path(entry)
        except LayerError as error:
            lost[name] = error.problems
    provenances = {name: _given(entry) for name, entry in entries.items()}
    kept = {
        name: Kept(store.cache(name), " ".join(one.sha256 for one in entry.files))
        for name, entry in entries.items()
    }
    layers, failures = gather_layers(paths, provenances=provenances, kept=kept)
    # A lost file is not replaced by the embedded layer without a word.
    found = {name: layer for name, layer in layers.items() if name not in lost}
    return found, {**lost, **failures}


def _given(entry: Entry) -> Provenance | None:
    return None if entry.given is None else entry.given.provenance()
