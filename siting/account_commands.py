"""What the commands of the accounts do: budgets, trajectories, ledger, rule sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import typer

from layers.territory import Level
from siting.account import Account, flows_for
from siting.account_document import (
    budget_document,
    ledger_document,
    ruleset_document,
    trajectory_document,
)
from siting.commands import chosen_scenario
from siting.documents import dumps
from siting.errors import EXIT_DONE, SitingError, problem
from siting.i18n import Language, Translate
from siting.pipeline import account_of, manifest
from siting.rows import csv_rows
from siting.scenario import Scenario
from siting.terminal import tell_notes
from siting.terminal_account import print_budgets, print_ledger, print_rulesets, print_trajectory
from siting.trajectory import account_trajectories, following_decade
from siting.world import World, load_world
from siting.zan.ruleset import Ruleset, load_ruleset, load_rulesets
from siting.zan.trajectory import Trajectory


def budget_command(
    level: str,
    *,
    territory: str | None,
    scenario: str,
    ruleset: str | None,
    until: int | None,
    form: str,
    translate: Translate,
) -> int:
    """Show budgets.

    Parameters
    ----------
    level
        Level of the territories.
    territory
        Code of the only one wanted.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    until
        Last year of observed consumption to count.
    form
        ``table``, ``json`` or ``csv``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the scenario, the rule set or the territory is unknown.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(land_cover=False)
    flows = flows_for(chosen, world.layers)
    _check_until(until, flows.data["year"], load_ruleset(chosen.zan.ruleset))
    account = account_of(chosen, world, until=until)
    made_with = manifest(chosen, world, account)
    document = budget_document(account, Level(level), made_with, translate, territory=territory)
    if form == "json":
        typer.echo(dumps(document))
    elif form == "csv":
        _print_rows(document, document["budgets"])
        tell_notes(account.notes, translate)
    else:
        print_budgets(document, made_with, translate)
        tell_notes(account.notes, translate)
    return EXIT_DONE


def _print_rows(document: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
    """Print rows as CSV; each tells the rules, and whether a layer is synthetic."""
    keys = ("ruleset", "ruleset_status", "demonstration")
    made_with = {key: document["manifest"][key] for key in keys}
    typer.echo(csv_rows({**row, **made_with} for row in rows), nl=False)


def _check_until(until: int | None, years: pd.Series, ruleset: Ruleset) -> None:
    """Refuse a year that would silently count for another, or for none."""
    observed = sorted(year for year in set(years.tolist()) if year in ruleset.period)
    if until is not None and until not in observed:
        expected = ", ".join(map(str, observed))
        raise SitingError(problem("until-range", field="--until", found=until, expected=expected))


def trajectory_command(
    territory: str,
    *,
    level: str,
    scenario: str,
    ruleset: str | None,
    form: str,
    translate: Translate,
) -> int:
    """Show the trajectory of one territory.

    Parameters
    ----------
    territory
        Its code.
    level
        Its level.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    form
        ``table``, ``json`` or ``csv``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the scenario, the rule set or the territory is unknown.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(land_cover=False)
    account = account_of(chosen, world)
    found = account_trajectories(account, Level(level), code=territory)[territory]
    made_with = manifest(chosen, world, account)
    following = _following(chosen, world, Level(level), territory)
    document = trajectory_document(
        found, account, Level(level), made_with, translate, following=following
    )
    if form == "json":
        typer.echo(dumps(document))
    elif form == "csv":
        _print_rows(document, document["trajectory"]["years"])
        tell_notes(account.notes, translate)
    else:
        print_trajectory(document, made_with, translate)
        tell_notes(account.notes, translate)
    return EXIT_DONE


def _following(
    chosen: Scenario, world: World, level: Level, territory: str
) -> tuple[Trajectory, Account] | None:
    """Return the trajectory of the decade that follows, where the scenario gives its rule set."""
    after = following_decade(chosen)
    if after is None:
        return None
    account = account_of(after, world)
    return account_trajectories(account, level, code=territory)[territory], account


def ledger_command(
    territory: str,
    *,
    level: str,
    scenario: str,
    ruleset: str | None,
    form: str,
    translate: Translate,
) -> int:
    """Show every line of the account of one territory.

    Parameters
    ----------
    territory
        Its code.
    level
        Its level.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    form
        ``table``, ``json`` or ``csv``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the scenario, the rule set or the territory is unknown.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(land_cover=False)
    account = account_of(chosen, world)
    made_with = manifest(chosen, world, account)
    document = ledger_document(account, Level(level), territory, made_with, translate)
    if form == "json":
        typer.echo(dumps(document))
    elif form == "csv":
        _print_rows(document, document["ledger"]["lines"])
        tell_notes(account.notes, translate)
    else:
        print_ledger(document["ledger"], made_with, translate)
        tell_notes(account.notes, translate)
    return EXIT_DONE


def rulesets_command(*, form: str, lang: Language, translate: Translate) -> int:
    """List the rule sets with their status, dates, figures and sources.

    Parameters
    ----------
    form
        ``table`` or ``json``.
    lang
        Language of titles and summaries.
    translate
        The same, for labels.

    Returns
    -------
    int
        Exit status.
    """
    rulesets = load_rulesets()
    if form == "json":
        typer.echo(dumps({"rulesets": [ruleset_document(rules, lang) for rules in rulesets]}))
    else:
        print_rulesets(rulesets, lang, translate)
    return EXIT_DONE
