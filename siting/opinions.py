"""Second opinions on a set of sites: TOPSIS, PROMETHEE II, VIKOR beside the weighted sum.

A score never depends on the other sites; these methods compare the sites with one another,
so they say something else. They only confirm or question the ranks, never replace the score.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.errors import N_
from siting.criteria import CRITERIA
from siting.domain import Reason

Floats = npt.NDArray[np.float64]

INDIFFERENCE: Final = 0.05
"""PROMETHEE II: difference of value up to which two sites are equal. Working hypothesis."""

PREFERENCE: Final = 0.30
"""PROMETHEE II: difference of value from which one is fully preferred. Working hypothesis."""

STRONG_AGREEMENT: Final = 0.8
PARTIAL_AGREEMENT: Final = 0.5
"""Kendall's tau-b from which sentences tell a strong, a partial agreement. Convention."""

_TIE: Final = 9  # decimals: what differs by rounding errors only is equal
_SAME: Final = 10.0**-_TIE

AGREES = N_(
    "{method} ranks the {count} sites it judges almost as the scenario does "
    "(Kendall's tau-b: {tau_ratio})"
)
PARTLY = N_(
    "{method} ranks the {count} sites it judges partly as the scenario does "
    "(Kendall's tau-b: {tau_ratio}): look at the sites that move"
)
DIFFERS = N_(
    "{method} ranks the {count} sites it judges otherwise than the scenario "
    "(Kendall's tau-b: {tau_ratio}): the score alone should not decide"
)
UNDETERMINED = N_(
    "{method}: no agreement can be told; it takes two sites at least, and differences between them "
    "that the method can tell"
)
SITES_LEFT_OUT = N_(
    "sites that second opinions do not judge, as a criterion they read is unknown: {count}"
)
CRITERIA_LEFT_OUT = N_(
    "second opinions leave out criteria unknown for too many sites: {criteria}; weight of those "
    "they read: {percent} %"
)


@dataclass(frozen=True, eq=False, slots=True)
class Opinions:
    """What other methods say of the order of the sites.

    Parameters
    ----------
    ranks
        Sites × methods of :data:`METHODS`: 1 is best, equal sites share a rank; missing
        where a site is not judged, or where the method has no answer.
    agreement
        Kendall's tau-b between the ranks of each method and those of the scenario, over the
        sites judged, in [-1, 1]; ``None`` where it has no meaning.
    criteria
        Criteria the methods read: see :func:`second_opinions`.
    reasons
        The agreement of each method in words, then what is left out.
    """

    ranks: pd.DataFrame
    agreement: Mapping[str, float | None]
    criteria: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def judged(self) -> int:
        """Number of sites judged, by one method at least."""
        return int(self.ranks.notna().any(axis=1).sum())


def second_opinions(values: pd.DataFrame, weights: pd.Series, rank: pd.Series) -> Opinions:
    """Rank the sites by every method of :data:`METHODS` and tell how far they agree.

    The methods have no rule for an unknown value, and reading it as 0 would be false. A site is
    judged when every criterion read is known for it. Read are the criteria that have a weight,
    less those unknown for the most sites, as many as makes the number of sites judged × the
    weight read the largest. What is left out is told.

    Parameters
    ----------
    values
        Sites × criteria in [0, 1], as :func:`siting.scoring.values` returns them; missing
        when unknown.
    weights
        Weight of each criterion, not negative.
    rank
        Rank of each site in the scenario; missing without score.

    Returns
    -------
    Opinions
        Ranks, agreement and sentences, on the index of ``values``.

    Examples
    --------
    >>> values = pd.DataFrame({"a": [1.0, 0.5, None], "b": [0.2, 0.1, 0.9]}, ["x", "y", "z"])
    >>> found = second_opinions(values, pd.Series({"a": 0.5, "b": 0.5}), pd.Series([1, 2, 3]))
    >>> found.ranks["vikor"].tolist(), found.judged
    ([1, 2, <NA>], 2)
    """
    weighted = [name for name in values.columns if weights[name] > 0]
    used = _readable(values[weighted], weights)
    judged = values[used].notna().all(axis=1) & bool(used)
    table = values.loc[judged, used].to_numpy(dtype="float64")
    own = weights[used].to_numpy(dtype="float64")
    ranks = {
        method: _ranked(_index(method, table, own), values.index, judged) for method in METHODS
    }
    positions = rank.set_axis(values.index)
    agreement = {method: rank_agreement(found, positions) for method, found in ranks.items()}
    left_out = [name for name in weighted if name not in used]
    return Opinions(
        ranks=pd.DataFrame(ranks, index=values.index),
        agreement=MappingProxyType(agreement),
        criteria=tuple(used),
        reasons=(*_told(agreement, judged), *_left_out(left_out, weights[weighted])),
    )


