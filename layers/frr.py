"""France ruralités revitalisation: the class of each commune, in either published layout."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import as_text, read_choice
from layers.errors import N_
from layers.harmonise import Rules
from layers.jobs import FRR_CLASSES, NOT_FRR
from layers.official import (
    CODE_NAMES,
    Parsed,
    cell_problems,
    column,
    commune_codes,
    load_official,
    official_provenance,
    required,
    year_in,
)
from layers.raw_table import RawTable
from layers.spec import Column, Layer, LayerSpec, Provenance, make_layer

FRR: Final = LayerSpec(
    name="frr",
    title=N_("France ruralités revitalisation (FRR) per commune"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column(
            "frr_class",
            "string",
            "Class of the list of the DGCL; missing where the file gives a code alone",
            nullable=True,
            choices=FRR_CLASSES,
        ),
        Column(
            "classified", "boolean", "Whether it is in a FRR, in whole or in part", nullable=True
        ),
    ),
    key="code",
)
"""Contract of the FRR classification."""

FRR_RULES: Final[Rules] = MappingProxyType({"frr_class": "same", "classified": "same"})
"""What becomes of the columns where communes merged."""

_NOT_CLASSIFIED: Final = "-9999"


def load_frr(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the FRR classification: the list of the DGCL, or that of the Observatoire.

    The header of the DGCL bears a date (*Classement FRR et FRR+ au 10 juillet 2025*): it
    is found by its beginning. The Observatoire des territoires gives a code
    (``codefrr``): -9999 is a commune that is not classified; what the other codes stand
    for is not published with the file, so that the class is unknown.

    Parameters
    ----------
    path
        A CSV file, or a ZIP archive that holds one.
    provenance
        Provenance of ``path``; by default recognised by its columns.

    Returns
    -------
    Layer
        One row a commune of the file.

    Raises
    ------
    LayerError
        With every problem of the file.
    """
    return load_official(FRR, path, _parse, provenance=provenance, lengths={"code": 5})


def _parse(raw: RawTable) -> Parsed:
    headers = required(raw, {"code": CODE_NAMES, "frr_class": ("classement_frr.*", "codefrr")})
    codes, errors = commune_codes(raw, headers["code"])
    values = raw.data[headers["frr_class"]]
    if headers["frr_class"] == column(raw, "codefrr"):
        classes, classified = _codes(values)
        source = official_provenance(
            "Observatoire des territoires (ANCT)", "Classement FRR, codes", year_in(raw.name)
        )
    else:
        cells = read_choice(values, FRR_CLASSES)
        errors += cell_problems(raw, headers["frr_class"], cells, ", ".join(FRR_CLASSES))
        classes = cells.column
        classified = classes.ne(NOT_FRR).astype("boolean").mask(classes.isna())
        source = official_provenance("DGCL", headers["frr_class"], _date(headers["frr_class"]))
    table = pd.DataFrame({"code": codes, "frr_class": classes, "classified": classified})
    return Parsed(table, source, tuple(errors))


def _codes(values: pd.Series) -> tuple[pd.Series, pd.Series]:
    text = as_text(values)
    known = text.ne("").to_numpy()
    none = text.eq(_NOT_CLASSIFIED).to_numpy()
    classes = pd.Series([NOT_FRR if is_none else None for is_none in none], dtype="object")
    return classes, pd.Series(~none, dtype="boolean").mask(~known)


def _date(header: str) -> str:
    """Return the date of a header as it is written.

    Examples
    --------
    >>> _date("Classement FRR et FRR+ au 10 juillet 2025")
    '10 juillet 2025'
    """
    match = re.search(r"\d{1,2}(?:er)? \w+ \d{4}", header)
    return match[0] if match else year_in(header)


def with_frr(zonings: Layer, frr: Layer) -> Layer:
    """Return the zonings with the FRR classes of another file.

    Parameters
    ----------
    zonings
        Layer :data:`~layers.jobs.ZONINGS`.
    frr
        Layer :data:`FRR`, in the same COG.

    Returns
    -------
    Layer
        The zonings; a commune without a row in ``frr`` has an unknown class. The
        provenance names both files.
    """
    classes = zonings.data["code"].map(frr.data.set_index("code")["frr_class"])
    data = zonings.data.assign(frr_2025=classes.astype(object).where(classes.notna(), None))
    source, other = zonings.provenance, frr.provenance
    both = replace(
        source,
        publisher=_joined(source.publisher, other.publisher),
        title=_joined(source.title, other.title),
        vintage=f"{source.vintage} ; FRR : {other.vintage}",
    )
    return make_layer(zonings.spec, data, both, notes=(*zonings.notes, *frr.notes))


def _joined(one: str, other: str) -> str:
    return one if other in one else f"{one} ; {other}"
