"""What lies around sites and no open file of the embedded territory holds: optional layers.

Points, lines and polygons in EPSG:2154. A layer that is not given leaves the criteria that
read it unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from layers.files import open_file
from layers.hazards import STATUS_NAMES, parse_installations
from layers.official import column
from layers.places import load_places
from layers.raw_table import field_key
from layers.recognition import file_columns
from layers.risk_plan_tables import is_delivery, read_delivery
from layers.risk_plans import CLOSED_ZONES, RISK_ZONES, RISKS, read_risk_plans
from layers.site_columns import CARTOFRICHES, profile_of
from layers.sites import read_sites
from layers.spec import (
    Column,
    GeometryKind,
    Layer,
    LayerSpec,
    Provenance,
    Status,
    make_layer,
)
from layers.tables import checked_layer, local_provenance, read_vector

__all__ = [
    "ACTIVITY_ZONES",
    "AIRPORTS",
    "BROWNFIELDS",
    "CLOSED_ZONES",
    "ESTABLISHMENTS",
    "FLOOD_RISKS",
    "GAS_NETWORK",
    "HAZARDOUS_SITES",
    "HAZARD_REGIMES",
    "PERIMETERS",
    "RISKS",
    "RISK_PLANS",
    "RISK_ZONES",
    "SUBSTATIONS",
    "SURROUNDINGS",
    "WATER_CATCHMENTS",
    "load_surroundings",
]

FLOOD_RISKS: Final = ("inondation", "submersion marine")

PERIMETERS: Final = ("immédiate", "rapprochée", "éloignée")
"""Perimeters of a catchment (CSP, L. 1321-2), the strictest first."""

HAZARD_REGIMES: Final = ("seveso seuil haut", "seveso seuil bas")


def _spec(name: str, title: str, geometry: GeometryKind, *columns: Column) -> LayerSpec:
    named = Column("name", "string", "Name", nullable=True)
    return LayerSpec(name, title, (named, *columns), crs="EPSG:2154", geometry=geometry)


_JOBS: Final = Column("jobs", "number", "Jobs", unit="jobs", nullable=True, minimum=0)

AIRPORTS: Final = _spec("airports", N_("Airports with freight or business traffic"), "point")
BROWNFIELDS: Final = _spec("brownfields", N_("Brownfields (friches)"), "polygon")
RISK_PLANS: Final = _spec(
    "risk_plans",
    N_("Risk prevention plans"),
    "polygon",
    Column("risk", "string", "Risk of the plan", choices=RISKS),
    Column("zone", "string", "What its rules do there", choices=RISK_ZONES),
)
HAZARDOUS_SITES: Final = _spec(
    "hazardous_sites",
    N_("Seveso establishments"),
    "point",
    Column("regime", "string", "Regime of the establishment", choices=HAZARD_REGIMES),
)
WATER_CATCHMENTS: Final = _spec(
    "water_catchments",
    N_("Protection perimeters of drinking-water catchments"),
    "polygon",
    Column("perimeter", "string", "Which of the perimeters", choices=PERIMETERS),
)
SUBSTATIONS: Final = _spec("substations", N_("Electrical substations"), "point")
GAS_NETWORK: Final = _spec("gas_network", N_("Gas network"), "line")
ACTIVITY_ZONES: Final = _spec("activity_zones", N_("Activity zones"), "polygon", _JOBS)
ESTABLISHMENTS: Final = _spec(
    "establishments",
    N_("Establishments of industry"),
    "point",
    Column("naf", "string", "NAF division: 2 digits, zeros kept"),
)

SURROUNDINGS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            AIRPORTS, BROWNFIELDS, RISK_PLANS, HAZARDOUS_SITES, SUBSTATIONS, GAS_NETWORK,
            ACTIVITY_ZONES, ESTABLISHMENTS, WATER_CATCHMENTS,
        )
    }
)  # fmt: skip
"""Every optional layer of places, by name."""


def load_surroundings(
    spec: LayerSpec, path: Path, *, provenance: Provenance | None = None
) -> Layer:
    """Read a layer of places.

    Parameters
    ----------
    spec
        Its contract, one of :data:`SURROUNDINGS`.
    path
        A vector file in EPSG:2154 with the columns of the contract; for hazardous sites also
        the classified installations of Géorisques, for risk plans the regulated zones of the
        CNIG standard (:mod:`layers.risk_plans`) or a delivery of several tables
        (:mod:`layers.risk_plan_tables`, a folder or a GeoPackage), for brownfields an inventory
        of friches in the standard of the CNIG (Cartofriches), all in any format and declared CRS.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated, or that of the
        publisher where its columns are recognised.

    Returns
    -------
    Layer
        The layer, in EPSG:2154.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    if spec is HAZARDOUS_SITES:
        raw = open_file(path)
        if column(raw, *STATUS_NAMES):
            return load_places(
                spec, path, parse_installations, read=lambda _: raw, provenance=provenance
            )
    if spec is BROWNFIELDS and _is_inventory(path):
        return _brownfields(path, provenance)
    if spec is RISK_PLANS and is_delivery(path):
        return read_delivery(spec, path, provenance=provenance)
    if spec is RISK_PLANS and {"typereg"} & {name.lower() for name in file_columns(path)}:
        return read_risk_plans(spec, open_file(path), provenance=provenance)
    source = provenance or local_provenance(path)
    lengths = {"naf": 2} if spec is ESTABLISHMENTS else {}
    return checked_layer(spec, read_vector(path), source, lengths=lengths)


def _is_inventory(path: Path) -> bool:
    """Tell whether a file is an inventory of friches, by its columns."""
    return profile_of(frozenset(map(field_key, file_columns(path)))) is CARTOFRICHES


def _brownfields(path: Path, provenance: Provenance | None) -> Layer:
    """Read the friches of an inventory; those that it says are none are left out, and told."""
    found = read_sites(path, status=Status.OBSERVED)
    shapes = found.layer.geo[["name", "geometry"]].reset_index(drop=True)
    rejected = tuple(replace(one, severity="warning") for one in found.rejected)
    source = provenance or found.layer.provenance
    return make_layer(BROWNFIELDS, shapes, source, notes=(*found.notes, *rejected))