def rank_agreement(first: pd.Series, second: pd.Series) -> float | None:
    """Return Kendall's tau-b between two rankings, over the sites that both rank.

    Parameters
    ----------
    first, second
        Ranks on the same index; missing where a site has none.

    Returns
    -------
    float or None
        In [-1, 1], 1 for the same order; ``None`` with fewer than two sites, or where one
        ranking puts them all together. Source: Kendall (1945), Biometrika 33(3), 239-251.

    Examples
    --------
    >>> rank_agreement(pd.Series([1, 2, 3]), pd.Series([1, 3, 2]))
    0.333...
    """
    both = first.notna() & second.notna()
    a, b = (ranks[both].to_numpy(dtype="float64") for ranks in (first, second))
    if len(np.unique(a)) < 2 or len(np.unique(b)) < 2:
        return None
    from scipy.stats import kendalltau  # noqa: PLC0415 - heavy, and seldom asked for

    return float(kendalltau(a, b).statistic)


# --- The methods: bare arrays, sites × criteria, more is better ----------------------
#
# TOPSIS and VIKOR by pymcdm, imported where it is used: with it comes matplotlib, seconds that
# only a call for second opinions should take. Every criterion given tells two sites apart, see
# ``_index``.


def topsis(values: Floats, weights: Floats) -> Floats:
    """Return the relative closeness of each site to the ideal one (TOPSIS).

    Formula: ``d⁻ ÷ (d⁺ + d⁻)``, Euclidean distances of the weighted values to the best and to
    the worst of each criterion within the set. Source: Hwang & Yoon (1981), Multiple Attribute
    Decision Making, Springer. Their normalisation only serves to do away with units: values in
    [0, 1] have none, so it is left to the caller.

    Parameters
    ----------
    values
        Sites × criteria, more is better, all known.
    weights
        One a criterion, not negative.

    Returns
    -------
    ndarray
        In [0, 1], 1 for the ideal.

    Examples
    --------
    >>> topsis(np.array([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]), np.array([0.5, 0.5]))
    array([1. , 0. , 0.5])
    """
    from pymcdm.methods import TOPSIS  # noqa: PLC0415

    return _read(TOPSIS(_as_it_is), values, weights)


def net_flows(values: Floats, weights: Floats) -> Floats:
    """Return the net outranking flow of each site (PROMETHEE II).

    Formula: ``φ(a) = Σ_j w_j Σ_b [P_j(a, b) - P_j(b, a)] ÷ (n - 1)``, with ``P_j`` the linear
    preference with indifference (type V): 0 up to :data:`INDIFFERENCE`, 1 from
    :data:`PREFERENCE` on, a straight line between. Source: Brans, Vincke & Mareschal (1986),
    EJOR 24(2), 228-238.

    As ``P_j`` is a difference of two hinges, ``[max(d - q, 0) - max(d - p, 0)] ÷ (p - q)``, each
    sum over the other sites is read off sorted values and their running sums: exact, and ``n log
    n`` where pairs are ``n²`` (Calders & Van Assche, arXiv:1603.00091). pymcdm, which
    keeps a table of all the pairs for each criterion, is the oracle of the tests.

    Parameters
    ----------
    values
        Sites × criteria, more is better, all known; two sites at least.
    weights
        One a criterion, not negative.

    Returns
    -------
    ndarray
        In [-1, 1] when the weights add up to 1; they add up to 0.

    Examples
    --------
    >>> net_flows(np.array([[1.0], [0.5], [0.0]]), np.array([1.0])).round(9).tolist()
    [1.0, 0.0, -1.0]
    """
    flows = np.zeros(len(values))
    for column, weight in zip(values.T, weights, strict=True):
        flows += weight * (_preferred(column) - _preferred(-column))
    return np.asarray(flows / (len(values) - 1))


def _preferred(column: Floats) -> Floats:
    """Return, for each site, the sum of its preferences over the others for one criterion."""
    ordered = np.sort(column)
    running = np.concatenate([[0.0], np.cumsum(ordered)])

    def ahead(margin: float) -> Floats:
        """Add up by how much each site leads the others, beyond a margin."""
        count = np.searchsorted(ordered, column - margin, side="right")
        return np.asarray(count * (column - margin) - running[count])

    return (ahead(INDIFFERENCE) - ahead(PREFERENCE)) / (PREFERENCE - INDIFFERENCE)


