"""Cells of a table as values: text, numbers, dates, codes, yes or no, labels.

Each reader takes a column of any dtype and returns a :class:`Cells`. French ways of
writing are read (decimal comma, spaces between thousands, *oui* and *non*). What may
mean two things is wrong, never guessed: ``1,234.5`` is not a number here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from layers.raw_table import Bools, Floats, fold

# "Unknown" in CNIG, INSEE and Cerema files; secret is not zero. Free text is not looked up.
UNKNOWN_WORDS: Final = frozenset(
    {
        "", "inconnu", "inconnue", "non renseigne", "non renseigné", "sans objet", "autre", "nr",
        "nd", "nc", "s", "na", "n/a", "nan", "nat", "null", "none", "<na>", "out", "-9999",
    }
)  # fmt: skip
TRUE_WORDS: Final = frozenset({"oui", "o", "true", "vrai", "t", "1", "yes", "y"})
FALSE_WORDS: Final = frozenset({"non", "n", "false", "faux", "f", "0", "no"})
COMMUNE: Final = r"(?:\d{2}|2[AB])\d{3}"
SIREN: Final = r"\d{9}|ZZZZZZZZZ"  # INSEE's code of a commune without EPCI
_MISSING_NUMBER: Final = -9999
_NUMBER: Final = r"[+-]?(?:(?:\d{1,3}(?: \d{3})+|\d+)(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?"
_SPACES: Final = r"[\s\u00a0\u2007\u2009\u202f]+"
_WHOLE: Final = r"^(-?\d+)[.,]0+$"  # pandas writes a column of codes that has gaps as 44026.0
_EXACT_INTEGERS: Final = 2**53
_SHOWN_BYTES: Final = 8
_WRONG: Final = object()
_UNMAPPED: Final = object()


@dataclass(frozen=True, eq=False, slots=True)
class Cells:
    """A column, read.

    Parameters
    ----------
    column
        The values; missing where unknown, wrong or unmapped. RangeIndex.
    wrong
        Cells that hold something else than what the column is about.
    unmapped
        Cells that hold a known value without equivalent.
    """

    column: pd.Series
    wrong: Bools
    unmapped: Bools


def as_text(values: pd.Series) -> pd.Series:
    """Return a column as trimmed text.

    Parameters
    ----------
    values
        A column of any dtype.

    Returns
    -------
    Series
        Text, empty where missing. A whole number has no decimals: 12.0 is ``12``. Bytes are
        UTF-8; those that are not are told by their first ones: ``0xff00…``.

    Examples
    --------
    >>> as_text(pd.Series([12.0, 1.5, None])).tolist()
    ['12', '1.5', '']
    """
    values = values.reset_index(drop=True)
    missing = values.isna().to_numpy(dtype=bool)
    if pd.api.types.is_float_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        with np.errstate(invalid="ignore"):
            whole = (numbers % 1 == 0) & (np.abs(numbers) < _EXACT_INTEGERS)
        text = values.astype(object)
        text[whole] = numbers[whole].astype(np.int64).astype(str)
        values = text
    values = values.astype(object)
    values[missing] = ""
    values = values.map(lambda cell: _decoded(cell) if isinstance(cell, bytes) else cell)
    return values.astype(str).str.replace(_SPACES, " ", regex=True).str.strip()


def is_unknown(text: pd.Series) -> Bools:
    """Tell which cells say that the value is unknown.

    Parameters
    ----------
    text
        Column, as :func:`as_text` returns it.

    Returns
    -------
    array of bool
        Whether the cell is empty or holds a word of :data:`UNKNOWN_WORDS`.
    """
    return text.str.lower().isin(UNKNOWN_WORDS).to_numpy(dtype=bool)


def read_text(values: pd.Series) -> Cells:
    """Read free text.

    Parameters
    ----------
    values
        A column of any dtype.

    Returns
    -------
    Cells
        Trimmed text; missing where empty. Only bytes that are not text are wrong.
    """
    text = as_text(values)
    wrong = np.fromiter(
        (isinstance(v, bytes) and not _is_text(v) for v in values), dtype=bool, count=len(values)
    )
    missing = wrong | text.eq("").to_numpy(dtype=bool)
    return Cells(_or_none(text, missing), wrong, np.zeros(len(text), dtype=bool))


def read_number(values: pd.Series, *, factor: float = 1.0) -> Cells:
    """Read numbers: decimal point or comma, spaces between thousands.

    Parameters
    ----------
    values
        A column of any dtype.
    factor
        From the unit of the column to the unit wanted.

    Returns
    -------
    Cells
        float64.

    Examples
    --------
    >>> cells = read_number(pd.Series(["1 234,5", "nd", "douze"]))
    >>> cells.column.tolist(), cells.wrong.tolist()
    ([1234.5, nan, nan], [False, False, True])
    """
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if numeric:
        numbers = values.to_numpy(dtype=float, na_value=np.nan).copy()
        numbers[numbers == _MISSING_NUMBER] = np.nan
        wrong = np.isinf(numbers)
    else:
        text = as_text(values)
        known = ~is_unknown(text)
        plain = text.where(text.str.fullmatch(_NUMBER), "")
        plain = plain.str.replace(" ", "", regex=False).str.replace(",", ".", regex=False)
        numbers = pd.to_numeric(plain, errors="coerce").to_numpy(dtype=float)
        wrong = known & ~np.isfinite(numbers)
        numbers = np.where(known, numbers, np.nan)
    numbers[wrong] = np.nan
    with np.errstate(over="ignore"):  # a number too large is out of any range
        numbers = numbers * factor
    return Cells(pd.Series(numbers), wrong, np.zeros(len(numbers), dtype=bool))


def read_integer(values: pd.Series) -> Cells:
    """Read whole numbers.

    Parameters
    ----------
    values
        A column of any dtype.

    Returns
    -------
    Cells
        Nullable ``Int64``; a number with decimals is wrong.
    """
    cells = read_number(values)
    numbers: Floats = cells.column.to_numpy()
    broken = ~np.isnan(numbers) & ((numbers % 1 != 0) | (np.abs(numbers) >= _EXACT_INTEGERS))
    whole = pd.Series(np.where(broken, np.nan, numbers)).astype("Int64")
    return Cells(whole, cells.wrong | broken, cells.unmapped)


def read_boolean(values: pd.Series, *, meanings: Mapping[str, bool | None] | None = None) -> Cells:
    """Read yes and no, in French and English.

    Parameters
    ----------
    values
        A column of any dtype.
    meanings
        What the folded labels of the column mean, where they are not words for yes and no;
        ``None`` for a label that tells neither. A label not listed is unmapped.

    Returns
    -------
    Cells
        Nullable ``boolean``.

    Examples
    --------
    >>> read_boolean(pd.Series(["oui", "N", "nd"])).column.tolist()
    [True, False, <NA>]
    """

    def read(word: str) -> object:
        folded = fold(word)
        if meanings is not None:
            return meanings.get(folded, _UNMAPPED)
        if folded in TRUE_WORDS:
            return True
        return False if folded in FALSE_WORDS else _WRONG

    return _read_words(values, read, "boolean")


def read_choice(
    values: pd.Series, choices: Sequence[str], *, synonyms: Mapping[str, str | None] | None = None
) -> Cells:
    """Read labels, whatever their case and accents.

    Parameters
    ----------
    values
        A column of any dtype.
    choices
        The labels.
    synonyms
        Other words, folded, and the label they stand for; ``None`` for a known word without
        equivalent, which is unmapped.

    Returns
    -------
    Cells
        Text.

    Examples
    --------
    >>> read_choice(pd.Series(["ETAT", "Region"]), ("etat", "région")).column.tolist()
    ['etat', 'région']
    """
    labels: dict[str, object] = {fold(choice): choice for choice in choices}
    for word, label in (synonyms or {}).items():
        labels[word] = _UNMAPPED if label is None else label
    return _read_words(values, lambda word: labels.get(fold(word), _WRONG), "text")


def read_code(values: pd.Series, *, pattern: str, length: int) -> Cells:
    """Read administrative codes as text, zeros put back where a spreadsheet dropped them.

    Parameters
    ----------
    values
        A column of any dtype.
    pattern
        What a code looks like.
    length
        Number of characters; one leading zero at most is put back.

    Returns
    -------
    Cells
        Text. A name instead of a code and a list of codes are unmapped.

    Examples
    --------
    >>> cells = read_code(pd.Series(["1001", "2a004", "Nantes"]), pattern=COMMUNE, length=5)
    >>> cells.column.tolist(), cells.unmapped.tolist()
    (['01001', '2A004', None], [False, False, True])
    """

    def read(word: str) -> object:
        code = word.upper()
        if code.isdigit() and len(code) == length - 1:
            code = f"0{code}"
        if re.fullmatch(pattern, code):
            return code
        return _WRONG if re.search(r"\d", code) and "|" not in code else _UNMAPPED

    return _read_words(values, read, "text")


def read_date(values: pd.Series) -> Cells:
    """Read dates: ISO (year, month or day) or French ``dd/mm/yyyy``.

    Parameters
    ----------
    values
        A column of any dtype.

    Returns
    -------
    Cells
        ISO text, as precise as the cell.

    Examples
    --------
    >>> read_date(pd.Series(["31/12/2027", "2028", "2029-06"])).column.tolist()
    ['2027-12-31', '2028', '2029-06']
    """

    def read(word: str) -> object:
        french = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", word)
        iso = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ][\d:.,+Z-]*)?)?)?", word)
        if french:
            parts = [french[3], french[2].zfill(2), french[1].zfill(2)]
        elif iso:
            parts = [part for part in iso.groups() if part]
        else:
            return _WRONG
        try:
            dt.date(*(int(part) for part in [*parts, "01", "01"][:3]))
        except ValueError:
            return _WRONG
        return "-".join(parts)

    return _read_words(values, read, "text")


def _is_text(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _decoded(cell: bytes) -> str:
    shown = f"0x{cell[:_SHOWN_BYTES].hex()}…"
    return cell.decode() if _is_text(cell) else shown


def _read_words(values: pd.Series, read: Callable[[str], object], kind: str) -> Cells:
    """Read each distinct word once: labels are few, rows are many."""
    text = as_text(values).str.replace(_WHOLE, r"\1", regex=True)
    known = ~is_unknown(text)
    codes, words = pd.factorize(text)
    meanings = np.empty(len(words), dtype=object)
    meanings[:] = [read(str(word)) for word in words]
    found = meanings[codes]
    wrong = known & _is(meanings, _WRONG)[codes]
    unmapped = known & _is(meanings, _UNMAPPED)[codes]
    return Cells(_words(found, known & ~wrong & ~unmapped, kind), wrong, unmapped)


def _is(meanings: Any, sentinel: object) -> Bools:
    return np.fromiter((m is sentinel for m in meanings), dtype=bool, count=len(meanings))


def _words(found: Any, valid: Bools, kind: str) -> pd.Series:
    values = np.where(valid, found, None)
    if kind == "boolean":
        return pd.Series(values, dtype="boolean")
    return _or_none(pd.Series(values, dtype=object), ~valid)


def _or_none(text: pd.Series, missing: Bools) -> pd.Series:
    values = text.astype(object)
    values[missing] = None
    return values
