"""What a scenario says of the ZAN account: its values, or every problem at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import pandas as pd

from layers.errors import N_
from layers.spec import Layer
from layers.territory import NO_EPCI, NO_SCOT, Level, Territory
from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import Problem, ScenarioError, problem
from siting.scenario import Scenario
from siting.scenario.tables import (
    read_documents,
    read_references,
    read_scot,
    read_targets,
)
from siting.zan.budget import COMMUNE, Target
from siting.zan.envelopes import SetAside
from siting.zan.guarantee import Guarantee, PlanningDocument, load_parameters
from siting.zan.ledger import Ledger
from siting.zan.pene import regional_rates
from siting.zan.ruleset import Ruleset, ShareParameter, load_ruleset
from siting.zan.targets import M2_PER_HA, make_targets

HIERARCHY = (Level.EPCI, Level.SCOT, Level.DEPARTEMENT, Level.REGION)
"""Levels above the commune, the closest first: the order budgets are shared out in (R6)."""

REFERENCES_GAP: Final = Fraction(1, 100)
"""How far the rate of a table of references may be from that of the rule set: the references of
all the regions with a SRADDET give it; those of a few of them, or in another unit, do not."""

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
    flows
        The layer of observed consumption, every year of its vintage.
    observed
        The ledger of what counts of it: the reference, and the period up to a year.
    """

    scenario: Scenario
    territory: Territory
    ruleset: Ruleset
    flows: Layer
    observed: Ledger

    @property
    def last_observed(self) -> int | None:
        """Last year the observed consumption covers."""
        return self.observed.last_year(EntryKind.OBSERVED)

    @property
    def vintage(self) -> Period | None:
        """Period that the layer of observed consumption covers; ``None`` without any."""
        years = self.flows.data["year"]
        return None if years.empty else Period(int(years.min()), int(years.max()))

    def seen_m2(self, communes: Collection[str]) -> Seen:
        """Return the national consumption of communes, every year of the vintage.

        Parameters
        ----------
        communes
            Their codes.

        Returns
        -------
        dict
            Whole m² by commune and year; nothing for a commune whose account is unknown.
        """
        known = set(communes) & set(self.observed.entries["territory"])
        rows = self.flows.data
        rows = rows[rows["code"].isin(known) & rows["area_m2"].notna()]
        floor = 0 if self.ruleset.measure is Measure.ENAF else None
        keys = zip(rows["code"].tolist(), rows["year"].tolist(), strict=True)
        return dict(zip(keys, rows["area_m2"].clip(lower=floor).tolist(), strict=True))

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
    gap = abs(found[regions[0]].rate - ruleset.rate.value)
    if gap > REFERENCES_GAP:
        raise ScenarioError(
            problem(
                "references-rate", file=path.name, field="hectares",
                found=f"{float(100 * found[regions[0]].rate):.1f} %",
                expected=f"{float(100 * ruleset.rate.value):g} %",
            )
        )  # fmt: skip
    rate = ShareParameter(
        value=str(found[regions[0]].rate),
        source=f"{ruleset.pene.source} ; {ruleset.pene.formula} ({path.name})",
        verified="derived",
    )
    return ruleset.model_copy(update={"rate": rate})


def targets_of(context: Context, reference_m2: pd.Series) -> dict[str, Target]:
    """Return the targets of the scenario and of its file, never two for a territory.

    Parameters
    ----------
    context
        The scenario and what it is checked against.
    reference_m2
        Reference of each commune, local figures included: hectares are turned into a rate of it.

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
        in_file = make_targets(read_targets(path), reference_m2, parents, file=path.name)
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
