"""What a layer promises: columns, units, CRS, vintage, licence, provenance.

A :class:`LayerSpec` is the contract, a :class:`Layer` a table that was checked
against it. A unit or CRS that differs is an error, never a silent conversion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import geopandas as gpd
import pandas as pd

from layers.errors import LayerError, Problem, problem

Kind = Literal["string", "number", "integer", "boolean"]
GeometryKind = Literal["point", "line", "polygon"]

_GEOMETRY_TYPES: dict[GeometryKind, frozenset[str]] = {
    "point": frozenset({"Point", "MultiPoint"}),
    "line": frozenset({"LineString", "MultiLineString"}),
    "polygon": frozenset({"Polygon", "MultiPolygon"}),
}


class Status(StrEnum):
    """Where a figure comes from; shown beside every figure.

    ``observed``: an official file. ``estimated``: derived, method named.
    ``declared``: entered by a user, with a source. ``demonstration``: synthetic.
    """

    OBSERVED = "observed"
    ESTIMATED = "estimated"
    DECLARED = "declared"
    DEMONSTRATION = "demonstration"


@dataclass(frozen=True, slots=True)
class Column:
    """Contract of one column.

    Parameters
    ----------
    name
        Column name; ends in its unit where it has one (``area_m2``).
    kind
        Kind of values. Codes are strings: they keep their leading zeros.
    description
        What a value means.
    unit
        Unit of a number, ``None`` for text and counts without unit.
    nullable
        Whether a value may be unknown. Unknown is never zero.
    minimum, maximum
        Inclusive bounds of a number.
    choices
        Allowed values, or ``None`` for any.
    """

    name: str
    kind: Kind
    description: str
    unit: str | None = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """Contract of a layer.

    Parameters
    ----------
    name
        Identifier, the key in :data:`layers.registry.LAYERS`.
    title
        Title shown to users (an English gettext identifier).
    columns
        Contracts of the columns; other columns are allowed and left alone.
    key
        Column whose values are unique, or ``None``.
    crs
        Authority code of the CRS, or ``None`` for a table without geometry.
    geometry
        Kind of geometry, or ``None`` for a table without geometry.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: str | None = None
    crs: str | None = None
    geometry: GeometryKind | None = None


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a layer comes from.

    Parameters
    ----------
    publisher
        Who publishes it.
    title
        Title of the source file.
    vintage
        Date or year the data describe (*millésime*), as text.
    licence
        Licence of the data.
    status
        Status of its figures.
    method
        What was derived, and how; empty for a file read as it is.
    file
        Name of the file it was read from.
    """

    publisher: str
    title: str
    vintage: str
    licence: str
    status: Status
    method: str = ""
    file: str = ""


@dataclass(frozen=True, eq=False, slots=True)
class Layer:
    """A table that honours its contract, with its provenance.

    Build it with :func:`make_layer`, which checks the contract. The table is
    shared, not copied: treat it as read-only.

    Parameters
    ----------
    spec
        The contract.
    data
        The table (a GeoDataFrame where the contract has a geometry).
    provenance
        Where it comes from.
    notes
        What reading it told: warnings, such as communes that could not be matched.
    """

    spec: LayerSpec
    data: pd.DataFrame
    provenance: Provenance
    notes: tuple[Problem, ...] = ()

    @property
    def geo(self) -> gpd.GeoDataFrame:
        """The table as a GeoDataFrame.

        Raises
        ------
        TypeError
            If the layer has no geometry.
        """
        if not isinstance(self.data, gpd.GeoDataFrame):
            raise TypeError(f"layer {self.spec.name} has no geometry")
        return self.data


def make_layer(
    spec: LayerSpec,
    data: pd.DataFrame,
    provenance: Provenance,
    *,
    notes: tuple[Problem, ...] = (),
) -> Layer:
    """Check ``data`` against ``spec`` and return the layer.

    Parameters
    ----------
    spec
        The contract.
    data
        The table.
    provenance
        Where it comes from; its ``file`` names the file in messages.
    notes
        Warnings to keep with the layer.

    Returns
    -------
    Layer
        The checked layer.

    Raises
    ------
    LayerError
        With every breach of the contract at once.

    Examples
    --------
    >>> spec = LayerSpec("towns", "Towns", (Column("code", "string", "INSEE code"),), key="code")
    >>> source = Provenance("INSEE", "COG", "2025", "LO 2.0", Status.OBSERVED, file="cog.csv")
    >>> make_layer(spec, pd.DataFrame({"code": ["44109", "44109"]}), source)
    Traceback (most recent call last):
    layers.errors.LayerError: cog.csv, field “code”: the identifier “44109” is used by ...
    """
    problems = [*_column_problems(spec, data), *_key_problems(spec, data)]
    problems += _geometry_problems(spec, data)
    if problems:
        raise LayerError(_in_file(p, provenance.file or spec.name) for p in problems)
    return Layer(spec, data, provenance, notes)


def _in_file(found: Problem, file: str) -> Problem:
    return problem(
        found.code, file=file, row=found.row, field=found.field,
        found=found.found, expected=found.expected,
    )  # fmt: skip


def _column_problems(spec: LayerSpec, data: pd.DataFrame) -> Iterator[Problem]:
    for column in spec.columns:
        if column.name not in data.columns:
            found = ", ".join(map(str, data.columns))
            yield problem("column-missing", field=column.name, found=found)
            continue
        values = data[column.name]
        missing = values.isna()
        if missing.any() and not column.nullable:
            yield problem("value-missing", field=column.name, row=_first(missing))
        known = values[~missing]
        if not _has_kind(known, column.kind):
            found, expected = str(values.dtype), _KIND_NAMES[column.kind]
            yield problem("value-type", field=column.name, found=found, expected=expected)
        elif column.kind in ("number", "integer"):
            yield from _range_problems(column, known)
        elif column.choices is not None:
            wrong = ~values.isin(column.choices) & ~missing
            if wrong.any():
                found, expected = str(values[wrong].iloc[0]), ", ".join(column.choices)
                yield problem(
                    "value-choice", field=column.name, row=_first(wrong), found=found,
                    expected=expected,
                )  # fmt: skip


_KIND_NAMES: dict[Kind, str] = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "yes or no",
}


def _has_kind(known: pd.Series, kind: Kind) -> bool:
    if known.empty:
        return True
    if kind == "string":
        return pd.api.types.infer_dtype(known, skipna=True) in ("string", "categorical")
    if kind == "boolean":
        return pd.api.types.infer_dtype(known, skipna=True) == "boolean"
    if kind == "integer":
        return pd.api.types.is_numeric_dtype(known) and bool((known % 1 == 0).all())
    return pd.api.types.is_numeric_dtype(known) and not pd.api.types.is_bool_dtype(known)


def _range_problems(column: Column, known: pd.Series) -> Iterator[Problem]:
    low = known < column.minimum if column.minimum is not None else known != known  # noqa: PLR0124
    high = known > column.maximum if column.maximum is not None else known != known  # noqa: PLR0124
    wrong = low | high
    if wrong.any():
        bounds = f"[{column.minimum}, {column.maximum}] {column.unit or ''}".strip()
        yield problem(
            "value-range", field=column.name, row=_first(wrong), found=known[wrong].iloc[0],
            expected=bounds,
        )  # fmt: skip


def _key_problems(spec: LayerSpec, data: pd.DataFrame) -> Iterator[Problem]:
    if spec.key is None or spec.key not in data.columns:
        return
    twice = data[spec.key].duplicated()
    if twice.any():
        value = data[spec.key][twice].iloc[0]
        rows = ", ".join(str(i + 1) for i, v in enumerate(data[spec.key]) if v == value)
        yield problem("id-duplicate", field=spec.key, found=value, expected=rows)


def _geometry_problems(spec: LayerSpec, data: pd.DataFrame) -> Iterator[Problem]:
    if spec.geometry is None:
        return
    if not isinstance(data, gpd.GeoDataFrame):
        found = ", ".join(map(str, data.columns))
        yield problem("geometry-column", expected=spec.geometry, found=found)
        return
    if data.crs is None:
        yield problem("crs-missing", expected=spec.crs or "")
    elif data.crs != spec.crs:
        yield problem("crs-mismatch", found=data.crs.to_string(), expected=spec.crs or "")
    missing = data.geometry.isna() | data.geometry.is_empty
    if missing.any():
        yield problem("geometry-empty", row=_first(missing))
    wrong = ~missing & ~data.geom_type.isin(_GEOMETRY_TYPES[spec.geometry])
    if wrong.any():
        found = str(data.geom_type[wrong].iloc[0])
        yield problem("geometry-type", row=_first(wrong), found=found, expected=spec.geometry)


def _first(mask: pd.Series) -> int:
    """Return the 1-based position of the first true value."""
    return int(mask.to_numpy().argmax()) + 1
