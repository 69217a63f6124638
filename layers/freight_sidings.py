"""Freight sidings: private branch lines to the rail network (ITE 3000, Cerema)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pandas as pd

from layers.cells import read_boolean, read_text
from layers.errors import N_, problem
from layers.official import Parsed, column, official_provenance, required, year_in
from layers.places import CRS, Placed, load_places, optional_column, unmapped_notes
from layers.raw_table import fold
from layers.spec import Column, Layer, LayerSpec, Provenance

FREIGHT_SIDINGS: Final = LayerSpec(
    name="freight_sidings",
    title=N_("Freight sidings (installations terminales embranchées)"),
    columns=(
        Column("name", "string", "Firm at the siding", nullable=True),
        Column("state", "string", "State of the siding, as published", nullable=True),
        Column(
            "usable", "boolean", "Whether its state lets trains in; missing where it is not told",
            nullable=True,
        ),
        Column("agreement", "boolean", "Whether an agreement with the network is in force",
               nullable=True),
        Column("recent_traffic", "boolean", "Whether trains ran lately", nullable=True),
    ),
    crs=CRS,
    geometry="point",
)  # fmt: skip
"""Contract of sidings: a survey of its date; the state may have changed since."""

# Beginnings of the folded states: “Bon (…)”, “Mauvais (voie déposée)”…
_USABLE: Final = re.compile(r"(bon|neuf|neuve|utilisee?|en service)\b")
_UNUSABLE: Final = re.compile(r"(mauvais|inutilisable|inutilisee?|deposee?|hors service)\b")


def load_freight_sidings(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the sidings of ITE 3000.

    States begin with one word that counts (*Bon*, *Neuf*, *Utilisée*; *Mauvais*,
    *Inutilisable*), whatever follows; another one is told and leaves the use unknown. The
    postal code is not read: it is no INSEE code.

    Parameters
    ----------
    path
        A GeoJSON, GeoPackage, Shapefile or CSV file of points.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        Points in EPSG:2154, one a siding.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_places(FREIGHT_SIDINGS, path, _parse, provenance=provenance)


def _parse(placed: Placed) -> Parsed:
    raw = placed.raw
    headers = required(raw, {"state": ("etat_ite", "etat")})
    names = column(raw, "raison_sociale", "raison_soc", "nom.*")
    state = read_text(raw.data[headers["state"]]).column
    table = pd.DataFrame(
        {
            "name": read_text(optional_column(raw, names)).column,
            "state": state,
            "usable": state.map(_is_usable).astype("boolean"),
        }
    )
    strange = sorted(set(state[table["usable"].isna()].dropna()))
    notes = [
        problem("value-unmapped", field=headers["state"], found=word, severity="warning")
        for word in strange
    ]
    for name, pattern in (("agreement", "convention.*"), ("recent_traffic", "circulation.*")):
        header = column(raw, pattern)
        cells = read_boolean(optional_column(raw, header))
        table[name] = cells.column
        notes += unmapped_notes(raw, header, cells) if header else []
    source = official_provenance(
        "Cerema", "ITE 3000, installations terminales embranchées", year_in(raw.name)
    )
    return Parsed(table, source, notes=tuple(notes))


def _is_usable(state: str | None) -> bool | None:
    """Tell whether a state lets trains in.

    Examples
    --------
    >>> _is_usable("Bon (entretien récent)"), _is_usable("INUTILISABLE"), _is_usable("?")
    (True, False, None)
    """
    word = fold(state or "")
    if _UNUSABLE.match(word):
        return False
    return True if _USABLE.match(word) else None
