"""Rule sets: the parameters of the law as data, each with its source and status.

``python -m siting.zan.ruleset > siting/zan/rulesets/schema.json`` writes their JSON schema.
"""

from __future__ import annotations

import json
import sys
import tomllib
from datetime import date
from fractions import Fraction
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from layers.errors import printable
from siting.domain import LandClass, Measure, Period
from siting.errors import RulesetError, problem

EARLIEST, LATEST = 2000, 2100
"""Years a rule set may tell of."""

IN_FORCE: Final = "in_force"
"""The one status whose figures are the law's."""

TITLE_PREFIXES: Final = {
    "proposed": ("Proposition non adoptée — ", "Proposal, not adopted — "),
    "announced": ("Annonce — ", "Announcement — "),
    "repealed": ("Abrogé — ", "Repealed — "),
    "assumption": ("Hypothèse — ", "Assumption — "),
}
"""How the French and English titles of what is not law begin, by status."""


def _fraction(value: object) -> Fraction:
    if not isinstance(value, str):
        raise ValueError("expected a decimal written as text, for example '0.5'")  # noqa: TRY004
    try:
        return Fraction(value)
    except ZeroDivisionError:
        raise ValueError("expected a number, not a division by zero") from None


def _period(value: object) -> Period:
    if not isinstance(value, dict) or set(value) != {"first", "last"}:
        raise ValueError("expected first and last years, and nothing else")
    if not all(type(year) is int for year in value.values()):
        raise ValueError("expected first and last years as whole numbers")
    if not all(EARLIEST <= year <= LATEST for year in value.values()):
        raise ValueError(f"expected years from {EARLIEST} to {LATEST}")
    return Period(**value)


def _day(value: str) -> str:
    date.fromisoformat(value + "-01" * (3 - len(value.split("-"))))
    return value


_YEAR = {"type": "integer"}
Share = Annotated[
    Fraction,
    BeforeValidator(_fraction),
    Field(ge=0, le=1),
    WithJsonSchema({"type": "string", "examples": ["0.5"]}),
]
Years = Annotated[
    Period,
    BeforeValidator(_period),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {"first": _YEAR, "last": _YEAR},
            "required": ["first", "last"],
            "additionalProperties": False,
        }
    ),
]
Day = Annotated[str, Field(pattern=r"^\d{4}(-\d{2}){0,2}$"), AfterValidator(_day)]
Text = Annotated[str, Field(min_length=1)]
Hectares = Annotated[int, Field(gt=0)]
Status = Literal["in_force", "proposed", "announced", "repealed", "assumption"]


class Rule(BaseModel):
    """A part of a rule set: frozen, every key known, every key documented."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, use_attribute_docstrings=True
    )


class Parameter(Rule):
    """What every parameter of a rule set carries beside its value."""

    source: Text
    """Text it comes from."""
    verified: Literal["primary", "secondary", "general", "derived"]
    """Whether the text itself was read, a secondary source, neither, or derived here."""


class ShareParameter(Parameter):
    """A share between 0 and 1, kept exact."""

    value: Share
    """The share, as a decimal written as text. No unit, from 0 to 1."""


class ClassesParameter(Parameter):
    """Land-cover groups."""

    value: Annotated[tuple[LandClass, ...], Field(min_length=1)]
    """The groups."""


class NationalEnvelope(Parameter):
    """The forfait of projects of national or European scope (PENE), R7."""

    national_forfait_ha: Hectares
    """Hectares set apart for these projects over the period. Unit: ha."""
    shared_ha: Hectares
    """Part that the regions with a SRADDET bear, pro rata of their objective. Unit: ha."""
    objective_rate: Share
    """Reduction that gives the objective of a region before it bears its part. No unit, from
    0 to 1."""
    formula: Text
    """How the part and the rate of a region are computed (:mod:`siting.zan.pene`)."""


class IndustrialEnvelope(Parameter):
    """A forfait for industry that a proposal sets apart. Told, never applied to a budget."""

    total_ha: Hectares
    """Hectares set apart. Unit: ha."""
    pooled_ha: Hectares
    """Part of them that is pooled. Unit: ha."""
    years: Annotated[int, Field(gt=0)]
    """How long it lasts. Unit: years."""


class Exemption(Parameter):
    """Land that a proposal would not count. Told, never applied to a budget or a verdict."""

    scope: Text
    """What would not be counted."""
    years: Annotated[int, Field(gt=0)] | None = None
    """How long; left out when no duration is known. Unit: years."""


class Change(Rule):
    """One line of a rule set's changelog."""

    date: date
    """Day of the change."""
    change: Text
    """What changed."""


