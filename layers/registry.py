"""Every layer of the product, by name: its contract and its reader.

Only :mod:`siting.pipeline` and :mod:`siting.checks` read this table; everything
else receives layers. A layer is added by one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.artificialised_land import ENAF_FLOWS, load_enaf_flows
from layers.cog import load_passage
from layers.commune_figures import COMMUNE_FIGURES, COMMUNE_FIGURES_RULES, load_commune_figures
from layers.environment import PROTECTED_AREAS, load_protected_areas
from layers.errors import LayerError, Problem, problem
from layers.freight_sidings import FREIGHT_SIDINGS, load_freight_sidings
from layers.frr import FRR, FRR_RULES, load_frr, with_frr
from layers.harmonise import Rules, on_communes, recode
from layers.housing import HOUSING, HOUSING_RULES, load_housing
from layers.housing_tension import HOUSING_TENSION, HOUSING_TENSION_RULES, load_housing_tension
from layers.industrial_flows import INDUSTRIAL_FLOWS, load_industrial_flows
from layers.job_seekers import JOB_SEEKERS, JOB_SEEKERS_RULES, load_job_seekers
from layers.jobs import ZONINGS, ZONINGS_RULES, load_zonings
from layers.prices import PRICES, PRICES_RULES, load_prices
from layers.public_transport import PUBLIC_TRANSPORT_STOPS, load_public_transport_stops
from layers.sewage_plants import SEWAGE_PLANTS, load_sewage_plants
from layers.spec import Layer, LayerSpec
from layers.station_traffic import STATION_TRAFFIC, load_station_traffic, with_traffic
from layers.surroundings import SURROUNDINGS, load_surroundings
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

PASSAGE: Final = "cog_passage"
"""Name under which :func:`load_layers` is given a passage table between COG."""


@dataclass(frozen=True, slots=True)
class Source:
    """A layer of the embedded territory: always there.

    Parameters
    ----------
    spec
        Its contract.
    load
        Its reader: a local file, or ``None`` for the embedded one.
    rules
        What becomes of its columns where communes merged; ``None`` where its rows are not
        communes, or are of the territory itself.
    """

    spec: LayerSpec
    load: Callable[[Path | None], Layer]
    rules: Rules | None = None


@dataclass(frozen=True, slots=True)
class OptionalSource:
    """A layer that no embedded file holds: absent until a file is given.

    Parameters
    ----------
    spec
        Its contract.
    load
        Its reader, of a local file.
    rules
        What becomes of its columns where communes merged; ``None`` where its rows are not
        communes.
    commune
        Column of commune codes of a layer whose rows are not communes.
    """

    spec: LayerSpec
    load: Callable[[Path], Layer]
    rules: Rules | None = None
    commune: str | None = None


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


def load_layers(files: Mapping[str, Path] | None = None) -> dict[str, Layer]:
    """Load the layers of the embedded territory, and those whose file is given.

    A table of communes that is given is carried to the communes of the layer
    ``communes``, through the passage table given as :data:`PASSAGE`; its notes tell the
    communes that could not be matched. The classes of a FRR file replace those of the
    zonings, and the passengers of a file of traffic those of the stations.

    Parameters
    ----------
    files
        Local files, by name of layer (:data:`LAYERS`, :data:`OPTIONAL_LAYERS`) or
        :data:`PASSAGE`.

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
    given = dict(files or {})
    names = [*LAYERS, *OPTIONAL_LAYERS, PASSAGE]
    unknown = [name for name in given if name not in names]
    if unknown:
        expected = ", ".join(names)
        raise LayerError(
            problem("layer-unknown", found=name, expected=expected) for name in unknown
        )
    layers, problems = _loaded(given)
    passage = None
    if PASSAGE in given:
        with _gathered(problems):
            passage = load_passage(given[PASSAGE])
    if problems:
        raise LayerError(problems)
    codes = set(layers["communes"].data["code"])
    sources: list[Source | OptionalSource] = [*LAYERS.values(), *OPTIONAL_LAYERS.values()]
    for source in sources:
        name, rules = source.spec.name, source.rules
        if name in given and rules is not None:
            layers[name] = on_communes(layers[name], codes, rules, passage=passage)
    for name, optional in OPTIONAL_LAYERS.items():
        if name in given and optional.commune is not None and passage is not None:
            layers[name] = recode(layers[name], codes, optional.commune, passage=passage)
    if FRR.name in layers:
        layers[ZONINGS.name] = with_frr(layers[ZONINGS.name], layers[FRR.name])
    if STATION_TRAFFIC.name in layers:
        layers[STATIONS.name] = with_traffic(layers[STATIONS.name], layers[STATION_TRAFFIC.name])
    return layers


def _loaded(given: Mapping[str, Path]) -> tuple[dict[str, Layer], list[Problem]]:
    """Return the layers that could be read, and every problem of the others."""
    layers: dict[str, Layer] = {}
    problems: list[Problem] = []
    for name, source in LAYERS.items():
        with _gathered(problems):
            layers[name] = source.load(given.get(name))
    for name, optional in OPTIONAL_LAYERS.items():
        if name in given:
            with _gathered(problems):
                layers[name] = optional.load(given[name])
    return layers, problems


@contextmanager
def _gathered(problems: list[Problem]) -> Iterator[None]:
    """Gather the problems of a file instead of stopping at the first one."""
    try:
        yield
    except LayerError as error:
        problems += error.problems
