"""What is told of sites beside their results."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.sites import read_sites
from siting.pipeline import run

NANTES, NANTES_METROPOLE = "44109", "244400404"


@pytest.fixture
def told_of(world, base, tmp_path):
    """Return the notes on where one site in the middle of Nantes is said to lie."""

    def told(**declared):
        outline = shapely.box(355_000, 6_689_000, 355_100, 6_689_100)
        table = pd.DataFrame([{"site_id": "A", **declared}])
        path = tmp_path / "sites.gpkg"
        gpd.GeoDataFrame(table, geometry=[outline], crs=2154).to_file(path)
        notes = run(base, world, read_sites(path)).notes
        return [
            (one.row, one.field, one.found, one.expected)
            for one in notes
            if one.code == "declared-elsewhere"
        ]

    return told


def test_a_site_that_lies_where_its_file_says_is_not_told(told_of):
    assert told_of() == []
    assert told_of(commune=NANTES, epci=NANTES_METROPOLE) == []


def test_a_site_elsewhere_than_its_file_says_is_told_for_each_level(told_of):
    nantes, metropole = f"Nantes ({NANTES})", f"Nantes Métropole ({NANTES_METROPOLE})"
    assert told_of(commune="44036", epci=NANTES_METROPOLE) == [
        (1, "commune", nantes, "Châteaubriant (44036)")
    ]
    [told] = told_of(commune=NANTES, epci="244400644")
    assert told[:3] == (1, "epci", metropole)


@pytest.mark.parametrize("code", ["44004", "35238"])
def test_a_code_that_is_none_of_the_territory_is_left_alone(told_of, code):
    # Anetz is part of Vair-sur-Loire since 2016; Rennes is of another region.
    assert told_of(commune=code) == []
