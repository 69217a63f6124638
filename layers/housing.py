"""Population and dwellings per commune (INSEE, recensement de la population).

Counts are those of the census file: a missing count is unknown, never zero.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from layers.harmonise import Rules
from layers.official import Parsed, load_official
from layers.published_figures import parse_census
from layers.raw_table import RawTable
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.tables import checked_layer, embedded_file, read_csv


def _count(name: str, description: str, unit: str) -> Column:
    return Column(name, "integer", description, unit=unit, nullable=True, minimum=0)


HOUSING: Final = LayerSpec(
    name="housing",
    title=N_("Population and dwellings per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        _count("population", "Inhabitants", "inhabitants"),
        _count("population_under_20", "Inhabitants aged 0 to 19", "inhabitants"),
        _count("population_20_64", "Inhabitants aged 20 to 64", "inhabitants"),
        _count("population_65_over", "Inhabitants aged 65 or more", "inhabitants"),
        _count("dwellings", "Dwellings (logements)", "dwellings"),
        _count("main_residences", "Main residences (résidences principales)", "dwellings"),
        _count(
            "secondary_residences",
            "Secondary residences and occasional dwellings (résidences secondaires)",
            "dwellings",
        ),
        _count("vacant_dwellings", "Vacant dwellings, census sense, any duration", "dwellings"),
        Column(
            "status",
            "string",
            "Status of the row: observed, or estimated where a commune was split since",
            choices=tuple(Status),
        ),
    ),
    key="code",
)

HOUSING_RULES: Final[Rules] = MappingProxyType(
    {
        column.name: "sum" if column.kind == "integer" else "same"
        for column in HOUSING.columns
        if column.name != "code"
    }
)
"""What becomes of the columns where communes merged."""

_EMBEDDED: Final = Provenance(
    publisher="INSEE",
    title="Recensement de la population 2021, bases infracommunales (IRIS)",
    vintage="RP 2021 ; COG 2025",
    licence="Licence Ouverte 2.0",
    status=Status.OBSERVED,
    method=(
        "IRIS summed by commune and carried to COG 2025; counts rounded per IRIS by the "
        "carrier; three communes (85084, 85165, 85212) estimated by splitting the former "
        "Essarts-en-Bocage by municipal population"
    ),
    file="housing.csv",
)


def load_housing(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read population and dwellings per commune.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one, with the columns of :data:`HOUSING` or
        those of INSEE's census (*dossier complet*: :func:`layers.published_figures.parse_census`;
        counts are rounded); ``None`` for the embedded territory.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated, or that of
        INSEE where its columns are recognised.

    Returns
    -------
    Layer
        The layer, one row a commune.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    >>> int(load_housing().data["population"].sum())
    3853996
    """
    if path is not None:
        return load_official(HOUSING, path, _parse, provenance=provenance, lengths={"code": 5})
    table, problems = read_csv(embedded_file(_EMBEDDED.file), HOUSING.columns)
    return checked_layer(HOUSING, table, _EMBEDDED, problems=problems, lengths={"code": 5})


def _parse(raw: RawTable) -> Parsed:
    found = parse_census("housing", raw)
    if found.errors:
        return found
    counts = {
        column.name: found.data[column.name].round().astype("Int64")
        for column in HOUSING.columns
        if column.kind == "integer"
    }
    status = Status.OBSERVED.value
    return replace(found, data=found.data.assign(**counts, status=status))
