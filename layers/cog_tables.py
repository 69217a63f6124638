"""Tables of the COG (INSEE): the communes of a year, and their movements as a passage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import COMMUNE, as_text
from layers.cog import Passage, load_passage
from layers.errors import N_, LayerError, problem
from layers.official import open_table, required, year_in
from layers.raw_table import RawTable, row_problems
from layers.recognition import file_columns, meets
from layers.spec import Column, Layer, LayerSpec, Provenance, Status, make_layer

COG_COMMUNES: Final = LayerSpec(
    name="cog_communes",
    title=N_("Communes of the COG"),
    columns=(
        Column("code", "string", "INSEE code of the commune"),
        Column("name", "string", "Official name"),
        Column("departement", "string", "Code of the département", nullable=True),
        Column("region", "string", "Code of the region", nullable=True),
    ),
    key="code",
)
"""Contract of the communes of a COG: neither delegated nor associated ones."""

_WANTED: Final = {
    "typecom": ("typecom",), "com": ("com",), "libelle": ("libelle",), "dep": ("dep",),
    "reg": ("reg",),
}  # fmt: skip
_MOVES: Final = {
    "date_eff": ("date_eff",), "typecom_av": ("typecom_av",), "com_av": ("com_av",),
    "typecom_ap": ("typecom_ap",), "com_ap": ("com_ap",),
}  # fmt: skip
MOVEMENTS: Final = tuple(_MOVES)
"""Columns of the table of movements."""
_IS_COMMUNE: Final = "COM"
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


def load_cog_communes(path: Path, *, provenance: Provenance | None = None) -> Layer:
    """Read the communes of a COG (``v_commune_2026.csv``).

    Parameters
    ----------
    path
        The file; rows of another type than ``COM`` are not communes and left aside.
    provenance
        Provenance; by default that of INSEE, its vintage the year in the name of the file.

    Returns
    -------
    Layer
        Contract :data:`COG_COMMUNES`, sorted by code.

    Raises
    ------
    LayerError
        With the columns that are missing, and codes that are none.
    """
    raw = open_table(path)
    text = _columns(raw, _WANTED)
    ours = text["typecom"] == _IS_COMMUNE
    _check_codes(raw, text["com"], "COM", ours)
    rows = text[ours].sort_values("com", ignore_index=True)
    data = pd.DataFrame(
        {
            "code": rows["com"],
            "name": rows["libelle"],
            "departement": rows["dep"].where(rows["dep"] != "", None),
            "region": rows["reg"].where(rows["reg"] != "", None),
        }
    )
    if data.empty:
        raise LayerError(problem("no-rows", file=path.name))
    vintage = f"COG {year_in(path.stem)}".strip()
    source = Provenance(
        "INSEE", "Code officiel géographique", vintage, "Licence Ouverte 2.0", Status.OBSERVED,
        file=path.name,
    )  # fmt: skip
    return make_layer(COG_COMMUNES, data, provenance or source)


def load_movements(path: Path, *, since: int, year: int) -> Passage:
    r"""Read the movements of communes as a passage from a COG to another.

    A movement of 1 January is in the COG of that year. Movements follow one another by date:
    a commune that merged, then split again, comes back to itself and its parts.

    Parameters
    ----------
    path
        ``v_mvt_commune_2025.csv``; movements between communes (``COM``) only count.
    since, year
        COG to leave from and to reach.

    Returns
    -------
    Passage
        Of the communes that moved; all others keep their code.

    Raises
    ------
    LayerError
        With the columns that are missing, codes and dates that are none, or if ``since`` is
        not before ``year``.

    Examples
    --------
    >>> import tempfile
    >>> head = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "v_mvt_commune_2025.csv"
    ...     _ = path.write_text(f"{head}\n32,2018-01-01,COM,49144,COM,44180\n")
    ...     load_movements(path, since=2017, year=2025).of("49144")
    ('44180',)
    """
    if since >= year:
        found, expected = str(since), f"< {year}"
        raise LayerError(problem("cog-vintage", file=path.name, found=found, expected=expected))
    moves = _movements(path)
    moves = moves[moves["date_eff"].between(f"{since}-01-02", f"{year}-01-01")]
    return Passage(MappingProxyType(_followed(moves)), year, path.name)


def open_passage(path: Path) -> Passage:
    r"""Read a passage from any past code, whichever of the tables of INSEE tells it.

    Parameters
    ----------
    path
        A passage table (:func:`layers.cog.load_passage`), or the movements of communes: a code
        that is gone becomes what it was merged into, a code in force stays.

    Returns
    -------
    Passage
        The passage; of movements, to the COG that the name of the file tells, else to that of
        the last of them.

    Raises
    ------
    LayerError
        With every problem of the file.

    Examples
    --------
    Champtoceaux took its neighbours in 2015, then the code of one of them.

    >>> import tempfile
    >>> rows = ["MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP",
    ...     "32,2015-12-15,COM,49069,COM,49069", "32,2015-12-15,COM,49126,COM,49069",
    ...     "50,2024-01-01,COM,49069,COM,49126"]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "v_mvt_commune_2025.csv"
    ...     _ = path.write_text("\n".join(rows) + "\n")
    ...     passage = open_passage(path)
    >>> passage.of("49069"), passage.of("49126"), passage.year
    (('49126',), ('49126',), 2025)
    """
    if not meets(MOVEMENTS, file_columns(path)):
        return load_passage(path)
    moves = _movements(path)
    told = year_in(path.stem)
    last = str(moves["date_eff"].max()) if len(moves) else ""
    # A movement of 1 January is in the COG of that year, a later one in the next.
    year = int(told) if told else int(last[:4]) + (last[5:] > "01-01") if last else None
    if year is not None:
        moves = moves[moves["date_eff"] <= f"{year}-01-01"]
    return Passage(MappingProxyType(_past_codes(moves)), year, path.name)


def _past_codes(moves: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Return what became of each code that is gone, as it was the last time it was in force."""
    final: dict[str, frozenset[str]] = {}
    seen: set[str] = set()
    gone: dict[str, tuple[str, ...]] = {}
    days = [group for _, group in moves.groupby("date_eff", sort=True)]
    for day in reversed(days):
        after = set(day["com_ap"])
        before: dict[str, set[str]] = {}
        for old, new in zip(day["com_av"], day["com_ap"], strict=True):
            before.setdefault(old, set()).update(final.get(new, {new}))
        for code in after - set(before):
            final.pop(code, None)  # born that day: the same code before is another commune
        for code, codes in before.items():
            final[code] = frozenset(codes)
            if code not in seen | after:
                gone[code] = tuple(sorted(codes))
        seen |= after | set(before)
    return gone


