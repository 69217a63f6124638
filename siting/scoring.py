"""Scores: measures → values in [0, 1] → points out of 100, with what is not known told.

Values are absolute (fixed breakpoints), so the score of a site depends on that site
alone; only its rank depends on the others.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from siting.criteria import CRITERIA
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Scores, ValueFunction
from siting.scenario import Scenario, weights

Floats = npt.NDArray[np.float64]

_POINT_GRID: Final = 2.0**40
"""Points are multiples of 2⁻⁴⁰ (1e-12): sums of them below 2¹² are exact in any order."""


def decision_matrix(inputs: Inputs, scenario: Scenario) -> pd.DataFrame:
    """Measure every criterion of the scenario on every site.

    Parameters
    ----------
    inputs
        Sites, layers, measured land.
    scenario
        Names the criteria.

    Returns
    -------
    DataFrame
        Sites × criteria, in the order of :data:`siting.criteria.CRITERIA`: raw measures in
        the unit of each criterion, objects for labels; missing when unknown.

    Raises
    ------
    ValueError
        If a criterion does not answer on the index of the sites: a defect of the criterion.
    """
    columns = {
        name: _measured(criterion, inputs)
        for name, criterion in CRITERIA.items()
        if name in scenario.criteria
    }
    return pd.DataFrame(columns, index=inputs.sites.index)


def values(matrix: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Value every measure by the value functions of the scenario.

    Parameters
    ----------
    matrix
        Raw measures, as :func:`decision_matrix` returns them.
    scenario
        Gives the value functions.

    Returns
    -------
    DataFrame
        Same shape, floats in [0, 1] from worst to best; missing when the measure is
        unknown or its category has no value.

    Raises
    ------
    ValueError
        If a criterion of the scenario has no column.
    """
    names = _columns(matrix, scenario)
    columns = {
        name: value_of(matrix[name], scenario.criteria[name].value_function()) for name in names
    }
    return pd.DataFrame(columns, index=matrix.index, columns=names, dtype="float64")


def score(matrix: pd.DataFrame, scenario: Scenario) -> Scores:
    """Score every site: weighted sum over the known criteria, out of 100.

    Formula: contribution = 100 × weight × value ÷ weight of the known criteria; total = sum
    of the contributions, exactly; reliability = weight of the known criteria ÷ weight of all.

    Parameters
    ----------
    matrix
        Raw measures, as :func:`decision_matrix` returns them.
    scenario
        Gives value functions and weights.

    Returns
    -------
    Scores
        Total, contributions, reliability and rank, on the index of the matrix.

    Raises
    ------
    ValueError
        If a criterion of the scenario has no column.
    """
    valued = values(matrix, scenario)
    weighted = weights(scenario)[valued.columns]
    contributions, total, reliability = weighted_sum(valued.to_numpy(), weighted.to_numpy())
    totals = pd.Series(total, index=matrix.index)
    return Scores(
        total=totals,
        contributions=pd.DataFrame(contributions, index=matrix.index, columns=valued.columns),
        reliability=pd.Series(reliability, index=matrix.index),
        rank=totals.rank(method="min", ascending=False).astype("Int64"),
    )


def value_of(measures: pd.Series, function: ValueFunction) -> pd.Series:
    """Apply a value function to measures in its unit.

    Parameters
    ----------
    measures
        Numbers, or labels for a categorical function; missing when unknown.
    function
        Breakpoints or categories.

    Returns
    -------
    Series
        Floats in [0, 1] on the same index; missing when unknown.

    Examples
    --------
    >>> kilometres = ValueFunction("m", "example", points=((1_000, 1.0), (5_000, 0.0)))
    >>> value_of(pd.Series([0, 2_000, 9_000, None]), kilometres).tolist()
    [1.0, 0.75, 0.0, nan]
    >>> brownfield = ValueFunction("label", "example", categories={"oui": 1.0, "non": 0.0})
    >>> value_of(pd.Series(["oui", None]), brownfield).tolist()
    [1.0, nan]
    """
    if function.categories:
        labels = pd.Series(measures, dtype="object")
        return labels.map(dict(function.categories)).astype("float64")
    known = measures.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series(interpolated(known, function.points), index=measures.index)


# --- Kernels: bare arrays, no check ------------------------------------------------


def interpolated(measures: Floats, points: tuple[tuple[float, float], ...]) -> Floats:
    """Interpolate linearly between breakpoints, constant beyond them.

    Unlike :func:`numpy.interp`, the result never leaves the two values of its segment by a
    rounding error, so it is monotonic and in [0, 1] to the last bit.

    Parameters
    ----------
    measures
        Any shape; NaN when unknown.
    points
        Pairs (measure, value), measures strictly increasing.

    Returns
    -------
    ndarray
        Values, NaN where the measure is.

    Examples
    --------
    >>> interpolated(np.array([-1.0, 0.25, np.inf, np.nan]), ((0, 0.0), (1, 1.0)))
    array([0.  , 0.25, 1.  , nan])
    """
    x, v = np.asarray(points, dtype="float64").T
    unknown = np.isnan(measures)
    if len(x) == 1:
        return np.where(unknown, np.nan, v[0])
    start = np.clip(np.searchsorted(x, measures, side="right") - 1, 0, len(x) - 2)
    x1, x2, v1, v2 = x[start], x[start + 1], v[start], v[start + 1]
    along = (np.clip(measures, x1, x2) - x1) / (x2 - x1)
    within = np.clip(v1 + along * (v2 - v1), np.minimum(v1, v2), np.maximum(v1, v2))
    return np.asarray(within)


def weighted_sum(values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Add up weighted values over what is known.

    Parameters
    ----------
    values
        Sites × criteria, in [0, 1]; NaN when unknown.
    weights
        One a criterion, not negative.

    Returns
    -------
    contributions : ndarray
        Points, sites × criteria; NaN when unknown, or when no criterion of weight is known.
    total : ndarray
        Sum of the contributions of each site, exactly; NaN when none is known.
    reliability : ndarray
        Weight of the known criteria over all, in [0, 1].

    Examples
    --------
    >>> points, total, reliability = weighted_sum(
    ...     np.array([[1.0, 0.5], [np.nan, 0.5]]), np.array([3.0, 1.0]))
    >>> points.tolist(), total.tolist(), reliability.tolist()
    ([[75.0, 12.5], [nan, 50.0]], [87.5, 50.0], [1.0, 0.25])
    """
    known = ~np.isnan(values)
    known_weight = np.zeros(len(values))
    all_weight = 0.0
    for column, weight in enumerate(weights):  # in order: the sum of all known is all_weight
        known_weight += np.where(known[:, column], weight, 0.0)
        all_weight += weight
    divisor = np.where(known_weight > 0, known_weight, np.nan)
    points = 100.0 * (values * weights / divisor[:, np.newaxis])
    contributions = np.round(points * _POINT_GRID) / _POINT_GRID
    total = np.where(known_weight > 0, np.nansum(contributions, axis=1), np.nan)
    return contributions, total, known_weight / all_weight


def _measured(criterion: Criterion, inputs: Inputs) -> pd.Series:
    measures = criterion.function(inputs)
    if not measures.index.equals(inputs.sites.index):
        raise ValueError(f"criterion {criterion.name} does not answer on the sites' index")
    return measures.astype("object" if criterion.labels else "float64")


def _columns(matrix: pd.DataFrame, scenario: Scenario) -> list[str]:
    names = [name for name in CRITERIA if name in scenario.criteria]
    missing = [name for name in names if name not in matrix]
    if missing:
        raise ValueError(f"the matrix lacks {', '.join(missing)}")
    return names
