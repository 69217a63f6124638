"""Figures per commune that no open file of the embedded territory holds: optional layers.

A layer that is not given leaves the criteria that read it unknown; a commune without a row,
or a missing figure, is unknown, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from layers.flores import is_flores, load_flores
from layers.harmonise import Rule, Rules
from layers.official import load_official
from layers.published_figures import PARSERS, not_published
from layers.spec import Column, Layer, LayerSpec, Provenance

_CODE: Final = Column("code", "string", "INSEE code of the commune")


def _count(name: str, description: str, unit: str) -> Column:
    return Column(name, "number", description, unit=unit, nullable=True, minimum=0)


def _rule(column: Column) -> Rule:
    """Return the rule: counts add up, a yes holds where all agree, a share cannot be made."""
    if column.kind == "boolean":
        return "same"
    return "unknown" if column.maximum is not None else "sum"


WORKPLACE_JOBS: Final = LayerSpec(
    name="workplace_jobs",
    title=N_("Jobs at workplace per commune"),
    columns=(
        _CODE,
        _count("jobs", "Jobs at the workplace", "jobs"),
        _count("industry_jobs", "Of which in industry (NAF sections B to E)", "jobs"),
        _count("employed_residents", "Residents with a job, wherever it is", "inhabitants"),
    ),
    key="code",
)
"""INSEE, recensement, base « emploi – population active »: EMPLT, its industry, ACTOCC; or FLORES,
whose salaried posts are another count (:mod:`layers.flores`)."""

COMMUTE_MODES: Final = LayerSpec(
    name="commute_modes",
    title=N_("How residents travel to work, per commune"),
    columns=(
        _CODE,
        _count("commuters", "Residents with a job who travel to work", "inhabitants"),
        _count("car_free_commuters", "Of which on foot, by bicycle or public transport",
               "inhabitants"),
    ),
    key="code",
)  # fmt: skip
"""INSEE, recensement, base « déplacements domicile-travail »."""

HOUSING_PERMITS: Final = LayerSpec(
    name="housing_permits",
    title=N_("Dwellings started or completed a year, per commune"),
    columns=(
        _CODE,
        _count("dwellings_year", "Dwellings started or completed, mean of a year",
               "dwellings/year"),
    ),
    key="code",
)  # fmt: skip
"""SDES, Sitadel: logements commencés (or completed), mean of the years of the vintage."""

SOCIAL_HOUSING: Final = LayerSpec(
    name="social_housing",
    title=N_("Social housing per commune"),
    columns=(_CODE, _count("social_dwellings", "Dwellings of social landlords", "dwellings")),
    key="code",
)
"""SDES, répertoire des logements locatifs des bailleurs sociaux (RPLS)."""

FIBRE_COVERAGE: Final = LayerSpec(
    name="fibre_coverage",
    title=N_("Premises that can be connected to optical fibre, per commune"),
    columns=(
        _CODE,
        Column("fibre_share", "number", "Share of premises that can be connected", nullable=True,
               minimum=0, maximum=1),
    ),
    key="code",
)  # fmt: skip
"""Arcep, Ma connexion internet."""

WATER_ZONES: Final = LayerSpec(
    name="water_zones",
    title=N_("Water scarcity zones (ZRE) per commune"),
    columns=(
        _CODE,
        Column("zre", "boolean", "Whether it is in a zone de répartition des eaux", nullable=True),
    ),
    key="code",
)
"""Prefects' orders of the basin, C. env., R. 211-71 and R. 211-72."""

COMMUNE_FIGURES: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        spec.name: spec
        for spec in (
            WORKPLACE_JOBS, COMMUTE_MODES, HOUSING_PERMITS, SOCIAL_HOUSING, FIBRE_COVERAGE,
            WATER_ZONES,
        )
    }
)  # fmt: skip
"""Every optional table of figures per commune, by name."""


COMMUNE_FIGURES_RULES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        name: {column.name: _rule(column) for column in spec.columns if column is not _CODE}
        for name, spec in COMMUNE_FIGURES.items()
    }
)
"""What becomes of the columns of each table where communes merged."""


def load_commune_figures(
    spec: LayerSpec, path: Path, *, provenance: Provenance | None = None
) -> Layer:
    """Read a table of figures per commune.

    Parameters
    ----------
    spec
        Its contract, one of :data:`COMMUNE_FIGURES`.
    path
        A CSV file, or a ZIP archive that holds one, with the columns of the contract or those
        of the publisher that :mod:`layers.published_figures` reads.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated, or that of the
        publisher where its columns are recognised.

    Returns
    -------
    Layer
        The layer, one row a commune.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    if spec is WORKPLACE_JOBS and is_flores(path):
        return load_flores(spec, path, provenance=provenance)
    parse = PARSERS.get(spec.name, partial(not_published, spec))
    return load_official(spec, path, parse, provenance=provenance, lengths={"code": 5})
