"""Trajectories of the territories of an account."""

from __future__ import annotations

import pandas as pd

from layers.territory import Level
from siting.account import Account
from siting.errors import SitingError, problem
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
    communes = account.communes.index
    if level is Level.COMMUNE:
        codes = pd.Series(communes, index=communes)
    else:
        codes = account.territory.parents()[str(level)]
    # The last year counted may precede that of the vintage: only the latter is provisional.
    vintage = account.flows.data["year"].max()
    return trajectories(
        account.ledger,
        account.ruleset,
        budgets,
        codes,
        provisional_year=None if pd.isna(vintage) else int(vintage),
    )
