"""Tension of the housing market: the zone ABC of each commune."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import read_choice
from layers.errors import N_
from layers.harmonise import Rules
from layers.official import (
    CODE_NAMES,
    MONTHS,
    Parsed,
    cell_problems,
    commune_codes,
    load_official,
    official_provenance,
    required,
    year_in,
)
from layers.raw_table import RawTable, fold
from layers.spec import Column, Layer, LayerSpec, Provenance

ABC_ZONES: Final = ("A bis", "A", "B1", "B2", "C")
"""Zones ABC, the tensest market first (CCH, art. D304-1)."""

HOUSING_TENSION: Final = LayerSpec(
    name="housing_tension",
    title=N_("Tension of the housing market (zone ABC) per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column(
            "zone",
            "string",
            "Zone ABC; missing where communes of different zones merged",
            nullable=True,
            choices=ABC_ZONES,
        ),
    ),
    key="code",
)
"""Contract of the zonage ABC."""

HOUSING_TENSION_RULES: Final[Rules] = MappingProxyType({"zone": "same"})
"""What becomes of the columns where communes merged."""

_WORDS: Final = {fold(f"zone {zone}"): zone for zone in ABC_ZONES} | {
    "abis": "A bis",
    "zone abis": "A bis",
}


def load_housing_tension(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the zonage ABC.

    The header of the zone bears the date of the order (*Zonage en vigueur depuis le
    5 septembre 2025*): it is found by its beginning, and the date is the vintage. Zones
    are written ``A``, ``Abis`` or ``Zone A bis``.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one.
    provenance
        Provenance of ``path``; by default that of the zonage, recognised by its columns.

    Returns
    -------
    Layer
        One row a commune of the file, in its own COG.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_official(HOUSING_TENSION, path, _parse, provenance=provenance, lengths={"code": 5})


def _parse(raw: RawTable) -> Parsed:
    headers = required(
        raw,
        {
            "code": CODE_NAMES,
            "zone": ("zonage_en_vigueur.*", "zonage_abc.*", "zone_abc.*", "zonage.*"),
        },
    )
    codes, errors = commune_codes(raw, headers["code"])
    zones = read_choice(raw.data[headers["zone"]], ABC_ZONES, synonyms=_WORDS)
    errors += cell_problems(raw, headers["zone"], zones, ", ".join(ABC_ZONES))
    table = pd.DataFrame({"code": codes, "zone": zones.column})
    source = official_provenance(
        "Ministère chargé du logement", "Zonage ABC", _vintage(headers["zone"], raw.name)
    )
    return Parsed(table, source, tuple(errors))


def _vintage(header: str, file: str) -> str:
    """Return the date of a header in ISO, else the year of the file name.

    Examples
    --------
    >>> _vintage("Zonage en vigueur depuis le 5 septembre 2025", "abc.csv")
    '2025-09-05'
    >>> _vintage("zonage_abc", "zonage_abc_2019.csv")
    '2019'
    """
    match = re.search(r"(\d{1,2})(?:er)? ([a-z]+) (\d{4})", fold(header))
    if match and match[2] in MONTHS:
        return f"{match[3]}-{MONTHS.index(match[2]) + 1:02}-{int(match[1]):02}"
    return year_in(header) or year_in(re.sub("[_-]", " ", file)) or N_("not stated")
