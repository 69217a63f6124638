"""What a criterion reads: sites, layers, measured land, and the scenario's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeVar

import geopandas as gpd
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from layers.errors import LayerError, Problem, problem
from layers.site_table import (
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
    SITES_CRS,
    VOCATIONS,
)
from layers.spec import Layer

NEVER_SERVICED: Final = "non aménageable"
"""Servicing stage of a site that can never be serviced: it has no delay."""

READINESS_STAGES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "land": LAND_STAGES,
        "planning": PLANNING_STAGES,
        "environment": ENVIRONMENT_STAGES,
        "servicing": tuple(s for s in SERVICING_STAGES if s != NEVER_SERVICED),
    }
)
"""Stages that each table of :class:`ReadinessMonths` must give a delay."""

JOB_VOCATIONS: Final = VOCATIONS
"""Vocations that :class:`JobDensities` and :class:`ShiftShares` must give a figure."""

T = TypeVar("T")
Months = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(gt=0, le=1)]
Density = Annotated[float, Field(ge=0)]


class Section(BaseModel):
    """A part of a scenario: frozen, every key known, every key documented."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False
    )


class ReadinessMonths(Section):
    """Months left at each stage; every stage of the site table has its delay."""

    land: Mapping[str, Months]
    """Months until the land is controlled, by stage of land control. Unit: months."""
    planning: Mapping[str, Months]
    """Months until a building permit can be held, by zone type of the planning document
    (change of the document, then the permit). Unit: months."""
    environment: Mapping[str, Months]
    """Months until environmental and archaeological permits are held and no longer open to
    appeal, by stage. Unit: months."""
    servicing: Mapping[str, Months]
    """Months of servicing works left, by stage; “non aménageable” has none. Unit: months."""
    source: str
    """Where the delays come from, and their status."""


class JobDensities(Section):
    """Jobs a hectare of economic site holds once it is full, for sites that declare none."""

    vocation: Mapping[str, tuple[Density, Density, Density]]
    """Low, central and high density, by vocation of the site table; they never decrease.
    Unit: jobs per hectare of gross area."""
    source: str
    """Where the densities come from, and their status."""


class ShiftShares(Section):
    """Share of the jobs of a place that start at the same time."""

    vocation: Mapping[str, Share]
    """Share of the largest shift, by vocation of the site table. No unit, from 0 to 1."""
    zone: Share
    """The same where the vocation is not known, and in activity zones. No unit, from 0 to 1."""
    source: str
    """Where the shares come from, and their status."""


class RoadReach(Section):
    """Commutes over a road network, where one is loaded."""

    housing_minutes: Annotated[float, Field(gt=0)]
    """Time by car within which dwellings can house the workers of a site. Unit: minutes."""
    jobs_minutes: Annotated[float, Field(gt=0)]
    """Time by car within which people can work on a site. Unit: minutes."""
    tie_m: Annotated[float, Field(gt=0)]
    """Straight-line distance to the nearest road beyond which what a place reaches is
    unknown. Unit: m."""
    access_kmh: Annotated[float, Field(gt=0)]
    """Speed from a place to the nearest road. Unit: km/h."""
    source: str
    """Where the times, the distance and the speed come from, and their status."""


@dataclass(frozen=True, slots=True)
class Commute:
    """How far people travel to work.

    Parameters
    ----------
    distance_m
        By road, estimated, in metres: where there is no road network.
    minutes
        By car, over a road network.
    """

    distance_m: float
    minutes: float


