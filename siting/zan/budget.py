"""Budgets: reference × (1 − rate), by commune and by any level above.

The budget of the whole is shared out between communes by cumulative rounding,
so that whole square metres add up exactly at every level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from siting.domain import POOLED_ENVELOPES, EntryKind, Envelope, Period
from siting.zan.envelopes import (
    SetAside,
    check_within_region,
    room_above_floors,
    set_aside_m2,
    transferred_m2,
)
from siting.zan.guarantee import GUARANTEE_AMOUNTS, Guarantee, apply_guarantee
from siting.zan.ledger import Ledger
from siting.zan.ruleset import Ruleset

DEFAULT = "default"
"""Level and status of a rate that no planning document sets."""

INHERITED = "inherited"
"""Status of a rate set for a larger territory: suggested, not binding (R6)."""

AGGREGATED = "aggregated"
"""Status of a rate that comes from the targets of smaller territories."""

MIXED = "mixed"
"""Status of a rate that differs between the communes of a territory."""

COMMUNE = "commune"
"""The smallest level: what a commune pools is no longer in its budget."""

REGION = "region"
"""The level that holds the pooled envelopes."""

USED = ("observed_m2", "correction_m2", "credit_m2", "committed_m2", "planned_m2")
"""What is taken from a budget; a credit is negative, a correction may be. All but what is planned
make ``used_m2``."""

AMOUNTS = (
    "reference_national_m2", "reference_m2", "budget_m2", *USED, "set_aside_m2", "transfer_m2",
)  # fmt: skip
"""Amounts of a budget, whole m²."""

_NONE = Fraction(0)
"""No reduction."""

_POOLED = tuple(f"pooled_{name}" for name in USED)


@dataclass(frozen=True, slots=True)
class Target:
    """A reduction rate set by a planning document, in place of the rule set's.

    Parameters
    ----------
    level
        Level of the territory that sets it.
    rate
        Reduction against the reference, at most 1; below 0 where a document gives a territory more
        than it consumed.
    status
        How it is set (``own``, ``custom``…).
    source
        Document that sets it.
    area_m2
        Budget of a commune whose reference is 0, which no rate can give; whole m².
    """

    level: str
    rate: Fraction
    status: str
    source: str
    area_m2: int = 0


def share_out(
    reference_m2: pd.Series, rates: pd.Series, *, wholes: pd.Series | None = None
) -> pd.Series:
    """Return the budget of each territory: reference × (1 − rate), in whole m².

    The exact amounts are added up in the order of the index and each territory
    gets the difference of the rounded running sums: every run of consecutive
    territories is within 1 m² of its exact budget, and the sum of all is the
    budget of the whole.

    Parameters
    ----------
    reference_m2
        Whole m², never missing.
    rates
        :class:`fractions.Fraction` on the same index.
    wholes
        Territory, on the same index and consecutive, whose sum starts anew, so that it does not
        depend on the others: the region. One for all by default.

    Returns
    -------
    pd.Series
        Whole m², on the same index.

    Examples
    --------
    100 ha at −50 % leaves 50 ha.

    >>> share_out(pd.Series([1_000_000]), pd.Series([Fraction("0.5")])).tolist()
    [500000]
    >>> share_out(pd.Series([1, 1, 1, 1]), pd.Series([Fraction("0.5")] * 4)).tolist()
    [0, 1, 0, 1]
    >>> regions = pd.Series(["11", "52", "52", "52"])
    >>> share_out(pd.Series([1] * 4), pd.Series([Fraction("0.5")] * 4), wholes=regions).tolist()
    [0, 0, 1, 0]
    """
    # One denominator for all: the running sum stays a whole number, as exact and faster.
    distinct = set(rates)
    scale = math.lcm(*(rate.denominator for rate in distinct))
    kept = {rate: int((1 - rate) * scale) for rate in distinct}
    running = closed = 0
    budgets: list[int] = []
    groups = [None] * len(rates) if wholes is None else wholes.tolist()
    before = groups[0] if groups else None
    rows = zip(reference_m2.tolist(), rates.tolist(), groups, strict=True)
    for reference, rate, group in rows:
        if group != before:
            running, closed, before = 0, 0, group
        running += reference * kept[rate]
        rounded = running // scale  # floor: the budget of the whole is never rounded up
        budgets.append(rounded - closed)
        closed = rounded
    return pd.Series(budgets, index=reference_m2.index, dtype="int64")


def commune_rates(
    parents: pd.DataFrame, ruleset: Ruleset, targets: Mapping[str, Target]
) -> pd.DataFrame:
    """Return the rate of each commune and where it comes from.

    The closest territory that sets a target wins: commune, then the columns of
    ``parents`` from left to right; else the rule set's default.

    Parameters
    ----------
    parents
        Indexed by commune; one column a level, from the closest to the largest.
    ruleset
        Gives the default rate, and the overshoot right if it is a proposal with one.
    targets
        Target of a territory by its code.

    Returns
    -------
    pd.DataFrame
        Columns ``rate`` (Fraction), ``rate_level``, ``rate_status``, ``rate_source``,
        ``rate_area_m2`` (:attr:`Target.area_m2`) and
        ``rate_rank`` (a number for each target). The overshoot right of a proposal is counted in
        the rate and the area, and told in the source.
    """
    default = Target(DEFAULT, ruleset.rate.value, DEFAULT, ruleset.rate.source)
    told = [default, *targets.values()]
    ranks = {code: rank for rank, code in enumerate(targets, start=1)}
    found = pd.Series(0, index=parents.index)
    for level in reversed(["commune", *parents.columns]):
        codes = parents.index.to_series() if level == "commune" else parents[level]
        own = {code: ranks[code] for code, one in targets.items() if one.level == level}
        if own:
            found = codes.map(own).fillna(found).astype("int64")
    # Few targets, many communes: each is worked out once.
    columns = {
        "rate": [ruleset.applied_rate(one.rate) for one in told],
        "rate_level": [one.level for one in told],
        "rate_status": [one.status for one in told],
        "rate_source": [ruleset.labelled(one.source) for one in told],
        "rate_area_m2": [int(one.area_m2 * (1 - ruleset.applied_rate(_NONE))) for one in told],
    }
    chosen = pd.DataFrame(columns, dtype="object").take(found.to_numpy())
    return chosen.set_index(parents.index).assign(rate_rank=found)


def commune_budgets(
    ledger: Ledger,
    parents: pd.DataFrame,
    ruleset: Ruleset,
    *,
    targets: Mapping[str, Target] | None = None,
    guarantee: Guarantee | None = None,
    envelopes: Sequence[SetAside] = (),
) -> pd.DataFrame:
    """Return the account of every commune.

    Parameters
    ----------
    ledger
        Entries of the rule set's measure. A commune without any observed entry
        has an unknown reference, hence an unknown budget.
    parents
        Every commune of the territory (index) and its parents (one column a level).
    ruleset
        Reference, period and default rate.
    targets
        Targets of planning documents, by territory code.
    guarantee
        What decides the floors of communes; not applied by default.
    envelopes
        What regions set aside.

    Returns
    -------
    pd.DataFrame
        Indexed by commune, sorted by parents: :data:`AMOUNTS`, ``used_m2`` and
        ``remaining_m2`` (nullable whole m²), ``rate``, ``rate_level``,
        ``rate_status``, ``rate_source``, and the columns of
        :func:`siting.zan.guarantee.apply_guarantee`. ``reference_national_m2`` is what the
        observatory tells, ``reference_m2`` the same with local corrections; ``observed_m2`` is
        national too, its corrections stand in ``correction_m2``. Entries of another envelope
        than the local one do not weigh on the commune.
        Budget = reference × (1 − rate) + added − taken − pooled − set aside + transfer, where the
        first term is the area of the target of a commune without consumption (``rate_area_m2``);
        used = observed + correction + credit + committed; remaining = budget − used − planned.

    Raises
    ------
    ScenarioError
        If a region does not hold the floors guaranteed to its communes or its envelopes, or a
        territory gives more than what remains to it.
    MeasureMismatchError
        If the ledger and the rule set do not count the same measure.
    """
    ledger.check_measure(ruleset.measure)
    ordered = parents.sort_index().sort_values([*reversed(parents.columns)], kind="stable")
    table = commune_rates(ordered, ruleset, targets or {})
    national = _by_commune(ledger, EntryKind.OBSERVED, ruleset.reference, ordered.index)
    known = national.notna()
    changed = _by_commune(ledger, EntryKind.CORRECTION, ruleset.reference, ordered.index)
    table["reference_national_m2"] = national
    table["reference_m2"] = (national + changed.fillna(0)).clip(lower=0)
    regions = ordered.iloc[:, -1]
    base = share_out(
        table.loc[known, "reference_m2"], table.loc[known, "rate"], wholes=regions[known]
    )
    base = (base + table.loc[known, "rate_area_m2"].astype("int64")).reindex(ordered.index)
    base = base.astype("Int64")
    check_within_region(base, _region_budgets(table, regions, ruleset, targets), regions, envelopes)
    floors = apply_guarantee(base, regions, guarantee)
    added, taken, pooled = (floors[name].fillna(0) for name in GUARANTEE_AMOUNTS)
    guaranteed = base + added - taken
    room = room_above_floors(guaranteed, floors, guarantee)
    table["set_aside_m2"] = set_aside_m2(room, regions, envelopes)
    table["budget_m2"] = guaranteed - pooled - table["set_aside_m2"]
    for kind in EntryKind:
        used = _by_commune(ledger, kind, ruleset.period, ordered.index).fillna(0)
        table[f"{kind.value}_m2"] = used.mask(~known) if kind is EntryKind.OBSERVED else used
        table[f"pooled_{kind.value}_m2"] = _pooled(ledger, kind, ruleset.period, ordered.index)
    table["transfer_m2"] = transferred_m2(ledger.transfers, to_give_m2(_closed(table)), ordered)
    table["budget_m2"] += table["transfer_m2"]
    return _closed(table).join(floors)


def to_give_m2(communes: pd.DataFrame) -> pd.Series:
    """Return what each commune has to give to others, before any transfer and planned site.

    Parameters
    ----------
    communes
        ``budget_m2`` without transfers, and ``used_m2``, nullable whole m².

    Returns
    -------
    pd.Series
        Budget − what is used, whole m². A deduction gives consumption back and no more: where it
        is above, what is above is not a budget that can be given (R17).
    """
    return communes["budget_m2"] - communes["used_m2"].clip(lower=0)


def reference_of(ledger: Ledger, ruleset: Ruleset) -> pd.Series:
    """Return the reference of each commune that is known, local figures included.

    Parameters
    ----------
    ledger
        Entries of the rule set's measure.
    ruleset
        Tells the years.

    Returns
    -------
    pd.Series
        Whole m², indexed by commune.
    """
    observed, changed = (
        ledger.area_m2(kind=kind, period=ruleset.reference, envelope=Envelope.LOCAL)
        for kind in (EntryKind.OBSERVED, EntryKind.CORRECTION)
    )
    return (observed + changed.reindex(observed.index, fill_value=0)).clip(lower=0)


def _by_commune(ledger: Ledger, kind: EntryKind, period: Period, index: pd.Index) -> pd.Series:
    found = ledger.area_m2(kind=kind, period=period, envelope=Envelope.LOCAL)
    if found.empty:
        return pd.Series(pd.NA, index=index, dtype="Int64")
    return found.reindex(index).astype("Int64")


def _pooled(ledger: Ledger, kind: EntryKind, period: Period, index: pd.Index) -> pd.Series:
    whole = pd.Series(0, index=index, dtype="Int64")
    for envelope in POOLED_ENVELOPES:
        part = ledger.area_m2(kind=kind, period=period, envelope=envelope)
        if len(part):
            whole += part.reindex(index, fill_value=0).astype("Int64")
    return whole


def _region_budgets(
    table: pd.DataFrame,
    regions: pd.Series,
    ruleset: Ruleset,
    targets: Mapping[str, Target] | None,
) -> dict[str, int]:
    """Return the budget of each region at its own rate; not of one whose reference is unknown."""
    whole = table["reference_m2"].groupby(regions).agg(["sum", "count", "size"])
    found: dict[str, int] = {}
    for region, row in whole[whole["count"] == whole["size"]].iterrows():
        found[str(region)] = region_budget(int(row["sum"]), str(region), ruleset, targets or {})
    return found


def region_budget(
    reference_m2: int, region: str, ruleset: Ruleset, targets: Mapping[str, Target]
) -> int:
    """Return the budget of a region at its own rate, whatever its territories set.

    Parameters
    ----------
    reference_m2
        Its reference, whole m².
    region
        Its code.
    ruleset
        Gives the default rate.
    targets
        Targets of planning documents, by territory code.

    Returns
    -------
    int
        Whole m², rounded down.
    """
    target = targets.get(region)
    own = ruleset.rate.value if target is None or target.level != REGION else target.rate
    return int(reference_m2 * (1 - ruleset.applied_rate(own)))


def _closed(table: pd.DataFrame) -> pd.DataFrame:
    """Add what is used and what remains; missing as soon as one part is unknown."""
    used = table[list(USED[:-1])].sum(axis=1, skipna=False)
    return table.assign(used_m2=used, remaining_m2=table["budget_m2"] - used - table["planned_m2"])


def sum_budgets(
    communes: pd.DataFrame,
    codes: pd.Series,
    *,
    level: str,
    pools: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Add the accounts of communes up to the territories they belong to.

    Parameters
    ----------
    communes
        Result of :func:`commune_budgets`.
    codes
        Code of the territory of each commune, indexed by commune.
    level
        Level of these territories: a rate that a larger one sets is inherited.
    pools
        What each region holds for its territories, whole m²: in the budget of the region, with
        what its envelopes pay.

    Returns
    -------
    pd.DataFrame
        Indexed by territory code, sorted: amounts (missing as soon as one
        commune is unknown; above the commune, what communes pool is in the budget), ``rate``
        (the common one, else the effective one; missing where there is a budget and no
        consumption of reference), ``rate_status`` (the target's own,
        ``default``, ``inherited`` or ``mixed``), ``rate_source``, ``unknown_communes`` (count),
        :data:`siting.zan.guarantee.GUARANTEE_AMOUNTS`, ``guarantee_unknown_communes`` (count).
    """
    amounts = [*AMOUNTS, *_POOLED, *GUARANTEE_AMOUNTS]
    of = codes.reindex(communes.index)
    table = communes[amounts].groupby(of, sort=True).sum()
    # Missing as soon as one commune is unknown: never a smaller sum.
    table = table.mask(communes[amounts].isna().groupby(of, sort=True).any()).astype("Int64")
    table = table.assign(
        unknown_communes=communes["reference_m2"].isna().groupby(of, sort=True).sum(),
        guarantee_unknown_communes=communes["guarantee_unknown"].groupby(of, sort=True).sum(),
    )
    table = table.join(_rates_of(communes, of, level)).rename_axis(None)
    effective = (1 - _before_guarantee(table) / table["reference_m2"]).astype("Float64")
    rates = table["rate"].astype("float64").fillna(effective.astype("float64"))
    # Something of nothing: no rate tells it.
    table["rate"] = rates.mask(table["reference_m2"].eq(0) & _before_guarantee(table).gt(0))
    if level != COMMUNE:
        pooled = table["guarantee_pooled_m2"].fillna(0)
        table["budget_m2"] += pooled
    if level == REGION:
        for region, area_m2 in (pools or {}).items():
            table.loc[table.index == region, "budget_m2"] += area_m2
        for name in _POOLED:
            table[name.removeprefix("pooled_")] += table[name]
    return _closed(table).drop(columns=list(_POOLED))


