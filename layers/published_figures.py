"""Figures per commune in the layouts of INSEE and SDES: census, permits, social housing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from layers.cells import read_integer, read_number
from layers.errors import N_, problem
from layers.official import (
    CODE_NAMES,
    Parsed,
    cell_problems,
    column,
    commune_codes,
    missing_columns,
    official_provenance,
    required,
    yearly,
)
from layers.raw_table import RawTable, fold
from layers.spec import LayerSpec, Provenance

PERMIT_YEARS: Final = 5
"""Years whose mean is the yearly number of dwellings started."""

_YEAR: Final = r"(\d\d)"
_TRIPS: Final = r"c(\d\d)_actocc15p"
_CENSUS: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = MappingProxyType(
    {
        "workplace_jobs": {
            "jobs": (r"p(\d\d)_emplt",),
            "industry_jobs": (r"c(\d\d)_emplt_indus",),
            "employed_residents": (r"p(\d\d)_actocc15p",),
        },
        "commute_modes": {
            "commuters": tuple(f"{_TRIPS}_{m}" for m in ("mar", "velo", "2rouesmot", "voit",
                                                         "tcom")),
            "car_free_commuters": tuple(f"{_TRIPS}_{m}" for m in ("mar", "velo", "tcom")),
        },
        "housing": {
            "population": (r"p(\d\d)_pop",),
            "population_under_20": (r"p(\d\d)_h0019", r"p(\d\d)_f0019"),
            "population_20_64": (r"p(\d\d)_h2064", r"p(\d\d)_f2064"),
            "population_65_over": (r"p(\d\d)_h65p", r"p(\d\d)_f65p"),
            "dwellings": (r"p(\d\d)_log",),
            "main_residences": (r"p(\d\d)_rp",),
            "secondary_residences": (r"p(\d\d)_rsecocc",),
            "vacant_dwellings": (r"p(\d\d)_logvac",),
        },
    }
)  # fmt: skip
"""Names of the census by column: several are added up; the group is the year."""


def parse_census(name: str, raw: RawTable) -> Parsed:
    """Read a table of the census: *dossier complet* or one of the bases by theme.

    Names move with the vintage (``P22_LOG``, ``P23_LOG``) and a file holds several (2011, 2016
    and 2022): the last year that has every column is read. Counts are estimates of a survey
    and have decimals.

    Parameters
    ----------
    name
        Layer: ``workplace_jobs``, ``commute_modes`` or ``housing``.
    raw
        The table, one row a commune. INSEE's bases hold Paris, Lyon and Marseille both whole
        and by arrondissement: the codes of a territory keep one of them.

    Returns
    -------
    Parsed
        Columns of the layer; a cell under secrecy is missing.
    """
    wanted = _CENSUS[name]
    years = {pattern: yearly(raw, pattern) for patterns in wanted.values() for pattern in patterns}
    common = set.intersection(*(set(found) for found in years.values()))
    if not common:
        lacking = [_shown(pattern) for pattern, found in years.items() if not found]
        problems = missing_columns(raw, lacking or [f"{name}_YY"])
        return Parsed(raw.data, _insee(""), tuple(problems))
    year = max(common)
    codes, errors = commune_codes(raw, required(raw, {"code": CODE_NAMES})["code"])
    table = pd.DataFrame({"code": codes})
    for target, patterns in wanted.items():
        parts = []
        for header in (years[pattern][year] for pattern in patterns):
            cells = read_number(raw.data[header])
            errors += cell_problems(raw, header, cells, N_("a number"))
            parts.append(cells.column)
        # Unknown as soon as one part is.
        table[target] = pd.concat(parts, axis=1).sum(axis=1, skipna=False)
    return Parsed(table, _insee(f"RP {year}"), tuple(errors))


def _shown(pattern: str) -> str:
    """Return a pattern as INSEE writes the name: ``PYY_LOG``."""
    return pattern.replace(_YEAR, "YY").upper()


def _insee(vintage: str) -> Provenance:
    return official_provenance("INSEE", "Recensement de la population", vintage)


def parse_permits(raw: RawTable) -> Parsed:
    """Read Sitadel by year and commune: dwellings started.

    Rows of *Tous Logements* are read, never added to their parts. The figure is the mean of
    the last :data:`PERMIT_YEARS` years of the file (``LOG_COM``, *logements commencés*); a
    commune without a figure in one of them is unknown.

    Parameters
    ----------
    raw
        The table: ``ANNEE``, ``COMM``, ``TYPE_LGT``, ``LOG_COM``.

    Returns
    -------
    Parsed
        Columns of ``housing_permits``.
    """
    headers = required(
        raw,
        {
            "code": ("comm(une)?", *CODE_NAMES),
            "year": ("annee",),
            "type": ("type_lgt",),
            "dwellings": ("log_com",),
        },
    )
    codes, errors = commune_codes(raw, headers["code"])
    years, counts = (read_integer(raw.data[headers[n]]) for n in ("year", "dwellings"))
    for name, cells in (("year", years), ("dwellings", counts)):
        errors += cell_problems(raw, headers[name], cells, N_("a whole number"))
    table = pd.DataFrame({"code": codes, "year": years.column, "dwellings": counts.column})
    whole = raw.data[headers["type"]].map(fold).eq("tous logements")
    last = sorted(set(table["year"].dropna()))[-PERMIT_YEARS:]
    vintage = f"{last[0]}-{last[-1]}" if last else ""
    source = official_provenance(
        "SDES", "Sitadel, logements commencés", vintage, method=N_("mean of a year")
    )
    if not whole.any():
        return Parsed(table, source, (*errors, *missing_columns(raw, ["Tous Logements"])))
    kept = table[whole & table["year"].isin(last)]
    twice = kept.index[kept.duplicated(["code", "year"])]
    if len(twice) or errors:
        more = [
            problem("id-duplicate", field=headers["code"], row=int(raw.rows[i]),
                    found=table["code"].iloc[i])
            for i in twice[:1].tolist()
        ]  # fmt: skip
        return Parsed(table, source, (*errors, *more))
    started = kept.groupby("code")["dwellings"]
    means = started.mean().where(started.count() == len(last)).astype("float64")
    return Parsed(means.rename("dwellings_year").reset_index(), source, tuple(errors))


def parse_social_housing(raw: RawTable) -> Parsed:
    """Read the stock of social landlords (RPLS), the last year of the file.

    Parameters
    ----------
    raw
        The table: ``DEPCOM_ARM``, ``nb_lsYYYY``.

    Returns
    -------
    Parsed
        Columns of ``social_housing``.
    """
    years = yearly(raw, r"nb_ls_?(\d{4})")
    header = years[max(years)] if years else column(raw, "nb_ls")
    vintage = str(max(years)) if years else ""
    source = official_provenance("SDES", "Répertoire du parc locatif social (RPLS)", vintage)
    if header is None:
        return Parsed(raw.data, source, tuple(missing_columns(raw, ["nb_lsYYYY"])))
    codes, errors = commune_codes(raw, required(raw, {"code": CODE_NAMES})["code"])
    cells = read_number(raw.data[header])
    errors += cell_problems(raw, header, cells, N_("a number"))
    table = pd.DataFrame({"code": codes, "social_dwellings": cells.column})
    return Parsed(table, source, tuple(errors))


def not_published(spec: LayerSpec, raw: RawTable) -> Parsed:
    """Tell the columns of the contract that a table does not have, where no layout is known.

    Parameters
    ----------
    spec
        The contract.
    raw
        The table.

    Returns
    -------
    Parsed
        ``column-missing`` errors.
    """
    lacking = [c.name for c in spec.columns if c.name not in raw.data.columns]
    return Parsed(raw.data, _insee(""), tuple(missing_columns(raw, lacking)))


PARSERS: Final[Mapping[str, Callable[[RawTable], Parsed]]] = MappingProxyType(
    {
        "workplace_jobs": lambda raw: parse_census("workplace_jobs", raw),
        "commute_modes": lambda raw: parse_census("commute_modes", raw),
        "housing_permits": parse_permits,
        "social_housing": parse_social_housing,
    }
)
"""Readers of the layouts of publishers, by layer."""