class Parameters(Section):
    """Parameters of the measures, the ``measure`` section of a scenario."""

    detour_factor: Annotated[float, Field(ge=1, le=3)]
    """Road distance over straight-line distance. No unit."""
    housing_reach_m: Annotated[float, Field(gt=0)]
    """Road distance within which dwellings can house the workers of a site. Unit: m."""
    jobs_reach_m: Annotated[float, Field(gt=0)]
    """Road distance within which people can work on a site. Unit: m."""
    walking_reach_m: Annotated[float, Field(gt=0)]
    """Distance on foot within which a station or a stop serves a site. Unit: m."""
    station_reach_m: Annotated[float, Field(gt=0)]
    """Road distance within which a passenger station serves a site. Unit: m."""
    neighbours_reach_m: Annotated[float, Field(gt=0)]
    """Straight-line distance within which activity zones and industries are neighbours of a
    site. Unit: m."""
    unknown_tolerance: Annotated[float, Field(ge=0, lt=1)]
    """Share of unknown communes and of their inhabitants, or of land of unknown cover, up to which
    a sum or a share is still told; beyond it is unknown. No unit, from 0 to 1."""
    source: str
    """Where the factor, the reaches and the tolerance come from, and their status."""
    reach: RoadReach
    """Commutes over a road network, where one is loaded."""
    readiness: ReadinessMonths
    """Months left at each stage of readiness."""
    jobs_per_ha: JobDensities
    """Jobs expected per hectare, by vocation."""
    shifts: ShiftShares
    """Who starts work at the same time."""

    @property
    def housing_commute(self) -> Commute:
        """How far from a site dwellings can house its workers."""
        return Commute(self.housing_reach_m, self.reach.housing_minutes)

    @property
    def jobs_commute(self) -> Commute:
        """How far from a site people can work on it."""
        return Commute(self.jobs_reach_m, self.reach.jobs_minutes)


@dataclass(frozen=True, eq=False, slots=True)
class Inputs:
    """Everything a criterion may read; treat it as read-only.

    Parameters
    ----------
    sites
        The site table (:data:`layers.site_table.SITES`), EPSG:2154, any unique index.
    layers
        Layers by name; a missing one makes the criteria that need it unknown.
    areas_m2
        Sites × land classes (values of :class:`siting.domain.LandClass`), m².
    enaf_m2
        ENAF each site would consume, m²; missing when unknown.
    epci_shares
        One row a site and EPCI: ``site`` (label), ``area_m2``, ``enaf_m2`` taken there and
        ``remaining_m2`` of its budget, m²; missing when unknown, negative when overspent.
    parameters
        The ``measure`` section of the scenario.

    Raises
    ------
    LayerError
        If the sites or a layer are in another CRS than EPSG:2154 (``crs-mismatch``).
    ValueError
        If the sites' index is not unique or a table is not on it: a defect of the caller.
    """

    sites: gpd.GeoDataFrame
    layers: Mapping[str, Layer]
    areas_m2: pd.DataFrame
    enaf_m2: pd.Series
    epci_shares: pd.DataFrame
    parameters: Parameters
    _known: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.sites.index.is_unique:
            raise ValueError("the index of the sites has duplicates")
        for name in ("areas_m2", "enaf_m2"):
            if not getattr(self, name).index.equals(self.sites.index):
                raise ValueError(f"{name} is not on the index of the sites")
        problems = list(self._crs_problems())
        if problems:
            raise LayerError(problems)

    def _crs_problems(self) -> list[Problem]:
        found = {"sites": self.sites.crs}
        found |= {name: layer.geo.crs for name, layer in self.layers.items() if layer.spec.geometry}
        return [
            problem("crs-mismatch", file=name, found=crs or "", expected=SITES_CRS)
            for name, crs in found.items()
            if crs != SITES_CRS
        ]

    def once(self, key: str, make: Callable[[], T]) -> T:
        """Return what ``make`` gives, made the first time only.

        Parameters
        ----------
        key
            Name of the figure, which must depend on these inputs alone.
        make
            Computes it.

        Returns
        -------
        object
            The figure, shared: treat it as read-only.
        """
        if key not in self._known:
            self._known[key] = make()
        found: T = self._known[key]
        return found

    def layer(self, name: str) -> pd.DataFrame | None:
        """Return the table of a layer, or ``None`` where it is not loaded.

        Parameters
        ----------
        name
            Name of the layer.

        Returns
        -------
        DataFrame or None
            The table, shared with the layer.
        """
        found = self.layers.get(name)
        return None if found is None else found.data
