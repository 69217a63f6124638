"""The ledger of a territory: every line of its account, with its evidence and source."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import pandas as pd
from markupsafe import Markup

from layers.territory import Level
from siting.account import Account
from siting.domain import decimals_adding_up
from siting.i18n import Translate
from siting.labels import ENVELOPE_LABELS, LINE_LABELS
from siting.statement import Line, LineKind, statement
from siting.ui.html import joined
from siting.ui.measures import area_text

_M2_PER_HA: Final = 10_000


@lru_cache(maxsize=256)
def lines_of(account: Account, level: Level, code: str) -> tuple[Line, ...]:
    """Return the lines of the account of a territory, worked out once.

    Parameters
    ----------
    account
        The account, with or without planned sites.
    level, code
        The territory.

    Returns
    -------
    tuple of Line
        As :func:`siting.statement.statement`.
    """
    return statement(account, level, code)


def ledger(lines: tuple[Line, ...], translate: Translate) -> Markup:
    """Return the ledger as a table for a panel: years of observation added up.

    Parameters
    ----------
    lines
        Lines of a statement.
    translate
        The language.

    Returns
    -------
    Markup
        HTML.
    """
    _ = translate
    row = Markup('<tr class="{}"><th scope="row">{}<small>{}</small></th><td>{}</td></tr>')
    shown, total = _short(lines), _remaining(lines)
    decimals = decimals_adding_up((total, *(line.area_m2 for line in shown if line.counted)))
    rows = []
    for line in shown:
        told = [_(LINE_LABELS[line.kind])]
        if line.year is not None:
            told.append(str(line.year))
        note = " · ".join(filter(None, (line.evidence, _source(line, _))))
        if line.kind is LineKind.REFERENCE:
            note = " · ".join((_("already in the reference"), note))
        elif not line.counted:
            paid = _("paid by another envelope: {envelope}")
            paid = paid.format(envelope=_(ENVELOPE_LABELS[line.envelope]))
            note = f"{paid} · {note}"
        style = "" if line.counted else "sg-aside"
        rows.append(
            row.format(style, " ".join(told), note, area_text(line.area_m2, _, decimals=decimals))
        )
    rows.append(row.format("sg-strong", _("Remains"), "", area_text(total, _, decimals=decimals)))
    return Markup('<table class="sg-facts sg-ledger">{}</table>').format(joined(rows))


def ledger_table(account: Account, lines: tuple[Line, ...], translate: Translate) -> pd.DataFrame:
    """Return the ledger as a table, one row a line.

    Parameters
    ----------
    account
        The account, for the names of communes.
    lines
        Lines of a statement.
    translate
        The language.

    Returns
    -------
    DataFrame
        Kind, year, commune, hectares, envelope, whether the line counts, evidence, source.
    """
    _ = translate
    names = account.territory.names(Level.COMMUNE)
    rows = [
        {
            _("Line"): _(LINE_LABELS[line.kind]),
            _("Year"): "" if line.year is None else str(line.year),
            _("Commune"): names.get(line.commune, ""),
            _("Hectares"): None if line.area_m2 is None else line.area_m2 / _M2_PER_HA,
            _("Envelope"): _(ENVELOPE_LABELS[line.envelope]),
            _("Counted here"): _("yes") if line.counted else _("no"),
            _("Evidence"): line.evidence,
            _("Source"): _source(line, _),
        }
        for line in lines
    ]
    return pd.DataFrame(rows)


def _source(line: Line, _: Translate) -> str:
    """Tell the source of a line: who published it in the language, or the scenario."""
    if line.kind is LineKind.PLANNED:
        return _("scenario {name}").format(name=line.source)
    publisher, mark, title = line.source.partition(", ")
    return f"{_(publisher)}{mark}{title}" if publisher else line.source


def _short(lines: tuple[Line, ...]) -> list[Line]:
    """Add up the years observed, which a panel has no room for."""
    seen = [line for line in lines if line.kind is LineKind.OBSERVED]
    if not seen:
        return list(lines)
    total = None if any(line.area_m2 is None for line in seen) else sum(
        line.area_m2 or 0 for line in seen
    )  # fmt: skip
    sources = " ; ".join(dict.fromkeys(line.source for line in seen))
    first = seen[0]
    whole = Line(
        LineKind.OBSERVED, None, "", total, first.envelope, first.holder, first.counted, "", sources
    )
    at = lines.index(first)
    rest = [line for line in lines if line.kind is not LineKind.OBSERVED]
    return [*rest[:at], whole, *rest[at:]]


def _remaining(lines: tuple[Line, ...]) -> int | None:
    own = [line.area_m2 for line in lines if line.counted]
    return None if any(area is None for area in own) else sum(area or 0 for area in own)