class Ruleset(Rule):
    """A regime of land sobriety, in force or only proposed.

    Switching it is a scenario's choice; its status is shown wherever it is used.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    """Identifier, the name of the file."""
    title: Text
    """French title. That of a text that is not law begins by saying so."""
    title_en: Text
    """English title, likewise."""
    status: Status
    """Whether it is law. Only the figures of ``in_force`` are; ``assumption`` is for the file of
    a user, for example for the decade after 2030, whose rates no text sets."""
    summary: Text
    """What it says, what the engine does with it and what stays to be checked, in French."""
    summary_en: Text
    """The same in English."""
    in_force_from: Day | None = None
    """Day it was promulgated or published: ISO, or its year and month, or its year."""
    proposed_on: Day | None = None
    """Day an assembly passed it or it was announced, likewise."""
    repealed_on: Day | None = None
    """Day it was repealed, likewise."""
    measure: Measure
    """What it counts: ``enaf`` or ``net_artificialisation``; the two never mix."""
    reference: Years
    """Years whose consumption is the reference."""
    reference_source: Parameter
    """Where the reference comes from."""
    period: Years
    """Years the budget covers."""
    period_source: Parameter
    """Where the period comes from."""
    rate: ShareParameter
    """Reduction of the period's consumption against the reference."""
    tolerance: ShareParameter
    """Band of legal risk, shown and never added to a budget."""
    enaf_classes: ClassesParameter
    """Land cover that counts as ENAF when it is built on."""
    brownfield_enaf_classes: ClassesParameter
    """Land cover that counts as ENAF inside a friche."""
    pene: NationalEnvelope | None = None
    """The national envelope, where the rate takes it into account."""
    overshoot_right: ShareParameter | None = None
    """Share by which a proposal lets a budget be exceeded: added to the budgets of that rule
    set, which say so. Refused in a rule set in force, where there is no such right."""
    industrial_envelope: IndustrialEnvelope | None = None
    """The forfait for industry of a proposal."""
    exemption: Exemption | None = None
    """Land that a proposal would not count."""
    changelog: Annotated[tuple[Change, ...], Field(min_length=1)]
    """Changes of this file, the latest first."""

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        wrong = [*_wrong_words(self), *_wrong_dates(self), *_wrong_law(self)]
        if self.period.first <= self.reference.last:
            wrong.append("the period starts before the reference ends")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def in_force(self) -> bool:
        """Whether its figures are the law's."""
        return self.status == IN_FORCE

    @property
    def parameters(self) -> dict[str, Parameter]:
        """The parameters by name, with their sources, in the order of the model."""
        named = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: value for name, value in named.items() if isinstance(value, Parameter)}

    def applied_rate(self, rate: Fraction) -> Fraction:
        """Return the reduction budgets are computed with.

        Parameters
        ----------
        rate
            Reduction that the rule set or a planning document sets.

        Returns
        -------
        Fraction
            The same under the law; in a proposal with an overshoot right ``o``,
            ``1 − (1 − rate) × (1 + o)``.

        Examples
        --------
        Half of the reference, exceeded by a fifth, is six tenths of it.

        >>> load_ruleset("trace-2024-2034").applied_rate(Fraction("0.5"))
        Fraction(2, 5)
        """
        if self.overshoot_right is None:
            return rate
        return 1 - (1 - rate) * (1 + self.overshoot_right.value)

    def labelled(self, source: str) -> str:
        """Return the source of a rate, with the overshoot right that is counted in.

        Parameters
        ----------
        source
            Text that sets the rate.

        Returns
        -------
        str
            The same under the law.
        """
        right = self.overshoot_right
        return source if right is None else f"{source} + {right.source}"


