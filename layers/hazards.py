"""Seveso establishments among classified installations (ICPE, Géorisques)."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from layers.cells import read_text
from layers.errors import N_, Problem, problem
from layers.official import Parsed, column, official_provenance, required, year_in
from layers.places import Placed, optional_column
from layers.raw_table import fold

STATUS_NAMES: Final = ("statut_?seveso", "regime_seveso")
"""Patterns of the column that tells a published file of installations from a table of ours."""

_REGIMES: Final = (
    (re.compile(r".*(seuil haut|\bhaut\b|\bas\b).*"), "seveso seuil haut"),
    (re.compile(r".*(seuil bas|\bbas\b|\bsb\b).*"), "seveso seuil bas"),
)
_NOT_SEVESO: Final = re.compile(r"(|non.*|null|none|nan)")
_CLOSED: Final = re.compile(r".*(cessation|fin d'exploitation|cesse|ferme|non construit).*")


def parse_installations(placed: Placed) -> Parsed:
    """Read the classified installations of Géorisques: those that are Seveso and not closed.

    ``statutSeveso`` is empty, *Non Seveso*, *Seveso seuil bas* or *Seveso seuil haut*. Points
    sometimes lie at the town hall: a distance to one is an order of magnitude.

    Parameters
    ----------
    placed
        The rows, with their places.

    Returns
    -------
    Parsed
        ``name`` and ``regime``; a status that is none of these is told and left out.
    """
    raw = placed.raw
    headers = required(raw, {"name": ("raison_?sociale", "nom.*"), "status": STATUS_NAMES})
    status = raw.data[headers["status"]].astype("object").where(lambda cells: cells.notna(), "")
    words = status.astype(str).map(fold)
    regime = words.map(_regime)
    activity = optional_column(raw, column(raw, "etat_?activite", "etat"))
    closed = activity.astype("object").map(lambda cell: bool(_CLOSED.match(fold(str(cell)))))
    strange = regime.isna() & ~words.map(lambda word: bool(_NOT_SEVESO.fullmatch(word)))
    notes: list[Problem] = [
        problem("value-unmapped", field=headers["status"], found=word, severity="warning")
        for word in sorted(set(status[strange].astype(str)))
    ]
    kept = regime.notna() & ~closed
    names = read_text(raw.data[headers["name"]]).column
    table = pd.DataFrame({"name": names[kept], "regime": regime[kept].astype("object")})
    source = official_provenance(
        "Ministère chargé de l'environnement (Géorisques)", "Installations classées, Seveso",
        year_in(re.sub("[_-]", " ", raw.name)),
        method=N_("installations that are not Seveso, or closed, are left out"),
    )  # fmt: skip
    return Parsed(table, source, notes=tuple(notes))


def _regime(word: str) -> str | None:
    """Return the regime of a folded status.

    Examples
    --------
    >>> _regime("seveso seuil haut"), _regime("non seveso"), _regime("")
    ('seveso seuil haut', None, None)
    """
    if _NOT_SEVESO.fullmatch(word):
        return None
    return next((regime for pattern, regime in _REGIMES if pattern.match(word)), None)
