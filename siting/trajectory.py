"""Trajectories of the territories of an account."""

from __future__ import annotations

import pandas as pd

from layers.territory import Level
from siting.account import Account
from siting.domain import POOLED_ENVELOPES, Envelope
from siting.errors import SitingError, problem
from siting.scenario import Scenario
from siting.zan.trajectory import Trajectory, trajectories


def account_trajectories(
    account: Account, level: Level, *, code: str | None = None
) -> dict[str, Trajectory]:
    """Return the trajectory of the territories of a level.

    Parameters
    ----------
    account
        The account, with or without planned sites.
    level
        Level of the territories.
    code
        The only territory wanted; all by default.

    Returns
    -------
    dict
        Trajectory by code.

    Raises
    ------
    SitingError
        If no territory of the level has this code.
    LayerError
        If the level is not available.
    """
    budgets = account.budgets(level)
    if code is not None:
        if code not in budgets.index:
            raise SitingError(problem("territory-unknown", field=level.value, found=code))
        budgets = budgets.loc[[code]]
    # The last year counted may precede that of the vintage: only the latter is provisional.
    vintage = account.flows.data["year"].max()
    return trajectories(
        account.ledger,
        account.ruleset,
        budgets,
        account.codes(level),
        provisional_year=None if pd.isna(vintage) else int(vintage),
        own=(Envelope.LOCAL, *POOLED_ENVELOPES) if level is Level.REGION else (Envelope.LOCAL,),
    )


def following_decade(scenario: Scenario) -> Scenario | None:
    """Return the scenario under the rule set of the decade that follows.

    Parameters
    ----------
    scenario
        Names that rule set, or none.

    Returns
    -------
    Scenario or None
        The same under ``zan.next_ruleset``, without the works, local figures, corrections and
        transfers of the first decade; ``None`` where no rule set is named. The law sets no rate
        for it: the figures are those of its user.
    """
    if not scenario.zan.next_ruleset:
        return None
    zan = scenario.zan.model_copy(
        update={
            "ruleset": scenario.zan.next_ruleset,
            "next_ruleset": "",
            "regional_references_file": "",
            "local_figures_file": "",
        }
    )
    parts = ("committed", "zac", "local_figures", "corrections", "transfers")
    return scenario.model_copy(update={"zan": zan, **dict.fromkeys(parts, ())})