def _movements(path: Path) -> pd.DataFrame:
    """Return the movements between communes, checked, each once."""
    raw = open_table(path)
    text = _columns(raw, _MOVES)
    ours = (text["typecom_av"] == _IS_COMMUNE) & (text["typecom_ap"] == _IS_COMMUNE)
    for name in ("com_av", "com_ap"):
        _check_codes(raw, text[name], name.upper(), ours)
    undated = ours & ~text["date_eff"].str.fullmatch(_DAY)
    _refuse(raw, text["date_eff"], "DATE_EFF", undated, N_("a date written 2025-01-01"))
    return text[ours].drop_duplicates()


def _followed(moves: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """Follow each commune from movement to movement."""
    reached: dict[str, set[str]] = {code: {code} for code in moves["com_av"]}
    for _, day in moves.groupby("date_eff", sort=True):
        step = {code: set(group) for code, group in day.groupby("com_av")["com_ap"]}
        for old, codes in reached.items():
            reached[old] = {new for code in codes for new in step.get(code, {code})}
    return {old: tuple(sorted(codes)) for old, codes in reached.items() if codes != {old}}


def _columns(raw: RawTable, wanted: Mapping[str, Iterable[str]]) -> pd.DataFrame:
    columns = required(raw, wanted)
    return pd.DataFrame({name: as_text(raw.data[column]) for name, column in columns.items()})


def _check_codes(raw: RawTable, codes: pd.Series, field: str, ours: pd.Series) -> None:
    wrong = ours & ~codes.str.fullmatch(COMMUNE)
    _refuse(raw, codes, field, wrong, N_("an INSEE commune code"))


def _refuse(raw: RawTable, values: pd.Series, field: str, wrong: pd.Series, expected: str) -> None:
    found = row_problems(
        wrong.to_numpy(dtype=bool), raw.rows, "value-type", field=field, expected=expected,
        found=values.to_numpy(dtype=object),
    )  # fmt: skip
    if found:
        raise LayerError(found)
