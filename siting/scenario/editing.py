"""Change a scenario value by value, as a form does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from siting.scenario.judgements import without_replaced_judgements
from siting.scenario.model import Scenario
from siting.scenario.validation import make_scenario

Path = tuple[str, ...]


def with_values(scenario: Scenario, values: Mapping[Path, Any]) -> Scenario:
    """Return a copy with some values replaced whole, validated again.

    Unlike :func:`siting.scenario.with_changes`, a table given here takes the place of the old
    one: what it does not hold is taken away. Weights replace the pairwise judgements that set
    them.

    Parameters
    ----------
    scenario
        The scenario to start from.
    values
        Plain values by key.

    Returns
    -------
    Scenario
        The changed copy.

    Raises
    ------
    ScenarioError
        With every problem at once.

    Examples
    --------
    >>> from siting.scenario import load_scenario
    >>> chosen = with_values(load_scenario(), {("sites", "works_start"): {"A": 2028}})
    >>> dict(with_values(chosen, {("sites", "works_start"): {}}).sites.works_start)
    {}
    """
    changes: dict[str, Any] = {}
    for path, value in values.items():
        changes = _with(changes, path, value)
    tree = dict(without_replaced_judgements(scenario.model_dump(mode="json"), changes))
    for path, value in values.items():
        tree = _with(tree, path, value)
    return make_scenario(tree)


def _with(tree: Mapping[str, Any], path: Path, value: Any) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {**tree, first: value}
    inner = tree.get(first, {})
    return {**tree, first: _with(inner if isinstance(inner, Mapping) else {}, tuple(rest), value)}
