"""The visual language of maps: classes, colours, shapes, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from layers.errors import N_
from siting.domain import VerdictCode


@dataclass(frozen=True, slots=True)
class ShareClass:
    """A class of territories, by the share of their budget that is used.

    Parameters
    ----------
    label
        Its limits (an English gettext identifier).
    above
        Lower limit in hundredths of the budget, in the class or not as ``label`` says.
    colour
        Fill. The lightness falls from class to class: readable without telling hues apart.
    unbanded
        Its limits under a rule set that has no band, where they are told otherwise.
    """

    label: str
    above: int
    colour: str
    unbanded: str = ""


SHARE_CLASSES: Final = (
    ShareClass(N_("under 50 %"), 0, "#f3efe2"),
    ShareClass(N_("50 to 75 %"), 50, "#ead9ae"),
    ShareClass(N_("75 to 100 %"), 75, "#dcb070"),
    ShareClass(N_("100 to 120 % (band)"), 100, "#bd6f45", N_("100 to 120 %")),
    ShareClass(N_("over 120 %"), 120, "#7d3230"),
)
"""100 % itself is within the budget, 120 % within the band; 50 and 75 % open their class."""

VERDICT_COLOURS: Final[Mapping[VerdictCode, str]] = MappingProxyType(
    {
        VerdictCode.COMPATIBLE: "#12679b",
        VerdictCode.COMPATIBLE_WITH_POOLING: "#2c9a8f",
        VerdictCode.OVER_BUDGET: "#c8281e",
        VerdictCode.INELIGIBLE: "#3c3f42",
        VerdictCode.UNDETERMINED: "#6d5a8c",
    }
)
_VERDICT_SHAPES: Final[Mapping[VerdictCode, str]] = MappingProxyType(
    {
        VerdictCode.COMPATIBLE: '<circle cx="12" cy="12" r="10"/>',
        VerdictCode.COMPATIBLE_WITH_POOLING: '<rect x="2" y="2" width="20" height="20" rx="5"/>',
        VerdictCode.OVER_BUDGET: '<path d="M12 1.5 23 21.5H1Z"/>',
        VerdictCode.INELIGIBLE: (
            '<path d="M6 1.5 12 7.5 18 1.5 22.5 6 16.5 12 22.5 18 18 22.5 12 16.5 6 22.5 1.5 18 '
            '7.5 12 1.5 6Z"/>'
        ),
        # Hollow, as what is not known: a question mark in a diamond reads as a broken letter.
        VerdictCode.UNDETERMINED: (
            '<path d="M12 .8 23.2 12 12 23.2.8 12Z"/>'
            '<path d="M12 7.6 16.4 12 12 16.4 7.6 12Z" fill="#fff" stroke="none"/>'
        ),
    }
)
CROWD: Final = 200
"""Number of sites from which their signs are smaller."""
_CROWDED_SCALE: Final = 2 / 3
PLACES: Final = MappingProxyType(
    {
        "stations": (N_("Railway station"), '<circle cx="12" cy="12" r="7.5" fill="#22313a"/>'),
        "interchanges": (
            N_("Motorway interchange"),
            '<path d="M12 3 21 12 12 21 3 12Z" fill="#47708c"/>',
        ),
        "freight_sidings": (
            N_("Freight siding"),
            '<path d="M8 3v18M16 3v18M4 7h16M4 12h16M4 17h16" fill="none" stroke="#22313a"/>',
        ),
        "ports": (N_("Port"), '<rect x="4" y="4" width="16" height="16" fill="#0b4f6c"/>'),
    }
)
BROWNFIELD: Final = "brownfield"
"""Kind of the areas of the layer of brownfields."""
MARKS: Final = MappingProxyType({"brownfields": "is_brownfield", "freight_sidings": "rail_siding"})
"""Layers in which a site is ringed, by the column of the site table that says so."""
AREA_KINDS: Final = MappingProxyType(
    {
        "natura_2000": N_("Natura 2000"),
        "znieff_1": N_("ZNIEFF of type 1"),
        "znieff_2": N_("ZNIEFF of type 2"),
        "reserve_naturelle": N_("Nature reserve"),
        "zone_humide": N_("Wetland"),
        BROWNFIELD: N_("Brownfield"),
    }
)


def verdict_symbol(code: VerdictCode) -> str:
    """Return the sign of a verdict: a shape as well as a colour.

    Parameters
    ----------
    code
        The verdict.

    Returns
    -------
    str
        SVG markup without any value of a file; it takes the size of its container.

    Examples
    --------
    >>> "circle" in verdict_symbol(VerdictCode.COMPATIBLE)
    True
    """
    return svg(f'<g fill="{VERDICT_COLOURS[code]}">{_VERDICT_SHAPES[code]}</g>')


def svg(shapes: str) -> str:
    """Return a sign made of shapes.

    Parameters
    ----------
    shapes
        Shapes in a square of 24 units.

    Returns
    -------
    str
        SVG markup that takes the size of its container.
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -1 26 26" aria-hidden="true" '
        f'stroke="#fff" stroke-width="2" stroke-linejoin="round">{shapes}</svg>'
    )


