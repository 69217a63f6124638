"""What the commands of the accounts print: budgets, trajectories, ledger, rule sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console

from siting.domain import Manifest, decimals_adding_up
from siting.i18n import Language, Translate
from siting.labels import (
    ENVELOPE_LABELS,
    LEVEL_LABELS,
    MEASURE_LABELS,
    PARAMETER_LABELS,
    STATUS_LABELS,
    UNKNOWN,
    VERIFIED_LABELS,
    YEAR_LABELS,
    hectares,
    parameter_value,
    percent,
)
from siting.statement import LineKind
from siting.terminal import banner, footer, output, plain, print_table, text_table
from siting.zan.ruleset import Ruleset
from siting.zan.trajectory import YearStatus


def print_budgets(document: dict[str, Any], made_with: Manifest, _: Translate) -> None:
    """Print budgets, with what made them.

    Parameters
    ----------
    document
        The document of the budgets.
    made_with
        Its manifest.
    _
        Language of the words.
    """
    console = output()
    banner(console, made_with, _)
    budgets = document["budgets"]
    table = text_table(
        [
            (_("Code"), "left"), (_(LEVEL_LABELS[budgets[0]["level"]]), "left"),
            (_("Reference (ha)"), "right"), (_("Rate"), "right"),
            (_("Origin of the rate"), "left"), (_("Budget (ha)"), "right"),
            (_("Used (ha)"), "right"), (_("Planned (ha)"), "right"),
            (_("Remaining (ha)"), "right"), (_("Status"), "left"),
        ]
    )  # fmt: skip
    for row in budgets:
        partial = "" if row["complete"] else " *"
        table.add_row(
            row["code"], plain(row["name"] + partial), hectares(row["reference_m2"], _),
            percent(row["rate"], _, decimals=1), plain(row["rate_label"]),
            hectares(row["budget_m2"], _),
            hectares(row["used_m2"], _), hectares(row["planned_m2"], _),
            hectares(row["remaining_m2"], _), _(STATUS_LABELS[row["status"]]),
        )  # fmt: skip
    print_table(console, table, _)
    text = _("{measure} {period}, reference {reference}; observed until {year}. Source: {source}")
    first = budgets[0]
    measure = MEASURE_LABELS[first["measure"]]
    console.print(
        text.format(
            measure=_(measure), period=first["period"],
            reference=first["reference_period"], year=first["observed_until"] or UNKNOWN,
            source=first["source"],
        ),
        markup=False, style="dim",
    )  # fmt: skip
    if not all(row["complete"] for row in budgets):
        told = _("* part of the territory lies outside the region and is not counted")
        console.print(told, style="dim", markup=False)
    _tell_guarantee(console, budgets, _)
    _tell_evidence(console, budgets, _)
    footer(console, made_with, _)


def _tell_guarantee(console: Console, budgets: Sequence[dict[str, Any]], _: Translate) -> None:
    """Tell what floors of communes add and take in the budgets above, where they are applied."""
    amounts = ("guarantee_added_m2", "guarantee_taken_m2", "guarantee_pooled_m2")
    if all(row[name] is None for row in budgets for name in amounts):
        return
    added, taken, pooled = (sum(row[name] or 0 for row in budgets) for name in amounts)
    text = _(
        "Commune guarantee, in these budgets: floors add {added} ha and take {taken} ha; "
        "{pooled} ha are pooled in EPCI. Communes below the floor whose planning document is "
        "unknown, left without it: {count}."
    )
    told = text.format(
        added=hectares(added, _), taken=hectares(taken, _), pooled=hectares(pooled, _),
        count=sum(row["guarantee_unknown_communes"] for row in budgets),
    )  # fmt: skip
    console.print(told, markup=False)


def _tell_evidence(console: Console, budgets: Sequence[dict[str, Any]], _: Translate) -> None:
    """Tell what local figures, deductions, envelopes and transfers change in the budgets above."""
    told = {
        "correction_m2": _("Local corrections change the observed consumption by {area} ha."),
        "credit_m2": _("Deductions, each on its evidence: {area} ha."),
        "set_aside_m2": _("Set aside for the pooled envelopes of the region: {area} ha."),
        "transfer_m2": _("Handed over by other territories, less what was given: {area} ha."),
    }
    for name, text in told.items():
        if any(row[name] for row in budgets):
            area = hectares(sum(row[name] or 0 for row in budgets), _)
            console.print(text.format(area=area), markup=False)


def print_trajectory(document: dict[str, Any], made_with: Manifest, _: Translate) -> None:
    """Print a trajectory, year by year, and its sentences; then that of the decade that follows.

    Parameters
    ----------
    document
        The document of the trajectories.
    made_with
        Its manifest.
    _
        Language of the words.
    """
    console = output()
    banner(console, made_with, _)
    for part in (document["trajectory"], document["following"]):
        if part is not None:
            _print_years(console, part, _)
    footer(console, made_with, _)


def _print_years(console: Console, document: dict[str, Any], _: Translate) -> None:
    measure = MEASURE_LABELS[document["measure"]]
    title = f"{document['name']} ({document['code']}), {_(measure)} {document['period']}"
    console.print(title, style="bold", markup=False)
    table = text_table(
        [
            (_("Year"), "right"), (_("Status"), "left"), (_("Observed (ha)"), "right"),
            (_("Corrected (ha)"), "right"), (_("Committed (ha)"), "right"),
            (_("Deducted (ha)"), "right"), (_("Planned (ha)"), "right"),
            (_("Used (ha)"), "right"), (_("Remaining (ha)"), "right"),
            (_("Straight line (ha)"), "right"),
        ]
    )  # fmt: skip
    areas = (
        "observed_m2", "correction_m2", "committed_m2", "credit_m2", "planned_m2", "used_m2",
        "remaining_m2",
        "linear_target_m2",
    )  # fmt: skip
    for row in document["years"]:
        status = _(YEAR_LABELS[YearStatus(row["year_status"])])
        table.add_row(str(row["year"]), status, *(hectares(row[area], _) for area in areas))
    print_table(console, table, _)
    for reason in document["reasons"]:
        console.print(f"  {reason['message']}", markup=False)
    text = _("Status of the observed consumption: {status}. Source: {source}")
    told = text.format(status=_(STATUS_LABELS[document["status"]]), source=document["source"])
    console.print(told, markup=False, style="dim")


def print_rulesets(rulesets: Sequence[Ruleset], lang: Language, _: Translate) -> None:
    """Print the rule sets, with their status and sources.

    Parameters
    ----------
    rulesets
        The rule sets.
    lang
        Language of their titles.
    _
        Language of the words.
    """
    console = output()
    table = text_table(
        [
            (_("Rule set"), "left"), (_("Status"), "left"), (_("Date"), "left"),
            (_("Reduction"), "right"), (_("Applied"), "right"), (_("Reference"), "left"),
            (_("Period"), "left"),
        ]
    )  # fmt: skip
    for rules in rulesets:
        style = "green" if rules.in_force else "bold red"
        applied = float(rules.applied_rate(rules.rate.value))
        table.add_row(
            rules.id, f"[{style}]{_(STATUS_LABELS[rules.status])}[/]",
            rules.repealed_on or rules.in_force_from or rules.proposed_on or UNKNOWN,
            percent(float(rules.rate.value), _, decimals=1), percent(applied, _, decimals=1),
            str(rules.reference), str(rules.period),
        )  # fmt: skip
    print_table(console, table, _)
    for rules in rulesets:
        title = rules.title_en if lang == "en" else rules.title
        console.print(f"\n{rules.id}: {title}", style="bold", markup=False)
        console.print(rules.summary_en if lang == "en" else rules.summary, markup=False)
        for name, parameter in rules.parameters.items():
            value = parameter_value(parameter, _)
            told = " ".join(filter(None, (_(PARAMETER_LABELS[name]), value)))
            checked = _(VERIFIED_LABELS[parameter.verified])
            line = f"  {told} – {parameter.source} ({checked})"
            console.print(line, style="dim", markup=False)
        for change in rules.changelog:
            console.print(f"  {change.date}: {change.change}", style="dim", markup=False)


def print_ledger(document: dict[str, Any], made_with: Manifest, _: Translate) -> None:
    """Print every line of the account of a territory.

    Parameters
    ----------
    document
        The document of the ledger.
    made_with
        Its manifest.
    _
        Language of the words.
    """
    console = output()
    banner(console, made_with, _)
    title = f"{document['name']} ({document['code']}), {document['period']}"
    console.print(title, style="bold", markup=False)
    table = text_table(
        [
            (_("Year"), "right"), (_("Line"), "left"), (_("Commune"), "left"),
            (_("Area (ha)"), "right"), (_("Envelope"), "left"), (_("Evidence"), "left"),
            (_("Source"), "left"),
        ]
    )  # fmt: skip
    counted = [line["area_m2"] for line in document["lines"] if line["counted"]]
    decimals = decimals_adding_up([document["remaining_m2"], *counted], least=2)
    for line in document["lines"]:
        apart = "" if line["counted"] else " " + _("(not counted here)")
        if line["kind"] == LineKind.REFERENCE:
            apart = " " + _("(already in the reference)")
        payer = ENVELOPE_LABELS[line["envelope"]]
        table.add_row(
            "" if line["year"] is None else str(line["year"]), line["title"], line["commune"],
            hectares(line["area_m2"], _, decimals=decimals), plain(_(payer) + apart),
            plain(line["evidence"]), plain(line["source"]),
        )  # fmt: skip
    print_table(console, table, _)
    text = _("Remaining: {area} ha")
    told = text.format(area=hectares(document["remaining_m2"], _, decimals=decimals))
    console.print(told, style="bold", markup=False)
    footer(console, made_with, _)
