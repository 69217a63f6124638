"""What each region bears of the national envelope (PENE), and the rate that follows (R7).

The regions with a SRADDET bear the shared hectares pro rata of the objective each would
have without them. What is left to a region is a contribution taken off its objective; it
gives no territory a right to the hectares borne.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

HALF = Fraction(1, 2)
"""Reduction that gives the objective of a region: loi 2021-1104, art. 194, III 3°."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one region bears, and what it keeps.

    Parameters
    ----------
    reference_m2
        Its reference consumption.
    objective_m2
        Its objective before it bears anything, exact.
    share_m2
        What it bears, whole m²: the shares of all regions add up to the shared area.
    rate
        Its reduction once its part is borne, exact and the same for every region.
    """

    reference_m2: int
    objective_m2: Fraction
    share_m2: int
    rate: Fraction


def regional_rates(
    references: Mapping[str, int], *, shared_m2: int, objective_rate: Fraction = HALF
) -> dict[str, Contribution]:
    """Return the part of the national envelope each region bears, and its rate.

    Parameters
    ----------
    references
        Reference consumption of each region with a SRADDET, whole m², by code.
    shared_m2
        Area to bear together, whole m².
    objective_rate
        Reduction that gives the objectives: objective = reference × (1 − reduction).

    Returns
    -------
    dict
        Contribution by code, in the order of ``references``. With ``O`` an objective,
        ``share = shared × O / ΣO`` and ``rate = 1 − (1 − reduction) × (1 − shared / ΣO)``;
        the shares are made whole by largest remainder, ties in the order of the codes.

    Raises
    ------
    ValueError
        If an area is negative, the reduction is outside [0, 1], or the shared area is more
        than all objectives together.

    Notes
    -----
    Source: arrêté of 31 May 2024 (JO of 9 June 2024), as secondary sources tell it.

    Examples
    --------
    Two regions of 300 and 100 ha, objectives 150 and 50 ha, bear 20 ha: 15 and 5 ha.

    >>> found = regional_rates({"A": 3_000_000, "B": 1_000_000}, shared_m2=200_000)
    >>> [(one.share_m2, one.rate) for one in found.values()]
    [(150000, Fraction(11, 20)), (50000, Fraction(11, 20))]
    """
    if not 0 <= objective_rate <= 1:
        raise ValueError(f"the reduction is {objective_rate}; expected 0 to 1")
    negative = [code for code, reference in references.items() if reference < 0]
    if negative or shared_m2 < 0:
        raise ValueError(f"negative area: {', '.join(negative) or 'the shared area'}")
    objectives = {code: reference * (1 - objective_rate) for code, reference in references.items()}
    total = sum(objectives.values(), Fraction(0))
    if total == 0 or shared_m2 > total:
        raise ValueError(f"{shared_m2} m² to share, but the objectives add up to {total} m²")
    shares = _whole({code: shared_m2 * value / total for code, value in objectives.items()})
    rate = 1 - (1 - objective_rate) * (1 - shared_m2 / total)
    return {
        code: Contribution(reference, objectives[code], shares[code], rate)
        for code, reference in references.items()
    }


def _whole(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Round to whole m² without changing the sum, by largest remainder."""
    whole = {code: floor(value) for code, value in exact.items()}
    missing = int(sum(exact.values())) - sum(whole.values())
    ranked = sorted(exact, key=lambda code: (whole[code] - exact[code], code))
    return {code: value + (code in ranked[:missing]) for code, value in whole.items()}
