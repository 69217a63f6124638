"""Worlds, files and runs of the app: made once, shared by sessions, found by content."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import streamlit as st

from layers.errors import N_
from layers.site_table import SITES
from layers.sites import SiteFile
from layers.spec import Provenance, Status, make_layer
from layers.tables import NOT_STATED
from siting import __version__
from siting.maps import Ground, make_ground
from siting.pipeline import Run, read, rescored, run, unscored_hash
from siting.roles import Role, seen_by
from siting.scenario import Scenario, load_scenario, scenario_hash, scenario_names
from siting.world import Progress, World, load_world

ENTERED = N_("Site entered by hand")
"""Title of what the form of a new site makes."""
DEMONSTRATION = "demonstration"
"""Digest that stands for the embedded demonstration sites."""
_SHELF_LENGTH = 500
_NAME_LENGTH, _ENDING_LENGTH = 100, 20


class WorldLoader:
    """Loads the world in a thread of its own, once; sessions watch it.

    A session that is stopped or reloaded does not stop the loading.
    """

    def __init__(self) -> None:
        self.step = ""
        self.share = 0.0
        self.error: Exception | None = None
        self._loaded: tuple[World, Ground] | None = None
        self._done = threading.Event()
        threading.Thread(target=self._load, name="world", daemon=True).start()

    def _load(self) -> None:
        try:
            world = load_world(progress=self._told)
            self._loaded = world, make_ground(world)
        except Exception as error:  # noqa: BLE001 - told to the user by who watches
            self.error = error
        finally:
            self._done.set()

    def _told(self, step: str, share: float) -> None:
        self.step, self.share = step, share

    def wait(self, watch: Callable[[str, float], None]) -> tuple[World, Ground]:
        """Wait for the world.

        Parameters
        ----------
        watch
            Told the step and the share done, a few times a second.

        Returns
        -------
        World
            The world.
        Ground
            Its ground.

        Raises
        ------
        Exception
            What the loading raised.
        """
        while not self._done.wait(0.2):
            watch(self.step, self.share)
        if self._loaded is None:
            raise self.error or RuntimeError("the world was not loaded")
        return self._loaded


@st.cache_resource(show_spinner=False)
def world_loader() -> WorldLoader:
    """Return the loader of the embedded territory, shared by all sessions.

    Returns
    -------
    WorldLoader
        The loader, at work or done.
    """
    return WorldLoader()


@st.cache_resource(show_spinner=False)
def scenario(name: str) -> Scenario:
    """Return a shipped scenario.

    Parameters
    ----------
    name
        Its name.

    Returns
    -------
    Scenario
        The scenario.
    """
    return load_scenario(name)


class _Shelf:
    """Edited scenarios by hash, the last ones used: an address that names one finds it."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Scenario] = OrderedDict()
        self._lock = threading.Lock()

    def put(self, key: str, chosen: Scenario) -> None:
        with self._lock:
            self._kept[key] = chosen
            self._kept.move_to_end(key)
            while len(self._kept) > _SHELF_LENGTH:
                self._kept.popitem(last=False)

    def get(self, key: str) -> Scenario | None:
        with self._lock:
            return self._kept.get(key)


@st.cache_resource(show_spinner=False)
def _shelf() -> _Shelf:
    return _Shelf()


def shelve(edited: Scenario) -> str:
    """Keep an edited scenario, for the life of the server, among the last ones.

    Parameters
    ----------
    edited
        The scenario.

    Returns
    -------
    str
        Its hash, under which :func:`scenario_named` finds it.
    """
    key = scenario_hash(edited)
    _shelf().put(key, edited)
    return key


def scenario_named(name: str) -> Scenario | None:
    """Return a shipped scenario by its name, or an edited one by its hash.

    Parameters
    ----------
    name
        A name or a hash.

    Returns
    -------
    Scenario or None
        The scenario; ``None`` where it is not known.
    """
    return scenario(name) if name in scenario_names() else _shelf().get(name)


@dataclass(frozen=True, eq=False, slots=True)
class Sites:
    """Sites of a session, with what tells them apart.

    Parameters
    ----------
    file
        The sites.
    digest
        Digest of the file's content, name and layer.
    name
        Name of the file; empty for the demonstration sites.
    """

    file: SiteFile
    digest: str
    name: str = ""


@st.cache_resource(show_spinner=False)
def demonstration_sites(_world: World) -> Sites:
    """Return the embedded demonstration sites.

    Parameters
    ----------
    _world
        The world.

    Returns
    -------
    Sites
        The sites.
    """
    return Sites(read(None, _world), DEMONSTRATION)


def uploaded_sites(world: World, name: str, content: bytes, layer: str | None) -> Sites:
    """Read the sites of an uploaded file.

    Parameters
    ----------
    world
        The world.
    name
        Name of the file as the browser tells it: only its last part counts.
    content
        Its bytes.
    layer
        Layer to read, when it has several.

    Returns
    -------
    Sites
        The sites.

    Raises
    ------
    SitingError
        If the file cannot be used.
    """
    safe = file_name(name)
    key = hashlib.sha256(content)
    key.update(f"\0{safe}\0{layer or ''}".encode())
    return _uploaded_sites(key.hexdigest(), safe, layer, content, world)


