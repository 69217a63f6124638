"""Two balances side by side: :func:`compare_balances`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from layers.errors import N_
from siting.balance import Balance, CaseKey, Indicator, Reading

_GOOD: Final = frozenset({Reading.MORE_EQUAL, Reading.BETTER})
_BAD: Final = frozenset({Reading.LESS_EQUAL, Reading.WORSE})


class Trend(StrEnum):
    """What the change of an indicator says."""

    BETTER = "better"
    WORSE = "worse"
    NEUTRAL = "neutral"


TREND_LABELS: Final = {
    Trend.BETTER: N_("better"),
    Trend.WORSE: N_("worse"),
    Trend.NEUTRAL: N_("neither good nor bad alone"),
}
"""Names of the trends."""


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """An indicator of balance, with the sites of each of two allocations.

    Parameters
    ----------
    indicator
        The indicator.
    before, after
        Its value with the sites; ``None`` when unknown.
    """

    indicator: Indicator
    before: float | None
    after: float | None

    @property
    def trend(self) -> Trend:
        """What the change says; neutral where a value is unknown."""
        if self.before is None or self.after is None:
            return Trend.NEUTRAL
        higher = self.after > self.before
        if self.indicator.reading in _GOOD:
            return Trend.BETTER if higher else Trend.WORSE
        if self.indicator.reading in _BAD:
            return Trend.WORSE if higher else Trend.BETTER
        return Trend.NEUTRAL


def compare_balances(first: Balance, second: Balance) -> tuple[BalanceChange, ...]:
    """Return the indicators that are not the same in two balances.

    Parameters
    ----------
    first, second
        Balances of the same territory.

    Returns
    -------
    tuple of BalanceChange
        In the order of the registry.
    """
    found = []
    for old, new in zip(first.results, second.results, strict=True):
        before, after = (one.figures[CaseKey.WITH].value for one in (old, new))
        if before != after:
            found.append(BalanceChange(new.indicator, before, after))
    return tuple(found)
