"""Population and dwellings: totals of the census, contract."""

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.housing import HOUSING, load_housing
from layers.spec import Status
from layers.territory import load_communes

COUNTS = [column.name for column in HOUSING.columns if column.kind == "integer"]


@pytest.fixture(scope="module")
def housing():
    return load_housing().data


def test_one_row_a_commune(housing):
    assert list(housing["code"]) == list(load_communes().data["code"])


@pytest.mark.parametrize(
    ("code", "published"),
    # INSEE, populations municipales 2021.
    [("44109", 323_204), ("49007", 157_175), ("72181", 145_004)],
)
def test_population_of_cities_is_the_published_one(housing, code, published):
    counted = housing.set_index("code")["population"][code]
    assert counted == pytest.approx(published, abs=50)  # the carrier rounds each IRIS


def test_region_total_is_the_published_one(housing):
    assert housing["population"].sum() == pytest.approx(3_853_999, abs=10)


def test_parts_add_up_but_for_rounding(housing):
    ages = housing[["population_under_20", "population_20_64", "population_65_over"]].sum(axis=1)
    homes = housing[["main_residences", "secondary_residences", "vacant_dwellings"]].sum(axis=1)
    assert (housing["population"] - ages).abs().max() <= 10
    assert (housing["dwellings"] - homes).abs().max() <= 20
    assert housing["population"].sum() == pytest.approx(ages.sum(), abs=50)
    assert housing["dwellings"].sum() == pytest.approx(homes.sum(), abs=50)


def test_counts_are_whole_and_known(housing):
    assert (housing[COUNTS].dtypes == "int64").all()


def test_only_the_split_commune_is_estimated(housing):
    estimated = housing[housing["status"] == Status.ESTIMATED]
    assert list(estimated["code"]) == ["85084", "85165", "85212"]
    # 9,399 inhabitants of the former Essarts-en-Bocage, as 6,471 : 1,201 : 1,259 of 2017.
    assert list(estimated["population"]) == [6810, 1264, 1325]


def test_merged_communes_hold_what_they_absorbed(housing):
    population = housing.set_index("code")["population"]
    assert population["49126"] == 16_708  # counted under 49069
    assert population["72155"] > 4_000  # Laigné-en-Belin alone has about 2,300


def test_missing_count_stays_missing(housing, tmp_path):
    path = tmp_path / "housing.csv"
    some = housing.head(3).astype({"population": "object"})
    some.loc[1, "population"] = None
    some.to_csv(path, index=False)
    layer = load_housing(path)
    assert layer.data["population"].isna().to_list() == [False, True, False]
    assert layer.provenance.status is Status.DECLARED
    back = layer.data.astype({"population": "object"})
    pd.testing.assert_frame_equal(back.dropna(), some.dropna(), check_dtype=False)


def test_all_problems_of_a_file_come_at_once(housing, tmp_path):
    bad = housing.head(4).drop(columns="main_residences").astype(object)
    bad.loc[0, "population"] = "2 043 hab."
    bad.loc[1, "dwellings"] = -1
    bad.loc[2, "code"] = "1001"
    bad.loc[3, "status"] = "guessed"
    bad.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(LayerError) as error:
        load_housing(tmp_path / "bad.csv")
    assert {(p.row, p.field, p.code) for p in error.value.problems} == {
        (None, "main_residences", "column-missing"),
        (1, "population", "value-type"),
        (2, "dwellings", "value-range"),
        (3, "code", "value-length"),
        (4, "status", "value-choice"),
    }
