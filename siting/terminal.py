"""What the command line prints: tables, banners, sentences."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from layers.errors import printable
from layers.sites import SiteFile
from layers.spec import Status
from layers.territory import Level
from siting.domain import Manifest, VerdictCode
from siting.errors import Problem
from siting.i18n import Language, Translate
from siting.labels import (
    ENVELOPE_LABELS,
    LEVEL_LABELS,
    MEASURE_LABELS,
    PARAMETER_LABELS,
    STATUS_LABELS,
    UNKNOWN,
    VERDICT_LABELS,
    VERIFIED_LABELS,
    YEAR_LABELS,
    hectares,
    number,
    parameter_value,
    percent,
)
from siting.pipeline import Run
from siting.zan.ruleset import IN_FORCE, Ruleset
from siting.zan.trajectory import YearStatus

WIDE_COLUMNS = 240
EXAMPLES = 3  # problems alike that are told one by one

_VERDICT_STYLES = {
    VerdictCode.COMPATIBLE: "green",
    VerdictCode.COMPATIBLE_WITH_POOLING: "cyan",
    VerdictCode.OVER_BUDGET: "red",
    VerdictCode.INELIGIBLE: "magenta",
    VerdictCode.UNDETERMINED: "yellow",
}


def output() -> Console:
    """Return where results are printed: wide in a pipe, so that no line is cut.

    Returns
    -------
    Console
        The standard output.
    """
    width = None if sys.stdout.isatty() else WIDE_COLUMNS
    return Console(width=width, highlight=False, emoji=False)


def banner(console: Console, made_with: Manifest, translate: Translate) -> None:
    """Print what every result begins with: synthetic layers, and rules that are not the law.

    Parameters
    ----------
    console
        Where.
    made_with
        Manifest of the result.
    translate
        Language of the words.
    """
    if made_with.demonstration:
        names = ", ".join(
            translate(layer.title)
            for layer in made_with.layers
            if layer.status is Status.DEMONSTRATION
        )
        text = translate("DEMONSTRATION DATA: not for decisions. Synthetic layers: {names}.")
        console.print(text.format(names=names), style="bold yellow", markup=False)
    _warn_of_rules(console, made_with, translate)


def _warn_of_rules(console: Console, made_with: Manifest, translate: Translate) -> None:
    """Tell that the figures are not the law's, and what was added to them."""
    if made_with.ruleset_status == IN_FORCE:
        return
    text = translate(
        "NOT THE LAW: rule set {ruleset} ({status}). These figures are a simulation and give no "
        "right to consume land."
    )
    status = translate(STATUS_LABELS[made_with.ruleset_status])
    told = text.format(ruleset=made_with.ruleset, status=status)
    console.print(told, style="bold red", markup=False)
    if made_with.overshoot_right is not None:
        text = translate("Its overshoot right, {share}, is counted in the rates and budgets.")
        share = percent(float(made_with.overshoot_right), translate)
        console.print(text.format(share=share), style="red", markup=False)


def footer(console: Console, made_with: Manifest, translate: Translate) -> None:
    """Print what every result ends with: version, scenario, rule set, day.

    Parameters
    ----------
    console
        Where.
    made_with
        Manifest of the result.
    translate
        Language of the words.
    """
    text = translate(
        "siting {version} · scenario {scenario} ({hash}) · rule set {ruleset} ({status}) · {day}"
    )
    console.print(
        text.format(
            version=made_with.version,
            scenario=made_with.scenario,
            hash=made_with.scenario_hash,
            ruleset=made_with.ruleset,
            status=translate(STATUS_LABELS[made_with.ruleset_status]),
            day=made_with.created.isoformat(),
        ),
        style="dim",
        markup=False,
    )


