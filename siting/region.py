"""Assemble the territory of a region from local data, and tell what it lacks and what that costs.

The communes are taken out of ADMIN EXPRESS, parts of layers are put together; everything else
is read where it is. Nothing of another region stands in for what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from layers.assembly import assemble_parts, take_region
from layers.errors import N_, Problem
from layers.sources import Sources
from layers.spec import Layer, Status
from layers.status import LayerStatus
from layers.store import Store
from siting.criteria import CRITERIA
from siting.local_data import READERS, statuses
from siting.scenario import Scenario, weights

Reason = Literal["absent", "unusable", "partial", "demonstration"]

EFFECTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "enaf_flows": N_("no ZAN budget, hence no result: required"),
        "land_cover": N_("sites cannot be measured nor scored: required to score"),
        "net_flows": N_("budgets of net artificialisation (from 2031) are unknown"),
        "zonings": N_("no level zone d'emploi, in budgets and in the balance"),
        "scot": N_("no level SCoT, unless a scenario gives its table"),
        "housing": N_("no figure per inhabitant in the balance; sizing of housing unknown"),
        "zoning": N_("planning stage known only where the file of sites tells it"),
        "pene": N_("sites in communes of national projects are not told"),
        "cog": N_("the communes are not checked against the COG"),
        "cog_passage": N_("communes that changed code since a table was made are not matched"),
    }
)
"""What is lost without a layer, apart from criteria."""
REQUIRED: Final = ("enaf_flows", "land_cover")
"""Layers without which no site can be scored."""
_SPARSE: Final = frozenset({"scot", "pene"})  # a commune without a row has none


@dataclass(frozen=True, slots=True)
class Gap:
    """A layer that is missing, or does not cover the territory, and what that costs.

    Parameters
    ----------
    layer, title
        Its name and title.
    reason
        ``absent``; ``unusable``: its file is refused; ``partial``: communes without a value;
        ``demonstration``: synthetic.
    coverage
        Share of the communes of which something is known; ``None`` where it has no sense.
    criteria
        Criteria of the scenario that are unknown without it, by name.
    weight
        Their share of the score; the reliability of every site is lower by it where the layer
        is not there. Criteria that lack several layers are counted for each of them.
    effect
        What else is lost (an English gettext identifier); empty if nothing.
    sources
        Names of the sources that publish it.
    """

    layer: str
    title: str
    reason: Reason
    coverage: float | None
    criteria: tuple[str, ...]
    weight: float
    effect: str
    sources: tuple[str, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Assembled:
    """The territory of a region, assembled.

    Parameters
    ----------
    region, name
        Code and name of the region.
    n_communes, n_epci
        What it is made of.
    scenario
        Scenario whose weights tell the reliability.
    layers
        Status of every layer.
    gaps
        What is missing, the heaviest first.
    reliability
        Reliability that a site can reach at most, 0 to 1: the weight of the criteria whose
        layers are all there.
    budgets, scores
        Whether budgets, and scores of sites, can be worked out.
    notes, problems
        What assembling told; parts of layers that could not be used.
    """

    region: str
    name: str
    n_communes: int
    n_epci: int
    scenario: str
    layers: tuple[LayerStatus, ...]
    gaps: tuple[Gap, ...]
    reliability: float
    budgets: bool
    scores: bool
    notes: tuple[Problem, ...]
    problems: tuple[Problem, ...]


def assemble(region: str, store: Store, sources: Sources, scenario: Scenario) -> Assembled:
    """Assemble the territory of a region from what the store holds.

    Parameters
    ----------
    region
        INSEE code of the region.
    store
        The store of local data; the communes in use become those of the region.
    sources
        Every source.
    scenario
        Gives the weights of criteria.

    Returns
    -------
    Assembled
        The territory, and what it lacks.

    Raises
    ------
    LayerError
        If the communes of the region are not there, or the store cannot be used.
    """
    taken = take_region(store, region)
    parts = assemble_parts(store, READERS, sources)
    found = statuses(store, sources)
    gaps = gaps_of(found, scenario)
    lost = {name for gap in gaps if _is_lost(gap) for name in gap.criteria}
    shares = weights(scenario)
    usable = {one.layer for one in found if one.status is not None}
    rows = taken.communes.data
    return Assembled(
        region=region,
        name=_region_name(taken.communes, region),
        n_communes=len(rows),
        n_epci=int(rows["epci"].nunique()),
        scenario=scenario.id,
        layers=found,
        gaps=gaps,
        reliability=float(shares[[name not in lost for name in shares.index]].sum()),
        budgets="enaf_flows" in usable,
        scores=usable.issuperset(REQUIRED),
        notes=(*taken.notes, *(note for one in parts for note in one.notes)),
        problems=tuple(problem for one in parts for problem in one.problems),
    )


def gaps_of(found: tuple[LayerStatus, ...], scenario: Scenario) -> tuple[Gap, ...]:
    """Tell what layers lack, and what that costs in the score of a scenario.

    Parameters
    ----------
    found
        Status of every layer.
    scenario
        Gives the weights of criteria.

    Returns
    -------
    tuple of Gap
        Layers that are required first, then the heaviest in the score.
    """
    gaps = list(_gaps(found, scenario))
    order = {name: rank for rank, name in enumerate(REQUIRED)}
    return tuple(sorted(gaps, key=lambda gap: (order.get(gap.layer, len(order)), -gap.weight)))


def _gaps(found: tuple[LayerStatus, ...], scenario: Scenario) -> Iterator[Gap]:
    shares = weights(scenario)
    for one in found:
        reason = _reason(one)
        if reason is None:
            continue
        needing = tuple(name for name in shares.index if one.layer in CRITERIA[name].requires)
        yield Gap(
            layer=one.layer,
            title=one.title,
            reason=reason,
            coverage=one.coverage,
            criteria=needing,
            weight=float(shares[list(needing)].sum()),
            effect=_effect(one.layer, reason),
            sources=one.sources,
        )


def _effect(layer: str, reason: Reason) -> str:
    """Return what is lost: a synthetic layer gives figures, which nothing can be decided with."""
    if reason == "demonstration":
        return N_("synthetic figures: nothing is decided with them")
    return "" if reason == "partial" else EFFECTS.get(layer, "")


def _reason(one: LayerStatus) -> Reason | None:
    if one.problems:
        return "unusable"
    if one.status is None:
        return "absent"
    if one.status is Status.DEMONSTRATION:
        return "demonstration"
    whole = one.coverage is None or one.coverage >= 1 or one.layer in _SPARSE
    return None if whole else "partial"


def _is_lost(gap: Gap) -> bool:
    return gap.reason in {"absent", "unusable"}


def _region_name(communes: Layer, region: str) -> str:
    rows = communes.data
    names = rows["region_name"][rows["region"] == region]
    return str(names.iloc[0]) if len(names) else region
