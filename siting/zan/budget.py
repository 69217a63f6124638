"""Budgets: reference × (1 − rate), by commune and by any level above.

The budget of the whole is shared out between communes by cumulative rounding,
so that whole square metres add up exactly at every level.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from siting.domain import EntryKind, Envelope
from siting.zan.guarantee import GUARANTEE_AMOUNTS, Guarantee, apply_guarantee
from siting.zan.ledger import Ledger
from siting.zan.ruleset import Ruleset

DEFAULT = "default"
"""Level and status of a rate that no planning document sets."""

INHERITED = "inherited"
"""Status of a rate set for a larger territory: suggested, not binding (R6)."""

MIXED = "mixed"
"""Status of a rate that differs between the communes of a territory."""

COMMUNE = "commune"
"""The smallest level: what a commune pools is no longer in its budget."""

AMOUNTS = ("reference_m2", "budget_m2", "observed_m2", "committed_m2", "planned_m2")


@dataclass(frozen=True, slots=True)
class Target:
    """A reduction rate set by a planning document, in place of the rule set's.

    Parameters
    ----------
    level
        Level of the territory that sets it.
    rate
        Reduction against the reference, in [0, 1].
    status
        How it is set (``own``, ``custom``…).
    source
        Document that sets it.
    """

    level: str
    rate: Fraction
    status: str
    source: str


def share_out(reference_m2: pd.Series, rates: pd.Series) -> pd.Series:
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
    """
    # One denominator for all: the running sum stays a whole number, as exact and faster.
    distinct = set(rates)
    scale = math.lcm(*(rate.denominator for rate in distinct))
    kept = {rate: int((1 - rate) * scale) for rate in distinct}
    running = closed = 0
    budgets: list[int] = []
    for reference, rate in zip(reference_m2.tolist(), rates.tolist(), strict=True):
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
        Columns ``rate`` (Fraction), ``rate_level``, ``rate_status``, ``rate_source``. The
        overshoot right of a proposal is counted in the rate, and told in its source.
    """
    default = Target(DEFAULT, ruleset.rate.value, DEFAULT, ruleset.rate.source)
    found = pd.Series([default] * len(parents), index=parents.index, dtype="object")
    for level in reversed(["commune", *parents.columns]):
        codes = parents.index.to_series() if level == "commune" else parents[level]
        own = codes.map({c: t for c, t in targets.items() if t.level == level}).dropna()
        found.update(own)
    return pd.DataFrame(
        {
            "rate": found.map(lambda t: ruleset.applied_rate(t.rate)),
            "rate_level": found.map(lambda t: t.level),
            "rate_status": found.map(lambda t: t.status),
            "rate_source": found.map(lambda t: ruleset.labelled(t.source)),
        }
    )


def commune_budgets(
    ledger: Ledger,
    parents: pd.DataFrame,
    ruleset: Ruleset,
    *,
    targets: Mapping[str, Target] | None = None,
    guarantee: Guarantee | None = None,
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

    Returns
    -------
    pd.DataFrame
        Indexed by commune, sorted by parents: :data:`AMOUNTS` and
        ``remaining_m2`` (nullable whole m²), ``rate``, ``rate_level``,
        ``rate_status``, ``rate_source``, and the columns of
        :func:`siting.zan.guarantee.apply_guarantee`. Entries of another envelope than the local
        one do not weigh on the commune. Budget = reference × (1 − rate) + added − taken − pooled.

    Raises
    ------
    ScenarioError
        If a region does not hold the floors guaranteed to its communes.
    MeasureMismatchError
        If the ledger and the rule set do not count the same measure.
    """
    ledger._check(ruleset.measure)  # noqa: SLF001 - same package, one guard for the measure
    ordered = parents.sort_index().sort_values([*reversed(parents.columns)], kind="stable")
    rates = commune_rates(ordered, ruleset, targets or {})
    reference = ledger.area_m2(kind=EntryKind.OBSERVED, period=ruleset.reference)
    table = rates.copy()
    table["reference_m2"] = reference.reindex(ordered.index).astype("Int64")
    known = table["reference_m2"].notna()
    base = share_out(table.loc[known, "reference_m2"], rates.loc[known, "rate"])
    base = base.reindex(ordered.index).astype("Int64")
    floors = apply_guarantee(base, ordered.iloc[:, -1], guarantee)
    if guarantee is None:
        table["budget_m2"] = base
    else:
        added, taken, pooled = (floors[name] for name in GUARANTEE_AMOUNTS)
        table["budget_m2"] = base + added - taken - pooled
    for kind in (EntryKind.OBSERVED, EntryKind.COMMITTED, EntryKind.PLANNED):
        used = ledger.area_m2(kind=kind, period=ruleset.period, envelope=Envelope.LOCAL)
        table[f"{kind.value}_m2"] = used.reindex(ordered.index, fill_value=0).astype("Int64")
    table.loc[~known, "observed_m2"] = pd.NA
    credits_m2 = ledger.area_m2(kind=EntryKind.CREDIT, period=ruleset.period)
    table["committed_m2"] += credits_m2.reindex(ordered.index, fill_value=0).astype("Int64")
    return table.assign(remaining_m2=_remaining(table)).join(floors)