def vikor(values: Floats, weights: Floats) -> Floats:
    """Return the compromise index of each site (VIKOR).

    Formula: ``Q = ½ (S - S*) ÷ (S⁻ - S*) + ½ (R - R*) ÷ (R⁻ - R*)``, where ``S = Σ_j w_j (f*_j -
    f_j) ÷ (f*_j - f⁻_j)``, ``R`` is the largest term, * is the best and ⁻ the worst within the
    set. Source: Opricovic & Tzeng (2004), EJOR 156(2), 445-455.

    Parameters
    ----------
    values
        Sites × criteria, more is better, all known.
    weights
        One a criterion, not negative.

    Returns
    -------
    ndarray
        The smaller, the better; NaN where all the ``S`` or all the ``R`` are equal, to which the
        method has no answer.

    Examples
    --------
    >>> vikor(np.array([[1.0, 0.4], [0.0, 0.6]]), np.array([0.7, 0.3])).tolist()
    [0.0, 1.0]
    """
    from pymcdm.methods import VIKOR  # noqa: PLC0415

    with np.errstate(divide="ignore", invalid="ignore"):
        explained = VIKOR()(values, weights, np.ones(len(weights)), validation=False, verbose=True)
    parts = {table.desc.label: np.asarray(table.data) for table in explained.results}
    if min(np.ptp(parts["s"]), np.ptp(parts["r"])) <= _SAME:  # their rounding would be the index
        return np.full(len(values), np.nan)
    return parts["q"]


def _read(method: Callable[..., Floats], values: Floats, weights: Floats) -> Floats:
    """Apply a method of pymcdm, all criteria being more is better."""
    return np.asarray(method(values, weights, np.ones(len(weights)), validation=False))


def _as_it_is(column: Floats, cost: object = None) -> Floats:  # noqa: ARG001 - as pymcdm asks
    return column


METHODS: Final[Mapping[str, Callable[[Floats, Floats], Floats]]] = MappingProxyType(
    {
        "topsis": topsis,
        "promethee_ii": net_flows,
        "vikor": lambda values, weights: -vikor(values, weights),
    }
)
"""Index of each method, the more the better: sites × criteria and weights in. Two sites at least,
and every criterion tells two of them apart."""

METHOD_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"topsis": "TOPSIS", "promethee_ii": "PROMETHEE II", "vikor": "VIKOR"}
)
"""Names of the methods, the same in every language."""


def _index(method: str, table: Floats, weights: Floats) -> Floats:
    """Return the index of a method; equal where no criterion tells any site apart."""
    apart = np.ptp(table, axis=0) > _SAME if len(table) else np.zeros(table.shape[1], dtype=bool)
    if not apart.any():
        return np.zeros(len(table))
    index: Floats = METHODS[method](table[:, apart], weights[apart])
    return index


def _ranked(index: Floats, sites: pd.Index, judged: pd.Series) -> pd.Series:
    rounded = pd.Series(np.round(index, _TIE) + 0.0, index=sites[judged.to_numpy()])
    ranks = rounded.rank(method="min", ascending=False)
    return ranks.reindex(sites).astype("Int64")


def _readable(values: pd.DataFrame, weights: pd.Series) -> list[str]:
    """Return the criteria to read: those left when the most unknown ones are left out."""
    unknown = values.isna()
    by_gaps = unknown.sum().sort_values(ascending=False, kind="stable").index.tolist()
    gaps = unknown.sum(axis=1)
    left = [float(weights[name]) for name in by_gaps]
    best, most = len(by_gaps), 0.0
    for start in range(len(by_gaps)):
        found = int((gaps == 0).sum()) * sum(left[start:])
        if found > most * (1 + 1e-12):
            best, most = start, found
        gaps = gaps - unknown[by_gaps[start]]
    kept = set(by_gaps[best:])
    return [name for name in values.columns if name in kept]


def _told(agreement: Mapping[str, float | None], judged: pd.Series) -> Iterator[Reason]:
    count = int(judged.sum())
    for method, tau in agreement.items():
        name = METHOD_NAMES[method]
        if tau is None:
            yield Reason("opinion-undetermined", UNDETERMINED, {"method": name})
            continue
        figures = {"method": name, "count": count, "tau_ratio": tau}
        if tau >= STRONG_AGREEMENT:
            yield Reason("opinion-agrees", AGREES, figures)
        elif tau >= PARTIAL_AGREEMENT:
            yield Reason("opinion-partly-agrees", PARTLY, figures)
        else:
            yield Reason("opinion-differs", DIFFERS, figures)
    if count < len(judged):
        figures = {"count": len(judged) - count}
        yield Reason("opinion-sites-left-out", SITES_LEFT_OUT, figures)


def _left_out(names: list[str], weights: pd.Series) -> Iterator[Reason]:
    if names:
        read = 1 - float(weights[names].sum() / weights.sum())
        titles = tuple(CRITERIA[name].title if name in CRITERIA else name for name in names)
        figures = {"criteria": titles, "percent": round(100 * read)}
        yield Reason("opinion-criteria-left-out", CRITERIA_LEFT_OUT, figures)
