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

    A budget in hectares is the exact rate 1 − budget ÷ reference of its territory (R6), below 0
    where a document gives more than was consumed; that of a commune that consumed nothing is kept
    as it is.

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
        With every row at once: a territory that is not there; hectares where the reference
        is unknown, above that of the region, or for a region, an EPCI or a SCoT that consumed
        nothing.

    Examples
    --------
    45.5 ha where the reference is 100 ha is a cut of 54.5 %.

    >>> parents = pd.DataFrame({"epci": ["E"]}, index=["44001"])
    >>> row = TargetRow(1, "E", "epci", None, Fraction("45.5"), "own", "SCoT")
    >>> make_targets([row], pd.Series({"44001": 1_000_000}), parents, file="t.csv")["E"].rate
    Fraction(109, 200)
    """
    references = {level: _references(reference_m2, parents, level) for level in _levels(rows)}
    ceilings = {
        level: _ceilings(known, reference_m2, parents, level) if known else {}
        for level, known in references.items()
    }
    problems = list(_problems(rows, references, ceilings, file))
    if problems:
        raise ScenarioError(problems)
    return {row.code: _target(row, references[row.level]) for row in rows}


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


def _ceilings(
    references: Mapping[str, int | None], reference_m2: pd.Series, parents: pd.DataFrame, level: str
) -> dict[str, int | None]:
    """Return the most that a territory of a level may be given, whole m²; ``None``: not known.

    The reference of its region, so that a figure in m² is not read as hectares; nothing for an
    EPCI or a SCoT that consumed nothing: no reference shares it out between its communes.
    """
    region = parents.columns[-1]
    if level == region:
        return dict(references)
    wholes = _references(reference_m2, parents, region)
    codes = pd.Series(parents.index, parents.index) if level == COMMUNE else parents[level]
    around = parents[region].groupby(codes).first()
    return {
        str(code): 0 if level != COMMUNE and references[str(code)] == 0 else wholes[str(own)]
        for code, own in around.items()
    }


def _problems(
    rows: Sequence[TargetRow],
    references: Mapping[str, Mapping[str, int | None]],
    ceilings: Mapping[str, Mapping[str, int | None]],
    file: str,
) -> Iterator[Problem]:
    for row in rows:
        known = references[row.level]
        if row.code not in known:
            yield problem("territory-unknown", file=file, row=row.row, field="code", found=row.code)
        elif row.hectares is not None:
            most_m2 = ceilings[row.level][row.code]
            if known[row.code] is None:
                yield problem("reference-unknown", file=file, row=row.row, field="hectares")
            elif most_m2 is not None and row.hectares * M2_PER_HA > most_m2:
                yield problem(
                    "value-range", file=file, row=row.row, field="hectares",
                    found=f"{float(row.hectares):g} ha", expected=f"≤ {most_m2 / M2_PER_HA:g} ha",
                )  # fmt: skip


def _target(row: TargetRow, references: Mapping[str, int | None]) -> Target:
    rate, area_m2 = row.rate, 0
    if row.hectares is not None:
        own_m2, reference = row.hectares * M2_PER_HA, references[row.code]
        rate = 1 - own_m2 / reference if reference else Fraction(0)
        area_m2 = 0 if reference else int(own_m2)
    return Target(row.level, rate or Fraction(0), row.status, row.source, area_m2)
