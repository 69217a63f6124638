"""The ledger: who consumed, or will consume, which area in which year, and who pays for it.

Every entry has two sides: the land where the area is consumed, at the commune, the smallest
territory, and the holder of the envelope that pays. A transfer has two holders. What one side
gives, the other receives: the postings of an entry add up to zero, by construction. The ledger
is immutable: posting returns a new one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final

import pandas as pd

from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import MeasureMismatchError, problem

LAND: Final = "land"
"""The side of an entry where land is consumed, in place of an envelope."""

TRANSFER: Final = "transfer"
"""Kind of a posting that moves a budget between two holders."""

# Few values, many rows: compared as whole numbers.
_COLUMNS: Final[Mapping[str, Any]] = {
    "territory": "str",
    "measure": pd.CategoricalDtype([one.value for one in Measure]),
    "year": "int64",
    "area_m2": "int64",
    "envelope": pd.CategoricalDtype([one.value for one in Envelope]),
    "kind": pd.CategoricalDtype([one.value for one in EntryKind]),
    "evidence": "str",
    "source": "str",
    "holder": "str",
    "dated": "bool",
}
_POSTING: Final = ("entry", "envelope", "holder", "year", "area_m2", "kind", "evidence", "source")
_SIGNED: Final = frozenset({EntryKind.CORRECTION, EntryKind.CREDIT})


@dataclass(frozen=True, slots=True)
class Entry:
    """One consumption of land, with its two sides.

    Parameters
    ----------
    territory
        INSEE code of the commune where the land is.
    measure
        What is counted.
    year
        Year of the effective start of works (R3, R25).
    area_m2
        Area in whole m²; negative for a ``credit``, either way for a ``correction``.
    envelope
        Whose budget pays.
    kind
        Nature of the entry.
    evidence
        What shows it: document, identifier of the site. Required for a credit or a correction.
    source
        File or person it comes from.
    holder
        Who holds the envelope: the commune itself for the local one (the default), a region, or
        the State.
    dated
        Whether the year is known; where it is not, it is the last one of the period.

    Raises
    ------
    ValueError
        If the area is not whole, has the wrong sign, the evidence lacks, or a larger envelope
        has no holder.
    """

    territory: str
    measure: Measure
    year: int
    area_m2: int
    envelope: Envelope
    kind: EntryKind
    evidence: str
    source: str
    holder: str = ""
    dated: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.area_m2, int):
            raise ValueError(f"area_m2 must be whole, found {self.area_m2!r}")  # noqa: TRY004
        wrong = self.area_m2 > 0 if self.kind is EntryKind.CREDIT else self.area_m2 < 0
        if wrong and self.kind is not EntryKind.CORRECTION:
            raise ValueError(f"a {self.kind} entry cannot have an area of {self.area_m2} m²")
        if self.kind in _SIGNED and not self.evidence:
            raise ValueError(f"a {self.kind} needs its evidence")
        if self.envelope is Envelope.LOCAL:
            if self.holder not in ("", self.territory):
                raise ValueError(f"the local envelope of {self.territory} is its own")
            object.__setattr__(self, "holder", self.territory)
        elif not self.holder:
            raise ValueError(f"the {self.envelope} envelope needs its holder")


@dataclass(frozen=True, slots=True)
class Pocket:
    """An envelope of one holder: what a transfer takes from, or gives to.

    Parameters
    ----------
    envelope
        The envelope.
    level
        Level of the holder: ``commune``, ``epci``, ``scot``… ; the region holds the pooled ones.
    code
        Code of the holder.
    """

    envelope: Envelope
    level: str
    code: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """A budget that one holder gives to another: both sides in one entry.

    Parameters
    ----------
    giver, receiver
        The two pockets.
    measure
        What is counted.
    year
        Year it was decided.
    area_m2
        Area given, whole m² above zero.
    evidence
        What decides it: a deliberation, a document.
    source
        Where it is known from.

    Raises
    ------
    ValueError
        If the area is not above zero, the two pockets are the same, or the evidence
        lacks.
    """

    giver: Pocket
    receiver: Pocket
    measure: Measure
    year: int
    area_m2: int
    evidence: str
    source: str

    def __post_init__(self) -> None:
        if self.area_m2 <= 0:
            raise ValueError(f"a transfer must be above zero, found {self.area_m2}")
        if self.giver == self.receiver:
            raise ValueError("a transfer needs two pockets")
        if not self.evidence:
            raise ValueError("a transfer needs its evidence")


@dataclass(frozen=True, eq=False, slots=True)
class Ledger:
    """Entries and transfers of one measure.

    Parameters
    ----------
    measure
        The measure of all.
    entries
        One row an entry, columns of :class:`Entry`.
    transfers
        Budgets that moved between holders.
    """

    measure: Measure
    entries: pd.DataFrame
    transfers: tuple[Transfer, ...] = field(default=())

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

    def post(self, entries: Iterable[Entry | Transfer]) -> Ledger:
        """Return a new ledger with ``entries`` added.

        Parameters
        ----------
        entries
            Entries and transfers of this ledger's measure.

        Returns
        -------
        Ledger
            The new ledger; this one is unchanged.

        Raises
        ------
        MeasureMismatchError
            If one is of another measure.

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
        for one in posted:
            self._check(one.measure)
        consumed = [one for one in posted if isinstance(one, Entry)]
        moved = tuple(one for one in posted if isinstance(one, Transfer))
        names = [f.name for f in fields(Entry)]
        rows = pd.DataFrame(
            {name: [getattr(entry, name) for entry in consumed] for name in names}
        ).astype(dict(_COLUMNS))
        return self._with(rows, moved)

    def post_table(self, rows: pd.DataFrame, measure: Measure) -> Ledger:
        """Return a new ledger with a whole table added, as of an official file.

        Parameters
        ----------
        rows
            Columns of :class:`Entry` but ``measure``, ``holder`` and ``dated``, on the local
            envelope; areas whole, and not negative for ENAF consumption.
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
            If an area of consumption is negative, or an envelope is not the local one.
        """
        self._check(measure)
        if measure is Measure.ENAF and (rows["area_m2"] < 0).any():
            raise ValueError("a table of flows cannot hold a negative area")
        if (rows["envelope"] != Envelope.LOCAL.value).any():
            raise ValueError("a table of flows is on the local envelope of its communes")
        whole = rows.assign(measure=measure.value, holder=rows["territory"], dated=True)
        return self._with(whole[list(_COLUMNS)].astype(dict(_COLUMNS)))

    def check_measure(self, measure: Measure) -> None:
        """Refuse another measure than that of the ledger.

        Parameters
        ----------
        measure
            The measure wanted.

        Raises
        ------
        MeasureMismatchError
            If it is another.
        """
        self._check(measure)

    def _check(self, measure: Measure) -> None:
        if measure is not self.measure:
            raise MeasureMismatchError(
                problem("measure-mismatch", found=measure.value, expected=self.measure.value)
            )

    def _with(self, rows: pd.DataFrame, moved: tuple[Transfer, ...] = ()) -> Ledger:
        transfers = (*self.transfers, *moved)
        if self.entries.empty:
            return Ledger(self.measure, rows.reset_index(drop=True), transfers)
        if rows.empty:
            return Ledger(self.measure, self.entries, transfers)
        return Ledger(self.measure, pd.concat([self.entries, rows], ignore_index=True), transfers)

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
        kept = self.select(kind=kind, period=period, envelope=envelope)
        return kept.groupby("territory")["area_m2"].sum()

    def select(
        self,
        *,
        kind: EntryKind | None = None,
        period: Period | None = None,
        envelope: Envelope | None = None,
    ) -> pd.DataFrame:
        """Return the entries of a kind, of some years, of an envelope.

        Parameters
        ----------
        kind, period, envelope
            Keep only the entries of this kind, of these years, of this envelope.

        Returns
        -------
        pd.DataFrame
            Columns of :class:`Entry`.
        """
        keep = pd.Series(data=True, index=self.entries.index)
        if kind is not None:
            keep &= self.entries["kind"] == kind.value
        if period is not None:
            keep &= self.entries["year"].between(period.first, period.last)
        if envelope is not None:
            keep &= self.entries["envelope"] == envelope.value
        return self.entries.loc[keep]

    def paid_m2(self, envelope: Envelope, period: Period) -> int:
        """Return what an envelope pays in a period, whole m².

        Parameters
        ----------
        envelope
            The envelope.
        period
            The years.

        Returns
        -------
        int
            Whole m², what it gives to others or receives from them left aside.
        """
        return int(self.select(envelope=envelope, period=period)["area_m2"].sum())

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

    def postings(self) -> pd.DataFrame:
        """Return both sides of every entry and transfer.

        Returns
        -------
        pd.DataFrame
            Two rows an entry: ``entry`` (its position, transfers after entries), ``envelope``
            (:data:`LAND` on the side of the land), ``holder``, ``year``, ``area_m2`` (signed:
            what the side receives; whole m²), ``kind`` (:data:`TRANSFER` for a transfer),
            ``evidence``, ``source``. The two rows of an entry add up to zero, hence all do.

        Examples
        --------
        >>> entry = Entry("44109", Measure.ENAF, 2026, 50_000, Envelope.REGIONAL,
        ...               EntryKind.PLANNED, "site A", "scenario", holder="52")
        >>> rows = Ledger.empty(Measure.ENAF).post([entry]).postings()
        >>> rows[["envelope", "holder", "area_m2"]].values.tolist()
        [['regional', '52', -50000], ['land', '44109', 50000]]
        """
        plain = self.entries.astype({"envelope": "str", "kind": "str"})
        paid = plain.assign(entry=range(len(plain)), area_m2=-plain["area_m2"])
        received = plain.assign(entry=range(len(plain)), envelope=LAND, holder=plain["territory"])
        moved = [
            (len(self.entries) + rank, pocket.envelope.value, pocket.code, one.year,
             sign * one.area_m2, TRANSFER, one.evidence, one.source)
            for rank, one in enumerate(self.transfers)
            for pocket, sign in ((one.giver, -1), (one.receiver, 1))
        ]  # fmt: skip
        columns = list(_POSTING)
        parts = [paid[columns], received[columns]]
        if moved:
            parts.append(pd.DataFrame(moved, columns=columns))
        whole = pd.concat(parts, ignore_index=True)
        return whole.sort_values("entry", kind="stable", ignore_index=True)