def _wrong_words(rules: Ruleset) -> list[str]:
    """Tell the titles that let what is not law be taken for it, or the reverse."""
    titles = {"title": rules.title, "title_en": rules.title_en}
    if rules.in_force:
        unlawful = tuple(prefix for pair in TITLE_PREFIXES.values() for prefix in pair)
        return [
            f"{name} of a rule set in force says it is not"
            for name, title in titles.items()
            if title.startswith(unlawful)
        ]
    pairs = zip(titles.items(), TITLE_PREFIXES[rules.status], strict=True)
    return [
        f"{name} of a rule set {rules.status} must begin with “{prefix}”"
        for (name, title), prefix in pairs
        if not title.startswith(prefix)
    ]


def _wrong_dates(rules: Ruleset) -> list[str]:
    wrong: list[str] = []
    if rules.status in TITLE_PREFIXES and rules.status != "repealed" and rules.in_force_from:
        wrong.append(f"a rule set {rules.status} has no date of entry into force")
    if rules.repealed_on and rules.status != "repealed":
        wrong.append(f"a rule set {rules.status} has no date of repeal")
    return wrong


def _wrong_law(rules: Ruleset) -> list[str]:
    """Tell what no rule set in force may hold (R14, R27)."""
    if not rules.in_force:
        return []
    return [
        f"{name} is only proposed: a rule set in force cannot hold it"
        for name in ("overshoot_right", "industrial_envelope", "exemption")
        if getattr(rules, name) is not None
    ]


def ruleset_ids() -> tuple[str, ...]:
    """Return the identifiers of the shipped rule sets, sorted.

    Returns
    -------
    tuple of str
        Identifiers.
    """
    names = (entry.name for entry in files("siting.zan").joinpath("rulesets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_rulesets() -> tuple[Ruleset, ...]:
    """Return every shipped rule set: those in force first, then by name.

    Returns
    -------
    tuple of Ruleset
        The rule sets.
    """
    loaded = (load_ruleset(name) for name in ruleset_ids())
    return tuple(sorted(loaded, key=lambda rules: (not rules.in_force, rules.id)))


def is_own_file(name: str) -> bool:
    """Tell whether a rule set is named by the path of a file of the user.

    Parameters
    ----------
    name
        Identifier of a shipped rule set, or a path.

    Returns
    -------
    bool
        Whether it ends in ``.toml``.
    """
    return name.endswith(".toml")


def load_ruleset(ruleset_id: str) -> Ruleset:
    """Return a shipped rule set, or the one of a user's file.

    Parameters
    ----------
    ruleset_id
        One of :func:`ruleset_ids`, or the path of a ``.toml`` file.

    Returns
    -------
    Ruleset
        The rule set.

    Raises
    ------
    RulesetError
        If there is none of this name, or its file cannot be read or is not valid; if the file
        of a user takes the name of a shipped rule set, or gives itself for the law.

    Examples
    --------
    >>> load_ruleset("zan-50").rate.value, str(load_ruleset("zan-50").period)
    (Fraction(1, 2), '2021-2030')
    """
    return _own_ruleset(Path(ruleset_id)) if is_own_file(ruleset_id) else _shipped(ruleset_id)


@cache
def _shipped(ruleset_id: str) -> Ruleset:
    known = ruleset_ids()
    if ruleset_id not in known:
        raise RulesetError(problem("ruleset-unknown", found=ruleset_id, expected=", ".join(known)))
    text = files("siting.zan").joinpath("rulesets", f"{ruleset_id}.toml").read_text("utf-8")
    return parse_ruleset(tomllib.loads(text), file=f"{ruleset_id}.toml")


def _own_ruleset(path: Path) -> Ruleset:
    try:
        content = tomllib.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        raise RulesetError(problem("file-missing", file=str(path))) from None
    except (OSError, ValueError) as error:  # TOML, encoding, a path that is none
        found = problem("ruleset-invalid", file=printable(path.name), found=str(error))
        raise RulesetError(found) from None
    rules = parse_ruleset(content, file=path.name)
    if rules.id in ruleset_ids() or rules.in_force:
        # The law is what is shipped, with its sources; a user's file can only be told apart.
        found = problem("ruleset-own", file=path.name, found=f"{rules.id}, {rules.status}")
        raise RulesetError(found)
    return rules


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
                field=".".join(map(str, detail["loc"])) or None,
                found=detail["msg"],
            )
            for detail in error.errors()
        ) from None


def schema_json() -> str:
    """Return the JSON schema of a rule set, generated from the models.

    Returns
    -------
    str
        JSON text ending in a newline, as committed in ``rulesets/schema.json``.
    """
    schema = Ruleset.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_json())
