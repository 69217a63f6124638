"""What a region sets aside of its budget, and what territories hand to one another.

A pooled envelope (projects of regional scope, reserve of ready-to-use sites) lies inside the
budget of the region: what it holds is taken from its communes, or is already left aside by the
rates of the planning documents (R10). It never adds a square metre to the region.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from siting.domain import Envelope
from siting.errors import Problem, ScenarioError, problem
from siting.zan.guarantee import Guarantee
from siting.zan.ledger import Pocket, Transfer
from siting.zan.shares import share_pro_rata

TakenFrom = Literal["communes", "targets"]

FROM_COMMUNES: Final = "communes"
LOCAL_LEVELS: Final = ("commune", "epci", "scot")
"""Levels of the territories that may give to, or receive from, others."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """An envelope that a region pools.

    Parameters
    ----------
    envelope
        ``regional`` (projects of regional scope) or ``reserve`` (ready-to-use sites).
    region
        Code of the region.
    area_m2
        What it holds, whole m².
    source
        Document that sets it.
    taken_from
        ``communes``: taken from every commune of the region, pro rata of what each has above its
        guaranteed floor. ``targets``: the rates of the planning documents already leave it aside.
    """

    envelope: Envelope
    region: str
    area_m2: int
    source: str
    taken_from: TakenFrom = FROM_COMMUNES


def set_aside_m2(
    room_m2: pd.Series, regions: pd.Series, envelopes: Sequence[SetAside]
) -> pd.Series:
    """Return what the pooled envelopes take from each commune.

    Parameters
    ----------
    room_m2
        What each commune has above its floor: nullable whole m², indexed by commune; nothing is
        taken from a commune whose budget is unknown.
    regions
        Region of each commune, on the same index.
    envelopes
        The pooled envelopes.

    Returns
    -------
    pd.Series
        Nullable whole m² on the same index; missing where the budget is unknown.

    Raises
    ------
    ScenarioError
        ``envelope-exceeds``, for every region that does not hold its envelopes.
    """
    needed: dict[str, int] = {}
    for one in envelopes:
        if one.taken_from == FROM_COMMUNES:
            needed[one.region] = needed.get(one.region, 0) + one.area_m2
    room = room_m2.dropna().astype("int64").clip(lower=0)
    region_of = regions[room.index]
    held = room.groupby(region_of).sum().to_dict()
    problems = [
        problem("envelope-exceeds", field=region, found=area, expected=held.get(region, 0))
        for region, area in needed.items()
        if area > held.get(region, 0)
    ]
    if problems:
        raise ScenarioError(problems)
    taken = share_pro_rata(room, region_of, needed)
    return taken.reindex(room_m2.index).astype("Int64")


def room_above_floors(
    before_m2: pd.Series, floors: pd.DataFrame, guarantee: Guarantee | None
) -> pd.Series:
    """Return what each commune has above the floor that is, or may be, guaranteed to it.

    Parameters
    ----------
    before_m2
        Budget of each commune, floors added and taken, before it pools: nullable whole m².
    floors
        Result of :func:`siting.zan.guarantee.apply_guarantee`.
    guarantee
        What decides the floors; ``None`` where they are not applied.

    Returns
    -------
    pd.Series
        Nullable whole m², not negative.
    """
    if guarantee is None:
        return before_m2
    codes = before_m2.index
    highest = pd.Series([guarantee.highest_floor_m2(c) for c in codes], codes, dtype="Int64")
    return (before_m2 - floors["guarantee_floor_m2"].fillna(highest)).clip(lower=0)


def check_within_region(
    base_m2: pd.Series,
    region_m2: Mapping[str, int],
    regions: pd.Series,
    envelopes: Sequence[SetAside],
) -> None:
    """Refuse the envelopes that the rates of planning documents do not leave aside.

    Parameters
    ----------
    base_m2
        Budget of each commune, nullable whole m².
    region_m2
        Budget of each region at its own rate, whole m²; a region that is not there is not
        checked: its reference is unknown.
    regions
        Region of each commune.
    envelopes
        The pooled envelopes.

    Raises
    ------
    ScenarioError
        ``envelope-exceeds``, for every region whose communes and envelopes add up to more than
        it holds.
    """
    local = base_m2.groupby(regions).sum()
    problems: list[Problem] = []
    for region in sorted({one.region for one in envelopes if one.taken_from != FROM_COMMUNES}):
        asked = sum(
            one.area_m2
            for one in envelopes
            if one.region == region and one.taken_from != FROM_COMMUNES
        )
        held = region_m2.get(region)
        left = None if held is None else held - int(local.get(region, 0))
        if left is not None and asked > left:
            problems.append(
                problem("envelope-exceeds", field=region, found=asked, expected=max(left, 0))
            )
    if problems:
        raise ScenarioError(problems)


def transferred_m2(
    transfers: Sequence[Transfer], remaining_m2: pd.Series, parents: pd.DataFrame
) -> pd.Series:
    """Return what the transfers between territories change in the budget of each commune.

    In the order of their years. A territory gives pro rata of what remains in its communes, and
    receives pro rata of the same (equally where nothing remains). What a pooled envelope gives is
    not taken from communes here; floors that communes pool in their EPCI stay there.

    Parameters
    ----------
    transfers
        The transfers.
    remaining_m2
        What remains in each commune before them: nullable whole m², indexed by commune.
    parents
        Parents of each commune, one column a level, on the same index.

    Returns
    -------
    pd.Series
        Nullable whole m², signed; missing where the budget is unknown. Transfers between
        communes, EPCI or SCoT add up to zero.

    Raises
    ------
    ScenarioError
        Every transfer of a territory that is not there, whose budget is unknown, or that gives
        more than what remains in it.
    """
    left = remaining_m2.copy()
    problems: list[Problem] = []
    for rank, one in sorted(enumerate(transfers), key=lambda pair: (pair[1].year, pair[0])):
        found = list(_transfer_problems(one, left, parents, f"transfers.{rank}"))
        problems += found
        if found:
            continue
        for pocket, sign in ((one.giver, -1), (one.receiver, 1)):
            if pocket.envelope is Envelope.LOCAL:
                members = _members(pocket, parents)
                weights = left[members].astype("int64").clip(lower=0)
                if not weights.sum():
                    weights += 1  # nothing remains anywhere: equally
                whole = pd.Series(pocket.code, index=members)
                share = share_pro_rata(weights, whole, {pocket.code: one.area_m2})
                left[members] = left[members] + sign * share.astype("Int64")
    if problems:
        raise ScenarioError(problems)
    return left - remaining_m2


def _members(pocket: Pocket, parents: pd.DataFrame) -> pd.Index:
    if pocket.level == "commune":
        return parents.index[parents.index == pocket.code]
    if pocket.level not in parents.columns:
        return parents.index[:0]
    return parents.index[parents[pocket.level] == pocket.code]


def _transfer_problems(
    one: Transfer, left_m2: pd.Series, parents: pd.DataFrame, field: str
) -> Iterator[Problem]:
    for side, pocket in (("giver", one.giver), ("receiver", one.receiver)):
        if pocket.envelope is not Envelope.LOCAL:
            continue
        members = _members(pocket, parents)
        if members.empty:
            yield problem("territory-unknown", field=f"{field}.{side}", found=pocket.code)
        elif left_m2[members].isna().any():
            yield problem("transfer-unknown", field=f"{field}.{side}", found=pocket.code)
        elif side == "giver":
            # What one commune has overspent, the others of the territory do not have to give.
            held = max(0, int(left_m2[members].sum()))
            if one.area_m2 > held:
                yield problem(
                    "transfer-exceeds", field=f"{field}.{side}", found=one.area_m2, expected=held
                )
