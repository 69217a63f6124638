"""The gathering of the facts of a territory."""

from __future__ import annotations

import pandas as pd

from layers.territory import Level
from siting.errors import SitingError
from siting.pipeline import Run
from siting.place_names import unknown_territory
from siting.roles import Role
from siting.territory_cv.access import access_facts
from siting.territory_cv.accounts import budget_facts, site_facts, sites_of
from siting.territory_cv.communes import commune_facts
from siting.territory_cv.model import THEMES, Place, TerritoryCV
from siting.territory_cv.specialities import speciality_facts
from siting.world import World


def territory_cv(
    run: Run, world: World, level: Level, code: str, *, role: Role = Role.PUBLIC
) -> TerritoryCV:
    """Gather what is known of a territory.

    Parameters
    ----------
    run
        A run, for the sites and the account before them.
    world
        The territory and its layers, those of the run.
    level
        Level of the territory.
    code
        Its code.
    role
        Who looks: sites that the role may not see are neither listed nor counted.

    Returns
    -------
    TerritoryCV
        Every figure, those that are not known included.

    Raises
    ------
    SitingError
        If no territory of the level has this code.
    LayerError
        If the level is not available.
    """
    units = world.territory.units(level).set_index("code")
    if code not in units.index:
        raise SitingError(unknown_territory(world.territory, level, code))
    unit = units.loc[code]
    parents = world.territory.parents()
    communes = (
        pd.Index([code])
        if level is Level.COMMUNE
        else parents.index[parents[str(level)] == code].sort_values()
    )
    place = Place(run, world, level, code, communes, unit["geometry"], role)
    sites = sites_of(place)
    facts = (
        *commune_facts(place),
        *speciality_facts(place),
        *access_facts(place),
        *budget_facts(place),
        *site_facts(place, sites),
    )
    order = list(THEMES)
    return TerritoryCV(
        level=level,
        code=code,
        name=str(unit["name"]),
        communes=len(communes),
        complete=bool(unit["complete"]),
        facts=tuple(sorted(facts, key=lambda fact: order.index(fact.label.theme))),
        sites=sites,
    )
