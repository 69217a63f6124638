"""Zones d'emploi, aires d'attraction des villes and FRR class of each commune."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import read_text
from layers.errors import N_
from layers.harmonise import Rules
from layers.official import (
    CODE_NAMES,
    Parsed,
    column,
    commune_codes,
    load_official,
    official_provenance,
    required,
    year_in,
)
from layers.raw_table import RawTable, row_problems
from layers.spec import Column, Layer, LayerSpec, Provenance, Status
from layers.tables import checked_layer, embedded_file, read_csv

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
            "abroad, 20 ring, 30 outside; missing where the file does not tell",
            nullable=True,
            choices=("11", "12", "13", "20", "30"),
        ),
        Column(
            "aav2020_name",
            "string",
            "Name of the aire d'attraction des villes 2020; missing where the file does not tell",
            nullable=True,
        ),
        Column(
            "frr_2025",
            "string",
            "FRR class on 10 July 2025, or of the FRR file that was given; missing where the "
            "file does not tell",
            nullable=True,
            choices=FRR_CLASSES,
        ),
    ),
    key="code",
)

ZONINGS_RULES: Final[Rules] = MappingProxyType(
    {
        "ze2020": "chief",
        "ze2020_name": "chief",
        "cateaav2020": "chief",
        "aav2020_name": "chief",
        "frr_2025": "same",
    }
)
"""What becomes of the columns where communes merged: INSEE's zonings follow the chief town."""

_ZONE_NAMES: Final = {
    "ze2020": ("codze_?2020", "ze2020"),
    "ze2020_name": ("lib_?ze_?2020",),
    "cateaav2020": ("cateaav_?2020",),
    "aav2020_name": ("lib_?aav_?2020",),
}

_LENGTHS: Final = {"code": 5, "ze2020": 4}
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
        A CSV file, or a ZIP archive that holds one, with the columns of :data:`ZONINGS` or
        those of INSEE (``CODGEO``, ``ZE2020``, ``LIB_ZE2020``, and where they are there
        ``CATEAAV2020``, ``LIB_AAV2020``); ``None`` for the embedded territory.
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
    >>> load_zonings().data["ze2020"].nunique()
    23
    """
    if path is None:
        file = embedded_file(_EMBEDDED.file)
        table, problems = read_csv(file, ZONINGS.columns)
        return checked_layer(ZONINGS, table, _EMBEDDED, problems=problems, lengths=_LENGTHS)
    return load_official(ZONINGS, path, _parse, provenance=provenance, lengths=_LENGTHS)


def _parse(raw: RawTable) -> Parsed:
    needed = {name: _ZONE_NAMES[name] for name in ("ze2020", "ze2020_name")}
    headers: dict[str, str | None] = {**required(raw, {"code": CODE_NAMES, **needed})}
    headers |= {name: column(raw, *_ZONE_NAMES[name]) for name in ("cateaav2020", "aav2020_name")}
    codes, errors = commune_codes(raw, headers["code"] or "")
    table = pd.DataFrame({"code": codes})
    for name in _ZONE_NAMES:
        header = headers[name]
        known = header is not None
        table[name] = read_text(raw.data[header]).column if known else None
    zones = table["ze2020"].where(table["ze2020"].str.len() != 3, "0" + table["ze2020"])
    table = table.assign(ze2020=zones, frr_2025=None)
    wrong = (~zones.fillna("0000").str.fullmatch(r"\d{4}")).to_numpy()
    expected = N_("a code of 4 digits")
    errors += row_problems(
        wrong, raw.rows, "value-type", field=headers["ze2020"], found=list(zones.astype(str)),
        expected=expected,
    )  # fmt: skip
    vintage = year_in(raw.name.replace("_", " ")) or N_("not stated")
    source = official_provenance("INSEE", "Zones d'emploi et aires d'attraction 2020", vintage)
    return Parsed(table, source, tuple(errors))
