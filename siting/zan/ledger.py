"""The ledger: who consumed, or will consume, which area in which year.

Entries are posted at the commune, the smallest territory; every other level is
a sum. The ledger is immutable: posting returns a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import pandas as pd

from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import MeasureMismatchError, problem

_COLUMNS: dict[str, str] = {
    "territory": "str",
    "measure": "str",
    "year": "int64",
    "area_m2": "int64",
    "envelope": "str",
    "kind": "str",
    "evidence": "str",
    "source": "str",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger.

    Parameters
    ----------
    territory
        INSEE code of the commune.
    measure
        What is counted.
    year
        Year of the effective start of works (R3, R25).
    area_m2
        Area in whole m²; negative only for a ``credit``.
    envelope
        Whose budget pays.
    kind
        Nature of the entry.
    evidence
        What shows it: document, identifier of the site. Required for a credit.
    source
        File or person it comes from.

    Raises
    ------
    ValueError
        If the area is not whole, has the wrong sign, or a credit has no evidence.
    """

    territory: str
    measure: Measure
    year: int
    area_m2: int
    envelope: Envelope
    kind: EntryKind
    evidence: str
    source: str

    def __post_init__(self) -> None:
        if not isinstance(self.area_m2, int):
            raise ValueError(f"area_m2 must be whole, found {self.area_m2!r}")  # noqa: TRY004
        credit = self.kind is EntryKind.CREDIT
        if self.area_m2 > 0 if credit else self.area_m2 < 0:
            raise ValueError(f"a {self.kind} entry cannot have an area of {self.area_m2} m²")
        if credit and not self.evidence:
            raise ValueError("a credit needs its evidence")


@dataclass(frozen=True, eq=False, slots=True)
class Ledger:
    """Entries of one measure.

    Parameters
    ----------
    measure
        The measure of every entry.
    entries
        One row an entry, columns of :class:`Entry`.
    """

    measure: Measure
    entries: pd.DataFrame

    @classmethod
    def empty(cls, measure: Measure) -> Ledger:
        """Return a ledger without entries.

        Parameters
        ----------
        measure
            The measure it will hold.

        Returns
        -------
        Ledger
            The ledger.
        """
        columns: Mapping[Any, Any] = {
            name: pd.Series(dtype=dtype) for name, dtype in _COLUMNS.items()
        }
        return cls(measure, pd.DataFrame(columns))

    def post(self, entries: Iterable[Entry]) -> Ledger:
        """Return a new ledger with ``entries`` added.

        Parameters
        ----------
        entries
            Entries of this ledger's measure.

        Returns
        -------
        Ledger
            The new ledger; this one is unchanged.

        Raises
        ------
        MeasureMismatchError
            If an entry is of another measure.

        Examples
        --------
        >>> entry = Entry("44109", Measure.ENAF, 2026, 50_000, Envelope.LOCAL,
        ...               EntryKind.PLANNED, "site A", "scenario")
        >>> before = Ledger.empty(Measure.ENAF)
        >>> after = before.post([entry])
        >>> int(before.area_m2().sum()), int(after.area_m2().sum())
        (0, 50000)
        """
        posted = tuple(entries)
        for entry in posted:
            self._check(entry.measure)
        names = [f.name for f in fields(Entry)]
        rows = pd.DataFrame(
            {name: [getattr(entry, name) for entry in posted] for name in names}
        ).astype(_COLUMNS)
        return self._with(rows)

    def post_table(self, rows: pd.DataFrame, measure: Measure) -> Ledger:
        """Return a new ledger with a whole table added, as of an official file.

        Parameters
        ----------
        rows
            Columns of :class:`Entry` but ``measure``; areas whole and not negative.
        measure
            Measure of the table.

        Returns
        -------
        Ledger
            The new ledger.

        Raises
        ------
        MeasureMismatchError
            If the table is of another measure.
        ValueError
            If an area is negative.
        """
        self._check(measure)
        if (rows["area_m2"] < 0).any():
            raise ValueError("a table of flows cannot hold a negative area")
        return self._with(rows.assign(measure=measure.value)[list(_COLUMNS)].astype(_COLUMNS))

    def _check(self, measure: Measure) -> None:
        if measure is not self.measure:
            raise MeasureMismatchError(
                problem("measure-mismatch", found=measure.value, expected=self.measure.value)
            )

    def _with(self, rows: pd.DataFrame) -> Ledger:
        if self.entries.empty:
            return Ledger(self.measure, rows.reset_index(drop=True))
        return Ledger(self.measure, pd.concat([self.entries, rows], ignore_index=True))

    def area_m2(
        self,
        *,
        kind: EntryKind | None = None,
        period: Period | None = None,
        envelope: Envelope | None = None,
    ) -> pd.Series:
        """Return the area of each commune that has an entry, summed.

        Parameters
        ----------
        kind, period, envelope
            Keep only the entries of this kind, of these years, of this envelope.

        Returns
        -------
        pd.Series
            Whole m², indexed by commune code.
        """
        keep = pd.Series(data=True, index=self.entries.index)
        if kind is not None:
            keep &= self.entries["kind"] == kind.value
        if period is not None:
            keep &= self.entries["year"].between(period.first, period.last)
        if envelope is not None:
            keep &= self.entries["envelope"] == envelope.value
        kept = self.entries.loc[keep, ["territory", "area_m2"]]
        return kept.groupby("territory")["area_m2"].sum()

    def last_year(self, kind: EntryKind) -> int | None:
        """Return the last year with an entry of ``kind``, ``None`` without any.

        Parameters
        ----------
        kind
            Nature of the entries.

        Returns
        -------
        int or None
            The year.
        """
        years = self.entries.loc[self.entries["kind"] == kind.value, "year"]
        return None if years.empty else int(years.max())
