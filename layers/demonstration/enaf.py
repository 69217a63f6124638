"""Demonstration ENAF flows, in the layout of the Cerema file 2011-2025.

What is calibrated, to the m², and on what (all published totals; see PROVENANCE.md):

- region, 2011-2020: 19,400 ha (Chambre régionale des comptes);
- region, 1 January 2011 to 1 January 2024: 24,258 ha, of which housing 62.44 % and
  activity 23.19 % (CESER, 2025). The 4,858 ha so left for 2021-2023 follow the national
  years 21,310 / 20,276 / 19,263 ha (Cerema), and 2024 the national 15,119 ha;
- activity by département, 2011-2023: in proportion to the 182, 132, 120, 84 and 74 ha a
  year of the chambers (Vendée, Loire-Atlantique, Maine-et-Loire, Sarthe, Mayenne). They
  serve as shares only: their sum, 592 ha a year, is not the 433 ha of the line above.

All the rest (profile of the years 2011-2020, other uses, every figure of a département,
an EPCI or a commune) is synthetic.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from layers.demonstration import MARK
from layers.demonstration.apportionment import (
    apportion,
    fit_margins,
    integer_weights,
    round_table,
)
from layers.demonstration.hashing import keys_of, normal, uniform

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

FILE_NAME: Final = "demonstration_enaf_flows_2011_2025.csv.gz"
USES: Final = ("act", "hab", "mix", "rou", "fer", "inc")
YEARS: Final = tuple(range(2011, 2025))
CALIBRATED_YEARS: Final = 13  # 2011 to 2023; 2024 is provisional and apart
REFERENCE_M2: Final = 194_000_000
CALIBRATED_M2: Final = 242_580_000
HOUSING_M2: Final = 151_466_952  # 62.44 % of CALIBRATED_M2, a whole number
ACTIVITY_M2: Final = 56_254_302  # 23.19 %, a whole number too
NATIONAL_HA: Final = {2021: 21_310, 2022: 20_276, 2023: 19_263, 2024: 15_119}
ACTIVITY_HA_YEAR: Final = {"44": 132, "49": 120, "53": 74, "72": 84, "85": 182}

# Synthetic: a declining profile whose sum is the published one (ha).
_REFERENCE_PROFILE_HA = (2411, 2298, 2137, 1963, 1874, 1811, 1858, 1822, 1713, 1513)
# Synthetic: how what is neither housing nor activity splits (mix, rou, fer, inc).
_OTHER_WEIGHTS = np.array([320, 520, 17, 580])
_PERIODS = ((11, 25), (11, 21), (21, 25))
_CENSUS_PERIODS = ((11, 16), (16, 22), (11, 22))
_PERIOD_USES = ("act", "hab", "mix", "inc", "rou", "fer")  # order of the official file


def year_totals() -> Integers:
    """Return the total of the region for each year of :data:`YEARS`, in m².

    Returns
    -------
    ndarray
        Integers, shape (14,).

    Examples
    --------
    >>> int(year_totals()[:10].sum()), int(year_totals()[:13].sum())
    (194000000, 242580000)
    """
    national = np.array(list(NATIONAL_HA.values()))
    recent = apportion(CALIBRATED_M2 - REFERENCE_M2, national[:3])
    last = round(int(recent.sum()) * int(national[3]) / int(national[:3].sum()))
    reference = np.array(_REFERENCE_PROFILE_HA) * 10_000
    return np.concatenate([reference, recent, [last]]).astype(np.int64)


def use_totals() -> Integers:
    """Return the total of the region for each of :data:`USES` over 2011-2023, in m².

    Returns
    -------
    ndarray
        Integers, shape (6,); they sum to :data:`CALIBRATED_M2`.
    """
    others = apportion(CALIBRATED_M2 - HOUSING_M2 - ACTIVITY_M2, _OTHER_WEIGHTS)
    return np.array([ACTIVITY_M2, HOUSING_M2, *others], dtype=np.int64)


def _with_last_year(calibrated: Integers, last_total: int, weights: Integers) -> Integers:
    """Append the provisional year, shared by ``weights``, to a (years, n) table."""
    return np.vstack([calibrated, apportion(last_total, weights)])


def _region_flows() -> Integers:
    """Return the flows of the region, shape (years, uses)."""
    years, uses = year_totals(), use_totals()
    columns = np.array([keys_of(USES)])
    seed = np.outer(years[:CALIBRATED_YEARS], uses).astype(np.float64)
    seed *= 1 + 0.08 * (uniform("region", _year_keys()[:CALIBRATED_YEARS], columns) - 0.5)
    table = round_table(fit_margins(seed, years[:CALIBRATED_YEARS], uses))
    return _with_last_year(table, int(years[-1]), table[-1])


def _year_keys() -> npt.NDArray[np.uint64]:
    return np.array(YEARS, dtype=np.uint64)[:, None]


def _departement_flows(region: Integers, weights: Integers, use: str, names: list[str]) -> Integers:
    """Share the flows of one use, shape (years,), among départements: (years, départements)."""
    totals = apportion(int(region[:CALIBRATED_YEARS].sum()), weights)
    seed = np.outer(region[:CALIBRATED_YEARS], totals).astype(np.float64)
    draws = uniform("departement", use, _year_keys()[:CALIBRATED_YEARS], keys_of(names)[None, :])
    table = round_table(fit_margins(seed * (0.8 + 0.4 * draws), region[:CALIBRATED_YEARS], totals))
    return _with_last_year(table, int(region[-1]), weights)


def _commune_weights(table: pd.DataFrame) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return, by use, the size of each commune, and the chance that a year sees a flow.

    Housing follows dwellings (less where many are vacant), activity towns, roads and
    unknown uses the area. The exponents are ours: large towns are built up already.
    """
    dwellings = table["dwellings"].to_numpy(dtype=np.float64)
    area_ha = table["area_m2"].to_numpy(dtype=np.float64) / 1e4
    vacancy = (table["vacant_dwellings"] / table["dwellings"]).fillna(0.075).to_numpy()
    rank = np.log(np.maximum(dwellings, 50.0) / 50.0)
    codes = keys_of(table["code"])
    chance = 0.08 + 0.13 * rank
    open_land = 1.0 / (1.0 + dwellings / area_ha / 6.0)  # a dense commune has little left
    sizes = {
        "act": dwellings**0.65 * area_ha**0.3 * np.exp(0.8 * normal("size act", codes)),
        "hab": dwellings**0.55 * area_ha**0.4 * np.exp(-6.0 * (vacancy - 0.075)),
        "mix": dwellings**0.6 * area_ha**0.3,
        "rou": dwellings**0.3 * area_ha**0.5,
        "fer": dwellings**0.3 * area_ha**0.3,
        "inc": dwellings**0.4 * area_ha**0.5,
    }
    chances = {
        "act": chance,
        "hab": 0.45 + 0.15 * rank,
        "mix": 0.5 * chance,
        "rou": np.full(len(table), 0.15),
        "fer": np.full(len(table), 0.02),
        "inc": np.full(len(table), 0.4),
    }
    sizes["hab"] = sizes["hab"] * np.exp(0.35 * normal("size hab", codes))
    return {use: size * open_land for use, size in sizes.items()}, chances


