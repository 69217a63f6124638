"""Trajectories of the territories of an account."""

from __future__ import annotations

from layers.territory import Level
from siting.account import Account
from siting.domain import POOLED_ENVELOPES, Envelope
from siting.errors import ScenarioError, SitingError, problem
from siting.known import known_whole
from siting.place_names import unknown_territory
from siting.scenario import Scenario, ZanSettings
from siting.zan.ruleset import load_ruleset
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
            raise SitingError(unknown_territory(account.territory, level, code))
        budgets = budgets.loc[[code]]
    # The last year counted may precede that of the vintage: only the latter is provisional.
    vintage = account.flows.data["year"].max()
    return trajectories(
        account.ledger,
        account.ruleset,
        budgets,
        account.codes(level),
        provisional_year=known_whole(vintage),
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
        The same under ``zan.next_ruleset``, without the targets, envelopes, floors and evidence
        of the first decade; ``None`` where no rule set is named. The law sets no rate for it: the
        figures are those of its user.

    Raises
    ------
    ScenarioError
        If that rule set does not follow the first.
    """
    if not scenario.zan.next_ruleset:
        return None
    now, after = (load_ruleset(name) for name in (scenario.zan.ruleset, scenario.zan.next_ruleset))
    if after.period.first <= now.period.last:
        raise ScenarioError(
            problem(
                "ruleset-next", file=scenario.id, field="zan.next_ruleset",
                found=after.period.first, expected=now.period.last,
            )
        )  # fmt: skip
    # Targets, envelopes, floors and evidence are those of the first decade.
    zan = ZanSettings(ruleset=scenario.zan.next_ruleset, scot_file=scenario.zan.scot_file)
    parts = ("committed", "zac", "local_figures", "corrections", "transfers")
    return scenario.model_copy(update={"zan": zan, **dict.fromkeys(parts, ())})
