"""Scenario files: names and paths, ``extends`` chains, overrides laid together."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from layers.errors import N_
from siting.errors import Problem, ScenarioError, problem
from siting.scenario.judgements import judged_places, without_replaced_weights
from siting.scenario.model import RULESET_KEYS, TABLES, Scenario
from siting.scenario.validation import A_VALUE, NOTHING, Origins, dotted, make_scenario, merge
from siting.scenario.validation import Path as KeyPath
from siting.zan.ruleset import is_own_file

_IDENTITY: Final = ("id", "title", "title_en", "description")
_PACKAGED: Final = Path(__file__).parents[1] / "_scenarios"
_IN_REPOSITORY: Final = Path(__file__).parents[2] / "scenarios"


@dataclass(frozen=True, slots=True)
class _File:
    """One file as it is written, without its ``extends``."""

    path: Path
    tree: Mapping[str, Any]


def load_scenario(
    name_or_path: str | Path = "base", *, overrides: Sequence[str | Path] = ()
) -> Scenario:
    """Read a scenario, with what it extends and the overrides laid over it.

    Parameters
    ----------
    name_or_path
        Name of a shipped scenario, or path of a ``.toml`` file.
    overrides
        Names or paths of scenarios of which only the own keys are laid over the first;
        their order does not matter.

    Returns
    -------
    Scenario
        The scenario.

    Raises
    ------
    ScenarioError
        With every problem at once: file, TOML, unknown keys, values, weights, and two
        overrides that set the same key differently.

    Examples
    --------
    >>> load_scenario().id
    'base'
    >>> load_scenario("bas")
    Traceback (most recent call last):
    siting.errors.ScenarioError: no scenario is named “bas”; expected one of base, ...
    """
    chains: list[list[_File]] = []
    problems: list[Problem] = []
    for reference in (name_or_path, *overrides):
        try:
            chains.append(_chain(reference))
        except ScenarioError as error:
            problems += error.problems
    if problems:
        raise ScenarioError(problems)
    chain, others = chains[0], chains[1:]
    own = [_own_keys(chain, other) for other in others]
    conflicts = list(_conflicts(own))
    if conflicts:
        raise ScenarioError(conflicts)
    tree, origins = _laid([*chain, *(file for files in own for file in files)])
    names = [_identity(files) for files in (chain, *others)]
    tree |= {key: _joined(key, names) for key in _IDENTITY if any(key in name for name in names)}
    try:
        return make_scenario(tree, origins=origins, file=chain[-1].path.name)
    except ScenarioError as error:
        if len(chain) > 1 or others:
            raise
        raise ScenarioError(_at_once(error.problems, chain[0].path.name)) from None


def _at_once(problems: Sequence[Problem], file: str) -> list[Problem]:
    """Tell the keys that a scenario which extends none lacks in one sentence."""
    lacking = [one for one in problems if (one.found, one.expected) == (NOTHING, A_VALUE)]
    if len(lacking) <= 1:
        return list(problems)
    found = ", ".join(one.field or "" for one in lacking)
    told = problem("scenario-incomplete", file=file, found=found, expected='extends = "base"')
    return [told, *(one for one in problems if one not in lacking)]


def scenario_names() -> tuple[str, ...]:
    """Return the names of the shipped scenarios.

    Returns
    -------
    tuple of str
        ``base`` first, then by name.
    """
    names = {path.stem for path in _folder().glob("*.toml")}
    return ("base", *sorted(names - {"base"}))


def _folder() -> Path:
    """Return the folder of shipped scenarios: in the wheel, else in the repository."""
    return _PACKAGED if _PACKAGED.is_dir() else _IN_REPOSITORY


def _chain(reference: str | Path) -> list[_File]:
    """Read a scenario and all that it extends, the root first."""
    files: list[_File] = []
    path = _located(reference, Path())
    while True:
        seen = [file.path.resolve() for file in files]
        if path.resolve() in seen:
            loop = " → ".join([*(file.path.name for file in files), path.name])
            expected = N_("scenarios that do not extend one another in a loop")
            raise ScenarioError(
                problem(
                    "scenario-value", file=files[-1].path.name, field="extends", found=loop,
                    expected=expected,
                )
            )  # fmt: skip
        tree = _beside(_read(path), path.parent)
        parent = tree.pop("extends", None)
        files.append(_File(path, tree))
        if parent is None:
            return files[::-1]
        path = _parent(parent, path)


def _beside(tree: Mapping[str, Any], folder: Path, at: KeyPath = ()) -> dict[str, Any]:
    """Make the paths of the tables a file names relative to the file, not to where one is."""
    return {
        key: _beside(value, folder, (*at, key))
        if isinstance(value, Mapping)
        else str(folder / value)
        if isinstance(value, str) and _is_path((*at, key), value)
        else value
        for key, value in tree.items()
    }


def _is_path(key: KeyPath, value: str) -> bool:
    return (key in TABLES and bool(value)) or (key in RULESET_KEYS and is_own_file(value))


def _parent(reference: object, path: Path) -> Path:
    if isinstance(reference, str) and reference:
        try:
            return _located(reference, path.parent)
        except ScenarioError as error:
            found = error.problems[0]
            raise ScenarioError(
                problem(
                    found.code, file=path.name, field="extends", found=found.found,
                    expected=found.expected,
                )
            ) from None  # fmt: skip
    raise ScenarioError(
        problem(
            "scenario-value", file=path.name, field="extends", found=reference,
            expected=N_("the name or the path of a scenario"),
        )
    )  # fmt: skip


def _located(reference: str | Path, folder: Path) -> Path:
    """Return the file of a name, or of a path relative to ``folder``."""
    text = str(reference)
    is_name = isinstance(reference, str) and not text.endswith(".toml") and Path(text).name == text
    if not is_name:
        return folder / reference
    if text not in scenario_names():
        expected = ", ".join(scenario_names())
        raise ScenarioError(problem("scenario-unknown", found=text, expected=expected))
    return _folder() / f"{text}.toml"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        found = problem("file-missing", file=str(path))
    except IsADirectoryError:
        found = problem("file-folder", file=str(path))
    except OSError as error:
        reason = error.strerror or str(error)
        found = problem("file-unreadable", file=str(path), found=reason, expected="TOML")
    else:
        return parsed(content, path.name)
    raise ScenarioError(found)


def parsed(content: bytes, name: str) -> dict[str, Any]:
    """Return the keys of a scenario file, as it is written.

    Parameters
    ----------
    content
        Its content; Windows begins it with a BOM.
    name
        Name of the file, for messages.

    Returns
    -------
    dict
        Nested tables.

    Raises
    ------
    ScenarioError
        If it is not text in UTF-8 (``scenario-encoding``), or no TOML (``scenario-syntax``).
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        found = problem("scenario-encoding", file=name, found=line)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = problem("scenario-syntax", file=name, found=str(error))
    raise ScenarioError(found)


