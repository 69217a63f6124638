"""What the command line prints: tables, banners, sentences."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from layers.errors import printable
from layers.sites import SiteFile
from layers.spec import Status
from layers.territory import Level
from siting.domain import Manifest, VerdictCode
from siting.errors import Problem
from siting.i18n import Translate, labelled
from siting.labels import (
    STATUS_LABELS,
    VERDICT_LABELS,
    hectares,
    number,
    percent,
)
from siting.pipeline import Run
from siting.zan.ruleset import IN_FORCE

WIDE_COLUMNS = 240
DEFAULT_PADDING = (0, 1, 0, 1)
NARROW_COLUMNS = 150  # on a narrower terminal, reasons are told below the table of the sites
WORD = 14  # characters of a word that are not cut
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
        Title and side (``left``, ``right``) of each column: figures stand on the right.

    Returns
    -------
    Table
        Without lines.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title, justify in columns:
        table.add_column(title, justify=justify, overflow="fold")  # type: ignore[arg-type]
    return table


def print_table(console: Console, table: Table, translate: Translate) -> None:
    """Print a table, on a terminal that may be narrow: no figure is cut over two lines.

    Gaps and titles narrow first; then texts beyond the second column are left out, and that
    is told; at the worst, cells are folded.

    Parameters
    ----------
    console
        Where.
    table
        The table, as :func:`text_table` makes it.
    translate
        Language of the words.
    """
    left_out: list[str] = []
    if console.width < WIDE_COLUMNS and not _fits(console, table):
        table.padding = (0, 1, 0, 0)
        for column in table.columns:
            if column.justify == "right":  # its title takes as many lines as it has words
                column.header = str(column.header).replace(" ", "\n")
    while console.width < WIDE_COLUMNS and not _fits(console, table):
        texts = [one for one in table.columns[2:] if one.justify == "left"]
        if not texts:
            break
        table.columns = [one for one in table.columns if one is not texts[-1]]
        left_out.insert(0, str(texts[-1].header))
    if left_out or table.padding != DEFAULT_PADDING:
        _share_out(console.width, table)
    console.print(table)
    if left_out:
        text = translate("Too narrow a terminal for: {columns}. Widen it, or see --format json.")
        console.print(text.format(columns=", ".join(left_out)), style="dim", markup=False)


def _fits(console: Console, table: Table) -> bool:
    return sum(map(_least, table.columns)) + _gaps(table) <= console.width


def _gaps(table: Table) -> int:
    _top, right, _bottom, left = table.padding
    return (right + left) * (len(table.columns) - 1)


def _share_out(width: int, table: Table) -> None:
    """Set the widths of columns: what figures need, and what is left shared by the texts."""
    least = [_least(column) for column in table.columns]
    left = width - sum(least) - _gaps(table)
    if left < 0:
        return
    wanted = [max(map(cell_len, _texts(column))) - one
              for column, one in zip(table.columns, least, strict=True)]  # fmt: skip
    for column, one, more in zip(table.columns, least, wanted, strict=True):
        given = min(more, left * more // max(sum(wanted), 1)) if column.justify == "left" else 0
        column.width = one + given


def _least(column: Column) -> int:
    """Return the width below which a column cuts a figure, or a word that is not too long."""
    texts = _texts(column)
    if column.justify == "right":
        return max(map(cell_len, texts))
    return min(max((cell_len(word) for text in texts for word in text.split()), default=0), WORD)


def _texts(column: Column) -> list[str]:
    """Return the lines of a column as they are shown."""
    cells = (Text.from_markup(str(cell)).plain for cell in (column.header, *column.cells))
    return [line for text in cells for line in text.splitlines() or [""]]


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
    wide = console.width >= NARROW_COLUMNS
    table = text_table(
        [
            (_("Rank"), "right"), (_("Site"), "left"), (_("Verdict"), "left"),
            (_("Score"), "right"), (_("Reliability"), "right"), (_("Area (ha)"), "right"),
            (_("ENAF (ha)"), "right"),
            *([(_("EPCI charged"), "left"), (_("Why"), "left")] if wide else ()),
        ]
    )  # fmt: skip
    told: list[str] = []
    epci = result.shares[result.shares["level"] == Level.EPCI.value]
    names = epci.groupby("site_id")["name"].agg(" + ".join)
    order = result.scores.rank.sort_values(kind="stable", na_position="last").index
    for site_id in order:
        verdict = result.verdicts[site_id]
        rank = result.scores.rank[site_id]
        reasons = (*verdict.reasons, *result.eligibility[site_id].conditions)
        why = plain(reasons[0].text(_) if reasons else "")
        told.append(f"{number(rank, _)}  {plain(result.sites.at[site_id, 'name'])} : {why}")
        label = f"[{_VERDICT_STYLES[verdict.code]}]{_(VERDICT_LABELS[verdict.code])}[/]"
        table.add_row(
            number(rank, _), plain(result.sites.at[site_id, "name"]), label,
            number(result.scores.total[site_id], _, decimals=1),
            percent(result.scores.reliability[site_id], _),
            hectares(result.sites.at[site_id, "gross_area_m2"], _),
            hectares(result.land.enaf_m2[site_id], _),
            *([plain(names.get(site_id, "")), why] if wide else ()),
        )  # fmt: skip
    print_table(console, table, _)
    if not wide:
        console.print(_("Why"), style="bold")
        console.print("\n".join(told))
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
            # What was exceeded before the sites is told by the sentence itself.
            year = part.first_overshoot_year if (part.remaining_before_m2 or 0) >= 0 else None
            when = _(" (from {year})").format(year=year) if year else ""
            console.print(f"  {part.verdict.reasons[0].text(_)}{when}", markup=False)
    if result.plan.region is not None:
        label = _(VERDICT_LABELS[result.plan.region.code])
        reasons = " ; ".join(reason.text(_) for reason in result.plan.region.reasons)
        text = _("On the budget of the region: {verdict} – {reasons}")
        console.print(text.format(verdict=label, reasons=reasons), markup=False)


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
        typer.echo(labelled(word, line, _), err=True)


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
        typer.echo(labelled(word, f"{example.line(_)}{more}", _), err=True)


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
