"""Every layer of the product, by name: its contract and its reader.

Only :mod:`siting.pipeline` and :mod:`siting.checks` read this table; everything
else receives layers. A layer is added by one line here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.artificialised_land import ENAF_FLOWS, load_enaf_flows
from layers.cog import Passage
from layers.cog_tables import MOVEMENTS, load_cog_communes, open_passage
from layers.commune_figures import COMMUNE_FIGURES, COMMUNE_FIGURES_RULES, load_commune_figures
from layers.cover_files import LAND_COVER_FORMS, POLYGONS, open_land_cover
from layers.environment import PROTECTED_AREAS, load_protected_areas
from layers.errors import N_, LayerError, Problem, problem
from layers.flows import NET_FLOWS, check_changes, flows_of_territory, load_net_flows
from layers.freight_sidings import FREIGHT_SIDINGS, load_freight_sidings
from layers.frr import FRR, FRR_RULES, load_frr, with_frr
from layers.harmonise import Rules, on_communes, recode
from layers.housing import HOUSING, HOUSING_RULES, load_housing
from layers.housing_tension import HOUSING_TENSION, HOUSING_TENSION_RULES, load_housing_tension
from layers.industrial_flows import INDUSTRIAL_FLOWS, load_industrial_flows
from layers.job_seekers import JOB_SEEKERS, JOB_SEEKERS_RULES, load_job_seekers
from layers.jobs import ZONINGS, ZONINGS_RULES, load_zonings
from layers.jobs_by_activity import JOBS_BY_ACTIVITY, load_jobs_by_activity
from layers.official import official_provenance
from layers.pene import PENE, PENE_RULES, load_pene
from layers.prices import PRICES, PRICES_RULES, load_prices
from layers.public_transport import PUBLIC_TRANSPORT_STOPS, load_public_transport_stops
from layers.recognition import RASTERS, Reader, file_columns, meets
from layers.road_network import ROAD_NETWORK
from layers.roads import load_roads
from layers.scot import DOCURBA_FORMS, SCOTS, SCOTS_RULES, load_scots
from layers.sewage_plants import SEWAGE_PLANTS, load_sewage_plants
from layers.spec import Layer, LayerSpec, Provenance
from layers.station_traffic import STATION_TRAFFIC, load_station_traffic, with_traffic
from layers.surroundings import RISK_PLANS, SURROUNDINGS, load_surroundings
from layers.table_cache import Kept, load_kept
from layers.tables import local_provenance
from layers.territory import COMMUNES, load_communes
from layers.transport import (
    INTERCHANGES,
    PORTS,
    STATIONS,
    load_interchanges,
    load_ports,
    load_stations,
)
from layers.vacancy import VACANCY, VACANCY_RULES, load_vacancy
from layers.zoning import ZONING, load_zoning

PASSAGE: Final = "cog_passage"
"""Name under which :func:`load_layers` is given a passage table between COG."""
COG: Final = "cog"
"""Name of the communes of the COG: what the communes of a region are checked against."""


@dataclass(frozen=True, slots=True)
class Source:
    """A layer of the embedded territory: always there.

    Parameters
    ----------
    spec
        Its contract.
    load
        Its reader: a local file, or ``None`` for the embedded one; ``provenance`` is where
        the file comes from, if it is known.
    rules
        What becomes of its columns where communes merged; ``None`` where its rows are not
        communes, or are of the territory itself.
    """

    spec: LayerSpec
    load: Callable[..., Layer]
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class OptionalSource:
    """A layer that no embedded file holds: absent until a file is given.

    Parameters
    ----------
    spec
        Its contract.
    load
        Its reader, of a local file; ``provenance`` is where it comes from, if it is known.
    rules
        What becomes of its columns where communes merged; ``None`` where its rows are not
        communes.
    commune
        Column of commune codes of a layer whose rows are not communes.
    sparse
        Whether a commune without a row has none of what the layer tells, so that nothing is
        missing.
    """

    spec: LayerSpec
    load: Callable[..., Layer]
    rules: Rules | None = None
    commune: str | None = None
    sparse: bool = False


LAYERS: Mapping[str, Source] = MappingProxyType(
    {
        source.spec.name: source
        for source in (
            Source(COMMUNES, load_communes),
            Source(HOUSING, load_housing, HOUSING_RULES),
            Source(ZONINGS, load_zonings, ZONINGS_RULES),
            Source(STATIONS, load_stations),
            Source(INTERCHANGES, load_interchanges),
            Source(PORTS, load_ports),
            Source(PROTECTED_AREAS, load_protected_areas),
            Source(ENAF_FLOWS, load_enaf_flows),
            Source(INDUSTRIAL_FLOWS, load_industrial_flows),
        )
    }
)
"""Layers of the embedded territory: always there."""

OPTIONAL_LAYERS: Mapping[str, OptionalSource] = MappingProxyType(
    {
        source.spec.name: source
        for source in (
            OptionalSource(VACANCY, load_vacancy, VACANCY_RULES),
            OptionalSource(HOUSING_TENSION, load_housing_tension, HOUSING_TENSION_RULES),
            OptionalSource(PRICES, load_prices, PRICES_RULES),
            OptionalSource(JOB_SEEKERS, load_job_seekers, JOB_SEEKERS_RULES),
            OptionalSource(FRR, load_frr, FRR_RULES),
            OptionalSource(STATION_TRAFFIC, load_station_traffic),
            OptionalSource(FREIGHT_SIDINGS, load_freight_sidings),
            OptionalSource(PUBLIC_TRANSPORT_STOPS, load_public_transport_stops),
            OptionalSource(SEWAGE_PLANTS, load_sewage_plants, commune="commune"),
            OptionalSource(JOBS_BY_ACTIVITY, load_jobs_by_activity, commune="code"),
            OptionalSource(SCOTS, load_scots, SCOTS_RULES, sparse=True),
            OptionalSource(PENE, load_pene, PENE_RULES, sparse=True),
            OptionalSource(ZONING, load_zoning),
            OptionalSource(ROAD_NETWORK, load_roads),
            *(
                OptionalSource(
                    spec, partial(load_commune_figures, spec), COMMUNE_FIGURES_RULES[name]
                )
                for name, spec in COMMUNE_FIGURES.items()
            ),
            *(
                OptionalSource(spec, partial(load_surroundings, spec))
                for spec in SURROUNDINGS.values()
            ),
        )
    }
)
"""Layers that only a file gives: without it, the criteria that read them are unknown."""


LAND_COVER: Final = "land_cover"
"""Name of the land cover, a raster: the one layer that is no table."""


@dataclass(frozen=True, eq=False, slots=True)
class LoadedPassage:
    """A passage table, with where it comes from.

    Parameters
    ----------
    passage
        The table.
    provenance
        Where it comes from.
    """

    passage: Passage
    provenance: Provenance


def _load_passage(path: Path, *, provenance: Provenance | None = None) -> LoadedPassage:
    passage = open_passage(path)
    told = provenance or local_provenance(path)
    columns = file_columns(path)
    title = "Table de passage des communes" if meets([r"CODGEO_(\d{4}|INI)"], columns) else ""
    title = "Mouvements des communes" if meets(MOVEMENTS, columns) else title
    if provenance is None and title:
        vintage = f"COG {passage.year}" if passage.year else told.vintage
        told = official_provenance("INSEE", title, vintage)
        told = replace(told, file=path.name)
    return LoadedPassage(passage, told)


# What a published file has, where it is neither the columns of the contract nor told by a
# source: the stop times of a GTFS feed, the largest of its tables.
_FORMS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        PUBLIC_TRANSPORT_STOPS.name: (
            ("trip_id", "departure_time", "stop_id"),
            ("stop_id", "stop_name", "stop_lat", "stop_lon"),  # a feed without times says so
        ),
        SCOTS.name: DOCURBA_FORMS,
        JOBS_BY_ACTIVITY.name: (("code_commune", "annee", "ape", "effectifs"),),
        ZONING.name: (("typezone", "partition|idurba|gpu_doc_id"),),
        PROTECTED_AREAS.name: (("nom_site", "id_mnhn"),),
        INTERCHANGES.name: (("cleabs", "nature"), ("ID", "NATURE", "NAT_DETAIL")),
        PORTS.name: (("cleabs", "nature"), ("ID", "NATURE", "NAT_DETAIL")),
        RISK_PLANS.name: (("typereg",), ("typereglement", "idzonereglementaire")),
        ROAD_NETWORK.name: (
            ("nature", "sens_de_circulation", "vitesse_moyenne_vl"),
            ("NATURE", "SENS", "VIT_MOY_VL"),
        ),
    }
)
# Layers that a folder of files can make.
_FOLDERS: Final = frozenset(
    {
        COMMUNES.name, PROTECTED_AREAS.name, PUBLIC_TRANSPORT_STOPS.name, RISK_PLANS.name,
        SCOTS.name,
    }
)  # fmt: skip


def _readers() -> Iterator[Reader]:
    sources: list[Source | OptionalSource] = [*LAYERS.values(), *OPTIONAL_LAYERS.values()]
    for source in sources:
        own = tuple(re.escape(column.name) for column in source.spec.columns)
        forms = (own, *_FORMS.get(source.spec.name, ()))
        folders = source.spec.name in _FOLDERS
        yield Reader(source.spec.name, source.spec.title, source.load, forms, folders=folders)
    passage = (("DEPCOM_HIST", "DEPCOM"), (r"CODGEO_(\d{4}|INI)", r"CODGEO_\d{4}"), MOVEMENTS)
    yield Reader(PASSAGE, N_("Passage table between vintages of communes"), _load_passage, passage)
    cog = (("TYPECOM", "COM", "LIBELLE", "COMPARENT"),)
    yield Reader(COG, N_("Communes of the COG"), load_cog_communes, cog)
    yield Reader(
        LAND_COVER, N_("Land cover"), open_land_cover, LAND_COVER_FORMS,
        suffixes=RASTERS | POLYGONS, folders=True, dated=True,
    )  # fmt: skip
    changes = (("artificialisation",), (r"cs_\d{4}", r"us_\d{4}"), ("cs_avant", "cs_apres"))
    yield Reader(
        NET_FLOWS.name, NET_FLOWS.title, check_changes, changes, suffixes=POLYGONS, folders=True
    )


READERS: Mapping[str, Reader] = MappingProxyType({reader.name: reader for reader in _readers()})
"""Everything that a local file can be."""

_ANYWHERE: Final = frozenset({INDUSTRIAL_FLOWS.name})
"""Embedded layers that are of no territory."""

_SAME_TERRITORY: Final = 0.95
"""Share of the communes in use that are embedded ones, from which they are the same
territory: a few codes change every year, those of another region are all others."""


def is_embedded_territory(communes: Layer) -> bool:
    """Tell whether communes are those of the embedded territory, or some of them.

    Parameters
    ----------
    communes
        The communes in use.

    Returns
    -------
    bool
        False where the embedded layers do not describe them.
    """
    own = LAYERS[COMMUNES.name].load(None)
    if communes.provenance == own.provenance:
        return True
    return bool(communes.data["code"].isin(own.data["code"]).mean() >= _SAME_TERRITORY)


def load_layers(
    files: Mapping[str, Path] | None = None,
    *,
    provenances: Mapping[str, Provenance | None] | None = None,
) -> dict[str, Layer]:
    """Load the layers of the embedded territory, and those whose file is given.

    A table of communes that is given is carried to the communes of the layer
    ``communes``, through the passage table given as :data:`PASSAGE`; its notes tell the
    communes that could not be matched. The classes of a FRR file replace those of the
    zonings, and the passengers of a file of traffic those of the stations. Flows of consumption
    are carried to the communes of the territory, and none is lost: one that reaches no commune
    is an error. Net artificialisation (``net_flows``) is a file or a folder of changes of OCS GE.

    Where the communes that are given are those of another territory, the embedded layers
    do not describe it: they are left out.

    Parameters
    ----------
    files
        Local files, by name of layer (:data:`LAYERS`, :data:`OPTIONAL_LAYERS`) or
        :data:`PASSAGE`.
    provenances
        Where files come from, for the readers that do not tell by themselves.

    Returns
    -------
    dict
        Layers by name; an optional layer without a file is absent.

    Raises
    ------
    LayerError
        With every problem of the files; ``layer-unknown`` for a name that is no layer.

    Examples
    --------
    >>> "vacancy" in load_layers()
    False
    """
    layers, failures = gather_layers(files, provenances=provenances)
    problems = [found for told in failures.values() for found in told]
    if problems:
        raise LayerError(problems)
    return layers


def gather_layers(
    files: Mapping[str, Path] | None = None,
    *,
    provenances: Mapping[str, Provenance | None] | None = None,
    kept: Mapping[str, Kept] | None = None,
) -> tuple[dict[str, Layer], dict[str, tuple[Problem, ...]]]:
    """Load what can be loaded, as :func:`load_layers`, and tell why the rest cannot.

    Parameters
    ----------
    files, provenances
        As in :func:`load_layers`.
    kept
        Where to keep what is made of files, by name of layer; others are read every time.

    Returns
    -------
    dict
        Layers by name.
    dict
        Problems of the files that cannot be used, by name.

    Raises
    ------
    LayerError
        For a name that is no layer (``layer-unknown``).
    """
    given = dict(files or {})
    names = [*LAYERS, *OPTIONAL_LAYERS, NET_FLOWS.name, PASSAGE]
    unknown = [name for name in given if name not in names]
    if unknown:
        expected = ", ".join(names)
        raise LayerError(
            problem("layer-unknown", found=name, expected=expected) for name in unknown
        )
    failures: dict[str, tuple[Problem, ...]] = {}
    layers = _loaded(given, provenances or {}, failures, kept or {})
    passage = None
    if PASSAGE in given:
        with _gathered(PASSAGE, failures):
            passage = open_passage(given[PASSAGE])
    if COMMUNES.name in layers:
        _carry(layers, given, passage, failures)
    if FRR.name in layers and ZONINGS.name in layers:
        layers[ZONINGS.name] = with_frr(layers[ZONINGS.name], layers[FRR.name])
    if STATION_TRAFFIC.name in layers and STATIONS.name in layers:
        layers[STATIONS.name] = with_traffic(layers[STATIONS.name], layers[STATION_TRAFFIC.name])
    return layers, failures


def _loaded(
    given: Mapping[str, Path],
    provenances: Mapping[str, Provenance | None],
    failures: dict[str, tuple[Problem, ...]],
    kept: Mapping[str, Kept],
) -> dict[str, Layer]:
    """Return the layers that could be read; the communes tell which embedded ones serve."""
    layers: dict[str, Layer] = {}
    for name in [one for one in (*LAYERS, *OPTIONAL_LAYERS) if one in given]:
        source = LAYERS.get(name) or OPTIONAL_LAYERS[name]
        with _gathered(name, failures):
            layers[name] = load_kept(
                source.spec, source.load, given[name], kept.get(name),
                provenance=provenances.get(name),
            )  # fmt: skip
    communes = LAYERS[COMMUNES.name]
    if COMMUNES.name not in given:
        layers[COMMUNES.name] = communes.load(None)
    here = COMMUNES.name in layers and is_embedded_territory(layers[COMMUNES.name])
    for name, source in LAYERS.items():
        if name not in given and name != COMMUNES.name and (here or name in _ANYWHERE):
            layers[name] = source.load(None)
    order = [*LAYERS, *OPTIONAL_LAYERS]
    return {name: layers[name] for name in order if name in layers}


def _carry(
    layers: dict[str, Layer],
    given: Mapping[str, Path],
    passage: Passage | None,
    failures: dict[str, tuple[Problem, ...]],
) -> None:
    """Carry the tables that are given to the communes of the territory."""
    codes = set(layers[COMMUNES.name].data["code"])
    if NET_FLOWS.name in given:
        with _gathered(NET_FLOWS.name, failures):
            path, communes = given[NET_FLOWS.name], layers[COMMUNES.name]
            layers[NET_FLOWS.name] = load_net_flows(path, communes)
    known = [name for name in given if name in layers and name != NET_FLOWS.name]
    for name in known:
        source = LAYERS.get(name) or OPTIONAL_LAYERS[name]
        commune = OPTIONAL_LAYERS[name].commune if name in OPTIONAL_LAYERS else None
        with _gathered(name, failures):
            if source.rules is not None:
                carried = on_communes(layers[name], codes, source.rules, passage=passage)
                if name in OPTIONAL_LAYERS and OPTIONAL_LAYERS[name].sparse:
                    told = [note for note in carried.notes if note.code != "code-missing"]
                    carried = replace(carried, notes=tuple(told))
                layers[name] = carried
            elif name == ENAF_FLOWS.name:
                communes = layers[COMMUNES.name]
                layers[name] = flows_of_territory(layers[name], communes, passage=passage)
            elif commune is not None and passage is not None:
                layers[name] = recode(layers[name], codes, commune, passage=passage)
        if name in failures:
            del layers[name]


@contextmanager
def _gathered(name: str, failures: dict[str, tuple[Problem, ...]]) -> Iterator[None]:
    """Gather the problems of a file instead of stopping at the first one."""
    try:
        yield
    except LayerError as error:
        failures[name] = error.problems