def build_flows(table: pd.DataFrame) -> Integers:
    """Draw the flows of every commune, year and use, with the published margins.

    Parameters
    ----------
    table
        ``code``, ``departement``, ``area_m2``, ``dwellings`` and ``vacant_dwellings`` of
        every commune of the region, in any order.

    Returns
    -------
    ndarray
        Integer m², shape (communes, 14 years, 6 uses), in the order of ``table``.
    """
    order = np.argsort(table["code"].to_numpy(dtype=str), kind="stable")
    ordered = table.iloc[order].reset_index(drop=True)
    sizes, chances = _commune_weights(ordered)
    names = sorted(set(ordered["departement"]))
    members = [np.flatnonzero(ordered["departement"] == name) for name in names]
    codes = keys_of(ordered["code"])[:, None]
    years = np.array(YEARS, dtype=np.uint64)[None, :]
    region = _region_flows()
    flows = np.zeros((len(ordered), len(YEARS), len(USES)), dtype=np.int64)
    for rank, use in enumerate(USES):
        base = np.array([sizes[use][rows].sum() for rows in members])
        weights = integer_weights(base)
        if use == "act":
            weights = np.array([ACTIVITY_HA_YEAR[name] for name in names], dtype=np.int64)
        shares = _departement_flows(region[:, rank], weights, use, names)
        lumps = sizes[use][:, None] * np.exp(0.7 * normal("year", use, codes, years))
        drawn = uniform("chance", use, codes, years) < chances[use][:, None]
        for column, rows in enumerate(members):
            for year in range(len(YEARS)):
                lots = np.where(drawn[rows, year], lumps[rows, year], 0.0)
                lots = lots if lots.any() else lumps[rows, year]
                total = int(shares[year, column])
                flows[rows, year, rank] = apportion(total, integer_weights(lots))
    result = np.empty_like(flows)
    result[order] = flows
    return result


