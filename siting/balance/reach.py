"""Where the hectares go: rural or urban, near whom, near what, with which housing."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.errors import N_
from layers.jobs import FRR_CLASSES, NOT_FRR
from layers.road_network import ROAD_NETWORK
from siting.balance.equality import NOTHING
from siting.balance.model import SHARE, Case, Figure, Ground, Indicator, Reading, known_or_none
from siting.criteria.around import nearest_m, numbers, told_of
from siting.criteria.inputs import Commute
from siting.criteria.jobs import POLE_CATEGORIES
from siting.criteria.travel import ROAD_TIME, Travel, reach_of, travel_of
from siting.domain import Reason

PARTLY = N_("communes classified in part ({names}) are left out: where they are is not known")
CLASS_UNKNOWN = N_("the class of {count} communes is unknown: left out")
OUTSIDE = N_("communes outside the territory are not counted: near its edge, a lower bound")
ROAD = N_(
    "{km} km by road, estimated: the straight line, {percent} percent longer (no road network is "
    "loaded)"
)
ROAD_MINUTES = N_("{minutes} minutes by car, over the road network “{network}” ({vintage})")
WALK = N_("{km} km on foot, estimated: the straight line, {percent} percent longer")
OFF_ROADS = N_("no road of the network is near some sites ({names}): what they reach is unknown")
NO_PLACE = N_("a budget has no place within its commune")
NO_STOPS = N_("stops of buses and coaches are not known: only railway stations count")
PEOPLE_UNKNOWN = N_("{count} communes within reach left out, a figure of theirs being unknown")
NO_STATION = N_("no station is known")
NO_POLE = N_("no pole of an aire d’attraction is known, or no road leads to one")
BEYOND_FEED = N_(
    "stops around some sites are not known, the feed being that of another network ({names}): a "
    "lower bound"
)

STOPS: Final = "public_transport_stops"
ROADS: Final = ROAD_NETWORK.name

PARTIAL_CLASSES: Final = tuple(name for name in FRR_CLASSES if "partiellement" in name)

Pairs = npt.NDArray[np.intp]

_LARGEST_FLOW: Final = 2_000_000_000  # below 2³¹, and so is the sum of the flows

_AREAS: Final = {"pole": POLE_CATEGORIES, "ring": ("20",), "outside": ("30",)}


def _nothing() -> Figure:
    return Figure(None, (Reason("nothing", NOTHING),))


# --- Classes of communes --------------------------------------------------------------


def _class_share(
    case: Case,
    column: str,
    classes: pd.Series,
    counted: tuple[str, ...],
    *,
    partial_classes: tuple[str, ...] = (),
) -> Figure:
    """Return the share of the known amounts that lies in communes of some classes."""
    amounts = case.known[column].fillna(0.0)
    if not amounts.sum() > 0:
        return _nothing()
    unsure = classes.isin(partial_classes) & (amounts > 0)
    missing = classes.isna() & (amounts > 0)
    known = amounts[~unsure & ~missing]
    reasons = [*case.unknown.get(column, ())]
    if unsure.any():
        names = ", ".join(amounts.index[unsure][:5])
        reasons.append(Reason("class-partial", PARTLY, {"names": names}))
    if missing.any():
        reasons.append(Reason("class-unknown", CLASS_UNKNOWN, {"count": int(missing.sum())}))
    if not known.sum() > 0:
        return Figure(None, tuple(reasons))
    inside = known[classes.reindex(known.index).isin(counted)]
    return Figure(float(inside.sum() / known.sum()), tuple(reasons))


def _frr(ground: Ground, case: Case, *, column: str) -> Figure:
    counted = tuple(name for name in FRR_CLASSES if name not in (NOT_FRR, *PARTIAL_CLASSES))
    classes = ground.column("zonings", "frr_2025")
    return _class_share(case, column, classes, counted, partial_classes=PARTIAL_CLASSES)


def _urban(ground: Ground, case: Case, *, column: str, area: str) -> Figure:
    return _class_share(case, column, ground.column("zonings", "cateaav2020"), _AREAS[area])


# --- People and dwellings in reach ----------------------------------------------------


def _in_reach(ground: Ground, case: Case, commute: Commute) -> Pairs:
    """Return pairs (place, commune) within a commute, by position."""

    def found() -> Pairs:
        travel = _travel(ground, case)
        pairs = travel.communes(_communes(ground), commute)
        return np.hstack([np.stack(part) for part in pairs])

    return ground.once(("in reach", case, commute), found)


def _travel(ground: Ground, case: Case) -> Travel:
    return ground.once(
        ("travel", case), lambda: travel_of(case.places, ground.layers, ground.parameters)
    )


def _communes(ground: Ground) -> gpd.GeoDataFrame:
    """Return the communes of the territory, in the order of its codes."""
    communes = ground.territory.communes.geo.set_index("code")
    return communes.loc[ground.parents.index]


def _number(ground: Ground, travel: Travel, column: str) -> pd.Series:
    """Return a count by commune: unknown where no road leads to the commune."""
    counts = ground.number("housing", column)
    return counts.mask(travel.off_roads(_communes(ground)))


def _commune_points(ground: Ground) -> npt.NDArray[np.object_]:
    shapes = ground.territory.communes.geo.set_index("code").geometry.reindex(ground.parents.index)
    points: npt.NDArray[np.object_] = shapely.point_on_surface(shapes.to_numpy(dtype=object))
    return points


def _commuted(ground: Ground, commute: Commute) -> Reason:
    """Tell how far a commute goes, and over which network."""
    reach = reach_of(ground.layers, ground.parameters)
    if reach.method != ROAD_TIME:
        return _road(ground, commute.distance_m)
    figures = {
        "minutes": f"{commute.minutes:g}", "network": reach.network, "vintage": reach.vintage,
    }  # fmt: skip
    return Reason("road-time", ROAD_MINUTES, figures)


def _lost(ground: Ground, case: Case) -> tuple[Reason, ...]:
    """Name the places that no road of the network is near."""
    lost = case.places.index[~_travel(ground, case).known]
    names = ", ".join(map(str, lost[:5]))
    return (Reason("off-roads", OFF_ROADS, {"names": names}),) if len(lost) else ()


def _walked(ground: Ground) -> Reason:
    """Tell how far people walk: estimated, whether a road network is loaded or not."""
    reason = _road(ground, ground.parameters.walking_reach_m)
    if reach_of(ground.layers, ground.parameters).method != ROAD_TIME:
        return reason
    return Reason("walk-estimated", WALK, reason.figures)


def _road(ground: Ground, reach_m: float) -> Reason:
    longer = ground.parameters.detour_factor - 1
    figures = {"km": reach_m / 1_000, "percent": round(100 * longer)}
    return Reason("road-estimated", ROAD, figures)


def _counted(
    ground: Ground, case: Case, column: str, commute: Commute
) -> tuple[float, tuple[Reason, ...]]:
    """Add up a count over the communes in reach of any place, each commune once.

    NaN where none of them is known, or where no place is.
    """
    travel = _travel(ground, case)
    communes = np.unique(_in_reach(ground, case, commute)[1])
    counts = _number(ground, travel, column).iloc[communes]
    unknown = int(counts.isna().sum())
    nowhere = travel.known.any() and counts.empty
    reasons = [_commuted(ground, commute), Reason("outside", OUTSIDE)]
    reasons += _lost(ground, case)
    if unknown:
        reasons.append(Reason("people-unknown", PEOPLE_UNKNOWN, {"count": unknown}))
    return 0.0 if nowhere else float(counts.sum(min_count=1)), tuple(reasons)


def _working_age(ground: Ground, case: Case, *, as_share: bool) -> Figure:
    if case.places.empty:
        return _nothing()
    column = "population_20_64"
    people, reasons = _counted(ground, case, column, ground.parameters.jobs_commute)
    if as_share:
        everyone = _number(ground, _travel(ground, case), column).sum()
        people = people / everyone if everyone > 0 else math.nan
    return known_or_none(people, reasons)


def _dwellings_per_job(ground: Ground, case: Case) -> Figure:
    if not case.places["jobs"].sum() > 0:
        return _nothing()
    commute = ground.parameters.housing_commute
    dwellings, reasons = _counted(ground, case, "vacant_dwellings", commute)
    reasons = (*case.unknown.get("jobs", ()), *reasons)
    reached = case.places[_travel(ground, case).known]
    jobs, low, high = reached[["jobs", "jobs_low", "jobs_high"]].sum()
    if math.isnan(dwellings) or not jobs > 0:
        return Figure(None, reasons)
    return Figure(
        float(dwellings / jobs),
        reasons,
        low=float(dwellings / high),
        high=float(dwellings / low) if low > 0 else None,
    )


def _housed(ground: Ground, case: Case) -> Figure:
    """Share out the vacant dwellings between the places: a largest flow."""
    if not case.places["jobs"].sum() > 0:
        return _nothing()
    commute = ground.parameters.housing_commute
    dwellings, reasons = _counted(ground, case, "vacant_dwellings", commute)
    reasons = (*case.unknown.get("jobs", ()), *reasons)
    travel = _travel(ground, case)
    workers = numbers(case.places["jobs"].where(travel.known).fillna(0.0))
    if math.isnan(dwellings) or not workers.sum() > 0:
        return Figure(None, reasons)
    # Flows are whole numbers: in thousandths, so that a tenth of a job is one.
    unit = min(1_000.0, _LARGEST_FLOW / workers.sum())
    jobs = np.rint(unit * workers).astype("int64")
    place, commune = _in_reach(ground, case, commute)
    homes = _number(ground, travel, "vacant_dwellings").fillna(0.0)
    vacant = np.floor(np.minimum(unit * numbers(homes), _LARGEST_FLOW)).astype("int64")
    places, communes = len(jobs), len(vacant)
    first, last = places + communes, places + communes + 1
    tails = np.concatenate([np.full(places, first), place, places + np.arange(communes)])
    heads = np.concatenate([np.arange(places), places + commune, np.full(communes, last)])
    room = np.concatenate([jobs, np.minimum(jobs[place], vacant[commune]), vacant])
    # Heavy imports that only a balance with stops needs.
    from scipy.sparse import csr_array  # noqa: PLC0415
    from scipy.sparse.csgraph import maximum_flow  # noqa: PLC0415

    graph = csr_array((room.astype("int32"), (tails, heads)), shape=(last + 1, last + 1))
    flow = maximum_flow(graph, int(first), int(last)).flow_value
    return Figure(float(flow / jobs.sum()), reasons)


# --- Access ---------------------------------------------------------------------------


def _car_free(ground: Ground, case: Case) -> Figure:
    if case.places.empty:
        return _nothing()
    if not case.sited:
        return Figure(None, (Reason("no-place", NO_PLACE),))
    stations = ground.layers["stations"].geo
    to_station_m = nearest_m(case.places, stations[stations["passenger"].astype("bool")])
    reach_m = ground.parameters.walking_reach_m / ground.parameters.detour_factor
    near = to_station_m <= reach_m
    reasons = [_walked(ground)]
    stops = ground.layers.get(STOPS)
    if stops is None:
        reasons.append(Reason("no-stops", NO_STOPS))
        if to_station_m.isna().all():
            return Figure(None, (Reason("no-station", NO_STATION),))
    else:
        served = stops.geo[stops.geo["departures_day"] > 0]
        near |= nearest_m(case.places, served) <= reach_m
        # A feed is that of one network: far from all its stops, another may serve the site.
        beyond = ~near & ~told_of(case.places, stops.geo)
        if beyond.any():
            names = ", ".join(map(str, case.places.index[beyond][:5]))
            reasons.append(Reason("beyond-feed", BEYOND_FEED, {"names": names}))
        if beyond.all():
            return Figure(None, tuple(reasons))
    area_m2 = case.places["area_m2"]
    return Figure(float(area_m2[near].sum() / area_m2.sum()), tuple(reasons))


def _town_centres(ground: Ground, case: Case) -> Figure:
    if case.places.empty:
        return _nothing()
    if not case.sited:
        return Figure(None, (Reason("no-place", NO_PLACE),))
    classes = ground.column("zonings", "cateaav2020")
    poles = classes.isin(POLE_CATEGORIES).to_numpy()
    if not poles.any():
        return Figure(None, (Reason("no-pole", NO_POLE),))
    points = gpd.GeoDataFrame(geometry=_commune_points(ground)[poles], crs=case.places.crs)
    distance_m = _travel(ground, case).nearest_m(points)
    if distance_m.isna().any():
        return Figure(None, _lost(ground, case) or (Reason("no-pole", NO_POLE),))
    missing = int(classes.isna().sum())
    unsure = (Reason("class-unknown", CLASS_UNKNOWN, {"count": missing}),) if missing else ()
    area_m2 = case.places["area_m2"]
    return Figure(float((distance_m * area_m2).sum() / area_m2.sum()), unsure)


# --- Registry -------------------------------------------------------------------------

_FRR_SOURCE = "CGI, art. 44 quindecies A ; liste de la DGCL du 10 juillet 2025"
_AAV_SOURCE = "INSEE, aires d'attraction des villes 2020"
_RP_SOURCE = "INSEE, recensement de la population"
_AREA_TITLES: Final = {
    "pole": N_("In a town (pole of an aire d’attraction)"),
    "ring": N_("In the ring of a town"),
    "outside": N_("Outside the attraction of towns"),
}
_SHARED: Final = (
    ("area", "area_m2", N_("land of the sites"), ()),
    ("enaf", "enaf_m2", N_("ENAF of the sites"), ("land_cover",)),
    ("jobs", "jobs", N_("jobs expected"), ()),
)


def rural_indicators() -> Iterator[Indicator]:
    """Make the indicators of rural and urban communes.

    Yields
    ------
    Indicator
        Shares in FRR communes, in towns, their rings, and outside their attraction.
    """
    for name, column, title, more in _SHARED:
        yield Indicator(
            name=f"frr_{name}",
            titles=(N_("In a commune classified FRR"), title),
            theme="rural",
            unit=SHARE,
            reading=Reading.NEUTRAL,
            formula=N_("share in the communes classified FRR in whole, of what is known"),
            source=_FRR_SOURCE,
            requires=("sites", "communes", "zonings", *more),
            function=partial(_frr, column=column),
            uses_jobs=column == "jobs",
        )
    for area, area_title in _AREA_TITLES.items():
        for name, column, title, more in (_SHARED[0], _SHARED[2]):
            yield Indicator(
                name=f"{area}_{name}",
                titles=(area_title, title),
                theme="rural",
                unit=SHARE,
                reading=Reading.NEUTRAL,
                formula=N_("share in the communes of that category of aire d’attraction"),
                source=_AAV_SOURCE,
                requires=("sites", "communes", "zonings", *more),
                function=partial(_urban, column=column, area=area),
                uses_jobs=column == "jobs",
            )


_PEOPLE: Final = ("sites", "communes", "housing")

PLACE_INDICATORS: Final = (
    Indicator(
        name="working_age_reach",
        titles=(N_("Residents aged 20 to 64 within reach of a site"),),
        theme="people",
        unit=N_("inhabitants"),
        reading=Reading.BETTER,
        formula=N_(
            "sum over the communes within reach.jobs_minutes of any site by car where a road "
            "network is loaded, else within jobs_reach_m ÷ detour_factor (30 minutes at 50 km/h in "
            "the base scenario), each counted once"
        ),
        source=_RP_SOURCE,
        requires=_PEOPLE,
        optional=(ROADS,),
        function=partial(_working_age, as_share=False),
    ),
    Indicator(
        name="working_age_reach_share",
        titles=(N_("Share of the residents aged 20 to 64 within reach of a site"),),
        theme="people",
        unit=SHARE,
        reading=Reading.BETTER,
        formula=N_("residents aged 20 to 64 within reach ÷ those of the territory"),
        source=_RP_SOURCE,
        requires=_PEOPLE,
        optional=(ROADS,),
        function=partial(_working_age, as_share=True),
    ),
    Indicator(
        name="dwellings_per_job",
        titles=(N_("Vacant dwellings within reach, per job expected"),),
        theme="people",
        unit=N_("dwellings per job"),
        reading=Reading.BETTER,
        formula=N_(
            "vacant dwellings of the communes within reach.housing_minutes of any site by car "
            "where a road network is loaded, else within housing_reach_m ÷ detour_factor, each "
            "counted once, ÷ jobs expected (low and high: jobs high and low)"
        ),
        source=_RP_SOURCE,
        requires=_PEOPLE,
        optional=(ROADS,),
        function=_dwellings_per_job,
        uses_jobs=True,
    ),
    Indicator(
        name="workers_housed",
        titles=(N_("Workers that vacant dwellings within reach could house"),),
        theme="people",
        unit=SHARE,
        reading=Reading.BETTER,
        formula=N_(
            "largest number of workers given a vacant dwelling within reach of their site, one "
            "each and no dwelling twice (maximum flow), ÷ jobs expected"
        ),
        source="L. R. Ford, D. R. Fulkerson, 1956 ; INSEE, recensement de la population",
        requires=_PEOPLE,
        optional=(ROADS,),
        function=_housed,
        uses_jobs=True,
    ),
    Indicator(
        name="car_free_area",
        titles=(N_("Land of the sites within walking reach of a station or a served stop"),),
        theme="access",
        unit=SHARE,
        reading=Reading.BETTER,
        formula=N_(
            "share of the gross area of the sites whose edge is within walking_reach_m of a "
            "station open to passengers, or of a stop with a departure on a working day where the "
            "layer is loaded (straight line × detour_factor)"
        ),
        source="CNIG Sites économiques v2024-10 (gare_dist) ; GTFS",
        requires=("sites", "stations"),
        optional=(STOPS,),
        function=_car_free,
    ),
    Indicator(
        name="town_centre_distance",
        titles=(N_("Mean distance of the sites to a town centre"),),
        theme="access",
        unit="m",
        reading=Reading.WORSE,
        formula=N_(
            "mean, weighted by gross area, of the distance by road (the straight line × "
            "detour_factor from the edge of the site where no road network is loaded) to the "
            "nearest commune that is the pole of an aire d’attraction"
        ),
        source=_AAV_SOURCE,
        requires=("sites", "communes", "zonings"),
        optional=(ROADS,),
        function=_town_centres,
    ),
)
