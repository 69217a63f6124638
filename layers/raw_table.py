"""A file as it was read, before anything is made of its columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj

from layers.errors import Problem, Severity, problem

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False, slots=True)
class RawTable:
    """Rows of a file: attributes as the file holds them, geometry in the file's own CRS.

    Parameters
    ----------
    name
        File name, for messages.
    format
        Name of the format, such as ``GeoPackage``.
    data
        Attributes; unique column names, RangeIndex.
    rows
        1-based position in the file of each row of ``data``.
    row_count
        Rows of the file: those of ``data`` and those that could not be split into cells.
    geometry
        One shapely geometry (or ``None``) a row; ``None`` if the file has none of its own.
    crs
        CRS of ``geometry``, axes in the order x, y (longitude, latitude).
    curved
        Whether the geometry of each row was curved and is now made of segments.
    geometry_field
        Where the geometry comes from, for messages.
    used_fields
        Columns that hold the geometry or the CRS, not an attribute.
    errors
        Why the file as a whole cannot be used.
    rejected
        Errors of single rows.
    notes
        Warnings.
    """

    name: str
    format: str
    data: pd.DataFrame
    rows: Integers
    row_count: int
    geometry: Geometries | None = None
    crs: pyproj.CRS | None = None
    curved: Bools | None = None
    geometry_field: str = "geometry"
    used_fields: tuple[str, ...] = ()
    errors: tuple[Problem, ...] = ()
    rejected: tuple[Problem, ...] = ()
    notes: tuple[Problem, ...] = ()


def fold(text: str) -> str:
    """Return ``text`` as it is compared: lower case, no accents, single spaces.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Folded text (NFKD, so that ``²`` is ``2``).

    Examples
    --------
    >>> fold("  Établissement  d’enseignement ")
    "etablissement d'enseignement"
    """
    flat = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(c for c in flat if not unicodedata.combining(c)).lower().split())


def field_key(name: str) -> str:
    """Return the name of a column as it is looked up.

    Parameters
    ----------
    name
        Name in the file.

    Returns
    -------
    str
        Folded name, words joined by ``_``.

    Examples
    --------
    >>> field_key("Surface (m²)"), field_key("SITE_ID")
    ('surface_m2', 'site_id')
    """
    return re.sub(r"[^a-z0-9]+", "_", fold(name)).strip("_")


def row_problems(
    mask: Bools,
    rows: Integers,
    code: str,
    *,
    field: str | None = None,
    found: Any = "",
    expected: Any = "",
    severity: Severity = "error",
) -> list[Problem]:
    """Build one problem for each row of a mask.

    Parameters
    ----------
    mask
        Rows the problem is about.
    rows
        1-based positions in the file.
    code, field
        As in :func:`layers.errors.problem`.
    found, expected
        One text for all rows, or one for each row of ``mask``.
    severity
        As in :func:`layers.errors.problem`.

    Returns
    -------
    list of Problem
        In the order of the rows.

    Examples
    --------
    >>> mask = np.array([False, True])
    >>> row_problems(mask, np.array([1, 2]), "value-missing", field="name")[0].line()
    'row 2, field “name”: a value is required [value-missing]'
    """
    return [
        problem(
            code,
            row=int(rows[i]),
            field=field,
            found=found if isinstance(found, str) else found[i],
            expected=expected if isinstance(expected, str) else expected[i],
            severity=severity,
        )
        for i in np.flatnonzero(mask)
    ]


def told_of(problems: Iterable[Problem], rows: Integers) -> Bools:
    """Tell which rows some problem is about.

    Parameters
    ----------
    problems
        The problems.
    rows
        1-based positions in the file.

    Returns
    -------
    array of bool
        One value a row.
    """
    return np.isin(rows, np.array([p.row or 0 for p in problems], dtype=np.int64))


def in_file(problems: Iterable[Problem], name: str) -> tuple[Problem, ...]:
    """Return ``problems`` told of the file ``name``, sorted by row.

    Parameters
    ----------
    problems
        The problems; those that name a file keep it.
    name
        File name.

    Returns
    -------
    tuple of Problem
        Those of the whole file first, then by row.
    """
    told = (p if p.file else replace(p, file=name) for p in problems)
    return tuple(sorted(told, key=lambda p: p.row or 0))


def unique_names(names: Iterable[str]) -> list[str]:
    """Return column names without blanks nor doubles.

    Parameters
    ----------
    names
        Names of a header.

    Returns
    -------
    list of str
        A blank name becomes ``#`` and its position, a double one gets a suffix.

    Examples
    --------
    >>> unique_names(["nom", "", "nom"])
    ['nom', '#2', 'nom_2']
    """
    seen: dict[str, int] = {}
    unique: list[str] = []
    for position, raw in enumerate(names, start=1):
        name = raw.strip() or f"#{position}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique
