"""Columns, numbers and checks of the Cerema files of ENAF flows, whatever their vintage."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np
import pandas as pd

from layers.errors import N_, Problem, problem

Years = Mapping[int, Mapping[str, str]]
"""By year, the names of the column of the flow (``area``) and of its destinations."""

USES: Final = ("act", "hab", "mix", "rou", "fer", "inc")
"""Destinations of ENAF flows: activity, housing, mixed, road, rail, unknown."""

# The official files round each figure alone: a destination can be -1, a sum off by 2.
ROUNDING_M2: Final = 2

_NAF = re.compile(r"naf(\d\d)art(\d\d)")
_ART = re.compile(rf"art(\d\d)({'|'.join(USES)})(\d\d)")
COMMUNE_CODE: Final = r"\d[\dAB]\d{3}"
"""An INSEE commune code, as a regular expression."""

_UNKNOWN = frozenset({"", "NULL", "NC", "NR", "NA", "N/A", "NAN", "ND", "S", "-9999"})
_WITNESS_TOLERANCE = 0.5
_LEAST_MEDIAN_M2 = 50.0  # a median yearly flow is thousands of m², under 1 in hectares


def yearly_columns(table: pd.DataFrame) -> Years:
    """Find the yearly flows: ``nafAAartBB`` and ``artAAuseBB`` with BB = AA + 1.

    Parameters
    ----------
    table
        A file of flows, names of columns in lower case.

    Returns
    -------
    mapping
        Names of columns by year (20AA), then by ``area`` or destination.

    Examples
    --------
    >>> yearly_columns(pd.DataFrame(columns=["naf11art12", "art11hab12", "naf11art21"]))
    {2011: {'area': 'naf11art12', 'hab': 'art11hab12'}}
    """
    years: dict[int, dict[str, str]] = {}
    for name in map(str, table.columns):
        if naf := _NAF.fullmatch(name):
            first, kind, last = naf[1], "area", naf[2]
        elif art := _ART.fullmatch(name):
            first, kind, last = art[1], art[2], art[3]
        else:
            continue
        if int(last) == int(first) + 1:
            years.setdefault(2000 + int(first), {})[kind] = name
    return dict(sorted(years.items()))


def header_problems(table: pd.DataFrame, years: Years) -> Iterator[Problem]:
    """Tell the columns that are missing.

    Parameters
    ----------
    table
        The file.
    years
        What :func:`yearly_columns` found in it.

    Yields
    ------
    Problem
        ``column-missing``.
    """
    found = ", ".join(map(str, table.columns))
    if "idcom" not in table.columns:
        yield problem("column-missing", field="idcom", found=found)
    if not years:
        yield problem("column-missing", field="nafAAartBB", found=found)
    for year, columns in years.items():
        if "area" not in columns:
            name = f"naf{year % 100:02}art{year % 100 + 1:02}"
            yield problem("column-missing", field=name, found=", ".join(columns.values()))


def code_problems(codes: pd.Series) -> Iterator[Problem]:
    """Tell the commune codes that are missing, malformed or repeated.

    Parameters
    ----------
    codes
        Codes as text.

    Yields
    ------
    Problem
        ``value-missing``, ``value-type`` or ``id-duplicate``.
    """
    for row in codes.isna().to_numpy().nonzero()[0].tolist():
        yield problem("value-missing", field="idcom", row=row + 1)
    known = codes.dropna()
    for row in (~known.str.fullmatch(COMMUNE_CODE)).to_numpy().nonzero()[0].tolist():
        expected = N_("an INSEE commune code")
        yield problem(
            "value-type", field="idcom", row=int(known.index[row]) + 1, found=known.iloc[row],
            expected=expected,
        )  # fmt: skip
    for code in sorted(set(known[known.duplicated()])):
        rows = ", ".join(str(row + 1) for row in known.index[known == code])
        yield problem("id-duplicate", field="idcom", found=code, expected=rows)


def numbers(table: pd.DataFrame) -> tuple[pd.DataFrame, list[Problem]]:
    """Turn the flows, and the shares and areas that serve to check them, into numbers.

    Parameters
    ----------
    table
        The file, every value text.

    Returns
    -------
    DataFrame
        The columns of flows of any period, ``artcom…`` and ``surfcom…``; unknown is NaN.
    list of Problem
        The first value of each column that is no number, or is negative.
    """
    found: dict[str, pd.Series] = {}
    problems: list[Problem] = []
    for name in map(str, table.columns):
        is_flow = bool(_NAF.fullmatch(name) or _ART.fullmatch(name))
        if not is_flow and not name.startswith(("artcom", "surfcom")):
            continue
        plain = pd.to_numeric(table[name], errors="coerce")
        if plain.notna().all() and (plain >= -ROUNDING_M2).all():
            found[name] = plain  # the same numbers, without a look at each text
            continue
        texts = table[name].fillna("").str.replace(r"\s", "", regex=True).str.replace(",", ".")
        known = ~texts.str.upper().isin(_UNKNOWN)
        found[name] = pd.to_numeric(texts.where(known), errors="coerce")
        wrong = (known & found[name].isna()).to_numpy()
        if wrong.any():
            row, expected = int(wrong.argmax()), N_("a number")
            text = table[name].iloc[row]
            problems.append(
                problem("value-type", field=name, row=row + 1, found=text, expected=expected)
            )
        negative = (found[name] < -ROUNDING_M2).to_numpy()
        if negative.any():
            row, least = int(negative.argmax()), f"≥ {-ROUNDING_M2} m²"
            value = found[name].iloc[row]
            problems.append(
                problem("value-range", field=name, row=row + 1, found=value, expected=least)
            )
    return pd.DataFrame(found, index=table.index), problems


def sum_problems(wide: pd.DataFrame, years: Years) -> Iterator[Problem]:
    """Check a year against its destinations, and the whole period against its years.

    Parameters
    ----------
    wide
        What :func:`numbers` returns.
    years
        What :func:`yearly_columns` returns.

    Yields
    ------
    Problem
        ``sum-mismatch``, for the first row of each column that is off.
    """
    for columns in years.values():
        uses = [name for kind, name in columns.items() if kind != "area"]
        if uses:
            parts = wide[uses].sum(axis=1, skipna=False)
            yield from _gap_problems(wide, columns["area"], parts, ROUNDING_M2)
    whole = f"naf{min(years) % 100:02}art{max(years) % 100 + 1:02}"
    if whole in wide.columns and len(years) == max(years) - min(years) + 1:
        parts = wide[[columns["area"] for columns in years.values()]].sum(axis=1, skipna=False)
        yield from _gap_problems(wide, whole, parts, ROUNDING_M2 * len(years))


def _gap_problems(
    wide: pd.DataFrame, name: str, parts: pd.Series, tolerance: int
) -> Iterator[Problem]:
    wrong = ((wide[name] - parts).abs() > tolerance).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        found, expected = f"{parts.iloc[row]:.0f}", f"{wide[name].iloc[row]:.0f}"
        yield problem("sum-mismatch", field=name, row=row + 1, found=found, expected=expected)


def unit_problems(wide: pd.DataFrame, years: Years) -> Iterator[Problem]:
    """Check that flows are m²: the dictionary of the Cerema says hectares, the data are m².

    The witness is the file's own share of the commune consumed (``artcomAABB``, %) times
    the area of the commune (``surfcom…``, m²). Then the size of flows is looked at, for the
    files without a witness and those converted whole.

    Parameters
    ----------
    wide
        What :func:`numbers` returns.
    years
        What :func:`yearly_columns` returns.

    Yields
    ------
    Problem
        ``unit-suspicious``, once.
    """
    area = next((str(name) for name in wide.columns if str(name).startswith("surfcom")), "")
    for share in (str(name) for name in wide.columns if str(name).startswith("artcom")):
        total = f"naf{share[-4:-2]}art{share[-2:]}"
        if total not in wide.columns or area not in wide.columns:
            continue
        witness_m2 = wide[share] / 100 * wide[area]
        known = wide[total].notna() & witness_m2.notna()
        found, expected = wide[total][known].sum(), witness_m2[known].sum()
        if expected > 0 and abs(found / expected - 1) > _WITNESS_TOLERANCE:
            yield problem(
                "unit-suspicious",
                field=total,
                found=f"{found:.0f} m²",
                expected=f"{expected:.0f} m²",
            )
            return
    flows = wide[[columns["area"] for columns in years.values()]].to_numpy()
    positive = flows[flows > 0]
    if positive.size and np.median(positive) < _LEAST_MEDIAN_M2:
        total_m2 = np.nansum(flows)
        yield problem(
            "unit-suspicious", field="nafAAartBB", found=f"{total_m2:.0f} m²",
            expected=f"{total_m2 * 1e4:.0f} m²",
        )  # fmt: skip


def tidy(codes: pd.Series, wide: pd.DataFrame, years: Years) -> pd.DataFrame:
    """Return one row a commune and year from one row a commune.

    Parameters
    ----------
    codes
        Codes of the communes.
    wide
        What :func:`numbers` returns, on the same index.
    years
        What :func:`yearly_columns` returns.

    Returns
    -------
    DataFrame
        ``code``, ``year``, ``area_m2`` and an area for each of :data:`USES`, whole m²,
        missing where unknown; sorted by code and year.
    """
    pieces: list[pd.DataFrame] = []
    for year, columns in years.items():
        piece = pd.DataFrame({"code": codes, "year": year})
        for kind in ("area", *USES):
            values = wide[columns[kind]] if kind in columns else pd.Series(pd.NA, codes.index)
            piece[f"{kind}_m2"] = values.astype("Float64").round().astype("Int64")
        pieces.append(piece)
    return pd.concat(pieces).sort_values(["code", "year"], ignore_index=True)
