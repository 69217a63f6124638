"""Environment: protected areas and inventories of natural value."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from layers.errors import N_
from layers.spec import Column, Layer, LayerSpec, Provenance
from layers.tables import (
    checked_layer,
    demonstration_provenance,
    embedded_file,
    local_provenance,
    read_vector,
)

PROTECTED_KINDS: Final = ("natura_2000", "znieff_1", "znieff_2", "reserve_naturelle", "zone_humide")
"""Kinds of areas. ZNIEFF are inventories, without force of law by themselves."""

PROTECTED_AREAS: Final = LayerSpec(
    name="protected_areas",
    title=N_("Protected areas"),
    columns=(
        Column("name", "string", "Name of the area"),
        Column("kind", "string", "Kind of protection or inventory", choices=PROTECTED_KINDS),
    ),
    crs="EPSG:2154",
    geometry="polygon",
)
"""Contract of protected areas; areas may overlap (a ZNIEFF 1 often lies in a ZNIEFF 2)."""

_DEMONSTRATION: Final = demonstration_provenance(
    "Aires protégées de démonstration",
    "protected_areas.parquet",
    vintage="2026",
    method=N_("made-up shapes along the coast and made-up rivers"),
)


def load_protected_areas(
    path: Path | None = None, *, provenance: Provenance | None = None
) -> Layer:
    """Read the protected areas.

    Parameters
    ----------
    path
        A vector file of polygons in EPSG:2154 with the columns of :data:`PROTECTED_AREAS`;
        ``None`` for the demonstration layer.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

    Returns
    -------
    Layer
        Polygons in EPSG:2154, one an area.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> sorted(set(load_protected_areas().data["kind"]))
    ['natura_2000', 'reserve_naturelle', 'znieff_1', 'znieff_2', 'zone_humide']
    """
    if path is None:
        path, provenance = embedded_file(f"demonstration/{_DEMONSTRATION.file}"), _DEMONSTRATION
    return checked_layer(PROTECTED_AREAS, read_vector(path), provenance or local_provenance(path))
