"""What the CV of a territory is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import shapely

from layers.errors import N_
from layers.spec import Provenance, Status
from layers.territory import Level
from layers.titles import LAYER_TITLES
from siting.domain import Reason
from siting.pipeline import Run
from siting.roles import Role
from siting.world import World

THEMES: Final[Mapping[str, str]] = {
    "people": N_("Residents"),
    "housing": N_("Housing"),
    "jobs": N_("Jobs"),
    "classes": N_("Classifications"),
    "access": N_("Access"),
    "zan": N_("ZAN budget"),
    "sites": N_("Sites"),
}
"""Title of each theme, in the order shown."""

NOT_GIVEN = N_("no file of the layer “{name}” was given")


@dataclass(frozen=True, slots=True)
class Label:
    """What a fact is called.

    Parameters
    ----------
    name
        Identifier, stable.
    title
        Title (an English gettext identifier).
    theme
        Key of :data:`THEMES`.
    unit
        Its unit (an English gettext identifier); empty for words.
    """

    name: str
    title: str
    theme: str
    unit: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure of a territory.

    Parameters
    ----------
    label
        What it is called.
    value
        The figure, or words; ``None`` where unknown.
    status
        Status; ``None`` where unknown.
    sources
        Where it comes from, in parts, some of them messages; empty where unknown.
    vintage
        Date it describes.
    notes
        Why it is not known, or how it was worked out.
    """

    label: Label
    value: float | str | None
    status: Status | None = None
    sources: tuple[str, ...] = ()
    vintage: str = ""
    notes: tuple[Reason, ...] = ()


def known(
    label: Label,
    value: float | str,
    source: Provenance,
    *,
    status: Status | None = None,
    vintage: str | None = None,
    notes: tuple[Reason, ...] = (),
) -> Fact:
    """Return a fact that is known.

    Parameters
    ----------
    label
        What it is called.
    value
        The figure.
    source
        Provenance of the layer it comes from.
    status, vintage
        In place of those of the layer.
    notes
        How it was worked out.

    Returns
    -------
    Fact
        The fact.
    """
    sources = (source.publisher, source.title)
    return Fact(label, value, status or source.status, sources, vintage or source.vintage, notes)


def unknown(label: Label, *notes: Reason) -> Fact:
    """Return a fact that is not known.

    Parameters
    ----------
    label
        What it is called.
    *notes
        Why.

    Returns
    -------
    Fact
        The fact, without value.
    """
    return Fact(label, None, notes=notes)


def not_given(layer: str) -> Reason:
    """Return the reason of a fact whose layer is not there.

    Parameters
    ----------
    layer
        Name of the layer.

    Returns
    -------
    Reason
        The reason.
    """
    return Reason("layer-missing", NOT_GIVEN, {"name": LAYER_TITLES[layer]})


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A site that lies in the territory, in whole or in part.

    Parameters
    ----------
    site_id, name
        The site.
    vocation
        Its vocation; empty where unknown.
    area_m2
        Part of it in the territory.
    enaf_m2
        ENAF it would consume there, whole m²; ``None`` where unknown.
    verdict
        Verdict of the site alone.
    status
        Status of the layer of sites.
    """

    site_id: str
    name: str
    vocation: str
    area_m2: float
    enaf_m2: int | None
    verdict: str
    status: Status


@dataclass(frozen=True, slots=True)
class TerritoryCV:
    """What is known of a territory.

    Parameters
    ----------
    level, code, name
        The territory.
    communes
        Number of its communes.
    complete
        Whether it lies wholly in the region.
    facts
        Its figures, by theme.
    sites
        Sites that lie in it.
    """

    level: Level
    code: str
    name: str
    communes: int
    complete: bool
    facts: tuple[Fact, ...]
    sites: tuple[SiteLine, ...]

    def __getitem__(self, name: str) -> Fact:
        return next(fact for fact in self.facts if fact.label.name == name)


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """What the facts of a territory are worked out from.

    Parameters
    ----------
    run, world
        The run, the territory and its layers.
    level, code
        The territory.
    communes
        Codes of its communes, sorted.
    shape
        Its outline, EPSG:2154.
    role
        Who looks: the sites that this role may not see are as if they were not there.
    """

    run: Run
    world: World
    level: Level
    code: str
    communes: pd.Index
    shape: shapely.Geometry
    role: Role
