"""Projects of national or European scale (PENE): the communes their perimeters concern.

A PENE is in the national envelope, outside the budget of the region (law of 20 July 2023,
article 3). Being in one of its communes exempts no site: only the ministerial order that names
the project does, for that project.
"""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import as_text
from layers.errors import N_, LayerError
from layers.files import CSV, identify, open_file
from layers.harmonise import Rules
from layers.official import CODE_NAMES, commune_codes, open_table, required
from layers.raw_table import in_file
from layers.spec import Column, Layer, LayerSpec, Provenance, make_layer
from layers.tables import local_provenance

PENE: Final = LayerSpec(
    name="pene",
    title=N_("Communes concerned by a project of national scale (PENE)"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("project", "string", "Names of the projects, separated by “ ; ”"),
    ),
    key="code",
)
"""Contract of the communes concerned: one row a commune."""
PENE_RULES: Final[Rules] = MappingProxyType({"project": "same"})
"""What becomes of the columns where communes merged."""
_NAMES: Final = (
    "project", "projet", "pene", "(nom|lib|libelle|intitule)(_du|_de_la)?(_?projet|_?pene)?",
    "name",
)  # fmt: skip


def load_pene(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the communes that projects of national scale concern.

    Parameters
    ----------
    path
        A table of communes and projects, one row a pair, in any format: ``code`` (or another
        name of INSEE codes) and ``project`` (or ``nom_projet``, ``libelle``…). The names of the
        columns of the publisher are not verified.
    provenance
        Provenance of ``path``; by default ``declared``, all else not stated.

    Returns
    -------
    Layer
        Contract :data:`PENE`, sorted by code.

    Raises
    ------
    LayerError
        With the columns found if one is missing, and codes that are none.
    """
    raw = open_table(path) if identify(path) is CSV else open_file(path)
    columns = required(raw, {"code": ("code", *CODE_NAMES), "project": _NAMES})
    codes, errors = commune_codes(raw, columns["code"])
    if errors:
        raise LayerError(in_file(errors, path.name))
    rows = pd.DataFrame({"code": codes, "project": as_text(raw.data[columns["project"]])})
    rows = rows[rows["project"] != ""].drop_duplicates().sort_values(["code", "project"])
    data = rows.groupby("code", sort=True)["project"].agg(" ; ".join).reset_index()
    return make_layer(PENE, data, provenance or local_provenance(path))
