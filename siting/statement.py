"""The statement of a territory: every line of its account, from its budget to what remains.

The lines that count add up to what remains, to the square metre; what larger envelopes pay for
its land, and what corrects its reference, are told and do not count. It is what a planner contests
line by line.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from layers.territory import Level
from siting.account import Account
from siting.domain import POOLED_ENVELOPES, EntryKind, Envelope
from siting.errors import SitingError
from siting.known import known_whole
from siting.opening import hierarchy
from siting.place_names import unknown_territory
from siting.zan.budget import to_give_m2
from siting.zan.envelopes import FROM_COMMUNES, transferred_m2
from siting.zan.ledger import Pocket


class LineKind(StrEnum):
    """What a line of a statement is: of the budget, then of what is taken from it."""

    OPENING = "opening"
    REFERENCE = "reference"
    GUARANTEE = "guarantee"
    SET_ASIDE = "set_aside"
    TRANSFER = "transfer"
    OBSERVED = "observed"
    CORRECTION = "correction"
    CREDIT = "credit"
    COMMITTED = "committed"
    PLANNED = "planned"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement.

    Parameters
    ----------
    kind
        What it is.
    year
        Year of the works or of the decision; ``None`` for the budget and for works whose year is
        not known.
    commune
        INSEE code of the commune of the land; empty for the budget and for the sums of a year.
    area_m2
        What it adds to what remains, whole m²: negative where land is taken; ``None`` when
        unknown. What a local figure adds to the reference, for a line of it.
    envelope, holder
        Whose budget pays.
    counted
        Whether that budget is the territory's own; never for a line of the reference, which the
        opening holds.
    evidence, source
        What shows it, and where it is known from.
    """

    kind: LineKind
    year: int | None
    commune: str
    area_m2: int | None
    envelope: Envelope
    holder: str
    counted: bool
    evidence: str
    source: str


def statement(account: Account, level: Level, code: str) -> tuple[Line, ...]:
    """Return the lines of the account of a territory.

    Parameters
    ----------
    account
        The account, with or without planned sites.
    level, code
        The territory.

    Returns
    -------
    tuple of Line
        The budget first (opening, local figures of its reference, guarantee, what is set aside,
        transfers), then the observed
        consumption by year, then every other entry. The lines that count add up to
        ``remaining_m2`` of the budget.

    Raises
    ------
    SitingError
        If no territory of the level has this code.
    LayerError
        If the level is not available.
    """
    budgets = account.budgets(level)
    if code not in budgets.index:
        raise SitingError(unknown_territory(account.territory, level, code))
    codes = account.codes(level)
    members = codes.index[codes == code]
    row = budgets.loc[code].to_dict()
    own = (Envelope.LOCAL, *POOLED_ENVELOPES) if level is Level.REGION else (Envelope.LOCAL,)
    opening, *changes = _budget_lines(account, level, code, row)
    lines = [
        opening,
        *_reference_lines(account, members),
        *changes,
        *_transfer_lines(account, members, region=code if level is Level.REGION else ""),
    ]
    unknown = pd.isna(row["budget_m2"])
    return (*lines, *_entry_lines(account, members, own, unknown=bool(unknown)))


def _budget_lines(
    account: Account, level: Level, code: str, row: Mapping[Hashable, Any]
) -> Iterator[Line]:
    added, taken, pooled, aside, moved = (
        known_whole(row[name]) or 0
        for name in (
            "guarantee_added_m2", "guarantee_taken_m2", "guarantee_pooled_m2", "set_aside_m2",
            "transfer_m2",
        )
    )  # fmt: skip
    # Above the commune, what communes pool is in the budget; in the region, its envelopes too.
    handed = pooled if level is Level.COMMUNE else 0
    held = _held_m2(account, code) if level is Level.REGION else 0
    if level is Level.REGION:
        moved += _given_m2(account, code)
    budget_m2 = known_whole(row["budget_m2"])
    changed = added - taken - handed - aside + moved + held
    opening = None if budget_m2 is None else budget_m2 - changed
    parts = (
        (LineKind.OPENING, opening, str(row["rate_source"])),
        (LineKind.GUARANTEE, added - taken - handed, "Loi 2021-1104, art. 194, III 3° bis"),
        (LineKind.SET_ASIDE, held - aside, _sources(account, level)),
    )
    for kind, area_m2, source in parts:
        if kind is LineKind.OPENING or area_m2:
            yield Line(
                kind=kind,
                year=None,
                commune="",
                area_m2=area_m2,
                envelope=Envelope.LOCAL,
                holder=code,
                counted=True,
                evidence="",
                source=source,
            )


