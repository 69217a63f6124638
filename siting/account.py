"""The account of a territory under a scenario: rule set, ledger and budgets by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.artificialised_land import ENAF_FLOWS
from layers.flows import NET_FLOWS, no_net_flows
from layers.spec import Layer
from layers.territory import Level, Territory
from siting.domain import POOLED_ENVELOPES, EntryKind, Envelope, Measure
from siting.errors import Problem, ScenarioError, SitingError, problem
from siting.evidence import evidence_of
from siting.opening import (
    Context,
    chosen_ruleset,
    envelopes_of,
    guarantee_of,
    hierarchy,
    targets_of,
    with_scots,
)
from siting.scenario import Scenario
from siting.zan.account import observed_ledger
from siting.zan.budget import (
    Target,
    commune_budgets,
    reference_of,
    region_budget,
    sum_budgets,
)
from siting.zan.envelopes import SetAside
from siting.zan.guarantee import GUARANTEE_PERIOD, Guarantee
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import Ruleset, load_ruleset
from siting.zan.verdict import Pool

FLOW_MEASURES: Final[Mapping[str, Measure]] = MappingProxyType(
    {ENAF_FLOWS.name: Measure.ENAF, NET_FLOWS.name: Measure.NET_ARTIFICIALISATION}
)
"""What the layers of flows count, by name of layer."""


@dataclass(frozen=True, eq=False)
class Account:
    """Budgets of a territory under a rule set and a ledger.

    Parameters
    ----------
    territory
        The communes and the levels above them.
    ruleset
        The rule set.
    ledger
        Its entries.
    targets
        Rates set by planning documents, by territory code.
    flows
        The layer of observed consumption, for its status and source.
    guarantee
        What decides the floors of communes (R9); ``None`` where they are not applied.
    envelopes
        What the region sets aside, inside its own budget.
    notes
        Warnings on the evidence of the scenario.
    """

    territory: Territory
    ruleset: Ruleset
    ledger: Ledger
    targets: Mapping[str, Target]
    flows: Layer
    guarantee: Guarantee | None = None
    envelopes: tuple[SetAside, ...] = ()
    notes: tuple[Problem, ...] = ()

    @cached_property
    def communes(self) -> pd.DataFrame:
        """Budget of every commune, as :func:`siting.zan.budget.commune_budgets`."""
        return commune_budgets(
            self.ledger,
            hierarchy(self.territory),
            self.ruleset,
            targets=self.targets,
            guarantee=self.guarantee,
            envelopes=self.envelopes,
        )

    @property
    def last_observed_year(self) -> int | None:
        """Last year the observed consumption covers."""
        return self.ledger.last_year(EntryKind.OBSERVED)

    def _pools(self) -> dict[str, int]:
        """Return what each region holds for its territories, transfers made, whole m²."""
        pools = {one.region: 0 for one in self.envelopes}
        for one in self.envelopes:
            pools[one.region] += one.area_m2
        for moved in self.ledger.transfers:
            for pocket, sign in ((moved.giver, -1), (moved.receiver, 1)):
                if pocket.envelope is not Envelope.LOCAL:
                    pools[pocket.code] = pools.get(pocket.code, 0) + sign * moved.area_m2
        return pools

    def pool(self, envelope: Envelope) -> Pool:
        """Return what a pooled envelope of the region still holds.

        Parameters
        ----------
        envelope
            ``regional`` or ``reserve``.

        Returns
        -------
        Pool
            What it was given, less what it pays in the period and gives to territories, more
            what it receives; without a source where no document sets it.
        """
        held = [one for one in self.envelopes if one.envelope is envelope]
        given = sum(one.area_m2 for one in self.ledger.transfers if one.giver.envelope is envelope)
        received = sum(
            one.area_m2 for one in self.ledger.transfers if one.receiver.envelope is envelope
        )
        paid_m2 = self.ledger.paid_m2(envelope, self.ruleset.period)
        remaining_m2 = sum(one.area_m2 for one in held) - given + received - paid_m2
        return Pool(remaining_m2, " ; ".join(one.source for one in held))

    def post(self, entries: Iterable[Entry]) -> Account:
        """Return the account with entries posted.

        Parameters
        ----------
        entries
            Entries to post.

        Returns
        -------
        Account
            A new account; this one is unchanged.
        """
        return replace(self, ledger=self.ledger.post(entries))

    def codes(self, level: Level) -> pd.Series:
        """Return the code of the territory of each commune, at a level.

        Parameters
        ----------
        level
            Level of the territories.

        Returns
        -------
        pd.Series
            Codes, indexed by commune.

        Raises
        ------
        SitingError
            If the scenario gives no SCoT (``scot-missing``).
        LayerError
            If the level is not available.
        """
        parents = self.territory.parents()
        if level is Level.COMMUNE:
            return pd.Series(parents.index, index=parents.index)
        if level is Level.SCOT and level not in self.territory.levels:
            raise SitingError(problem("scot-missing", field="--level", found=level.value))
        if level not in self.territory.levels:
            self.territory.names(level)  # raises, with the levels there are
        return parents[str(level)]

    def budgets(self, level: Level) -> pd.DataFrame:
        """Return the budget of every territory of a level.

        Parameters
        ----------
        level
            Level of the territories.

        Returns
        -------
        pd.DataFrame
            Indexed by code, as :func:`siting.zan.budget.sum_budgets`, with ``name`` and
            ``complete`` (whether all its communes lie in the territory).

        Raises
        ------
        LayerError
            If the level is not available.
        """
        if level not in self._summed:
            table = sum_budgets(
                self.communes, self.codes(level), level=level.value, pools=self._pools()
            )
            units = self.territory.units(level).set_index("code")
            self._summed[level] = table.assign(name=units["name"], complete=units["complete"])
        return self._summed[level].copy()

    @cached_property
    def _summed(self) -> dict[Level, pd.DataFrame]:
        """Budgets already added up: a page asks for the same ones many times."""
        return {}


def flows_for(scenario: Scenario, layers: Mapping[str, Layer]) -> Layer:
    """Return the flows that the rule set of a scenario counts.

    Parameters
    ----------
    scenario
        Names the rule set.
    layers
        Layers by name.

    Returns
    -------
    Layer
        Consumption of ENAF, or net artificialisation; empty where that one is not loaded: every
        budget is then unknown, never zero.

    Raises
    ------
    RulesetError
        If the rule set is unknown.
    """
    measure = load_ruleset(scenario.zan.ruleset).measure
    name = next(name for name, counted in FLOW_MEASURES.items() if counted is measure)
    return layers[name] if name in layers else no_net_flows()


def open_account(
    scenario: Scenario, territory: Territory, flows: Layer, *, until: int | None = None
) -> Account:
    """Open the account of a scenario: observed flows, then all that it says of them.

    Parameters
    ----------
    scenario
        Rule set, targets, envelopes, committed works, ZAC, local figures, corrections and
        transfers.
    territory
        The communes.
    flows
        Observed consumption (``code``, ``year``, ``area_m2``), of the measure of the rule set.
    until
        Last year of the period whose observed consumption counts; all by default.

    Returns
    -------
    Account
        The account before any site.

    Raises
    ------
    RulesetError
        If the rule set is unknown.
    MeasureMismatchError
        If the flows are of another measure than the rule set.
    ScenarioError
        If anything names a territory that is not there, falls in a year that its rule refuses,
        or takes more than there is.
    """
    ruleset = chosen_ruleset(scenario, territory)
    source = flows.provenance
    observed = observed_ledger(
        flows.data,
        source=f"{source.publisher}, {source.title}",
        reference=ruleset.reference,
        period=ruleset.period,
        until=until,
        measure=FLOW_MEASURES[flows.spec.name],
    )
    observed.check_measure(ruleset.measure)
    known = with_scots(scenario, territory)
    context = Context(scenario, known, ruleset, flows, observed)
    evidence = evidence_of(context)
    ledger = observed.post(evidence.entries)
    account = Account(
        territory=known,
        ruleset=ruleset,
        ledger=ledger,
        targets=targets_of(context, reference_of(ledger, ruleset)),
        flows=flows,
        guarantee=guarantee_of(context),
        envelopes=envelopes_of(context),
        notes=evidence.notes,
    )
    _check_pools(account, scenario)
    notes = (
        *_guarantee_beyond(account, scenario),
        *_overruns(account, scenario),
        *_deductions_above(account, scenario),
    )
    return replace(account, notes=(*account.notes, *notes))


def _guarantee_beyond(account: Account, scenario: Scenario) -> Iterator[Problem]:
    """Tell that floors are given outside the decade for which the law guarantees them."""
    if account.guarantee is not None and account.ruleset.period != GUARANTEE_PERIOD:
        yield problem(
            "guarantee-period", file=scenario.id, field="zan.guarantee",
            found=account.ruleset.period, expected=GUARANTEE_PERIOD, severity="warning",
        )  # fmt: skip


def _overruns(account: Account, scenario: Scenario) -> Iterator[Problem]:
    """Tell the regions whose territories and envelopes hold more than their own rate gives."""
    try:
        budgets = account.budgets(Level.REGION)
    except ScenarioError as error:
        raise ScenarioError(
            replace(one, file=one.file or scenario.id) for one in error.problems
        ) from None
    for region, budget in zip(budgets.index, budgets["budget_m2"], strict=True):
        reference = budgets.loc[region, "reference_m2"]
        if pd.isna(budget) or pd.isna(reference):
            continue
        held = region_budget(int(reference), str(region), account.ruleset, account.targets)
        if int(budget) > held:
            yield problem(
                "targets-exceed", file=scenario.id, field=str(region), found=int(budget),
                expected=held, severity="warning",
            )  # fmt: skip


def _deductions_above(account: Account, scenario: Scenario) -> Iterator[Problem]:
    """Tell the EPCI where more is deducted than is consumed (R17).

    A cap would change no verdict: what is counted, less what is deducted, is within a budget
    whether or not it stops at zero.
    """
    if account.ruleset.measure is not Measure.ENAF:
        return
    budgets = account.budgets(Level.EPCI)
    rows = budgets.loc[budgets["used_m2"].lt(0).fillna(value=False), ["used_m2", "credit_m2"]]
    for code, used_m2, credit_m2 in rows.itertuples():
        yield problem(
            "deductions-above", file=scenario.id, field=str(code), found=-int(used_m2),
            expected=int(used_m2 - credit_m2), severity="warning",
        )  # fmt: skip


def _check_pools(account: Account, scenario: Scenario) -> None:
    """Refuse what the pooled envelopes cannot pay or give before any site."""
    problems = []
    for envelope in POOLED_ENVELOPES:
        left_m2 = account.pool(envelope).remaining_m2
        if left_m2 < 0:
            held_m2 = sum(one.area_m2 for one in account.envelopes if one.envelope is envelope)
            problems.append(
                problem(
                    "transfer-exceeds", file=scenario.id, field=f"zan ({envelope.value})",
                    found=held_m2 - left_m2, expected=held_m2,
                )
            )  # fmt: skip
    if problems:
        raise ScenarioError(problems)
