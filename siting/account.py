"""The account of a territory under a scenario: rule set, ledger and budgets by level."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import pandas as pd

from layers.spec import Layer
from layers.territory import Level, Territory
from siting.domain import EntryKind, Envelope
from siting.scenario import Scenario
from siting.zan.account import observed_ledger
from siting.zan.budget import Target, commune_budgets, sum_budgets
from siting.zan.ledger import Entry, Ledger
from siting.zan.ruleset import Ruleset, load_ruleset

HIERARCHY = (Level.EPCI, Level.DEPARTEMENT, Level.REGION)
"""Levels a rate is inherited from, the closest first."""


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
    """

    territory: Territory
    ruleset: Ruleset
    ledger: Ledger
    targets: Mapping[str, Target]
    flows: Layer

    @cached_property
    def communes(self) -> pd.DataFrame:
        """Budget of every commune, as :func:`siting.zan.budget.commune_budgets`."""
        parents = self.territory.parents()[[str(level) for level in HIERARCHY]]
        return commune_budgets(self.ledger, parents, self.ruleset, targets=self.targets)

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
        ledger = self.ledger.post(entries)
        return Account(self.territory, self.ruleset, ledger, self.targets, self.flows)

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
        table = sum_budgets(communes, codes)
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
        Last year of observed consumption to count; all by default.

    Returns
    -------
    Account
        The account before any site.

    Raises
    ------
    RulesetError
        If the rule set is unknown.
    """
    ruleset = load_ruleset(scenario.zan.ruleset)
    source = flows.provenance
    counted = flows.data if until is None else flows.data[flows.data["year"] <= until]
    ledger = observed_ledger(counted, source=f"{source.publisher}, {source.title}")
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
    targets = {
        code: Target(rate.level, Fraction(str(rate.rate)), rate.status, rate.source)
        for code, rate in scenario.zan.rates.items()
    }
    return Account(territory, ruleset, ledger.post(committed), targets, flows)
