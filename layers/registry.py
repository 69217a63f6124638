"""Every layer of the product, by name: its contract and its reader.

Only :mod:`siting.pipeline` and :mod:`siting.checks` read this table; everything
else receives layers. A layer is added by one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from layers.artificialised_land import ENAF_FLOWS, load_enaf_flows
from layers.environment import PROTECTED_AREAS, load_protected_areas
from layers.housing import HOUSING, load_housing
from layers.jobs import ZONINGS, load_zonings
from layers.spec import Layer, LayerSpec
from layers.territory import COMMUNES, load_communes
from layers.transport import (
    INTERCHANGES,
    PORTS,
    STATIONS,
    load_interchanges,
    load_ports,
    load_stations,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A layer that can be loaded.

    Parameters
    ----------
    spec
        Its contract.
    load
        Its reader: a local file, or ``None`` for the embedded one.
    """

    spec: LayerSpec
    load: Callable[[Path | None], Layer]


LAYERS: Mapping[str, Source] = MappingProxyType(
    {
        source.spec.name: source
        for source in (
            Source(COMMUNES, load_communes),
            Source(HOUSING, load_housing),
            Source(ZONINGS, load_zonings),
            Source(STATIONS, load_stations),
            Source(INTERCHANGES, load_interchanges),
            Source(PORTS, load_ports),
            Source(PROTECTED_AREAS, load_protected_areas),
            Source(ENAF_FLOWS, load_enaf_flows),
        )
    }
)


def load_layers() -> dict[str, Layer]:
    """Load every layer of the embedded territory.

    Returns
    -------
    dict
        Layers by name.
    """
    return {name: source.load(None) for name, source in LAYERS.items()}
