"""Rule sets: the parameters of the law as data, each with its source and status."""

from __future__ import annotations

import tomllib
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from siting.domain import LandClass, Measure, Period
from siting.errors import RulesetError, problem


def _fraction(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError("expected a decimal written as text, for example '0.5'")  # noqa: TRY004
    return Fraction(value)


def _period(value: object) -> Period:
    if not isinstance(value, dict):
        raise ValueError("expected first and last years")  # noqa: TRY004
    return Period(**value)


Share = Annotated[Fraction, BeforeValidator(_fraction), Field(ge=0, le=1)]
Years = Annotated[Period, BeforeValidator(_period)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


class Parameter(_Frozen):
    """What every parameter of a rule set carries beside its value."""

    source: str = Field(min_length=1)
    """Text it comes from."""
    verified: Literal["primary", "secondary", "general", "derived"]
    """Whether the text itself was read, a secondary source, neither, or derived here."""


class ShareParameter(Parameter):
    """A share between 0 and 1, kept exact."""

    value: Share


class ClassesParameter(Parameter):
    """Land-cover groups."""

    value: tuple[LandClass, ...]


class Change(_Frozen):
    """One line of a rule set's changelog."""

    date: date
    change: str


class Ruleset(_Frozen):
    """A regime of land sobriety, in force or only proposed.

    Switching it is a scenario's choice; its status is shown wherever it is used.
    """

    id: str
    title: str
    title_en: str
    status: Literal["in_force", "proposed", "announced", "repealed"]
    summary: str
    measure: Measure
    reference: Years
    """Years whose consumption is the reference."""
    period: Years
    """Years the budget covers."""
    rate: ShareParameter
    """Reduction of the period's consumption against the reference."""
    tolerance: ShareParameter
    """Band of legal risk, shown and never added to a budget."""
    enaf_classes: ClassesParameter
    """Land cover that counts as ENAF when it is built on."""
    brownfield_enaf_classes: ClassesParameter
    """Land cover that counts as ENAF inside a friche."""
    changelog: tuple[Change, ...]


def ruleset_ids() -> tuple[str, ...]:
    """Return the identifiers of the shipped rule sets, sorted.

    Returns
    -------
    tuple of str
        Identifiers.
    """
    names = (entry.name for entry in files("siting.zan").joinpath("rulesets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_ruleset(ruleset_id: str) -> Ruleset:
    """Return a shipped rule set.

    Parameters
    ----------
    ruleset_id
        One of :func:`ruleset_ids`.

    Returns
    -------
    Ruleset
        The rule set.

    Raises
    ------
    RulesetError
        If there is none of this name, or its file is not valid.

    Examples
    --------
    >>> load_ruleset("zan-50").rate.value, str(load_ruleset("zan-50").period)
    (Fraction(1, 2), '2021-2030')
    """
    known = ruleset_ids()
    if ruleset_id not in known:
        raise RulesetError(problem("ruleset-unknown", found=ruleset_id, expected=", ".join(known)))
    text = files("siting.zan").joinpath("rulesets", f"{ruleset_id}.toml").read_text("utf-8")
    return parse_ruleset(tomllib.loads(text), file=f"{ruleset_id}.toml")


def parse_ruleset(content: dict[str, Any], *, file: str) -> Ruleset:
    """Validate the content of a rule set's file.

    Parameters
    ----------
    content
        The parsed TOML.
    file
        Name of the file, for messages.

    Returns
    -------
    Ruleset
        The rule set.

    Raises
    ------
    RulesetError
        With everything that is wrong, at once.
    """
    try:
        return Ruleset.model_validate(content)
    except ValidationError as error:
        raise RulesetError(
            problem(
                "ruleset-invalid",
                file=file,
                field=".".join(map(str, detail["loc"])),
                found=detail["msg"],
            )
            for detail in error.errors()
        ) from None