def total_m2(*areas_m2: Any) -> int | None:
    """Add areas, some of which may be unknown.

    Parameters
    ----------
    *areas_m2
        Whole m², or missing.

    Returns
    -------
    int or None
        The sum; ``None`` as soon as one is unknown.

    Examples
    --------
    >>> total_m2(1, 2), total_m2(1, None)
    (3, None)
    """
    if any(pd.isna(area_m2) for area_m2 in areas_m2):
        return None
    return sum(int(area_m2) for area_m2 in areas_m2)


def budget_share(used_m2: Any, budget_m2: Any) -> float | None:
    """Return the share of a budget that is used.

    Parameters
    ----------
    used_m2, budget_m2
        Whole m², or missing.

    Returns
    -------
    float or None
        The share; ``None`` when either is unknown, or without any budget.

    Examples
    --------
    >>> budget_share(30, 60), budget_share(30, 0), budget_share(None, 60)
    (0.5, None, None)
    """
    if pd.isna(used_m2) or pd.isna(budget_m2) or budget_m2 <= 0:
        return None
    return float(used_m2 / budget_m2)


def share_class(used_m2: Any, budget_m2: Any) -> int | None:
    """Return the class of a territory, by the share of its budget that is used.

    Parameters
    ----------
    used_m2, budget_m2
        Whole m², or missing.

    Returns
    -------
    int or None
        Position in :data:`SHARE_CLASSES`; ``None`` when either is unknown.

    Examples
    --------
    >>> [share_class(used, 100) for used in (49, 50, 75, 100, 101, 120, 121)]
    [0, 1, 2, 2, 3, 3, 4]
    >>> share_class(1, 0), share_class(0, 0), share_class(None, 100)
    (4, 0, None)
    """
    if pd.isna(used_m2) or pd.isna(budget_m2):
        return None
    used, budget = 100 * int(used_m2), int(budget_m2)
    reached = [used > 120 * budget, used > 100 * budget, used >= 75 * budget, used >= 50 * budget]
    if budget <= 0:  # no budget: anything used is beyond it
        reached = [used > 0] * 4
    return next((4 - rank for rank, yes in enumerate(reached) if yes), 0)


def marker_size(area_m2: float, *, crowded: bool = False) -> int:
    """Return the size of the marker of a site: it grows with the side of the site.

    Parameters
    ----------
    area_m2
        Gross area.
    crowded
        Whether there are so many sites that signs must be smaller.

    Returns
    -------
    int
        Pixels, between 14 and 36; between 9 and 24 when crowded.

    Examples
    --------
    >>> [marker_size(hectares * 10_000) for hectares in (0.5, 20, 150, 1_000)]
    [14, 18, 34, 36]
    >>> marker_size(200_000, crowded=True)
    12
    """
    size = float(np.clip(10 + 2 * np.sqrt(area_m2 / 10_000), 14, 36))
    return int(size * _CROWDED_SCALE) if crowded else int(size)