def _own_keys(chain: Sequence[_File], override: Sequence[_File]) -> list[_File]:
    """Return the files of an override that the scenario does not already rest on."""
    known = {file.path.resolve() for file in chain}
    return [
        _File(file.path, {key: v for key, v in file.tree.items() if key not in _IDENTITY})
        for file in override
        if file.path.resolve() not in known
    ]


def _laid(files: Sequence[_File]) -> tuple[dict[str, Any], Origins]:
    """Lay files one over the other; return the tree and the file that set each key."""
    tree: dict[str, Any] = {}
    origins: dict[KeyPath, str] = {}
    for file in files:
        tree = merge(without_replaced_weights(tree, file.tree), file.tree)
        origins |= dict.fromkeys(_leaves(file.tree), file.path.name)
    return tree, origins


def _leaves(tree: Mapping[str, Any], path: KeyPath = ()) -> Iterator[KeyPath]:
    """Return the path of every value that is not a table."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key)


def _conflicts(overrides: Sequence[Sequence[_File]]) -> Iterator[Problem]:
    """Tell the keys that two overrides set to different values."""
    set_by: dict[KeyPath, tuple[object, str]] = {}
    for files in overrides:
        tree, origins = _laid(files)
        values = judged_places(tree) | {path: _value(tree, path) for path in _leaves(tree)}
        for path, value in values.items():
            name = origins.get(path, files[-1].path.name)
            for other, (earlier, other_name) in set_by.items():
                length = min(len(path), len(other))
                if path[:length] == other[:length] and (path != other or value != earlier):
                    found = f"{other_name}, {name}"
                    yield problem("scenario-conflict", field=dotted(path), found=found)
        set_by |= {
            path: (value, origins.get(path, files[-1].path.name)) for path, value in values.items()
        }


def _value(tree: Mapping[str, Any], path: KeyPath) -> object:
    value: Any = tree
    for key in path:
        value = value[key]
    return value


def _identity(files: Sequence[_File]) -> dict[str, Any]:
    """Return who a scenario is; its file names it where it does not say."""
    own = files[-1]
    inherited = _laid(files)[0]
    identity = {key: inherited[key] for key in _IDENTITY if key in inherited}
    return identity | {"id": own.tree.get("id", _slug(own.path.stem))}


def _slug(name: str) -> str:
    """Return the identifier a file name makes: no accent, capital or space."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_+-]+", "-", plain).strip("-_+") or "scenario"


def _joined(key: str, names: Sequence[Mapping[str, Any]]) -> object:
    """Join the identities of a scenario and its overrides."""
    if len(names) == 1:
        return names[0][key]
    separator = {"id": "+", "description": " "}.get(key, " + ")
    return separator.join(str(name[key]) for name in names if name.get(key))
