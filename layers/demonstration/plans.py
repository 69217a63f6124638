"""What each demonstration site shows: its place, area, shape, readiness and reader."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal[
    "interchange", "brownfield", "station", "town", "remote", "protected", "border"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a demonstration site.

    Parameters
    ----------
    departement
        Code of its département.
    number
        From 1 to 6 in the département.
    role
        What it is set near to. ``protected``: partly in a protected area; ``border``:
        across two EPCI; ``remote``: away from main towns and interchanges.
    area_ha
        Its area.
    shape
        Its outline, one of :data:`layers.demonstration.shapes.SHAPES`.
    maturity
        How ready it is, from 0 (an idea) to 4 (ready to build on); 5 is sold.
    vocation
        One of :data:`layers.site_table.VOCATIONS`, ``None`` if unknown.
    works_start_year
        Year works start, ``None`` if unknown.
    confidentiality
        One of :data:`layers.site_table.CONFIDENTIALITY`.
    rank
        Rank of the town a brownfield is in, by dwellings.
    """

    departement: str
    number: int
    role: Role
    area_ha: float
    shape: str
    maturity: int
    vocation: str | None
    works_start_year: int | None
    confidentiality: str = "public"
    rank: int = 1

    @property
    def site_id(self) -> str:
        """Identifier of the site."""
        return f"DEMO-{self.departement}-{self.number:02}"

    @property
    def key(self) -> int:
        """Key of the draws of the site."""
        return int(self.departement) * 100 + self.number

    @property
    def is_brownfield(self) -> bool:
        """Whether it is a friche."""
        return self.role == "brownfield"


_INDUSTRY = "industrielle"
_LOGISTICS = "entrepôts, logistique"
_CRAFTS = "artisanale"

PLANS: Final = (
    Plan("44", 1, "interchange", 62, "indented", 3, _INDUSTRY, 2027),
    Plan("44", 2, "brownfield", 18, "elbow", 3, _INDUSTRY, 2026, rank=2),
    Plan("44", 3, "station", 24, "plain", 2, _INDUSTRY, 2028, "restricted"),
    Plan("44", 4, "town", 35, "notched", 1, "portuaire", 2030),
    Plan("44", 5, "brownfield", 5.5, "plain", 4, _CRAFTS, 2026, rank=3),
    Plan("44", 6, "remote", 48, "indented", 0, None, None, "confidential"),
    Plan("49", 1, "interchange", 85, "elbow", 4, _LOGISTICS, 2026),
    Plan("49", 2, "brownfield", 12, "notched", 2, _INDUSTRY, 2028),
    Plan("49", 3, "station", 16, "plain", 3, _INDUSTRY, 2027),
    Plan("49", 4, "town", 9, "indented", 4, "mixte", 2026),
    Plan("49", 5, "remote", 40, "notched", 1, _INDUSTRY, 2032),
    Plan("49", 6, "interchange", 28, "split", 2, _INDUSTRY, 2029, "confidential"),
    Plan("53", 1, "interchange", 45, "plain", 3, _INDUSTRY, 2027),
    Plan("53", 2, "brownfield", 7, "indented", 4, _INDUSTRY, 2026),
    Plan("53", 3, "station", 20, "elbow", 1, _INDUSTRY, 2029),
    Plan("53", 4, "remote", 14, "plain", 2, "logistique agricole", 2028),
    Plan("53", 5, "border", 32, "indented", 2, _INDUSTRY, 2030),
    Plan("53", 6, "town", 3.2, "notched", 5, _CRAFTS, 2026),
    Plan("72", 1, "interchange", 149, "indented", 1, _LOGISTICS, 2030, "confidential"),
    Plan("72", 2, "brownfield", 26, "elbow", 1, _INDUSTRY, 2028),
    Plan("72", 3, "station", 13, "notched", 4, _INDUSTRY, 2027),
    Plan("72", 4, "town", 22, "holed", 3, "aéroportuaire, aéronautique", 2027, "restricted"),
    Plan("72", 5, "brownfield", 4, "plain", 0, None, None, rank=2),
    Plan("72", 6, "remote", 55, "elbow", 0, _INDUSTRY, 2033),
    Plan("85", 1, "interchange", 70, "notched", 2, _INDUSTRY, 2028),
    Plan("85", 2, "brownfield", 9, "plain", 3, _INDUSTRY, 2027),
    Plan("85", 3, "protected", 38, "elbow", 2, _INDUSTRY, 2029),
    Plan("85", 4, "town", 11, "indented", 2, "mixte", 2029, "restricted"),
    Plan("85", 5, "station", 30, "plain", 0, _INDUSTRY, 2031),
    Plan("85", 6, "remote", 100, "notched", 1, _LOGISTICS, 2030, "confidential"),
)
"""The thirty sites, by département."""
