"""The CV of a territory: what it has, in one structure, each figure with its source.

For a zone d'emploi, an EPCI, a département, a région or a commune: people, dwellings, jobs,
classifications, access, ZAN budget and sites. A figure that is not known is there too, with the
reason. Source of the idea: CESER Grand Est, “CV de territoire” per employment basin.
"""

from siting.territory_cv.document import territory_document
from siting.territory_cv.gathering import territory_cv
from siting.territory_cv.model import THEMES, Fact, Label, SiteLine, TerritoryCV

__all__ = [
    "THEMES",
    "Fact",
    "Label",
    "SiteLine",
    "TerritoryCV",
    "territory_cv",
    "territory_document",
]