def layout() -> tuple[str, ...]:
    """Return the columns of the file, in order.

    Returns
    -------
    tuple of str
        The 169 columns of the Cerema file 2011-2025 that our sources name; it has 172,
        three of which we could not learn and do not invent.

    Examples
    --------
    >>> layout()[12:16], len(layout())
    (('naf11art12', 'art11act12', 'art11hab12', 'art11mix12'), 169)
    """
    columns = ["idcom", "idcomtxt", "idreg", "idregtxt", "iddep", "iddeptxt", "epci25", "epci25txt"]
    columns += ["scot", "aav2020", "aav2020txt", "aav2020_ty"]
    for year in YEARS:
        first, last = year % 100, year % 100 + 1
        columns += [f"naf{first}art{last}", *(f"art{first}{use}{last}" for use in USES)]
    for first, last in _PERIODS:
        columns += [f"naf{first}art{last}", *(f"art{first}{use}{last}" for use in _PERIOD_USES)]
    columns += ["artcom1125"]
    spans = [f"{first}{last}" for first, last in _CENSUS_PERIODS]
    for kind in ("pop", "men", "emp"):
        columns += [f"{kind}{when}" for when in ("11", "16", "22", *spans)]
    columns += [f"{ratio}{span}" for span in spans for ratio in ("mepart", "menhab", "artpop")]
    for first, last in _CENSUS_PERIODS:
        columns += [f"naf{first}art{last}", f"art{first}hab{last}"]
    return (*columns, "surfcom2025", "littoral", "libdens_aav", "abc")


def build_enaf(communes: gpd.GeoDataFrame, housing: pd.DataFrame) -> pd.DataFrame:
    """Build the demonstration file of ENAF flows.

    Parameters
    ----------
    communes
        Communes of the region (:data:`layers.territory.COMMUNES`), EPSG:2154.
    housing
        ``code``, ``dwellings`` and ``vacant_dwellings`` of the same communes.

    Returns
    -------
    DataFrame
        One row a commune sorted by code, columns of :func:`layout`, every value text;
        what is not known is empty.
    """
    columns = ["code", "name", "epci", "epci_name", "departement", "departement_name", "region"]
    frame = communes[columns].copy()
    frame["area_m2"] = np.rint(communes.area).astype(np.int64)
    counts = housing[["code", "dwellings", "vacant_dwellings"]]
    frame = frame.merge(counts, on="code", how="left", validate="1:1").sort_values("code")
    frame = frame.reset_index(drop=True)
    flows = build_flows(frame)
    named = {
        "idcom": frame["code"],
        "idcomtxt": frame["name"],
        "idreg": frame["region"],
        "idregtxt": pd.Series(f"Pays de la Loire {MARK}", index=frame.index),
        "iddep": frame["departement"],
        "iddeptxt": frame["departement_name"],
        "epci25": frame["epci"],
        "epci25txt": frame["epci_name"],
        "surfcom2025": frame["area_m2"].astype(str),
    }
    for first, last in {*zip(range(11, 25), range(12, 26), strict=True), *_PERIODS,
                        *_CENSUS_PERIODS}:  # fmt: skip
        spanned = flows[:, first - 11 : last - 11].sum(axis=1)
        named[f"naf{first}art{last}"] = pd.Series(spanned.sum(axis=1)).astype(str)
        for rank, use in enumerate(USES):
            named[f"art{first}{use}{last}"] = pd.Series(spanned[:, rank]).astype(str)
    share = 100 * flows.sum(axis=(1, 2)) / frame["area_m2"].to_numpy()
    named["artcom1125"] = pd.Series([f"{value:.2f}" for value in share])
    empty = pd.Series("", index=frame.index)
    return pd.DataFrame({column: named.get(column, empty) for column in layout()})


def write_enaf(table: pd.DataFrame, path: Path) -> None:
    """Write the table as a compressed CSV whose bytes depend on the table alone.

    Parameters
    ----------
    table
        What :func:`build_enaf` returns.
    path
        File to write, ending in ``.csv.gz``.
    """
    text = table.to_csv(index=False, lineterminator="\n")
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(text.encode("utf-8-sig"))