def _reference_lines(account: Account, members: pd.Index) -> Iterator[Line]:
    """Tell the local figures that the reference holds beside the national ones, one by one."""
    rows = account.ledger.select(period=account.ruleset.reference)
    # A figure of the observatory has no evidence of its own.
    local = rows[rows["territory"].isin(members) & (rows["evidence"] != "")]
    for row in local.sort_values(["territory", "year"], kind="stable").to_dict("records"):
        yield Line(
            kind=LineKind.REFERENCE,
            year=int(row["year"]),
            commune=row["territory"],
            area_m2=int(row["area_m2"]),
            envelope=Envelope.LOCAL,
            holder="",
            counted=False,
            evidence=row["evidence"],
            source=row["source"],
        )


def _held_m2(account: Account, region: str) -> int:
    return sum(one.area_m2 for one in account.envelopes if one.region == region)


def _given_m2(account: Account, region: str) -> int:
    """Return what the envelopes of a region receive, less what they give, whole m²."""
    return sum(
        sign * one.area_m2
        for one in account.ledger.transfers
        for pocket, sign in ((one.giver, -1), (one.receiver, 1))
        if pocket.envelope is not Envelope.LOCAL and pocket.code == region
    )


def _sources(account: Account, level: Level) -> str:
    """Name the documents that set aside what is told: for communes, what is taken from them."""
    from_communes = level is not Level.REGION
    told = (
        one.source
        for one in account.envelopes
        if (one.taken_from == FROM_COMMUNES) == from_communes
    )
    return " ; ".join(dict.fromkeys(told))


def _transfer_lines(account: Account, members: pd.Index, *, region: str) -> Iterator[Line]:
    """Tell each transfer with the other side; what one changes depends on those before it.

    Inside a region, what its envelopes give to its territories changes nothing.
    """
    transfers = sorted(account.ledger.transfers, key=lambda one: one.year)
    communes = account.communes
    left = to_give_m2(communes.assign(budget_m2=communes["budget_m2"] - communes["transfer_m2"]))
    parents = hierarchy(account.territory).loc[communes.index]
    before = 0
    for rank, one in enumerate(transfers, start=1):
        changed = transferred_m2(transfers[:rank], left, parents)[members].sum()
        area_m2, before = int(changed) - before, int(changed)
        for pocket, sign in ((one.giver, -1), (one.receiver, 1)):
            if region and pocket.envelope is not Envelope.LOCAL and pocket.code == region:
                area_m2 += sign * one.area_m2
        if area_m2:
            other = one.receiver if area_m2 < 0 else one.giver
            yield Line(
                kind=LineKind.TRANSFER,
                year=one.year,
                commune="",
                area_m2=area_m2,
                envelope=other.envelope,
                holder=_name(account, other),
                counted=True,
                evidence=one.evidence,
                source=one.source,
            )


def _name(account: Account, pocket: Pocket) -> str:
    level = Level(pocket.level)
    return f"{account.territory.name(level, pocket.code)} ({pocket.code})"


def _entry_lines(
    account: Account, members: pd.Index, own: Sequence[Envelope], *, unknown: bool
) -> Iterator[Line]:
    rows = account.ledger.select(period=account.ruleset.period)
    rows = rows[rows["territory"].isin(members)]
    seen = (rows["kind"] == EntryKind.OBSERVED.value) & (rows["evidence"] == "")
    sums = rows[seen].groupby(["year", "source"], as_index=False)["area_m2"].sum()
    for row in pd.DataFrame(sums).to_dict("records"):
        yield Line(
            kind=LineKind.OBSERVED,
            year=int(row["year"]),
            commune="",
            area_m2=None if unknown else -int(row["area_m2"]),
            envelope=Envelope.LOCAL,
            holder="",
            counted=True,
            evidence="",
            source=str(row["source"]),
        )
    order = list(EntryKind)
    rest = rows[~seen].sort_values(["year", "territory"], kind="stable")
    lines = [
        Line(
            LineKind(row["kind"]), int(row["year"]) if row["dated"] else None, row["territory"],
            -int(row["area_m2"]), Envelope(row["envelope"]), row["holder"],
            Envelope(row["envelope"]) in own, row["evidence"], row["source"],
        )
        for row in rest.to_dict("records")
    ]  # fmt: skip
    yield from sorted(lines, key=lambda line: order.index(EntryKind(line.kind.value)))
