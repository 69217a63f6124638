"""The account of a territory under a scenario: rule set, ledger and budgets by level."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import pandas as pd

from layers.errors import N_
from layers.spec import Layer
from layers.territory import NO_EPCI, Level, Territory
from siting.domain import EntryKind, Envelope
from siting.errors import Problem, ScenarioError, problem
from siting.scenario import Scenario
from siting.scenario.tables import read_documents, read_scot, read_targets
from siting.zan.account import observed_ledger
from siting.zan.budget import COMMUNE, Target, commune_budgets, sum_budgets
from siting.zan.guarantee import Guarantee, PlanningDocument, load_parameters
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import Ruleset, load_ruleset
from siting.zan.targets import make_targets

HIERARCHY = (Level.EPCI, Level.DEPARTEMENT, Level.REGION)
"""Levels above the commune, the closest first: the order budgets are shared out in."""

SCOT = "scot"
"""Level of targets between the EPCI and the région, from the table of a scenario."""

NO_SCOT = ""
"""Code of the communes that the table gives no SCoT."""


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
    scot
        Code of the SCoT by commune, where the scenario gives them: a level of targets only.
    """

    territory: Territory
    ruleset: Ruleset
    ledger: Ledger
    targets: Mapping[str, Target]
    flows: Layer
    guarantee: Guarantee | None = None
    scot: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def communes(self) -> pd.DataFrame:
        """Budget of every commune, as :func:`siting.zan.budget.commune_budgets`."""
        parents = _hierarchy(self.territory, self.scot)
        return commune_budgets(
            self.ledger, parents, self.ruleset, targets=self.targets, guarantee=self.guarantee
        )

    @property
    def last_observed_year(self) -> int | None:
        """Last year the observed consumption covers."""
        return self.ledger.last_year(EntryKind.OBSERVED)

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
        communes = self.communes
        if level is Level.COMMUNE:
            codes = pd.Series(communes.index, index=communes.index)
        else:
            codes = self.territory.parents()[str(level)]
        table = sum_budgets(communes, codes, level=level.value)
        units = self.territory.units(level).set_index("code")
        return table.assign(name=units["name"], complete=units["complete"])


def open_account(
    scenario: Scenario, territory: Territory, flows: Layer, *, until: int | None = None
) -> Account:
    """Open the account of a scenario: observed flows, then committed works.

    Parameters
    ----------
    scenario
        Rule set, targets and committed works.
    territory
        The communes.
    flows
        Observed ENAF consumption (``code``, ``year``, ``area_m2``).
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
    ScenarioError
        If a rate or a committed work names a territory that is not there, or a committed
        work falls in a year that is already observed or outside the period.
    """
    ruleset = load_ruleset(scenario.zan.ruleset)
    source = flows.provenance
    ledger = observed_ledger(
        flows.data,
        source=f"{source.publisher}, {source.title}",
        reference=ruleset.reference,
        period=ruleset.period,
        until=until,
    )
    last = ledger.last_year(EntryKind.OBSERVED)
    scot = read_scot(Path(scenario.zan.scot_file)) if scenario.zan.scot_file else {}
    parents = _hierarchy(territory, scot)
    problems = [
        *_scot_problems(scenario, territory, scot),
        *_rate_problems(scenario, parents),
        *_commitment_problems(scenario, territory, ruleset, last),
    ]
    if problems:
        raise ScenarioError(problems)
    committed = [
        Entry(
            territory=work.territory,
            measure=ruleset.measure,
            year=work.year,
            area_m2=work.area_m2,
            envelope=Envelope.LOCAL,
            kind=EntryKind.COMMITTED,
            evidence=work.evidence,
            source=work.source,
        )
        for work in scenario.committed
    ]
    reference = ledger.area_m2(kind=EntryKind.OBSERVED, period=ruleset.reference)
    targets = _targets(scenario, reference, parents)
    guarantee = _guarantee(scenario, territory)
    return Account(territory, ruleset, ledger.post(committed), targets, flows, guarantee, scot)


def _hierarchy(territory: Territory, scot: Mapping[str, str]) -> pd.DataFrame:
    """Return the parents of communes, the closest first; SCoT stand above EPCI (R6)."""
    parents = territory.parents()[[str(level) for level in HIERARCHY]]
    if scot:
        parents.insert(1, SCOT, parents.index.map(lambda code: scot.get(code, NO_SCOT)))
    return parents


def _targets(
    scenario: Scenario, reference_m2: pd.Series, parents: pd.DataFrame
) -> dict[str, Target]:
    """Return the targets of the scenario and of its file, never two for a territory."""
    own = {
        code: Target(rate.level, Fraction(str(rate.rate)), rate.status, rate.source)
        for code, rate in scenario.zan.rates.items()
    }
    if not scenario.zan.targets_file:
        return own
    path = Path(scenario.zan.targets_file)
    in_file = make_targets(read_targets(path), reference_m2, parents, file=path.name)
    twice = [
        problem(
            "scenario-conflict", file=scenario.id, field=f"zan.rates.{code}",
            found=f"{scenario.id}, {path.name}",
        )
        for code in own
        if code in in_file
    ]  # fmt: skip
    if twice:
        raise ScenarioError(twice)
    return own | in_file


def _scot_problems(
    scenario: Scenario, territory: Territory, scot: Mapping[str, str]
) -> Iterator[Problem]:
    """Tell the communes of the file of SCoT that are not there."""
    known = set(territory.codes(Level.COMMUNE))
    for code in scot:
        if code not in known:
            file = Path(scenario.zan.scot_file).name
            yield problem("territory-unknown", file=file, field="code", found=code)


def _guarantee(scenario: Scenario, territory: Territory) -> Guarantee | None:
    """Return what decides the floors of communes, from the scenario and its file."""
    chosen = scenario.zan.guarantee
    if not chosen.applies:
        return None
    documents = read_documents(Path(chosen.documents_file)) if chosen.documents_file else {}
    own = {
        code: PlanningDocument(given.type, given.stage, given.date, given.source)
        for code, given in chosen.documents.items()
    }
    problems = list(_guarantee_problems(scenario, territory, documents))
    if problems:
        raise ScenarioError(problems)
    return Guarantee(
        documents=documents | own,
        delegated={code: one.count for code, one in chosen.delegated_communes.items()},
        pooled=frozenset(chosen.pooled_at_epci),
        cap_reading=chosen.cap_reading,
        parameters=load_parameters(),
    )


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


def _commitment_problems(
    scenario: Scenario, territory: Territory, ruleset: Ruleset, last_observed: int | None
) -> Iterator[Problem]:
    """Tell the committed works that would be lost, or counted twice (R26)."""
    first = max(ruleset.period.first, (last_observed or 0) + 1)
    for position, work in enumerate(scenario.committed):
        field = f"committed.{position}"
        if work.territory not in territory.codes(Level.COMMUNE):
            found = work.territory
            yield problem("territory-unknown", file=scenario.id, field=field, found=found)
        if not first <= work.year <= ruleset.period.last:
            expected = f"{first}-{ruleset.period.last}"
            yield problem(
                "committed-year", file=scenario.id, field=field, found=work.year, expected=expected
            )