def _before_guarantee(table: pd.DataFrame) -> pd.Series:
    added, taken, pooled = (table[name].fillna(0) for name in GUARANTEE_AMOUNTS)
    moved = table["transfer_m2"] - table["set_aside_m2"]
    return table["budget_m2"] - added + taken + pooled - moved


def _rates_of(communes: pd.DataFrame, of: pd.Series, level: str) -> pd.DataFrame:
    columns = ["rate", "rate_level", "rate_status", "rate_source", "rate_area_m2"]
    first = pd.DataFrame({"of": of, "rank": communes["rate_rank"]}).drop_duplicates()
    distinct = communes.loc[first.index, columns].assign(of=first["of"])
    # Nearly every territory has one rate for all its communes: told without a loop.
    alone = ~distinct["of"].duplicated(keep=False)
    one = distinct[alone].set_index("of")
    shown = [
        _status(set_by, status, level)
        for set_by, status in zip(one["rate_level"], one["rate_status"], strict=True)
    ]
    table = one[["rate_source"]].assign(rate_status=shown, rate=one["rate"].map(float))
    several = distinct[~alone].groupby("of", sort=False)
    rest = [pd.DataFrame(_rate_of(group, level), index=[code]) for code, group in several]
    return pd.concat([table, *rest])


def _rate_of(communes: pd.DataFrame, level: str) -> dict[str, object]:
    rates = set(communes["rate"])
    # Hectares given to a commune that consumed nothing are in no rate.
    common = len(rates) == 1 and not communes["rate_area_m2"].any()
    return {
        "rate_source": " ; ".join(sorted(set(communes["rate_source"]))),
        "rate_status": _shown_status(communes, level),
        # Where it differs between communes, the effective one is worked out from the sums.
        "rate": float(rates.pop()) if common else float("nan"),
    }


def _shown_status(communes: pd.DataFrame, level: str) -> str:
    targets = set(zip(communes["rate_level"], communes["rate_status"], strict=True))
    if len(targets) > 1:
        return MIXED
    set_by, status = targets.pop()
    return _status(set_by, status, level)


_ORDER = ("commune", "epci", "scot", "departement", "region")


def _status(set_by: str, status: str, level: str) -> str:
    """Return the status of a rate as a territory of a level shows it."""
    if set_by in (level, DEFAULT):
        return status
    larger = level in _ORDER and set_by in _ORDER and _ORDER.index(set_by) > _ORDER.index(level)
    return INHERITED if larger else AGGREGATED
