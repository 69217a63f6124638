"""Rows of a table whatever the file that holds it, as text: geometry, if any, is left aside.

Publishers give one table as CSV, workbook, GeoPackage or Shapefile, in an archive or not.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyogrio

from layers.errors import LayerError, Problem, problem
from layers.files import CSV, LARGE_BYTES, ZIP, identify, unpacked
from layers.gdal import plain_message, quiet_gdal
from layers.official import data_member
from layers.tables import check_file, read_csv
from layers.workbook import is_workbook, read_workbook

_GZIP: Final = ".gz"
_TEXT: Final = pd.StringDtype(na_value=np.nan)
_UNREADABLE: Final = (
    pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, OSError, ValueError,
)  # fmt: skip


def read_plain_table(path: Path) -> tuple[pd.DataFrame, list[Problem]]:
    """Read a table as text.

    Parameters
    ----------
    path
        A CSV file (``.gz`` or not), a workbook, a GeoPackage, a Shapefile, or a ZIP archive that
        holds one of these.

    Returns
    -------
    DataFrame
        Every value text; an empty one is missing.
    list of Problem
        Warnings.

    Raises
    ------
    LayerError
        If the file cannot be read as one table.
    """
    check_file(path)
    if is_workbook(path):
        raw = read_workbook(path)
        data = raw.data.where(raw.data != "", None).reset_index(drop=True)
        return data.astype(_TEXT), list(raw.notes)
    if path.suffix.lower() == _GZIP:
        return read_csv(path, ())
    if identify(path, limit_bytes=LARGE_BYTES) is not ZIP:
        return _read(path, None)
    try:
        with unpacked(path, layer=data_member(path)) as inner:
            table, notes = _read(inner.path, inner.layer)
    except LayerError as error:
        raise LayerError(replace(one, file=path.name) for one in error.problems) from error
    return table, [replace(one, file=path.name) for one in notes]


def _read(path: Path, layer: str | None) -> tuple[pd.DataFrame, list[Problem]]:
    if identify(path, limit_bytes=LARGE_BYTES) is CSV:
        return read_csv(path, ())
    try:
        with quiet_gdal():
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
            if layer is None and len(names) > 1:
                raise LayerError(problem("layer-choice", file=path.name, found=", ".join(names)))
            table = pyogrio.read_dataframe(path, layer=layer, read_geometry=False)
    except _UNREADABLE as error:
        found = plain_message(str(error), path)
        told = problem("file-unreadable", file=path.name, expected="GeoPackage", found=found)
        raise LayerError(told) from error
    if table.empty:
        raise LayerError(problem("no-rows", file=path.name))
    return pd.DataFrame({str(name): _text(table[name]) for name in table.columns}), []


def _text(values: pd.Series) -> pd.Series:
    """Return values as text, whole numbers without decimals.

    Examples
    --------
    >>> _text(pd.Series([1001.0, None])).tolist(), _text(pd.Series([2.5])).tolist()
    (['1001', nan], ['2.5'])
    """
    known = values.notna()
    if pd.api.types.is_float_dtype(values) and (values[known] % 1 == 0).all():
        values = values.astype("Int64")
    texts = values.astype(object).where(known, None)
    return texts.map(str, na_action="ignore").astype(_TEXT)
