"""Zones d'emploi, aires d'attraction des villes and FRR class of each commune."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from layers.errors import N_
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.tables import checked_layer, embedded_file, local_provenance, read_csv

NOT_FRR: Final = "Non classée"
# DGCL's classes of the list of 10 July 2025 (France ruralités revitalisation).
FRR_CLASSES: Final = (
    NOT_FRR,
    "FRR socle",
    "FRR+",
    "FRR bénéficiaire",
    "FRR bénéficiaire partiellement",
    "Classée FRR partiellement",
)

ZONINGS: Final = LayerSpec(
    name="zonings",
    title=N_("Employment zone, urban area and FRR class per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("ze2020", "string", "Code of the zone d'emploi 2020; 00xx straddles regions"),
        Column("ze2020_name", "string", "Name of the zone d'emploi 2020"),
        Column(
            "cateaav2020",
            "string",
            "Place in the aire d'attraction: 11 main centre, 12 secondary centre, 13 main centre "
            "abroad, 20 ring, 30 outside",
            choices=("11", "12", "13", "20", "30"),
        ),
        Column("aav2020_name", "string", "Name of the aire d'attraction des villes 2020"),
        Column("frr_2025", "string", "FRR class on 10 July 2025", choices=FRR_CLASSES),
    ),
    key="code",
)

_EMBEDDED: Final = Provenance(
    publisher="INSEE ; DGCL",
    title="Zones d'emploi 2020, aires d'attraction des villes 2020 ; classement FRR et FRR+",
    vintage="COG 2025 ; FRR au 10 juillet 2025",
    licence="Licence Ouverte 2.0",
    status=Status.OBSERVED,
    file="zonings.csv",
)


def load_zonings(path: Path | None = None, *, provenance: Provenance | None = None) -> Layer:
    """Read the zonings of each commune.

    Parameters
    ----------
    path
        A CSV file with the columns of :data:`ZONINGS`; ``None`` for the embedded territory.
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
    >>> load_zonings().data["ze2020"].nunique()
    23
    """
    file = path or embedded_file(_EMBEDDED.file)
    source = provenance or (_EMBEDDED if path is None else local_provenance(file))
    table, problems = read_csv(file, ZONINGS.columns)
    lengths = {"code": 5, "ze2020": 4}
    return checked_layer(ZONINGS, table, source, problems=problems, lengths=lengths)
