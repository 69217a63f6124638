"""Territories as users name them: what to say when no territory has the code asked for."""

from __future__ import annotations

from typing import Final

import pandas as pd

from layers.errors import LayerError
from layers.raw_table import fold
from layers.territory import Level, Territory
from siting.errors import Problem, problem

SHOWN: Final = 5
"""Territories of a like name that are told."""


def unknown_territory(territory: Territory, level: Level, asked: str) -> Problem:
    """Tell that no territory of a level has a code, and which one was likely meant.

    Parameters
    ----------
    territory
        The communes and what they make up.
    level
        Level that was asked for.
    asked
        What stands where a code was expected.

    Returns
    -------
    Problem
        ``territory-level`` for the code of another level, ``territory-name`` where territories
        of the level bear a name like it, else ``territory-unknown``.
    """
    others = [f"{_names(territory, one)[asked]} (--level {one.value})" for one in Level
              if one is not level and asked in _names(territory, one).index]  # fmt: skip
    if others:
        return problem(
            "territory-level", field=level.value, found=asked, expected=", ".join(others)
        )
    names = _names(territory, level)
    words = fold(asked)
    near = names[names.map(lambda name: bool(words) and words in fold(name))]
    exact = near[near.map(fold) == words]
    shown = pd.concat([exact, near.drop(exact.index)])[:SHOWN]
    if shown.empty:
        return problem("territory-unknown", field=level.value, found=asked)
    expected = ", ".join(f"{code} ({name})" for code, name in shown.items())
    left = len(near) - len(shown)
    return problem(
        "territory-name", field=level.value, found=asked,
        expected=f"{expected}…" if left else expected,
    )  # fmt: skip


def _names(territory: Territory, level: Level) -> pd.Series:
    """Return the names of a level by code; none where the data do not give the level."""
    try:
        return territory.names(level)
    except LayerError:
        return pd.Series(dtype=str)
