"""One path for the app, the command line and batch scoring: :func:`run`.

The only module that wires readers, measures, scores and the account together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd

from layers.errors import N_
from layers.sites import SiteFile, read_sites
from layers.spec import Layer, Status
from layers.tables import demonstration_provenance, embedded_file
from layers.territory import Level
from layers.zoning import with_planning_stages
from siting import __version__
from siting.account import Account, flows_for, open_account
from siting.appraisal import Bench, appraise
from siting.balance import Balance, Case, Ground, cases_of, judge
from siting.criteria.travel import reach_of
from siting.domain import LayerUse, Manifest, Reason, Scores, Verdict
from siting.edges import Bounds, bound_reasons
from siting.eligibility import Eligibility
from siting.errors import Problem, problem
from siting.measure import LandTake
from siting.notes import (
    INCONSISTENT,
    missing_notes,
    overlap_notes,
    priority_notes,
    site_notes,
)
from siting.origins import added_uses, layer_use, uses_of_sites
from siting.reliability import important_gaps
from siting.scenario import AhpSettings, Scenario, scenario_hash
from siting.scoring import score
from siting.world import Progress, World
from siting.zan.plan import Plan, plan, planned_entries

STEPS = (
    N_("Measuring land"),
    N_("Measuring criteria"),
    N_("Scoring"),
    N_("Accounting"),
)
DEMONSTRATION_SITES = "demonstration/sites.gpkg"
DEMONSTRATION_SITES_SOURCE = demonstration_provenance(
    "Sites de démonstration", "sites.gpkg", vintage="2026",
    method=N_("synthetic; names, areas and shapes are made up, set near real places"),
)  # fmt: skip


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """All that is known of the sites of a file under a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    manifest
        What the result was made with.
    sites
        The site table, indexed by ``site_id``.
    land
        Land of each site, by class and by commune.
    shares
        ``site_id``, ``level``, ``code``, ``name``, ``area_m2``, ``enaf_m2``: what of each
        site lies in each territory.
    matrix
        Sites × criteria, raw measures.
    jobs
        Jobs expected on each site, and how they are known, as
        :func:`siting.criteria.employment.expected_jobs` tells them.
    scores
        Scores.
    gaps
        Important criteria that are not known of each site, by ``site_id``.
    bounds, limits
        Measures that the edge of the territory bounds, and the sentences that tell it, by
        ``site_id``.
    eligibility
        Exclusions and conditions of each site.
    verdicts
        Verdict of each site alone, by ``site_id``.
    plan
        The chosen sites all together.
    before, account
        The account before and after the sites of the plan.
    rejected, notes
        Rows that could not be read, and what is told of the others.
    row_count
        Rows of the file: those kept and those rejected.
    origins
        Where each site comes from, by ``site_id``: one of the layers of the manifest.
    """

    scenario: Scenario
    manifest: Manifest
    sites: gpd.GeoDataFrame
    land: LandTake
    shares: pd.DataFrame
    matrix: pd.DataFrame
    jobs: pd.DataFrame
    scores: Scores
    gaps: Mapping[str, tuple[Reason, ...]]
    bounds: Bounds
    limits: Mapping[str, tuple[Reason, ...]]
    eligibility: Mapping[str, Eligibility]
    verdicts: Mapping[str, Verdict]
    plan: Plan
    before: Account
    account: Account
    rejected: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    row_count: int
    origins: Mapping[str, LayerUse]


def read(
    path: Path | None, world: World, *, layer: str | None = None, all_friches: bool = False
) -> SiteFile:
    """Read a file of sites against the territory.

    Parameters
    ----------
    path
        The file; ``None`` for the embedded demonstration sites.
    world
        The territory.
    layer
        Layer of the file, when it has several.
    all_friches
        As in :func:`layers.sites.read_sites`.

    Returns
    -------
    SiteFile
        Sites kept, rows rejected, notes.

    Raises
    ------
    LayerError
        If the file cannot be used at all.
    """
    outline = world.territory.outline
    if path is None:
        path = embedded_file(DEMONSTRATION_SITES)
        file = read_sites(path, extent=outline, status=Status.DEMONSTRATION)
        file = replace(file, layer=replace(file.layer, provenance=DEMONSTRATION_SITES_SOURCE))
    else:
        file = read_sites(
            path, layer=layer, extent=outline, names=world.territory.commune_names,
            all_friches=all_friches,
        )  # fmt: skip
    return with_zones(file, world)


def with_zones(file: SiteFile, world: World) -> SiteFile:
    """Tell the planning stage of sites from the zones of the territory, where it has some.

    Parameters
    ----------
    file
        Sites.
    world
        The territory.

    Returns
    -------
    SiteFile
        The same where the layer of zones is not there.
    """
    zoning = world.layers.get("zoning")
    if zoning is None:
        return file
    sites, count = with_planning_stages(file.layer, zoning)
    if not count:
        return file
    note = problem(
        "planning-from-zones", file=file.layer.provenance.file, field="readiness_planning",
        found=count, expected=zoning.provenance.file, severity="warning",
    )  # fmt: skip
    return replace(file, layer=sites, notes=(*file.notes, note))


def run(
    scenario: Scenario, world: World, file: SiteFile, *, progress: Progress | None = None
) -> Run:
    """Measure, score and account for the sites of a file.

    Parameters
    ----------
    scenario
        The scenario.
    world
        The territory and its layers.
    file
        The sites, as :func:`read` returns them.
    progress
        Told the step at hand.

    Returns
    -------
    Run
        Everything the app, the command line and the exports show.

    Raises
    ------
    RulesetError
        If the scenario names a rule set that does not exist.
    """
    before = account_of(scenario, world)
    bench = bench_of(scenario, world, before)
    found = appraise(file.layer.geo, bench, told=_steps(progress))
    selected = chosen_of(scenario, found.sites)
    chosen = [account for account in found.accounts if account.site_id in selected]
    planned = plan(chosen, found.verdicts, bench.rules)
    taken = found.land.shares.rename(columns={"site": "site_id"})
    taken["epci"] = taken["commune"].map(world.territory.parents()["epci"])
    entries = planned_entries(found.accounts, planned, taken, rules=bench.rules, source=scenario.id)
    return Run(
        scenario=scenario,
        manifest=manifest(
            scenario, world, before, sites=file.layer, added=tuple(added_uses(file).values())
        ),
        sites=found.sites,
        land=found.land,
        shares=found.shares,
        matrix=found.matrix,
        jobs=found.jobs,
        scores=found.scores,
        gaps=found.gaps,
        bounds=found.bounds,
        limits=found.limits,
        eligibility=found.eligibility,
        verdicts=found.verdicts,
        plan=planned,
        before=before,
        account=before.post(entries),
        rejected=file.rejected,
        notes=(
            *file.notes,
            *before.notes,
            *missing_notes(scenario, found.sites.index),
            *overlap_notes(found.sites),
            *site_notes(found.sites, found.land, world, scenario),
            *priority_notes(scenario),
        ),
        row_count=file.row_count,
        origins=uses_of_sites(file, map(str, found.sites.index)),
    )


def unscored_hash(scenario: Scenario) -> str:
    """Return a fingerprint of all that a scenario says, but how it scores.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    str
        The same for scenarios that differ by titles, weights, judgements of priorities or value
        functions only: their sites have the same measures and verdicts.
    """
    kept = {"title": "", "title_en": "", "weights": {}, "criteria": {}, "ahp": AhpSettings()}
    names = ",".join(sorted(scenario.criteria))
    return scenario_hash(scenario.model_copy(update={**kept, "description": names}))


def rescored(earlier: Run, scenario: Scenario) -> Run:
    """Score the sites of a run again, under a scenario that only scores otherwise.

    Parameters
    ----------
    earlier
        The run.
    scenario
        A scenario of the same :func:`unscored_hash` as that of the run.

    Returns
    -------
    Run
        The same as :func:`run`, without measuring or accounting again.

    Raises
    ------
    ValueError
        If the scenarios differ by more.
    """
    if unscored_hash(scenario) != unscored_hash(earlier.scenario):
        raise ValueError("scenarios that differ by more than how they score need another run")
    scores = score(earlier.matrix, scenario)
    others = [note for note in earlier.notes if note.code != INCONSISTENT]
    return replace(
        earlier,
        scenario=scenario,
        manifest=replace(earlier.manifest, scenario_hash=scenario_hash(scenario)),
        scores=scores,
        gaps=MappingProxyType(important_gaps(scores.contributions, scenario)),
        limits=MappingProxyType(bound_reasons(earlier.bounds, scenario)),
        notes=(*others, *priority_notes(scenario)),
    )


def balance(result: Run, world: World, *, sites: Collection[str] | None = None) -> Balance:
    """Judge an allocation: how fairly it is shared out, and whom it serves.

    Parameters
    ----------
    result
        The run.
    world
        The territory and its layers, those of the run.
    sites
        Identifiers of the sites of the allocation; by default those the plan posted: chosen,
        eligible, and charged to a budget of the period.

    Returns
    -------
    Balance
        Every indicator, without the sites, with them, and the budget left where it is.

    Raises
    ------
    ValueError
        If a site is not in the run.
    """
    chosen = tuple(sorted(result.plan.posted if sites is None else set(sites)))
    ground, cases = balance_cases(result, world, sites=chosen)
    return judge(ground, cases, result.manifest.layers, sites=chosen)


def balance_cases(
    result: Run, world: World, *, sites: Collection[str] | None = None
) -> tuple[Ground, tuple[Case, Case, Case]]:
    """Return the cases that a balance judges, and the territory they are on.

    Parameters
    ----------
    result, world, sites
        As of :func:`balance`.

    Returns
    -------
    Ground
        The territory.
    tuple of Case
        Without the sites, with them, the budget left where it is.

    Raises
    ------
    ValueError
        If a site is not in the run.
    """
    chosen = sorted(result.plan.posted if sites is None else set(sites))
    unknown = set(chosen) - set(result.sites.index)
    if unknown:
        raise ValueError(f"sites that are not in the run: {', '.join(sorted(unknown))}")
    ground = Ground(world.territory, world.layers, result.scenario.measure)
    shares = result.shares
    shares = shares[(shares["level"] == Level.COMMUNE.value) & shares["site_id"].isin(chosen)]
    return ground, cases_of(result.sites.loc[chosen], shares, result.before, ground)


def account_of(scenario: Scenario, world: World, *, until: int | None = None) -> Account:
    """Open the account of a scenario in a world, before any site.

    Parameters
    ----------
    scenario
        The scenario.
    world
        The territory and its layers.
    until
        Last year of the period whose observed consumption counts; all by default.

    Returns
    -------
    Account
        As :func:`siting.account.open_account`, on the flows that its rule set counts.
    """
    flows = flows_for(scenario, world.layers)
    return open_account(scenario, world.territory, flows, until=until)


def bench_of(scenario: Scenario, world: World, account: Account) -> Bench:
    """Return what the sites of a scenario are appraised against in a world.

    Parameters
    ----------
    scenario
        The scenario.
    world
        The territory and its layers.
    account
        The account of the scenario, before any site.

    Returns
    -------
    Bench
        To share between batches of sites.

    Raises
    ------
    ValueError
        If the world was loaded without land cover.
    """
    if world.land_cover is None:
        raise ValueError("sites cannot be measured in a world loaded without land cover")
    return Bench(scenario, world.layers, world.land_cover, account)


BUDGET_LAYERS = frozenset({"communes", "enaf_flows", "net_flows"})
"""Layers that budgets alone are made with."""


def manifest(
    scenario: Scenario,
    world: World,
    account: Account,
    *,
    sites: Layer | None = None,
    added: tuple[LayerUse, ...] = (),
) -> Manifest:
    """Return what a result is made with.

    Parameters
    ----------
    scenario
        The scenario.
    world
        The layers.
    account
        The account, for its rule set.
    sites
        The sites, when the result has some; without them, only the layers of the
        budgets are in use.
    added
        Where the sites added to them come from.

    Returns
    -------
    Manifest
        Version, scenario and its hash, rule set and its status, layers, day.
    """
    layers = [
        layer for name, layer in world.layers.items() if sites is not None or name in BUDGET_LAYERS
    ]
    layers += [sites] if sites is not None else []
    uses = [layer_use(layer.spec.name, layer.spec.title, layer.provenance) for layer in layers]
    uses += added
    if sites is not None and world.land_cover is not None:
        uses.append(layer_use("land_cover", N_("Land cover"), world.land_cover.provenance))
    return Manifest(
        version=__version__,
        scenario=scenario.id,
        scenario_hash=scenario_hash(scenario),
        ruleset=account.ruleset.id,
        ruleset_status=account.ruleset.status,
        layers=tuple(sorted(uses, key=lambda use: use.name)),
        created=datetime.now(tz=UTC).date(),
        reach=reach_of(world.layers, scenario.measure) if sites is not None else None,
        overshoot_right=(
            None
            if account.ruleset.overshoot_right is None
            else account.ruleset.overshoot_right.value
        ),
    )


def _steps(progress: Progress | None) -> Callable[[int], None]:
    def told(step: int) -> None:
        if progress is not None:
            progress(STEPS[step], step / len(STEPS))

    return told


def chosen_of(scenario: Scenario, sites: gpd.GeoDataFrame) -> frozenset[str]:
    """Return the chosen sites of a table; a scenario may name sites of other files.

    Parameters
    ----------
    scenario
        The scenario.
    sites
        Sites, indexed by ``site_id``.

    Returns
    -------
    frozenset of str
        Their identifiers.
    """
    if scenario.sites.selected == "all":
        return frozenset(sites.index)
    return frozenset(scenario.sites.selected) & frozenset(sites.index)
