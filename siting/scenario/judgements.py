"""Weights from pairwise judgements, put where the scenario keeps its weights.

Scoring reads the weights of the scenario and nothing else: judgements only fill them in. A
*table* of judgements compares the themes, or the criteria of one theme.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from layers.errors import N_
from siting.ahp import (
    RANDOM_INDEX,
    Judgements,
    Priorities,
    judged_items,
    missing_pairs,
    priorities,
    repeated_pairs,
)
from siting.criteria import CRITERIA, THEMES
from siting.errors import Problem, problem
from siting.scenario.model import Scenario

Tree = Mapping[str, Any]
Path = tuple[str | int, ...]

_SAME: Final = 1e-9  # weights that differ by less are those of the judgements


@dataclass(frozen=True, slots=True)
class _Table:
    """Judgements of a tree: where they are, what they compare, where the weights go."""

    path: Path
    judgements: Judgements
    known: tuple[str, ...]

    @property
    def name(self) -> str:
        """The table as users write it."""
        return ".".join(map(str, self.path))

    @property
    def sound(self) -> bool:
        """Whether weights can be drawn from it."""
        return not any(True for _ in _table_problems(self))

    def place(self, item: str) -> Path:
        """Return the path of the weight of an item."""
        return ("weights", item) if len(self.path) == 2 else ("criteria", item, "weight")


def judged_places(tree: Tree) -> dict[Path, object]:
    """Return the weights that the judgements of a tree set.

    Parameters
    ----------
    tree
        Nested tables, as read from TOML.

    Returns
    -------
    dict
        By path of weight, what sets it, comparable between trees.

    Examples
    --------
    >>> list(judged_places({"ahp": {"themes": {"land": {"access": 3}}}}))
    [('weights', 'land'), ('weights', 'access')]
    """
    return {
        table.place(item): (table.path, table.judgements)
        for table in _tables(tree)
        for item in judged_items(table.judgements)
    }


def without_replaced_weights(tree: Tree, changes: Tree) -> Tree:
    """Drop the weights that the judgements of a file laid over a tree replace.

    Parameters
    ----------
    tree
        What the file extends.
    changes
        The file.

    Returns
    -------
    dict
        The tree without them.

    Examples
    --------
    >>> changes = {"ahp": {"themes": {"land": {"access": 3}}}}
    >>> without_replaced_weights({"weights": {"land": 2, "access": 1, "jobs": 0}}, changes)
    {'weights': {'jobs': 0}}
    """
    for path in judged_places(changes):
        tree = _without(tree, path)
    return tree


def without_replaced_judgements(tree: Tree, changes: Tree) -> Tree:
    """Drop the judgements that explicit weights replace, when a program changes them.

    Parameters
    ----------
    tree
        A complete scenario.
    changes
        The keys to change.

    Returns
    -------
    dict
        The tree without them.

    Examples
    --------
    >>> tree = {"ahp": {"themes": {"land": {"access": 3}}, "source": "x"}}
    >>> without_replaced_judgements(tree, {"weights": {"land": 2}})
    {'ahp': {'source': 'x'}}
    """
    again = set(judged_places(changes))
    for table in _tables(tree):
        places = {table.place(item) for item in judged_items(table.judgements)} - again
        if any(_get(changes, place) is not None for place in places):
            tree = _without(tree, table.path)
    return tree


def with_judged_weights(tree: Tree) -> Tree:
    """Fill in the weights that judgements set and that the tree does not give.

    Parameters
    ----------
    tree
        Nested tables, as read from TOML.

    Returns
    -------
    dict
        A new tree. Judgements that are not sound give 1, so that they are told once, and not
        as missing weights too.

    Examples
    --------
    >>> with_judged_weights({"ahp": {"themes": {"land": {"access": 3}}}})["weights"]
    {'land': 0.75, 'access': 0.25}
    """
    for table in _tables(tree):
        found = priorities(table.judgements).weights if table.sound else {}
        for item in judged_items(table.judgements):
            place = table.place(item)
            if item in table.known and _get(tree, place) is None:
                tree = _with(tree, place, found.get(item, 1.0))
    return tree


def judgement_problems(tree: Tree) -> Iterator[tuple[Path, Problem]]:
    """Tell judgements that are incomplete, repeated, unknown, without source or in conflict.

    Parameters
    ----------
    tree
        Nested tables, as read from TOML.

    Yields
    ------
    path, problem
        Where, and what.
    """
    tables = list(_tables(tree))
    if tables and not str(_table(tree.get("ahp")).get("source", "")).strip():
        expected = N_("who judged, and when")
        missing = problem("scenario-value", found=N_("nothing"), expected=expected)
        yield ("ahp", "source"), missing
    for table in tables:
        problems = list(_table_problems(table))
        yield from problems
        if not problems:
            yield from _conflicts(tree, table)


def priorities_of(scenario: Scenario) -> dict[str, Priorities]:
    """Return what the judgements of a scenario give, with their consistency.

    Parameters
    ----------
    scenario
        A validated scenario.

    Returns
    -------
    dict
        By table, for example ``ahp.themes``; empty without judgements.

    Examples
    --------
    >>> from siting.scenario import load_scenario
    >>> priorities_of(load_scenario())
    {}
    """
    tree = {"ahp": scenario.ahp.model_dump(), "criteria": scenario.criteria}
    return {table.name: priorities(table.judgements) for table in _tables(tree)}


def _tables(tree: Tree) -> Iterator[_Table]:
    """Return the tables whose shape is sound enough to be read."""
    ahp = _table(tree.get("ahp"))
    if _readable(ahp.get("themes")):
        yield _Table(("ahp", "themes"), ahp["themes"], tuple(THEMES))
    for theme, judgements in _table(ahp.get("criteria")).items():
        if _readable(judgements):
            known = tuple(name for name, one in CRITERIA.items() if one.theme == theme)
            yield _Table(("ahp", "criteria", theme), judgements, known)


def _readable(raw: object) -> bool:
    """Whether there are judgements, all of them numbers of the scale."""
    rows = list(_table(raw).values())
    cells = [cell for row in rows for cell in _table(row).values()]
    return bool(cells) and all(isinstance(row, Mapping) for row in rows) and all(
        isinstance(cell, int | float) and not isinstance(cell, bool) and cell > 0
        for cell in cells
    )  # fmt: skip


def _table_problems(table: _Table) -> Iterator[tuple[Path, Problem]]:
    items = judged_items(table.judgements)
    if not table.known:
        yield table.path, problem("scenario-key", expected=", ".join(THEMES))
        return
    for item in items:
        if item not in table.known:
            yield (*table.path, item), problem("scenario-key", expected=", ".join(table.known))
    if missing := missing_pairs(table.judgements):
        yield table.path, problem("ahp-incomplete", found=_told(missing))
    if repeated := repeated_pairs(table.judgements):
        yield table.path, problem("ahp-repeated", found=_told(repeated))
    if len(items) > max(RANDOM_INDEX):
        found = len(items)
        yield table.path, problem("scenario-value", found=found, expected=f"≤ {max(RANDOM_INDEX)}")


def _conflicts(tree: Tree, table: _Table) -> Iterator[tuple[Path, Problem]]:
    """Tell weights that are not those of the judgements, or that these leave out."""
    wanted = priorities(table.judgements).weights
    for item in table.known:
        place = table.place(item)
        weight = _get(tree, place)
        if not isinstance(weight, int | float) or isinstance(weight, bool):
            continue
        if abs(weight - wanted.get(item, 0.0)) > _SAME:
            yield place, problem("ahp-conflict", found=f"{weight:g}", expected=table.name)


def _told(pairs: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{first}–{second}" for first, second in pairs)


def _table(raw: object) -> Tree:
    return raw if isinstance(raw, Mapping) else {}


def _get(tree: Tree, path: Path) -> Any:
    value: Any = tree
    for key in path:
        value = _table(value).get(str(key))
    return value


def _with(tree: Tree, path: Path, value: object) -> dict[str, Any]:
    """Return a copy with one value set; where its table should be is something else, nothing."""
    first, *rest = (str(key) for key in path)
    if not rest:
        return {**tree, first: value}
    inner = tree.get(first, {})
    if not isinstance(inner, Mapping):
        return dict(tree)
    return {**tree, first: _with(inner, tuple(rest), value)}


def _without(tree: Tree, path: Path) -> dict[str, Any]:
    first, *rest = (str(key) for key in path)
    if not rest:
        return {key: value for key, value in tree.items() if key != first}
    if not isinstance(tree.get(first), Mapping):
        return dict(tree)
    return {**tree, first: _without(tree[first], tuple(rest))}
