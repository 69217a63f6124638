"""Attributes of demonstration sites: consistent with their readiness, some unknown."""

from __future__ import annotations

from typing import Final

from layers.demonstration.hashing import uniform
from layers.demonstration.plans import Plan
from layers.site_table import (
    COMMERCIAL_STAGES,
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
)

Value = str | float | bool | None

# Readiness stages by maturity; the draw picks among the stages of a cell.
_LAND: Final = ((0,), (0, 1), (1, 2), (2, 3), (3,), (3,))
_PLANNING: Final = ((0, 1), (1, 2), (2,), (3,), (3, 4), (4,))
_ENVIRONMENT: Final = ((0,), (0, 1), (1, 2), (2, 3), (4,), (4,))
_SERVICING: Final = ((0, 1), (1,), (1, 2), (2, 3), (4, 3), (4,))
_COMMERCIAL: Final = ((1, 0), (0,), (0, 3), (2, 4), (2, 5), (6,))
_HOLDERS: Final = (
    ("personne physique", "établissement industriel et commercial"),
    ("personne physique",),
    ("établissement public foncier", "commune"),
    ("structure intercommunale", "sem ou spla"),
    ("structure intercommunale", "aménageur"),
    ("établissement industriel et commercial",),
)
_UNKNOWN_SHARE = 0.12


class _Draws:
    """Draws of one site, named by what they are for."""

    def __init__(self, plan: Plan) -> None:
        self._key = plan.key

    def share(self, purpose: str) -> float:
        return float(uniform("attribute", purpose, self._key))

    def pick(self, purpose: str, choices: tuple[int, ...]) -> int:
        return choices[int(self.share(purpose) * len(choices))]

    def yes(self, purpose: str, chance: float) -> bool:
        return self.share(purpose) < chance

    def known(self, purpose: str, value: Value) -> Value:
        """Return ``value``, or ``None`` for about one site in eight: data have gaps."""
        return None if self.share(f"{purpose} unknown") < _UNKNOWN_SHARE else value


def attributes(plan: Plan, area_m2: float) -> dict[str, Value]:
    """Return the attributes of a site, in the columns of the site table.

    Parameters
    ----------
    plan
        What the site shows.
    area_m2
        Area of its shape.

    Returns
    -------
    dict
        Values by column; ``None`` where unknown.
    """
    draws = _Draws(plan)
    area_ha = area_m2 / 1e4
    usable = round(area_m2 * (0.68 + 0.2 * draws.share("usable")), -2)
    start = plan.works_start_year
    ready = plan.maturity >= 3
    return {
        "source": "Sites de démonstration",
        "declared_area_m2": round(area_m2),
        "usable_area_m2": draws.known("usable", usable),
        "available_from": None if start is None else f"{start - 1}-{1 + plan.key % 12:02}-01",
        "works_start_year": start,
        **_readiness(plan, draws),
        "is_brownfield": plan.is_brownfield,
        "expected_jobs": draws.known("jobs", round(area_ha * (8 + 25 * draws.share("jobs")))),
        "power_mw": draws.known("power", round(2 + area_ha * 0.6 * draws.share("power"), 1)),
        "water_m3_day": draws.known("water", round(50 + 12 * area_ha * draws.share("water"), -1)),
        "gas": draws.known("gas", draws.yes("gas", 0.75 if ready else 0.4)),
        "fibre": draws.known("fibre", draws.yes("fibre", 0.9 if ready else 0.6)),
        "sewer": draws.known("sewer", draws.yes("sewer", 0.85 if ready else 0.35)),
        "rail_siding": plan.role == "station" and draws.yes("rail", 0.6),
        "quay": plan.vocation == "portuaire",
        "vocation": plan.vocation,
        "confidentiality": plan.confidentiality,
    }


def _readiness(plan: Plan, draws: _Draws) -> dict[str, Value]:
    at = plan.maturity
    holders = _HOLDERS[at]
    holder = holders[draws.pick("holder", tuple(range(len(holders))))]
    planning = PLANNING_STAGES[draws.pick("planning", _PLANNING[at])]
    environment = ENVIRONMENT_STAGES[draws.pick("environment", _ENVIRONMENT[at])]
    return {
        "land_control": draws.known("holder", holder),
        "readiness_land": LAND_STAGES[draws.pick("land", _LAND[at])],
        "readiness_planning": "U" if plan.is_brownfield else planning,
        "readiness_environment": draws.known("environment", environment),
        "readiness_servicing": SERVICING_STAGES[draws.pick("servicing", _SERVICING[at])],
        "readiness_commercial": COMMERCIAL_STAGES[draws.pick("commercial", _COMMERCIAL[at])],
    }
