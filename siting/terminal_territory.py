"""What the command line prints of a balance and of a territory."""

from __future__ import annotations

from typing import Any

from rich.console import Console

from siting.balance import CASE_LABELS, THEMES, CaseKey
from siting.domain import Manifest, VerdictCode
from siting.i18n import Translate
from siting.labels import (
    LEVEL_LABELS,
    STATUS_LABELS,
    UNKNOWN,
    VERDICT_LABELS,
    hectares,
    number,
    percent,
)
from siting.terminal import banner, footer, output, plain, print_table, text_table
from siting.territory_cv import THEMES as CV_THEMES

SMALL = 10
"""Below it, a number is shown with decimals."""


def print_balance(document: dict[str, Any], made_with: Manifest, level: str, _: Translate) -> None:
    """Print the balance of an allocation, by theme, then what is not known.

    Parameters
    ----------
    document
        The ``balance`` of the document.
    made_with
        Its manifest.
    level
        Level of the territories compared.
    _
        Language of the words.
    """
    console = output()
    banner(console, made_with, _)
    text = _("Sites judged: {count}; left out of the plan: {left_out}. Territories: {level}.")
    told = text.format(
        count=len(document["sites"]),
        left_out=len(document["left_out"]),
        level=_(LEVEL_LABELS[level]),
    )
    console.print(told, style="bold", markup=False)
    rows = [row for row in document["indicators"] if _is_shown(row, level)]
    for theme, title in THEMES.items():
        of_theme = [row for row in rows if row["theme"] == theme and not _lacks_a_layer(row)]
        if of_theme:
            console.print(f"\n{_(title)}", style="bold", markup=False)
            _print_theme(console, of_theme, _)
    _print_unknown(console, rows, _)
    footer(console, made_with, _)


def _is_shown(row: dict[str, Any], level: str) -> bool:
    return bool(row["theme"] != "equality" or row["level"] == level)


def _lacks_a_layer(row: dict[str, Any]) -> bool:
    """Tell what no file was loaded for: named once under what is not known, in place of a row."""
    told = [one["code"] for figure in row["values"].values() for one in figure["unknown"]]
    return bool(told) and set(told) == {"layer-missing"}


def _print_theme(console: Console, rows: list[dict[str, Any]], _: Translate) -> None:
    columns = [(_("Indicator"), "left"), (_("Unit"), "left")]
    columns += [(_(CASE_LABELS[key]), "right") for key in CaseKey]
    table = text_table([*columns, (_("Reading"), "left"), (_("Status"), "left")])
    for row in rows:
        values = [_value(row["values"][key.value], row["unit"], _) for key in CaseKey]
        status = _(STATUS_LABELS[row["status"]])
        table.add_row(plain(row["title"]), row["unit"], *values, row["reading_label"], status)
    print_table(console, table, _)


def _value(figure: dict[str, Any], unit: str, _: Translate) -> str:
    text = _number(figure["value"], unit, _)
    if figure["low"] is not None and figure["high"] is not None:
        text += f" [{_number(figure['low'], unit, _)} ; {_number(figure['high'], unit, _)}]"
        text = plain(text)
    return f"{text} ({plain(figure['detail'])})" if figure["detail"] else text


def _number(value: float | None, unit: str, _: Translate) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, int):
        return number(value, _)
    if unit == _("share"):
        return percent(value, _, decimals=1)
    decimals = 3 if unit == _("index") else 0 if abs(value) >= SMALL else 2
    return number(value, _, decimals=decimals)


def _print_unknown(console: Console, rows: list[dict[str, Any]], _: Translate) -> None:
    """Tell once each thing that is not known, with the number of indicators concerned."""
    told: dict[str, set[str]] = {}
    for row in rows:
        for key in (CaseKey.WITH, CaseKey.LEFT):
            for reason in row["values"][key.value]["unknown"]:
                told.setdefault(reason["message"], set()).add(row["name"])
    if told:
        console.print("\n" + _("Not known, or not counted"), style="bold", markup=False)
    for message, names in told.items():
        text = _("{message} (indicators: {count})")
        console.print(f"  {text.format(message=message, count=len(names))}", markup=False)


def print_territory(document: dict[str, Any], made_with: Manifest, _: Translate) -> None:
    """Print the CV of a territory, by theme, then its sites.

    Parameters
    ----------
    document
        The ``territory`` of the document.
    made_with
        Its manifest.
    _
        Language of the words.
    """
    console = output()
    banner(console, made_with, _)
    text = _("{name} ({level} {code}), communes: {communes}")
    told = text.format(
        name=document["name"],
        level=_(LEVEL_LABELS[document["level"]]),
        code=document["code"],
        communes=document["communes"],
    )
    console.print(told, style="bold", markup=False)
    for note in document["notes"]:
        console.print(f"  {note}", markup=False)
    for theme, title in CV_THEMES.items():
        console.print(f"\n{_(title)}", style="bold", markup=False)
        _print_facts(console, [row for row in document["facts"] if row["theme"] == theme], _)
    if document["sites"]:
        console.print("")
        _print_sites(console, document["sites"], _)
    footer(console, made_with, _)


def _print_facts(console: Console, facts: list[dict[str, Any]], _: Translate) -> None:
    columns = ((_("Figure"), "left"), (_("Value"), "right"), (_("Unit"), "left"))
    more = ((_("Status"), "left"), (_("Vintage"), "left"), (_("Source, or why unknown"), "left"))
    table = text_table([*columns, *more])
    for fact in facts:
        status = "" if fact["status"] is None else _(STATUS_LABELS[fact["status"]])
        told = [fact["source"], *(note["message"] for note in fact["notes"])]
        table.add_row(
            fact["title"], _number(fact["value"], fact["unit"], _), fact["unit"], status,
            plain(fact["vintage"]), plain(" ; ".join(filter(None, told))),
        )  # fmt: skip
    print_table(console, table, _)


def _print_sites(console: Console, sites: list[dict[str, Any]], _: Translate) -> None:
    columns = ((_("Site"), "left"), (_("Verdict"), "left"), (_("Vocation"), "left"))
    more = ((_("Area (ha)"), "right"), (_("ENAF (ha)"), "right"), (_("Status"), "left"))
    table = text_table([*columns, *more])
    for site in sites:
        table.add_row(
            plain(site["name"]), _(VERDICT_LABELS[VerdictCode(site["verdict"])]),
            plain(site["vocation"]), hectares(site["area_m2"], _), hectares(site["enaf_m2"], _),
            _(STATUS_LABELS[site["status"]]),
        )  # fmt: skip
    print_table(console, table, _)
