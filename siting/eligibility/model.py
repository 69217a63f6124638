"""What a rule of eligibility is, and what it says of a site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from siting.criteria.inputs import Inputs
from siting.domain import Reason
from siting.scenario import EligibilitySettings

Effect = Literal["exclusion", "condition"]
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Eligibility:
    """What the rules say of one site.

    Parameters
    ----------
    exclusions
        Reasons that make it ineligible.
    conditions
        Reasons that only put a condition on it.
    """

    exclusions: tuple[Reason, ...] = ()
    conditions: tuple[Reason, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether nothing excludes the site."""
        return not self.exclusions


@dataclass(frozen=True, slots=True)
class Hit:
    """A site that a rule concerns.

    Parameters
    ----------
    position
        Position of the site in the table.
    figures
        Figures of the sentence; each has ``concerned_m2``, the part of the site, and
        ``share`` of it, in [0, 1].
    legal
        Legal reference, where it depends on the site; else that of the rule.
    """

    position: int
    figures: Figures
    legal: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of eligibility.

    Parameters
    ----------
    code
        Stable identifier of the reason.
    effect
        Whether it excludes the site or puts a condition on it.
    message
        Sentence (an English gettext identifier) with the figures as placeholders.
    legal
        Legal reference; empty for a choice of the scenario.
    function
        Returns the sites concerned, in any order.
    """

    code: str
    effect: Effect
    message: str
    legal: str
    function: Callable[[Inputs, EligibilitySettings], Iterator[Hit]]
