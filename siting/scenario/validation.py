"""From a tree of keys to a scenario, or to every problem at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from layers.environment import PROTECTED_KINDS
from layers.errors import N_
from siting.criteria import CRITERIA, THEMES
from siting.criteria.inputs import JOB_VOCATIONS, READINESS_STAGES
from siting.domain import Criterion, Envelope, Objective
from siting.errors import Problem, ScenarioError, problem
from siting.scenario.judgements import (
    judgement_problems,
    with_judged_weights,
    without_replaced_judgements,
    without_replaced_weights,
)
from siting.scenario.model import ID_PATTERN, Scenario
from siting.scenario.zan_settings import COMMUNE_PATTERN, TEXT_PATTERN, YEAR_PATTERN, Share
from siting.zan.guarantee import NO_DOCUMENT, load_parameters

Tree = Mapping[str, Any]
Path = tuple[str | int, ...]
Origins = Mapping[Path, str]
T = TypeVar("T")

_EXPECTED: Final[Mapping[str, str]] = {
    "float_type": N_("a number"),
    "int_type": N_("a whole number"),
    "int_from_float": N_("a whole number"),
    "finite_number": N_("a finite number"),
    "string_type": N_("text"),
    "string_too_short": N_("text, not empty"),
    "model_type": N_("a table"),
    "mapping_type": N_("a table"),
    "dict_type": N_("a table"),
    "tuple_type": N_("a list"),
    "too_long": N_("a pair of numbers"),
    "date_type": N_("a day, for example 2024-05-31"),
    "date_parsing": N_("a day, for example 2024-05-31"),
    "date_from_datetime_parsing": N_("a day, for example 2024-05-31"),
    "date_from_datetime_inexact": N_("a day, for example 2024-05-31"),
    "bool_type": N_("true or false"),
    "selected": N_("“all” or a list of site_id"),
}
_PATTERNS: Final[Mapping[str, str]] = {
    ID_PATTERN: N_("small letters, digits, “-”, “_” and “+”"),
    COMMUNE_PATTERN: N_("the INSEE code of a commune, 5 characters"),
    YEAR_PATTERN: N_("a year, for example 2024"),
    TEXT_PATTERN: N_("text, not empty"),
}
_SIGNS: Final = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
NOTHING: Final = N_("nothing")
A_VALUE: Final = N_("a value")
_SHOWN: Final = 60  # characters of a wrong value that are shown


def make_scenario(tree: Tree, *, origins: Origins | None = None, file: str = "") -> Scenario:
    """Validate a tree of keys and return the scenario.

    Parameters
    ----------
    tree
        Nested tables, as read from TOML or JSON.
    origins
        File that set each key, by path; keys without one come from ``file``.
    file
        Name of the file, for messages.

    Returns
    -------
    Scenario
        The scenario.

    Raises
    ------
    ScenarioError
        With every problem at once, each with its file and dotted key.

    Examples
    --------
    >>> make_scenario({"id": "x", "titel": "X"}, file="x.toml")
    Traceback (most recent call last):
    siting.errors.ScenarioError: x.toml, field “...”: ...
    """
    places = origins or {}
    judged = list(judgement_problems(tree))
    tree = with_judged_weights(tree)
    problems = [
        problem(
            found.code, file=_file_of(_set_by(path, found), places, file) or None,
            field=dotted(path),
            found=found.found, expected=found.expected,
        )
        for path, found in [*_shape_problems(tree), *_meaning_problems(tree), *judged]
    ]  # fmt: skip
    if problems:
        raise ScenarioError(problems)
    return _validate(Scenario, tree)


def with_changes(scenario: Scenario, changes: Tree) -> Scenario:
    """Return a copy with some keys changed, validated again.

    Weights given here replace the pairwise judgements that set them, and conversely.

    Parameters
    ----------
    scenario
        The scenario to start from.
    changes
        Nested tables of the keys to change.

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
    >>> with_changes(load_scenario(), {"weights": {"land": 5}}).weights["land"]
    5.0
    """
    tree = without_replaced_judgements(scenario.model_dump(mode="json"), changes)
    return make_scenario(merge(without_replaced_weights(tree, changes), changes))


def merge(base: Tree, changes: Tree) -> dict[str, Any]:
    """Return ``base`` with ``changes`` laid over it: tables merge, all else is replaced.

    Parameters
    ----------
    base, changes
        Nested tables.

    Returns
    -------
    dict
        A new tree.

    Examples
    --------
    >>> merge({"a": {"x": 1, "y": 2}, "b": [1]}, {"a": {"y": 3}, "b": [2]})
    {'a': {'x': 1, 'y': 3}, 'b': [2]}
    """
    result = dict(base)
    for key, value in changes.items():
        old = result.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        result[key] = merge(old, value) if both else value  # type: ignore[arg-type]
    return result


def dotted(path: Path) -> str:
    """Return a path of keys as users write it.

    Parameters
    ----------
    path
        Keys, and positions in lists.

    Returns
    -------
    str
        For example ``criteria.brownfield.weight``.
    """
    return ".".join(map(str, path))


def _set_by(path: Path, found: Problem) -> Path:
    """Return the key that a file set: of evidence that lacks, the one that requires it."""
    if found.found == NOTHING:
        match path:
            case ("zan", "pooled_source" | "reserve_source" as name):
                return "zan", name.replace("_source", "_envelope_m2")
            case ("sites", "evidence", site_id):
                return "sites", "envelope", site_id
    return path


def _file_of(path: Path, origins: Origins, file: str) -> str:
    """Return the file that set a key, or else one of the keys under it."""
    for length in range(len(path), 0, -1):
        if path[:length] in origins:
            return origins[path[:length]]
    under = {name for key, name in origins.items() if key[: len(path)] == path}
    return under.pop() if len(under) == 1 else file


def _validate(kind: type[T], raw: object) -> T:
    # Strict JSON: no text or “true” taken for a number, while lists make tuples.
    return TypeAdapter(kind).validate_json(json.dumps(raw, default=str), strict=True)


def _valid(kind: type[T], raw: object) -> T | None:
    """Return the part where it is sound, so that the rest can still be checked."""
    try:
        return _validate(kind, raw)
    except ValidationError:
        return None


# --- Shape: known keys, kinds of values, bounds -----------------------------------


def _shape_problems(tree: Tree) -> Iterator[tuple[Path, Problem]]:
    try:
        _validate(Scenario, tree)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            path = detail["loc"]
            if path[0] != "criteria" or len(path) == 1 or path[1] in CRITERIA:
                yield path, _shape_problem(detail)


def _shape_problem(detail: Any) -> Problem:
    kind, path, context = detail["type"], detail["loc"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return problem("scenario-key", expected=", ".join(_keys_at(path[:-1])))
    if kind == "missing":
        position = isinstance(path[-1], int)
        expected = N_("a pair of numbers") if position else A_VALUE
        return problem("scenario-value", found=NOTHING, expected=expected)
    expected = _EXPECTED.get(kind) or _bounds(context) or str(detail["msg"])
    return problem("scenario-value", found=_shown(detail["input"]), expected=expected)


def _bounds(context: Mapping[str, Any]) -> str:
    """Return what pydantic expected, in signs rather than words."""
    bounds = [f"{sign} {context[name]:g}" for name, sign in _SIGNS.items() if name in context]
    choices = str(context.get("expected", "")).replace(" or ", ", ").replace("'", "")
    return ", ".join(bounds) or _PATTERNS.get(context.get("pattern", ""), choices)


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = text or "“”"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _keys_at(path: Path) -> list[str]:
    """Return the keys of the table at ``path``; codes and positions on the way are skipped."""
    model: type[BaseModel] = Scenario
    for part in path:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models_in(field.annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


# --- Meaning: against the criteria, the stages, and between keys -------------------
# Each check reads the raw tree and looks only at what is sound enough for it, so that
# one wrong value does not hide the next.


def _meaning_problems(tree: Tree) -> Iterator[tuple[Path, Problem]]:
    criteria = _table(tree.get("criteria"))
    for name, setting in criteria.items():
        path = ("criteria", name)
        if name not in CRITERIA:
            yield path, problem("scenario-key", expected=", ".join(CRITERIA))
        elif isinstance(setting, Mapping):
            for key, found in _criterion_problems(CRITERIA[name], setting):
                yield (*path, *key), found
    yield from _weight_problems(_table(tree.get("weights")), criteria)
    readiness = _table(_table(tree.get("measure")).get("readiness"))
    for name, stages in READINESS_STAGES.items():
        if name in readiness:
            yield from _same_keys(("measure", "readiness", name), readiness[name], stages)
    yield from _density_problems(_table(_table(tree.get("measure")).get("jobs_per_ha")))
    shifts = _table(_table(tree.get("measure")).get("shifts"))
    if "vocation" in shifts:
        place = ("measure", "shifts", "vocation")
        yield from _same_keys(place, shifts["vocation"], JOB_VOCATIONS)
    eligibility = _table(tree.get("eligibility"))
    if "protected" in eligibility:
        path = ("eligibility", "protected")
        yield from _same_keys(path, eligibility["protected"], PROTECTED_KINDS)
    zan = _table(tree.get("zan"))
    yield from _envelope_problems(_table(tree.get("sites")), zan)
    yield from _guarantee_problems(_table(zan.get("guarantee")))


def _density_problems(jobs_per_ha: Tree) -> Iterator[tuple[Path, Problem]]:
    """Tell the vocations without density, and the bounds that are not in order."""
    if "vocation" not in jobs_per_ha:
        return
    path = ("measure", "jobs_per_ha", "vocation")
    yield from _same_keys(path, jobs_per_ha["vocation"], JOB_VOCATIONS)
    for name, raw in _table(jobs_per_ha["vocation"]).items():
        bounds = _valid(tuple[float, float, float], raw)
        if bounds is not None and any(b < a for a, b in pairwise(bounds)):
            expected = N_("low, central and high, that never fall")
            yield (*path, name), problem("scenario-value", found=_shown(raw), expected=expected)


def _table(raw: object) -> Tree:
    return raw if isinstance(raw, Mapping) else {}


def _envelope_problems(sites: Tree, zan: Tree) -> Iterator[tuple[Path, Problem]]:
    """Tell the envelopes that nothing proves."""
    evidence = _table(sites.get("evidence"))
    for site_id, envelope in _table(sites.get("envelope")).items():
        if envelope == Envelope.NATIONAL.value and not evidence.get(site_id):
            expected = N_("the list of national projects that names the site")
            missing = problem("scenario-value", found=NOTHING, expected=expected)
            yield ("sites", "evidence", site_id), missing
    for name in ("pooled", "reserve"):
        area_m2 = _valid(float, zan.get(f"{name}_envelope_m2", 0)) or 0
        if area_m2 > 0 and not str(zan.get(f"{name}_source", "")).strip():
            expected = N_("the document that sets the envelope")
            missing = problem("scenario-value", found=NOTHING, expected=expected)
            yield ("zan", f"{name}_source"), missing


def _guarantee_problems(guarantee: Tree) -> Iterator[tuple[Path, Problem]]:
    """Tell the documents without stage or day, and communes nouvelles without the bonus (R9)."""
    path = ("zan", "guarantee")
    for code, raw in _table(guarantee.get("documents")).items():
        document = _table(raw)
        if document.get("type") == NO_DOCUMENT:
            continue
        for key in ("stage", "date"):
            if document and document.get(key) is None:
                missing = problem("scenario-value", found=NOTHING, expected=N_("a value"))
                yield (*path, "documents", code, key), missing
    after = load_parameters().created_after.value
    for code, raw in _table(guarantee.get("delegated_communes")).items():
        created = _valid(date, _table(raw).get("created"))
        if created is not None and created <= after:
            wrong = problem("scenario-value", found=str(created), expected=f"> {after}")
            yield (*path, "delegated_communes", code, "created"), wrong


def _criterion_problems(criterion: Criterion, setting: Tree) -> Iterator[tuple[Path, Problem]]:
    unit = setting.get("unit")
    if isinstance(unit, str) and unit != criterion.unit:
        expected = criterion.unit or "“”"
        yield ("unit",), problem("scenario-unit", found=unit or "“”", expected=expected)
    wanted, other = ("categories", "points") if criterion.labels else ("points", "categories")
    if setting.get(other):
        yield (other,), problem("scenario-value", found=other, expected=wanted)
    if not setting.get(wanted):
        yield (wanted,), problem("scenario-value", found=NOTHING, expected=N_("a value"))
    elif criterion.labels:
        yield from _same_keys(("categories",), setting["categories"], criterion.labels)
    else:
        points = _valid(tuple[tuple[float, Share], ...], setting["points"])
        yield from _point_problems(criterion, points or (), setting.get("shape", "monotonic"))
    if criterion.labels and setting.get("shape", "monotonic") != "monotonic":
        found = str(setting["shape"])
        yield ("shape",), problem("scenario-value", found=found, expected="monotonic")


def _point_problems(
    criterion: Criterion, points: Sequence[tuple[float, float]], shape: object
) -> Iterator[tuple[Path, Problem]]:
    found = ", ".join(f"[{x:g}, {v:g}]" for x, v in points)
    steps = [v2 - v1 for (_, v1), (_, v2) in pairwise(points)]
    objective = Objective.TARGET if shape == "target" else criterion.objective
    if any(x2 <= x1 for (x1, _), (x2, _) in pairwise(points)):
        expected = N_("measures that increase")
        yield ("points",), problem("scenario-value", found=found, expected=expected)
    elif shape != "target" and criterion.objective is Objective.TARGET:
        yield ("shape",), problem("scenario-value", found=str(shape), expected="target")
    elif points and not _SHAPES[objective](steps):
        yield ("points",), problem("scenario-value", found=found, expected=_SHAPED[objective])


def _never_falls(steps: Sequence[float]) -> bool:
    return all(step >= 0 for step in steps)


def _never_rises(steps: Sequence[float]) -> bool:
    return all(step <= 0 for step in steps)


def _rises_then_falls(steps: Sequence[float]) -> bool:
    """Tell whether values rise, may stay, then fall; on both sides, or it is not a target."""
    signs = [step > 0 for step in steps if step]
    return True in signs and False in signs and signs == sorted(signs, reverse=True)


_SHAPES: Final[Mapping[Objective, Callable[[Sequence[float]], bool]]] = {
    Objective.MAX: _never_falls,
    Objective.MIN: _never_rises,
    Objective.TARGET: _rises_then_falls,
}
_SHAPED: Final[Mapping[Objective, str]] = {
    Objective.MAX: N_("values that never fall: more is better"),
    Objective.MIN: N_("values that never rise: less is better"),
    Objective.TARGET: N_("values that rise to the target, then fall"),
}


def _same_keys(path: Path, raw: object, expected: Sequence[str]) -> Iterator[tuple[Path, Problem]]:
    """Tell the keys of a table that are too many and those that lack."""
    if not isinstance(raw, Mapping):
        return
    for key in raw:
        if key not in expected:
            yield (*path, key), problem("scenario-key", expected=", ".join(expected))
    for key in expected:
        if key not in raw:
            missing = problem("scenario-value", found=NOTHING, expected=N_("a value"))
            yield (*path, key), missing


def _weight_problems(weights: Tree, criteria: Tree) -> Iterator[tuple[Path, Problem]]:
    themes: dict[str, list[object]] = {theme: [] for theme in THEMES}
    for name in criteria:
        if name in CRITERIA:
            themes[CRITERIA[name].theme].append(_table(criteria[name]).get("weight"))
    used = [theme for theme, own in themes.items() if own]
    for theme in weights:
        if theme not in THEMES:
            yield ("weights", theme), problem("scenario-key", expected=", ".join(THEMES))
    for theme in used:
        if theme not in weights:
            missing = problem("scenario-value", found=NOTHING, expected=N_("a number"))
            yield ("weights", theme), missing
    if weights and all(weight == 0 for weight in weights.values()):
        yield ("weights",), problem("scenario-weights", found=0)
    for theme, own in themes.items():
        if weights.get(theme) and all(weight == 0 for weight in own):
            place = f"criteria ({theme})"
            yield (place, "weight"), problem("scenario-weights", found=0)
