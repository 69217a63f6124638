"""A scenario as text: TOML that extends a shipped one, and back.

The text of a scenario may come from anyone: it extends a shipped scenario and names no file,
so that reading it opens nothing of the machine.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import tomli_w

from layers.errors import N_, printable
from siting.errors import Problem, ScenarioError, problem
from siting.scenario.model import RULESET_KEYS, TABLES, Scenario, scenario_hash
from siting.scenario.reading import load_scenario, parsed, scenario_names
from siting.scenario.validation import dotted
from siting.zan.ruleset import is_own_file

LIMIT_BYTES: Final = 1 << 20
"""Largest text read as a scenario; the shipped ones weigh 20 KiB."""

_NAME_LENGTH: Final = 60


def own_keys(scenario: Scenario, base: Scenario) -> dict[str, Any]:
    """Return what a scenario says otherwise than another one.

    Parameters
    ----------
    scenario
        The scenario.
    base
        The one it is told against.

    Returns
    -------
    dict
        Nested tables of plain values: the keys that differ, its identifier always among them.
        What ``base`` says and ``scenario`` does not cannot be told so.

    Examples
    --------
    >>> from siting.scenario import with_changes
    >>> base = load_scenario()
    >>> own_keys(with_changes(base, {"id": "mine", "weights": {"land": 5}}), base)
    {'id': 'mine', 'weights': {'land': 5.0}}
    """
    own, other = (_without_nothing(one.model_dump(mode="json")) for one in (scenario, base))
    return {"id": scenario.id} | _differing(own, other)


def scenario_toml(scenario: Scenario, *, base: str = "base") -> str:
    """Write a scenario as TOML.

    Parameters
    ----------
    scenario
        The scenario.
    base
        Name of the shipped scenario to extend.

    Returns
    -------
    str
        ``extends`` and the keys that differ; the whole scenario where that would not bring it
        back (it takes away something that ``base`` says). Read again, it has the same hash.

    Examples
    --------
    >>> from siting.scenario import with_changes
    >>> print(scenario_toml(with_changes(load_scenario(), {"weights": {"land": 5}})))
    extends = "base"
    id = "base"
    <BLANKLINE>
    [weights]
    land = 5.0
    <BLANKLINE>
    """
    short = tomli_w.dumps({"extends": base} | own_keys(scenario, load_scenario(base)))
    if _says(short, scenario):
        return short
    return tomli_w.dumps(_without_nothing(scenario.model_dump(mode="json")))


def read_scenario(text: str | bytes, *, name: str = "scenario.toml") -> Scenario:
    r"""Read the text of a scenario, from anyone.

    Parameters
    ----------
    text
        TOML.
    name
        Name of its file, for messages and, where it gives no ``id``, for its identifier.

    Returns
    -------
    Scenario
        The scenario.

    Raises
    ------
    ScenarioError
        With every problem at once, as :func:`load_scenario`; and if it is too large, extends
        something else than a shipped scenario, or names a file.

    Examples
    --------
    >>> read_scenario('extends = "base"\nid = "mine"').id
    'mine'
    """
    content = text.encode() if isinstance(text, str) else text
    shown = printable(Path(name.replace("\\", "/")).name)[-_NAME_LENGTH:] or "scenario.toml"
    if len(content) > LIMIT_BYTES:
        found, limit = (f"{size / 2**20:.1f} MiB" for size in (len(content), LIMIT_BYTES))
        raise ScenarioError(problem("file-too-large", file=shown, found=found, expected=limit))
    problems = list(_reaching_out(parsed(content, shown), shown))
    if problems:
        raise ScenarioError(problems)
    return _load(content, shown)


def _load(content: bytes, shown: str) -> Scenario:
    file = shown if shown.lower().endswith(".toml") else f"{shown}.toml"
    with TemporaryDirectory(prefix="siting-") as folder:
        path = Path(folder, file.lstrip("."))
        path.write_bytes(content)
        return load_scenario(path)


def _says(text: str, scenario: Scenario) -> bool:
    """Whether a text brings a scenario back: what refuses or differs does not."""
    try:
        return scenario_hash(_load(text.encode(), "scenario.toml")) == scenario_hash(scenario)
    except ScenarioError:
        return False


def _reaching_out(tree: Mapping[str, Any], name: str) -> Iterator[Problem]:
    """Tell the keys that would have a file of the machine opened."""
    parent = tree.get("extends")
    if parent is not None and parent not in scenario_names():
        yield problem(
            "scenario-unknown", file=name, field="extends", found=parent,
            expected=", ".join(scenario_names()),
        )  # fmt: skip
    for path in (*TABLES, *RULESET_KEYS):
        value: Any = tree
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if not isinstance(value, str) or not value:
            continue
        if path in TABLES or is_own_file(value):
            expected = N_("no name of a file: only a scenario given to the program may name one")
            yield problem(
                "scenario-value", file=name, field=dotted(path), found=value, expected=expected
            )


def _differing(own: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for key, value in own.items():
        before = other.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            inner = _differing(value, before)
            if inner:
                changed[key] = inner
        elif key not in other or value != before:
            changed[key] = value
    return changed


def _without_nothing(value: Any) -> Any:
    """Leave out what is not said: TOML has no word for nothing."""
    if isinstance(value, Mapping):
        return {key: _without_nothing(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_nothing(one) for one in value]
    return value