def _remaining(table: pd.DataFrame) -> pd.Series:
    return table["budget_m2"] - table["observed_m2"] - table["committed_m2"] - table["planned_m2"]


def sum_budgets(communes: pd.DataFrame, codes: pd.Series, *, level: str) -> pd.DataFrame:
    """Add the accounts of communes up to the territories they belong to.

    Parameters
    ----------
    communes
        Result of :func:`commune_budgets`.
    codes
        Code of the territory of each commune, indexed by commune.
    level
        Level of these territories: a rate that a larger one sets is inherited.

    Returns
    -------
    pd.DataFrame
        Indexed by territory code, sorted: amounts (missing as soon as one
        commune is unknown; above the commune, what communes pool is in the budget), ``rate``
        (the common one, else the effective one), ``rate_status`` (the target's own,
        ``default``, ``inherited`` or ``mixed``), ``rate_source``, ``unknown_communes`` (count),
        :data:`siting.zan.guarantee.GUARANTEE_AMOUNTS`, ``guarantee_unknown_communes`` (count).
    """
    amounts = [*AMOUNTS, "remaining_m2", *GUARANTEE_AMOUNTS]
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
    table["rate"] = table["rate"].astype("float64").fillna(effective.astype("float64"))
    if level != COMMUNE:
        pooled = table["guarantee_pooled_m2"].fillna(0)
        table["budget_m2"] += pooled
        table["remaining_m2"] += pooled
    return table


def _before_guarantee(table: pd.DataFrame) -> pd.Series:
    added, taken, pooled = (table[name].fillna(0) for name in GUARANTEE_AMOUNTS)
    return table["budget_m2"] - added + taken + pooled


def _rates_of(communes: pd.DataFrame, of: pd.Series, level: str) -> pd.DataFrame:
    columns = ["rate", "rate_level", "rate_status", "rate_source"]
    distinct = communes[columns].assign(of=of).drop_duplicates()
    # Nearly every territory has one rate for all its communes: told without a loop.
    alone = ~distinct["of"].duplicated(keep=False)
    one = distinct[alone].set_index("of")
    own = one["rate_level"].isin([level, DEFAULT])
    table = one[["rate_source"]].assign(
        rate_status=one["rate_status"].where(own, INHERITED), rate=one["rate"].map(float)
    )
    several = distinct[~alone].groupby("of", sort=False)
    rest = [pd.DataFrame(_rate_of(group, level), index=[code]) for code, group in several]
    return pd.concat([table, *rest])


def _rate_of(communes: pd.DataFrame, level: str) -> dict[str, object]:
    rates = set(communes["rate"])
    return {
        "rate_source": " ; ".join(sorted(set(communes["rate_source"]))),
        "rate_status": _shown_status(communes, level),
        # Where it differs between communes, the effective one is worked out from the sums.
        "rate": float(rates.pop()) if len(rates) == 1 else float("nan"),
    }


def _shown_status(communes: pd.DataFrame, level: str) -> str:
    targets = set(zip(communes["rate_level"], communes["rate_status"], strict=True))
    if len(targets) > 1:
        return MIXED
    set_by, status = targets.pop()
    return str(status) if set_by in (level, DEFAULT) else INHERITED