def file_name(name: str) -> str:
    """Return a name under which an uploaded file may be written.

    Parameters
    ----------
    name
        Name that the browser tells: anything.

    Returns
    -------
    str
        Its last part, printable, of 100 characters at most, with its ending.

    Examples
    --------
    >>> file_name("../../sites.gpkg"), file_name("..")
    ('sites.gpkg', 'sites')
    """
    last = "".join(sign for sign in name.replace("\\", "/").split("/")[-1] if sign.isprintable())
    path = Path(last.lstrip(".") or "sites")
    ending = path.suffix[:_ENDING_LENGTH]
    return path.stem[: _NAME_LENGTH - len(ending)] + ending


@st.cache_resource(show_spinner=False, max_entries=16)
def _uploaded_sites(
    digest: str, name: str, layer: str | None, _content: bytes, _world: World
) -> Sites:
    with TemporaryDirectory(prefix="siting-") as folder:
        path = Path(folder) / name
        path.write_bytes(_content)
        return Sites(read(path, _world, layer=layer), digest, name)


def together(base: Sites, added: tuple[Sites, ...]) -> Sites:
    """Return sites with those added to them.

    Parameters
    ----------
    base
        The sites.
    added
        Sites to add; each keeps the provenance of its own layer.

    Returns
    -------
    Sites
        All of them, in order.

    Raises
    ------
    LayerError
        If two sites have the same identifier (``id-duplicate``).
    """
    if not added:
        return base
    parts = (base, *added)
    key = hashlib.sha256("\0".join(part.digest for part in parts).encode()).hexdigest()
    files = [part.file for part in parts]
    rows = pd.concat([file.layer.data for file in files], ignore_index=True)
    file = replace(
        base.file,
        layer=make_layer(SITES, rows, base.file.layer.provenance),
        rejected=tuple(found for one in files for found in one.rejected),
        notes=tuple(found for one in files for found in one.notes),
        row_count=sum(one.row_count for one in files),
        added={
            str(site): one.layer.provenance
            for one in files[1:]
            for site in one.layer.data["site_id"]
        },
    )
    return Sites(file, key, base.name)


def entered(sites: Sites, source: str) -> Sites:
    """Tell that sites were entered by hand.

    Parameters
    ----------
    sites
        Sites read from what the form wrote.
    source
        Who or what tells them.

    Returns
    -------
    Sites
        The same, declared by their source on the day they were read.
    """
    layer = sites.file.layer
    provenance = Provenance(
        publisher=source.strip() or NOT_STATED,
        title=ENTERED,
        vintage=datetime.now(tz=UTC).date().isoformat(),
        licence=NOT_STATED,
        status=Status.DECLARED,
    )
    file = replace(sites.file, layer=replace(layer, provenance=provenance))
    return Sites(file, f"{sites.digest}-entered", sites.name)


def visible(sites: Sites, role: Role) -> Sites:
    """Return the sites that a role may see: to be applied before anything is scored.

    Parameters
    ----------
    sites
        The sites.
    role
        Who looks.

    Returns
    -------
    Sites
        The same for who sees everything. Else only the sites seen, as if the file held
        nothing more: messages about rows may tell of a site that is not seen.
    """
    return sites if role is Role.STRATEGIST else _visible(sites.digest, role, sites)


@st.cache_resource(show_spinner=False, max_entries=32)
def _visible(digest: str, role: Role, _sites: Sites) -> Sites:
    return Sites(seen_by(role, _sites.file), f"{digest}-{role}", _sites.name)


def scored(
    sites: Sites, chosen: Scenario, world: World, *, progress: Progress | None = None
) -> Run:
    """Return the run of sites under a scenario, computed once for all sessions.

    Parameters
    ----------
    sites
        The sites.
    chosen
        The scenario.
    world
        The world.
    progress
        Told the step at hand, where it is not known yet.

    Returns
    -------
    Run
        The run, shared: to be read only.
    """
    return _scored(sites.digest, scenario_hash(chosen), __version__, sites, chosen, world, progress)


@st.cache_resource(show_spinner=False, max_entries=16)
def _scored(
    digest: str,
    scenario_hash: str,  # noqa: ARG001 - part of the key
    version: str,
    _sites: Sites,
    _scenario: Scenario,
    _world: World,
    _told: Progress | None,
) -> Run:
    key = unscored_hash(_scenario)
    return rescored(_measured(digest, key, version, _sites, _scenario, _world, _told), _scenario)


@st.cache_resource(show_spinner=False, max_entries=16)
def _measured(
    digest: str,  # noqa: ARG001 - part of the key
    key: str,  # noqa: ARG001 - part of the key
    version: str,  # noqa: ARG001 - part of the key
    _sites: Sites,
    _scenario: Scenario,
    _world: World,
    _told: Progress | None,
) -> Run:
    """Measure and account: what a change of weights does not need again."""
    return run(_scenario, _world, _sites.file, progress=_told)