def text_table(columns: Sequence[tuple[str, str]]) -> Table:
    """Return an empty table.

    Parameters
    ----------
    columns
        Title and side (``left``, ``right``) of each column.

    Returns
    -------
    Table
        Without lines.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def print_scores(result: Run, _: Translate) -> None:
    """Print the sites by rank, then the verdict on all of them.

    Parameters
    ----------
    result
        The run.
    _
        Language of the words.
    """
    console = output()
    banner(console, result.manifest, _)
    table = text_table(
        [
            (_("Rank"), "right"), (_("Site"), "left"), (_("Verdict"), "left"),
            (_("Score"), "right"), (_("Reliability"), "right"), (_("Area (ha)"), "right"),
            (_("ENAF (ha)"), "right"), (_("EPCI charged"), "left"), (_("Why"), "left"),
        ]
    )  # fmt: skip
    epci = result.shares[result.shares["level"] == Level.EPCI.value]
    names = epci.groupby("site_id")["name"].agg(" + ".join)
    order = result.scores.rank.sort_values(kind="stable", na_position="last").index
    for site_id in order:
        verdict = result.verdicts[site_id]
        rank = result.scores.rank[site_id]
        reasons = (*verdict.reasons, *result.eligibility[site_id].conditions)
        label = f"[{_VERDICT_STYLES[verdict.code]}]{_(VERDICT_LABELS[verdict.code])}[/]"
        table.add_row(
            number(rank, _), plain(result.sites.at[site_id, "name"]), label,
            number(result.scores.total[site_id], _, decimals=1),
            percent(result.scores.reliability[site_id], _),
            hectares(result.sites.at[site_id, "gross_area_m2"], _),
            hectares(result.land.enaf_m2[site_id], _), plain(names.get(site_id, "")),
            plain(reasons[0].text(_) if reasons else ""),
        )  # fmt: skip
    console.print(table)
    _print_plan(console, result, _)
    footer(console, result.manifest, _)


def _print_plan(console: Console, result: Run, _: Translate) -> None:
    verdict = result.plan.verdict
    text = _("Chosen sites together (posted: {posted}, left out: {left_out}): {verdict}")
    console.print(
        text.format(
            posted=len(result.plan.posted),
            left_out=len(result.plan.left_out),
            verdict=_(VERDICT_LABELS[verdict.code]),
        ),
        style=f"bold {_VERDICT_STYLES[verdict.code]}",
        markup=False,
    )
    for part in result.plan.territories:
        if part.verdict.code is not VerdictCode.COMPATIBLE:
            year = part.first_overshoot_year
            when = _(" (from {year})").format(year=year) if year else ""
            console.print(f"  {part.verdict.reasons[0].text(_)}{when}", markup=False)


def print_check(found: SiteFile, file: Path, _: Translate) -> None:
    """Print what a check found in a file.

    Parameters
    ----------
    found
        The file read.
    file
        The file.
    _
        Language of the words.
    """
    console = output()
    accepted = len(found.layer.data)
    text = _("{file}: rows {rows}, accepted {accepted}, rejected {rejected}")
    console.print(
        text.format(
            file=file.name, rows=found.row_count, accepted=accepted,
            rejected=found.row_count - accepted - len(found.left_out),
        ),
        markup=False,
    )  # fmt: skip
    for title, problems in ((_("Rejected"), found.rejected), (_("Notes"), found.notes)):
        if problems:
            console.print(title, style="bold", markup=False)
        for line in grouped(problems, _):
            console.print(f"  {line}", markup=False)


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
    console.print(table)
    text = _("{measure} {period}, reference {reference}; observed until {year}. Source: {source}")
    first = budgets[0]
    measure = MEASURE_LABELS[first["measure"]]
    console.print(
        text.format(
            measure=_(measure), period=first["period"],
            reference=first["reference_period"], year=first["observed_until"],
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
    console.print(table)
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
    console.print(table)
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


def tell(rejected: Sequence[Problem], _: Translate) -> None:
    """Tell the rejected rows on the error output, in few lines: results hold them all.

    Parameters
    ----------
    rejected
        The rows.
    _
        Language of the words.
    """
    word = _("rejected")
    for line in grouped(rejected, _):
        typer.echo(f"{word}: {line}", err=True)


def grouped(problems: Sequence[Problem], _: Translate) -> Iterator[str]:
    """Say problems in few lines: of those of one file, code and field, the first ones.

    Parameters
    ----------
    problems
        The problems.
    _
        Language of the words.

    Yields
    ------
    str
        :data:`EXAMPLES` lines a group at most, the last one with how many more there are.
    """
    groups: dict[tuple[str | None, str, str | None], list[Problem]] = {}
    for one in problems:
        groups.setdefault((one.file, one.code, one.field), []).append(one)
    for alike in groups.values():
        *first, last = (one.line(_) for one in alike[:EXAMPLES])
        left = len(alike) - EXAMPLES
        more = _(" (and {count} more)").format(count=left) if left > 0 else ""
        yield from (*first, f"{last}{more}")


def tell_notes(notes: Sequence[Problem], _: Translate) -> None:
    """Tell each kind of note once, with an example and how many rows it concerns.

    Parameters
    ----------
    notes
        The notes.
    _
        Language of the words.
    """
    word = _("note")
    for code, count in Counter(note.code for note in notes).items():
        example = next(note for note in notes if note.code == code)
        more = _(" (and {count} more)").format(count=count - 1) if count > 1 else ""
        typer.echo(f"{word}: {example.line(_)}{more}", err=True)


def plain(text: str) -> str:
    """Keep the brackets and the control characters of names from acting on the terminal.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        What a table can hold.
    """
    return escape(printable(text))


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
    for line in document["lines"]:
        apart = "" if line["counted"] else " " + _("(not counted here)")
        payer = ENVELOPE_LABELS[line["envelope"]]
        table.add_row(
            "" if line["year"] is None else str(line["year"]), line["title"], line["commune"],
            hectares(line["area_m2"], _), plain(_(payer) + apart),
            plain(line["evidence"]), plain(line["source"]),
        )  # fmt: skip
    console.print(table)
    text = _("Remaining: {area} ha")
    told = text.format(area=hectares(document["remaining_m2"], _))
    console.print(told, style="bold", markup=False)
    footer(console, made_with, _)
