"""A territory with all its layers: :func:`load_world`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from layers.artificialised_land import LandCover
from layers.cover_files import open_land_cover
from layers.errors import N_
from layers.ocs_ge import PolygonCover
from layers.scot import scot_table
from layers.spec import Layer
from layers.store import Store
from layers.territory import Territory
from siting.local_data import load_local_land_cover, load_local_layers

Progress = Callable[[str, float], None]
"""Told the step at hand (an English gettext identifier) and its share done, 0 to 1."""

LAND_COVER_STEP = N_("Making the demonstration land cover (once)")
LAND_COVER_FILE = "land_cover"
"""Name under which :func:`load_world` is given a land cover."""


@dataclass(frozen=True, eq=False, slots=True)
class World:
    """A territory with all its layers, loaded once and shared by runs.

    Parameters
    ----------
    layers
        Layers by name.
    land_cover
        The land cover, a raster or polygons; ``None`` where only budgets are wanted.
    territory
        The communes and the levels above them.
    """

    layers: Mapping[str, Layer]
    land_cover: LandCover | PolygonCover | None
    territory: Territory


def load_world(
    data: Path | None = None,
    *,
    land_cover: bool = True,
    files: Mapping[str, Path] | None = None,
    progress: Progress | None = None,
) -> World:
    """Load a territory and its layers: local ones where there are some, else embedded ones.

    Parameters
    ----------
    data
        Folder of local data; by default that of :func:`layers.store.data_folder`.
    land_cover
        Whether the land cover is wanted: sites need it, budgets do not.
    files
        Files that replace or add layers for this world alone, by name of layer
        (:func:`layers.registry.load_layers`), or :data:`LAND_COVER_FILE`: a raster of OSO
        codes, an OCS GE file or a folder of them.
    progress
        Told how far the making of the demonstration land cover is, on first use.

    Returns
    -------
    World
        The territory.

    Raises
    ------
    LayerError
        If local data cannot be used, or leave a layer missing that is required.
    """

    def told(share: float) -> None:
        if progress is not None:
            progress(LAND_COVER_STEP, share)

    others = dict(files or {})
    given = others.pop(LAND_COVER_FILE, None)
    store = Store(data)
    layers = load_local_layers(store, others)
    communes = layers["communes"]
    scots = layers.get("scot")
    known = None if scots is None else scot_table(scots)
    territory = Territory(communes, layers.get("zonings"), known)
    cover: LandCover | PolygonCover | None = None
    if land_cover and given is not None:
        cover = open_land_cover(given, progress=told)
    elif land_cover:
        cover = load_local_land_cover(store, communes, progress=told)
    return World(layers, cover, territory)
