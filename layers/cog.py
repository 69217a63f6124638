"""Communes that merge, split or change code: from the COG of a file to that of a territory.

The passage table gives the code, in the target COG, of each code that a file may hold. A
merge is a sum. A split is shared out by weights the caller gives: the result is an estimate.
A commune that reaches no commune of the territory is an error; it is never left out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers._cerema import COMMUNE_CODE
from layers.errors import N_, LayerError, Problem, problem
from layers.spec import Layer, LayerSpec, Provenance, Status, make_layer
from layers.tables import read_csv
from layers.workbook import is_workbook, read_workbook

_HISTORIC: Final = ("DEPCOM_HIST", "DEPCOM")
_INITIAL: Final = "CODGEO_INI"
_YEAR_OF_CODES = re.compile(r"CODGEO_((?:19|20)\d\d)")
_YEAR_IN_NAME = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Passage:
    """From the commune codes of one COG, or of several, to those of another.

    Parameters
    ----------
    targets
        By old code, the codes it became in the target COG, sorted: several where the commune
        was split, its own where nothing happened to it.
    year
        Year of the target COG; ``None`` where neither the file nor the caller tells it.
    file
        Name of the file it was read from.
    """

    targets: Mapping[str, tuple[str, ...]]
    year: int | None
    file: str = ""

    def of(self, code: str) -> tuple[str, ...]:
        """Return the codes that a code became; itself where the table does not have it.

        Parameters
        ----------
        code
            An INSEE commune code.

        Returns
        -------
        tuple of str
            Codes of the target COG.

        Examples
        --------
        Freigné (49144) joined Vallons-de-l'Erdre (44180).

        >>> passage = Passage({"49144": ("44180",)}, 2025)
        >>> passage.of("49144"), passage.of("44109")
        (('44180',), ('44109',))
        """
        return self.targets.get(code, (code,))


def load_passage(path: Path, *, since: int | None = None, year: int | None = None) -> Passage:
    """Read a passage table: a CSV file, or a workbook of INSEE (XLSX, or a ZIP that holds it).

    Two layouts are known: ``DEPCOM_HIST`` (any past code) and ``DEPCOM``; and the columns
    ``CODGEO_YYYY`` (and ``CODGEO_INI``) of INSEE's tables, the last one of which is the target.
    A code on several rows, with several targets, was split.

    Where the table has more than two vintages and none is told, a code is taken as it was in
    the last of them that has it: a code in force stays, one that is gone becomes what it was
    merged into, a commune that merged then split again is told by its split.

    Parameters
    ----------
    path
        The file.
    since
        COG of the codes to convert, where the table has more than two.
    year
        Year of the target COG; by default that of its column, else the last one in the name
        of the file.

    Returns
    -------
    Passage
        The passage.

    Raises
    ------
    LayerError
        With every problem of the file: columns, codes missing or malformed.
    """
    table = _opened(path)
    names = _columns(table, since, path.name)
    new, codes = names[-1], table[names]
    yearly = names != list(_HISTORIC)
    if yearly:  # a commune may enter the field of the table, or leave it
        codes = codes.loc[codes[new].notna()]
    wrong = [p for name in names for p in _code_problems(codes[name], path.name, sparse=yearly)]
    if wrong:
        raise LayerError(wrong)
    targets: dict[str, tuple[str, ...]] = {}
    for old in reversed(names if len(names) > 2 else names[:1]):
        left = codes[old].notna() & ~codes[old].isin(list(targets))
        found: dict[str, set[str]] = {}
        for before, after in zip(codes.loc[left, old], codes.loc[left, new], strict=True):
            found.setdefault(before, set()).add(after)
        targets |= {code: tuple(sorted(many)) for code, many in found.items()}
    return Passage(MappingProxyType(targets), year or _year(new, path), path.name)


def _opened(path: Path) -> pd.DataFrame:
    """Return the table, every cell as text, an empty one missing."""
    if is_workbook(path):
        table = read_workbook(path).data.replace("", None)
        told: list[Problem] = []
    else:
        table, told = read_csv(path, ())
    found = [replace(p, file=path.name) for p in told if p.severity == "error"]
    if found:
        raise LayerError(found)
    table.columns = [str(name).strip().upper() for name in table.columns]
    return pd.DataFrame({name: table[name].str.strip() for name in table.columns})


def _columns(table: pd.DataFrame, since: int | None, file: str) -> list[str]:
    """Return the names of the columns of codes, from the oldest to the target."""
    names = [str(name) for name in table.columns]
    if set(_HISTORIC) <= set(names):
        return list(_HISTORIC)
    years = sorted(int(match[1]) for name in names if (match := _YEAR_OF_CODES.fullmatch(name)))
    columns = [_INITIAL] * (_INITIAL in names) + [f"CODGEO_{year}" for year in years]
    if len(columns) < 2 or not years:
        fields = " + ".join(_HISTORIC) + ", CODGEO_YYYY"
        found = ", ".join(names)
        raise LayerError(problem("column-missing", file=file, field=fields, found=found))
    if since is None:
        return columns
    *before, last = years
    if since not in before:
        found, expected = str(since), ", ".join(map(str, before))
        raise LayerError(problem("cog-vintage", file=file, found=found, expected=expected))
    return [f"CODGEO_{since}", f"CODGEO_{last}"]


def _code_problems(codes: pd.Series, file: str, *, sparse: bool) -> Iterator[Problem]:
    name, expected = str(codes.name), N_("an INSEE commune code")
    for row in [] if sparse else codes.index[codes.isna()].tolist():
        yield problem("value-missing", file=file, field=name, row=row + 1)
    malformed = ~codes.fillna("00000").str.fullmatch(COMMUNE_CODE)
    for row in codes.index[malformed].tolist():
        yield problem(
            "value-type", file=file, field=name, row=row + 1, found=codes[row], expected=expected
        )


def _year(column: str, path: Path) -> int | None:
    if match := _YEAR_OF_CODES.fullmatch(column):
        return int(match[1])
    years = _YEAR_IN_NAME.findall(path.stem)
    return int(years[-1]) if years else None


def to_cog(
    flows: Layer, passage: Passage, codes: Collection[str], *, weights: pd.Series | None = None
) -> Layer:
    """Regroup yearly areas by the communes of the target COG.

    The total of each year and column is conserved to the m². Each part of a split gets the
    difference of the running shares, rounded down, column by column: within 1 m² of its exact
    share, so that its total and its destinations can differ by a few m² more than before.

    Parameters
    ----------
    flows
        A layer with ``code``, ``year`` and areas in whole m², one row a commune and year.
    passage
        From the COG of ``flows``: with the passage of an earlier one, a commune since split
        would be split again.
    codes
        Every commune of the territory, in the target COG.
    weights
        Areas, populations… by code of the target COG, to share out the communes that were
        split; not needed where there is none.

    Returns
    -------
    Layer
        One row a commune and year, sorted. A year unknown, or absent, in one of the merged
        communes is unknown. The method says how many communes merged or were split; the
        status becomes ``estimated`` with a split, unless it is ``demonstration``.

    Raises
    ------
    LayerError
        ``cog-unmatched``, with every commune that reaches none of ``codes``; ``cog-weight``,
        with every commune made by a split whose weight is missing, negative or, for all the
        parts of a split, zero.

    Examples
    --------
    Two communes merge: 300 + 200 m².

    >>> from layers.artificialised_land import ENAF_FLOWS, USES
    >>> rows = pd.DataFrame({"code": ["49144", "44180"], "year": 2011, "area_m2": [300, 200]})
    >>> rows = rows.assign(**{f"{use}_m2": pd.NA for use in USES}).astype({"area_m2": "Int64"})
    >>> rows = rows.astype({f"{use}_m2": "Int64" for use in USES})
    >>> source = Provenance("Cerema", "ENAF", "2011", "LO 2.0", Status.OBSERVED)
    >>> passage = Passage({"49144": ("44180",)}, 2025)
    >>> after = to_cog(make_layer(ENAF_FLOWS, rows, source), passage, {"44180"})
    >>> after.data[["code", "area_m2"]].to_numpy().tolist()
    [['44180', 500]]
    >>> after.provenance.method
    'communes of the COG 2025: 2 merged into 1'
    """
    known = set(codes)
    old = sorted(set(flows.data["code"]))
    lost = [code for code in old if not known.issuperset(passage.of(code))]
    if lost:
        file, found = flows.provenance.file, f"{', '.join(lost)} ({len(lost)})"
        expected = _named(passage)
        raise LayerError(
            problem("cog-unmatched", file=file, field="code", found=found, expected=expected)
        )
    split = {code: passage.of(code) for code in old if len(passage.of(code)) > 1}
    shares = _shares(split, weights)
    areas = [column.name for column in flows.spec.columns if column.unit == "m²"]
    kept = flows.data.loc[~flows.data["code"].isin(split), ["code", "year", *areas]]
    moved = kept.assign(code=kept["code"].map({code: passage.of(code)[0] for code in old}))
    parts = [_part(flows.data, areas, *share) for share in shares]
    rows = pd.concat([moved, *parts], ignore_index=True)
    origins = pd.Series([new for code in old for new in passage.of(code)]).value_counts()
    source = _provenance(flows.provenance, passage, origins, split)
    spec = _with_roundings(flows.spec, max(origins.to_list(), default=1))
    return make_layer(spec, _summed(rows, areas, origins), source)


def _shares(
    split: Mapping[str, tuple[str, ...]], weights: pd.Series | None
) -> list[tuple[str, str, Fraction, Fraction]]:
    """Return old code, new code, and the running shares before and after it, of each part."""
    exact = _exact(weights)
    problems: list[Problem] = []
    shares: list[tuple[str, str, Fraction, Fraction]] = []
    for old, parts in split.items():
        missing = [new for new in parts if new not in exact]
        total = sum((exact[new] for new in parts if new in exact), Fraction(0))
        if missing or not total:
            found = ", ".join(missing or parts)
            problems.append(
                problem("cog-weight", field=old, found=found, expected=", ".join(parts))
            )
            continue
        before = Fraction(0)
        for new in parts:
            after = before + exact[new] / total
            shares.append((old, new, before, after))
            before = after
    if problems:
        raise LayerError(problems)
    return shares


def _exact(weights: pd.Series | None) -> dict[str, Fraction]:
    """Return the weights that can serve: known, told once, not negative."""
    if weights is None:
        return {}
    numbers = pd.to_numeric(weights[~weights.index.duplicated(keep=False)], errors="coerce")
    known = numbers[numbers.between(0, float("inf"), inclusive="left")]
    return {str(code): Fraction(float(weight)) for code, weight in known.items()}


def _part(
    data: pd.DataFrame, areas: list[str], old: str, new: str, before: Fraction, after: Fraction
) -> pd.DataFrame:
    rows = data.loc[data["code"] == old, ["code", "year", *areas]].assign(code=new)
    for name in areas:
        rows[name] = pd.array(
            # Whole numbers and fractions: nothing is lost however large.
            [pd.NA if pd.isna(v) else int(v) * after // 1 - int(v) * before // 1
             for v in rows[name]],
            dtype="Int64",
        )  # fmt: skip
    return rows


def _summed(rows: pd.DataFrame, areas: list[str], origins: pd.Series) -> pd.DataFrame:
    groups = rows.groupby(["code", "year"], sort=True)
    sums = groups[areas].sum()
    # Unknown as soon as one of the communes that merged has no figure, or no row, that year.
    expected = origins.reindex(sums.index.get_level_values("code")).to_numpy()
    partial = groups[areas].count().lt(expected, axis=0)
    return sums.astype("Int64").mask(partial).reset_index()


def _with_roundings(spec: LayerSpec, merged: int) -> LayerSpec:
    """Return the contract of sums: each commune that merged brings its own rounding."""
    columns = (
        replace(c, minimum=c.minimum * merged) if c.minimum is not None and c.minimum < 0 else c
        for c in spec.columns
    )
    return replace(spec, columns=tuple(columns))


def _provenance(
    source: Provenance,
    passage: Passage,
    origins: pd.Series,
    split: Mapping[str, tuple[str, ...]],
) -> Provenance:
    merged = origins[origins > 1]
    told = [f"{merged.sum()} merged into {len(merged)}"] if len(merged) else []
    if split:
        parts = {new for news in split.values() for new in news}
        told.append(f"{len(split)} split into {len(parts)} by weights")
    done = f"communes of the {_named(passage)}: {', '.join(told) or 'unchanged'}"
    method = "; ".join(filter(None, (source.method, done)))
    estimated = split and source.status is not Status.DEMONSTRATION
    return replace(source, method=method, status=Status.ESTIMATED if estimated else source.status)


def _named(passage: Passage) -> str:
    return f"COG {passage.year}" if passage.year else f"COG of {passage.file}"
