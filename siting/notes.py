"""What is told of the sites of a run beside their results."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

import geopandas as gpd

from layers.territory import Level
from siting.ahp import CONSISTENCY_LIMIT
from siting.criteria.travel import travel_of
from siting.errors import Problem, problem
from siting.measure import LandTake, overlaps
from siting.scenario import Scenario, priorities_of
from siting.world import World

INCONSISTENT: Final = "ahp-inconsistent"


def priority_notes(scenario: Scenario) -> Iterator[Problem]:
    """Tell of judgements of priorities at odds.

    Parameters
    ----------
    scenario
        The scenario.

    Yields
    ------
    Problem
        The notes.
    """
    for table, found in priorities_of(scenario).items():
        if not found.consistent:
            yield problem(
                INCONSISTENT,
                field=table,
                found=f"{found.consistency_ratio:.2f}",
                expected=f"{CONSISTENCY_LIMIT:.2f}",
                severity="warning",
            )


def missing_notes(scenario: Scenario, sites: Collection[str]) -> Iterator[Problem]:
    """Tell of chosen sites that are not there.

    Parameters
    ----------
    scenario
        The scenario.
    sites
        Identifiers of the sites of the file, or of those among the chosen ones.

    Yields
    ------
    Problem
        A note.
    """
    if scenario.sites.selected != "all":
        missing = sorted(set(scenario.sites.selected) - set(sites))
        if missing:
            yield problem("sites-missing", found=", ".join(missing), severity="warning")


def overlap_note(first: str, second: str, *, row: int, area_m2: float) -> Problem:
    """Tell that two sites overlap.

    Parameters
    ----------
    first, second
        Their identifiers, in the order of the file.
    row
        Row of the second.
    area_m2
        Area they share.

    Returns
    -------
    Problem
        The note.
    """
    return problem(
        "sites-overlap", row=row, found=f"{first}, {second}", expected=f"{area_m2:.0f} m²",
        severity="warning",
    )  # fmt: skip


def overlap_notes(sites: gpd.GeoDataFrame) -> Iterator[Problem]:
    """Tell of sites that overlap.

    Parameters
    ----------
    sites
        Sites, EPSG:2154, indexed by ``site_id``.

    Yields
    ------
    Problem
        One note a pair.
    """
    pairs = overlaps(sites.geometry)
    rows = sites["row"].to_dict()
    for first, second, area_m2 in zip(*(pairs[name].tolist() for name in pairs), strict=True):
        yield overlap_note(first, second, row=int(rows[second]), area_m2=area_m2)


def site_notes(
    sites: gpd.GeoDataFrame, land: LandTake, world: World, scenario: Scenario
) -> Iterator[Problem]:
    """Tell all that is told of sites one by one.

    Parameters
    ----------
    sites
        Sites, EPSG:2154, indexed by ``site_id``.
    land
        Their land.
    world
        The territory.
    scenario
        The scenario.

    Yields
    ------
    Problem
        One note a site and matter.
    """
    yield from declared_notes(sites, land, world)
    yield from pene_notes(sites, land, world)
    yield from road_notes(sites, world, scenario)


def declared_notes(sites: gpd.GeoDataFrame, land: LandTake, world: World) -> Iterator[Problem]:
    """Tell of sites whose outline does not lie in the commune, or the EPCI, that is declared.

    A code that is none of the territory's is left alone: it may be that of a commune of before a
    merger.

    Parameters
    ----------
    sites
        Sites, indexed by ``site_id``.
    land
        Their land.
    world
        The territory.

    Yields
    ------
    Problem
        One note a site and level: a point elsewhere is often two columns exchanged.
    """
    around = land.shares[["site", "commune"]].assign(
        epci=land.shares["commune"].map(world.territory.parents()["epci"])
    )
    for level in (Level.COMMUNE, Level.EPCI):
        names = world.territory.names(level)
        told = around.assign(declared=around["site"].map(sites[level.value]))
        known = told[told["declared"].isin(names.index)]
        right = known["declared"].eq(known[level.value]).groupby(known["site"]).transform("any")
        for site, rows in known[~right].groupby("site", sort=False):
            lies = (f"{names[code]} ({code})" for code in dict.fromkeys(rows[level.value]))
            code = rows["declared"].iloc[0]
            yield problem(
                "declared-elsewhere", row=int(sites.loc[site, "row"]), field=level.value,
                found=", ".join(lies), expected=f"{names[code]} ({code})", severity="warning",
            )  # fmt: skip


def pene_notes(sites: gpd.GeoDataFrame, land: LandTake, world: World) -> Iterator[Problem]:
    """Tell of sites in the communes of projects of national scale; it exempts them of nothing.

    Parameters
    ----------
    sites
        Sites, indexed by ``site_id``.
    land
        Their land.
    world
        The territory.

    Yields
    ------
    Problem
        One note a site.
    """
    if "pene" not in world.layers:
        return
    projects = world.layers["pene"].data.set_index("code")["project"]
    inside = land.shares[land.shares["commune"].isin(projects.index)].drop_duplicates("site")
    for site, commune in zip(inside["site"], inside["commune"], strict=True):
        yield problem(
            "pene-commune", row=int(sites.loc[site, "row"]), field="commune",
            found=str(projects[commune]), severity="warning",
        )  # fmt: skip


def road_notes(sites: gpd.GeoDataFrame, world: World, scenario: Scenario) -> Iterator[Problem]:
    """Tell of the sites that the road network does not lead to.

    Parameters
    ----------
    sites
        Sites, EPSG:2154.
    world
        The territory.
    scenario
        The scenario.

    Yields
    ------
    Problem
        One note a site.
    """
    expected = f"{scenario.measure.reach.tie_m:.0f}"
    lost = ~travel_of(sites, world.layers, scenario.measure).known
    for row in sites["row"][lost]:
        yield problem("site-off-roads", row=int(row), expected=expected, severity="warning")
