"""What a scenario says of the ZAN account: its values, or every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pandas as pd

from layers.errors import N_
from layers.territory import NO_EPCI, NO_SCOT, Level, Territory
from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import Problem, ScenarioError, SitingError, problem
from siting.scenario import Scenario
from siting.scenario.tables import (
    read_documents,
    read_local_figures,
    read_references,
    read_scot,
    read_targets,
)
from siting.scenario.zan_settings import PocketSetting
from siting.zan.account import STATE
from siting.zan.budget import COMMUNE, Target
from siting.zan.corrections import Correction, correction_entries
from siting.zan.envelopes import SetAside
from siting.zan.guarantee import Guarantee, PlanningDocument, load_parameters
from siting.zan.ledger import Entry, Ledger, Pocket, Transfer
from siting.zan.local_figures import LocalFigure, local_entries
from siting.zan.pene import regional_rates
from siting.zan.ruleset import Ruleset, ShareParameter, load_ruleset
from siting.zan.targets import M2_PER_HA, make_targets
from siting.zan.zac import Zac, zac_entries

HIERARCHY = (Level.EPCI, Level.SCOT, Level.DEPARTEMENT, Level.REGION)
"""Levels above the commune, the closest first: the order budgets are shared out in (R6)."""

Seen = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class Context:
    """What the choices of a scenario are checked against.

    Parameters
    ----------
    scenario
        The scenario.
    territory
        The communes and the levels above them.
    ruleset
        The rule set.
    observed
        The ledger of observed consumption alone.
    """

    scenario: Scenario
    territory: Territory
    ruleset: Ruleset
    observed: Ledger

    @property
    def last_observed(self) -> int | None:
        """Last year the observed consumption covers."""
        return self.observed.last_year(EntryKind.OBSERVED)

    @property
    def seen_m2(self) -> Seen:
        """Observed consumption by commune and year, whole m²."""
        rows = self.observed.entries
        keys = zip(rows["territory"], rows["year"], strict=True)
        return dict(zip(keys, rows["area_m2"].tolist(), strict=True))

    @property
    def region(self) -> str:
        """Code of the region that holds the pooled envelopes; empty where it is not told."""
        regions = self.territory.codes(Level.REGION)
        chosen = self.scenario.zan.envelope_region
        return regions[0] if not chosen and len(regions) == 1 else chosen


def hierarchy(territory: Territory) -> pd.DataFrame:
    """Return the parents of communes, the closest first.

    Parameters
    ----------
    territory
        The communes and the levels above them.

    Returns
    -------
    pd.DataFrame
        Indexed by commune, one column a level; SCoT stand above EPCI where they are known.
    """
    levels = [str(level) for level in HIERARCHY if level in territory.levels]
    return territory.parents()[levels]


def with_scots(scenario: Scenario, territory: Territory) -> Territory:
    """Return the territory with the SCoT that the scenario gives, in place of its own.

    Parameters
    ----------
    scenario
        Names the file of SCoT, or none.
    territory
        The territory.

    Returns
    -------
    Territory
        The same where the scenario gives none: its SCoT, if any, are those of local data.

    Raises
    ------
    ScenarioError
        If the file names communes that are not there.
    """
    if not scenario.zan.scot_file:
        return territory
    path = Path(scenario.zan.scot_file)
    scots = read_scot(path)
    known = set(territory.codes(Level.COMMUNE))
    problems = [
        problem("territory-unknown", file=path.name, field="code", found=code)
        for code in scots.index
        if code not in known
    ]
    if problems:
        raise ScenarioError(problems)
    return territory.with_scots(scots)


def chosen_ruleset(scenario: Scenario, territory: Territory) -> Ruleset:
    """Return the rule set of a scenario, with the exact rate of its region where it is known.

    Parameters
    ----------
    scenario
        Names the rule set, and the table of references of the regions (R7), if any.
    territory
        The communes.

    Returns
    -------
    Ruleset
        The rule set.

    Raises
    ------
    RulesetError
        If it is unknown or not valid.
    ScenarioError
        If references are given to a rule set without a national envelope, or lack the region.
    """
    ruleset = load_ruleset(scenario.zan.ruleset)
    if not scenario.zan.regional_references_file:
        return ruleset
    path = Path(scenario.zan.regional_references_file)
    field = "zan.regional_references_file"
    if ruleset.pene is None:
        raise ScenarioError(
            problem(
                "references-ruleset", file=scenario.id, field=field, found=ruleset.id,
                expected="zan-54-5",
            )
        )  # fmt: skip
    references = read_references(path)
    regions = territory.codes(Level.REGION)
    missing = [code for code in regions if code not in references]
    if missing:
        raise ScenarioError(
            problem("references-region", file=path.name, field="code", found=", ".join(missing))
        )
    shared_m2 = ruleset.pene.shared_ha * M2_PER_HA
    objective = ruleset.pene.objective_rate
    try:
        found = regional_rates(references, shared_m2=shared_m2, objective_rate=objective)
    except ValueError as error:
        raise ScenarioError(
            problem("scenario-value", file=path.name, field="hectares", found=str(error),
                    expected=N_("references that hold the shared hectares"))
        ) from None  # fmt: skip
    # The rate is the same for every region: each bears its part pro rata of its objective.
    rate = ShareParameter(
        value=str(found[regions[0]].rate),
        source=f"{ruleset.pene.source} ; {ruleset.pene.formula} ({path.name})",
        verified="derived",
    )
    return ruleset.model_copy(update={"rate": rate})


def targets_of(context: Context) -> dict[str, Target]:
    """Return the targets of the scenario and of its file, never two for a territory.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Returns
    -------
    dict
        Target by code of territory.

    Raises
    ------
    ScenarioError
        If a territory is told twice or unknown, or hectares cannot be a rate.
    """
    scenario = context.scenario
    parents = hierarchy(context.territory)
    problems = list(_rate_problems(scenario, parents))
    own = {
        code: Target(rate.level, Fraction(str(rate.rate)), rate.status, rate.source)
        for code, rate in scenario.zan.rates.items()
    }
    in_file: dict[str, Target] = {}
    if scenario.zan.targets_file:
        path = Path(scenario.zan.targets_file)
        reference = context.observed.area_m2(period=context.ruleset.reference)
        in_file = make_targets(read_targets(path), reference, parents, file=path.name)
        problems += [
            problem(
                "scenario-conflict", file=scenario.id, field=f"zan.rates.{code}",
                found=f"{scenario.id}, {path.name}",
            )
            for code in own
            if code in in_file
        ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return own | in_file


def guarantee_of(context: Context) -> Guarantee | None:
    """Return what decides the floors of communes, from the scenario and its file.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Returns
    -------
    Guarantee or None
        ``None`` where the guarantee is not applied.

    Raises
    ------
    ScenarioError
        If a commune is not there or told twice, or pools without an EPCI.
    """
    chosen = context.scenario.zan.guarantee
    if not chosen.applies:
        return None
    documents = read_documents(Path(chosen.documents_file)) if chosen.documents_file else {}
    own = {
        code: PlanningDocument(given.type, given.stage, given.date, given.source)
        for code, given in chosen.documents.items()
    }
    problems = list(_guarantee_problems(context.scenario, context.territory, documents))
    if problems:
        raise ScenarioError(problems)
    return Guarantee(
        documents=documents | own,
        delegated={code: one.count for code, one in chosen.delegated_communes.items()},
        pooled=frozenset(chosen.pooled_at_epci),
        cap_reading=chosen.cap_reading,
        parameters=load_parameters(),
    )


def envelopes_of(context: Context) -> tuple[SetAside, ...]:
    """Return the envelopes that the region pools.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Returns
    -------
    tuple of SetAside
        None where the scenario sets none.

    Raises
    ------
    ScenarioError
        If the territory has several regions and the scenario does not tell whose they are.
    """
    zan = context.scenario.zan
    made = (
        (Envelope.REGIONAL, zan.pooled_envelope_m2, zan.pooled_source, zan.pooled_taken_from),
        (Envelope.RESERVE, zan.reserve_envelope_m2, zan.reserve_source, zan.reserve_taken_from),
    )
    regions = context.territory.codes(Level.REGION)
    if any(area_m2 for _, area_m2, _, _ in made) and context.region not in regions:
        raise ScenarioError(
            problem(
                "envelope-region", file=context.scenario.id, field="zan.envelope_region",
                found=zan.envelope_region, expected=", ".join(regions),
            )
        )  # fmt: skip
    return tuple(
        SetAside(envelope, context.region, area_m2, source, taken_from)
        for envelope, area_m2, source, taken_from in made
        if area_m2
    )


def entries_of(context: Context) -> list[Entry | Transfer]:
    """Return the entries of a scenario: works, ZAC, local figures, corrections, transfers.

    Parameters
    ----------
    context
        The scenario and what it is checked against.

    Returns
    -------
    list of Entry or Transfer
        In that order.

    Raises
    ------
    ScenarioError
        With every problem of all of them at once.
    """
    scenario = context.scenario
    told = scenario.zac or scenario.local_figures or scenario.corrections
    seen = context.seen_m2 if told or scenario.zan.local_figures_file else {}
    problems = [
        *_commitment_problems(context),
        *_commune_problems(context),
        *_measure_problems(context),
    ]
    posted: list[Entry | Transfer] = []
    steps: tuple[Callable[[], list[Entry]], ...] = (
        lambda: zac_entries(_zones(scenario), seen, last_observed=context.last_observed),
        lambda: local_entries(
            _local_figures(scenario),
            seen,
            measure=context.ruleset.measure,
            reference=context.ruleset.reference,
            period=context.ruleset.period,
            last_observed=context.last_observed,
        ),
        lambda: correction_entries(
            _corrections(scenario),
            seen,
            period=context.ruleset.period,
            last_observed=context.last_observed,
            region=context.region,
            state=STATE,
        ),
    )
    for step in steps:
        posted += _gathered(step, problems, scenario.id)
    if problems:
        raise ScenarioError(problems)
    return [*_commitments(context), *posted, *_transfers(context)]


def _gathered(step: Callable[[], list[Entry]], problems: list[Problem], file: str) -> list[Entry]:
    """Return what a step makes, or keep its problems and go on: all are told at once."""
    try:
        return step()
    except SitingError as error:
        problems += [
            problem(
                one.code, file=one.file or file, row=one.row, field=one.field, found=one.found,
                expected=one.expected,
            )
            for one in error.problems
        ]  # fmt: skip
        return []


def _commitments(context: Context) -> list[Entry]:
    return [
        Entry(
            territory=work.territory,
            measure=context.ruleset.measure,
            year=work.year,
            area_m2=work.area_m2,
            envelope=Envelope.LOCAL,
            kind=EntryKind.COMMITTED,
            evidence=work.evidence,
            source=work.source,
        )
        for work in context.scenario.committed
    ]


def _zones(scenario: Scenario) -> list[Zac]:
    return [
        Zac(
            name=zone.name,
            territory=zone.territory,
            area_m2=zone.area_m2,
            works_start=zone.works_start.year,
            counting=zone.counting,
            by_year={int(year): area_m2 for year, area_m2 in zone.by_year.items()},
            evidence=zone.evidence,
            source=zone.source,
        )
        for zone in scenario.zac
    ]


def _local_figures(scenario: Scenario) -> list[LocalFigure]:
    path = scenario.zan.local_figures_file
    in_file = read_local_figures(Path(path)) if path else []
    own: list[LocalFigure] = []
    problems: list[Problem] = []
    for rank, one in enumerate(scenario.local_figures):
        if one.last < one.first:
            place = f"local_figures.{rank}.last"
            expected = f"≥ {one.first}"
            problems.append(problem("value-range", field=place, found=one.last, expected=expected))
            continue
        years = Period(one.first, one.last)
        own.append(LocalFigure(one.territory, years, one.area_m2, one.evidence, one.source))
    if problems:
        raise ScenarioError(problems)
    return [*own, *in_file]


def _corrections(scenario: Scenario) -> list[Correction]:
    return [
        Correction(
            type=one.type,
            territory=one.territory,
            area_m2=one.area_m2,
            year=one.year,
            evidence=one.evidence,
            source=one.source,
            land=one.land,
            conditions=frozenset(one.conditions),
        )
        for one in scenario.corrections
    ]


def _transfers(context: Context) -> list[Transfer]:
    return [
        Transfer(
            giver=_pocket(one.giver),
            receiver=_pocket(one.receiver),
            measure=context.ruleset.measure,
            year=one.year,
            area_m2=one.area_m2,
            evidence=one.evidence,
            source=one.source,
        )
        for one in context.scenario.transfers
    ]


def _pocket(setting: PocketSetting) -> Pocket:
    pooled = {Envelope.REGIONAL.value, Envelope.RESERVE.value}
    if setting.level in pooled:
        return Pocket(Envelope(setting.level), Level.REGION.value, setting.code)
    return Pocket(Envelope.LOCAL, setting.level, setting.code)


# --- What would be lost, applied to nobody, or counted twice ------------------------


def _guarantee_problems(
    scenario: Scenario, territory: Territory, in_file: Mapping[str, PlanningDocument]
) -> Iterator[Problem]:
    """Tell the communes that are not there, those told twice, and pools without an EPCI."""
    chosen = scenario.zan.guarantee
    epci = territory.parents()["epci"]
    named = {
        "documents": chosen.documents,
        "delegated_communes": chosen.delegated_communes,
        "pooled_at_epci": chosen.pooled_at_epci,
    }
    for key, codes in named.items():
        for code in codes:
            field = f"zan.guarantee.{key}.{code}"
            if code not in epci.index:
                yield problem("territory-unknown", file=scenario.id, field=field, found=code)
            elif key == "pooled_at_epci" and epci[code] == NO_EPCI:
                expected = N_("a commune of an EPCI")
                yield problem(
                    "scenario-value", file=scenario.id, field=field, found=code, expected=expected
                )
    for code in in_file:
        if code in chosen.documents:
            field = f"zan.guarantee.documents.{code}"
            both = f"{scenario.id}, {Path(chosen.documents_file).name}"
            yield problem("scenario-conflict", file=scenario.id, field=field, found=both)


def _rate_problems(scenario: Scenario, parents: pd.DataFrame) -> Iterator[Problem]:
    """Tell the rates that would apply to nobody."""
    for code, rate in scenario.zan.rates.items():
        known = parents.index if rate.level == COMMUNE else parents.get(rate.level, ())
        if code not in set(known) or code == NO_SCOT:
            field = f"zan.rates.{code}"
            yield problem("territory-unknown", file=scenario.id, field=field, found=code)


def _commitment_problems(context: Context) -> Iterator[Problem]:
    """Tell the committed works that would be lost, or counted twice (R26)."""
    scenario, period = context.scenario, context.ruleset.period
    first = max(period.first, (context.last_observed or 0) + 1)
    for position, work in enumerate(scenario.committed):
        if not first <= work.year <= period.last:
            expected = f"{first}-{period.last}"
            yield problem(
                "committed-year", file=scenario.id, field=f"committed.{position}",
                found=work.year, expected=expected,
            )  # fmt: skip


def _measure_problems(context: Context) -> Iterator[Problem]:
    """Tell the choices that only the consumption of ENAF knows (R2)."""
    if context.ruleset.measure is Measure.ENAF:
        return
    for key in ("zac", "corrections"):
        if getattr(context.scenario, key):
            yield problem(
                "measure-mismatch", file=context.scenario.id, field=key,
                found=context.ruleset.measure.value, expected=Measure.ENAF.value,
            )  # fmt: skip


def _commune_problems(context: Context) -> Iterator[Problem]:
    """Tell the communes, and the regions of pooled envelopes, that are not there."""
    scenario = context.scenario
    known = set(context.territory.codes(Level.COMMUNE))
    named: dict[str, list[str]] = {
        "committed": [one.territory for one in scenario.committed],
        "zac": [one.territory for one in scenario.zac],
        "local_figures": [one.territory for one in scenario.local_figures],
        "corrections": [one.territory for one in scenario.corrections],
    }
    for key, codes in named.items():
        for position, code in enumerate(codes):
            if code not in known:
                field = f"{key}.{position}"
                yield problem("territory-unknown", file=scenario.id, field=field, found=code)
    for position, one in enumerate(scenario.transfers):
        for side, pocket in (("giver", one.giver), ("receiver", one.receiver)):
            made = _pocket(pocket)
            if made.envelope is not Envelope.LOCAL and made.code != context.region:
                field = f"transfers.{position}.{side}"
                yield problem("territory-unknown", file=scenario.id, field=field, found=pocket.code)
