"""Targets of planning documents read from a table: a rate, or hectares turned into one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import pandas as pd

from siting.errors import Problem, ScenarioError, problem
from siting.zan.budget import COMMUNE, Target

M2_PER_HA = 10_000


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One row of a table of targets.

    Parameters
    ----------
    row
        Its position in the file, from 1.
    code, level
        The territory.
    rate
        Reduction against the reference, in [0, 1]; ``None`` where hectares are given.
    hectares
        Budget of the period, in hectares; ``None`` where a rate is given.
    status
        ``own`` (an adopted document) or ``custom`` (an assumption).
    source
        Document that sets it, with its date.
    """

    row: int
    code: str
    level: str
    rate: Fraction | None
    hectares: Fraction | None
    status: str
    source: str


def make_targets(
    rows: Sequence[TargetRow], reference_m2: pd.Series, parents: pd.DataFrame, *, file: str
) -> dict[str, Target]:
    """Turn the rows of a table into targets.

    A budget in hectares is the exact rate 1 − budget ÷ reference of its territory (R6).

    Parameters
    ----------
    rows
        The rows, each sound in itself.
    reference_m2
        Reference by commune, whole m²; a commune without one is unknown.
    parents
        Every commune (index) and its parents, one column a level.
    file
        Name of the file, for messages.

    Returns
    -------
    dict
        Target by code of territory.

    Raises
    ------
    ScenarioError
        With every row at once: a territory that is not there, hectares where the reference
        is unknown, or above it.

    Examples
    --------
    45.5 ha where the reference is 100 ha is a cut of 54.5 %.

    >>> parents = pd.DataFrame({"epci": ["E"]}, index=["44001"])
    >>> row = TargetRow(1, "E", "epci", None, Fraction("45.5"), "own", "SCoT")
    >>> make_targets([row], pd.Series({"44001": 1_000_000}), parents, file="t.csv")["E"].rate
    Fraction(109, 200)
    """
    references = {level: _references(reference_m2, parents, level) for level in _levels(rows)}
    problems = list(_problems(rows, references, file))
    if problems:
        raise ScenarioError(problems)
    return {
        row.code: Target(row.level, _rate(row, references[row.level]), row.status, row.source)
        for row in rows
    }


def _levels(rows: Sequence[TargetRow]) -> set[str]:
    return {row.level for row in rows}


def _references(
    reference_m2: pd.Series, parents: pd.DataFrame, level: str
) -> dict[str, int | None]:
    """Return the reference of each territory, ``None`` as soon as one commune is unknown."""
    if level != COMMUNE and level not in parents.columns:
        return {}
    own = reference_m2.reindex(parents.index).astype("Int64")
    codes = pd.Series(parents.index, parents.index) if level == COMMUNE else parents[level]
    sums = own.groupby(codes).sum()
    unknown = set(codes[own.isna()])
    return {str(code): None if code in unknown else int(area) for code, area in sums.items()}


def _problems(
    rows: Sequence[TargetRow],
    references: Mapping[str, Mapping[str, int | None]],
    file: str,
) -> Iterator[Problem]:
    for row in rows:
        known = references[row.level]
        if row.code not in known:
            yield problem("territory-unknown", file=file, row=row.row, field="code", found=row.code)
        elif row.hectares is not None:
            reference = known[row.code]
            budget = row.hectares * M2_PER_HA
            if reference is None:
                yield problem("reference-unknown", file=file, row=row.row, field="hectares")
            elif budget > reference:
                yield problem(
                    "value-range", file=file, row=row.row, field="hectares",
                    found=f"{float(row.hectares):g} ha",
                    expected=f"≤ {reference / M2_PER_HA:g} ha",
                )  # fmt: skip


def _rate(row: TargetRow, references: Mapping[str, int | None]) -> Fraction:
    if row.rate is not None:
        return row.rate
    reference = references[row.code]
    if not reference or row.hectares is None:
        return Fraction(0)  # nothing of nothing: any rate leaves 0 ha
    return 1 - row.hectares * M2_PER_HA / reference
