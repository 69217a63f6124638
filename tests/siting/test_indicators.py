"""What colours the territories: figures by hand, classes that hold what they say."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.territory import Level
from siting.i18n import translator
from siting.maps import INDICATORS, USED_SHARE, Figures, available
from siting.maps.indicators import CLASSES, NEGATIVE_COLOUR, classed, limits

FRENCH, ENGLISH = translator("fr"), translator("en")
LEVELS = [Level.COMMUNE, Level.EPCI, Level.DEPARTEMENT, Level.ZONE_EMPLOI]


def values_of(name, figures):
    return INDICATORS[name].function(figures)


def test_vacancy_is_that_of_the_dwellings_of_the_territory(demo_run, world):
    figures = Figures(demo_run.before, world.layers, Level.DEPARTEMENT)
    housing = world.layers["housing"].data
    own = housing[housing["code"].str.startswith("53")]
    expected = 100 * own["vacant_dwellings"].sum() / own["dwellings"].sum()
    assert values_of("vacancy", figures)["53"] == pytest.approx(expected)


def test_a_total_is_unknown_where_one_commune_is(demo_run, world):
    housing = world.layers["housing"]
    data = housing.data.assign(dwellings=housing.data["dwellings"].astype("Float64"))
    data.loc[data["code"] == "44109", "dwellings"] = pd.NA
    layers = {**world.layers, "housing": replace(housing, data=data)}
    vacancy = values_of("vacancy", Figures(demo_run.before, layers, Level.EPCI))
    assert list(vacancy.index[vacancy.isna()]) == ["244400404"]


def test_remaining_and_used_come_from_the_account(demo_run, world):
    figures = Figures(demo_run.account, world.layers, Level.EPCI)
    table = figures.budgets
    row = table.loc["244400404"]
    assert values_of("remaining_ha", figures)["244400404"] * 10_000 == row["remaining_m2"]
    share = 100 * (row["used_m2"] + row["planned_m2"]) / row["budget_m2"]
    assert values_of(USED_SHARE, figures)["244400404"] == pytest.approx(share)
    people = world.layers["housing"].data.set_index("code")["population"]
    communes = demo_run.account.codes(Level.EPCI)
    own = people[communes.index[communes == "244400404"]].sum()
    assert values_of("used_per_inhabitant", figures)["244400404"] == pytest.approx(
        (row["used_m2"] + row["planned_m2"]) / own
    )


def test_an_indicator_waits_for_its_layer(demo_run, world):
    assert "job_seekers" not in world.layers
    assert "job_seekers" not in available(world.layers)
    housing = world.layers["housing"]
    seekers = housing.data[["code"]].assign(job_seekers=10)
    layers = {**world.layers, "job_seekers": replace(housing, data=seekers)}
    assert "job_seekers" in available(layers)
    found = values_of("job_seekers", Figures(demo_run.before, layers, Level.COMMUNE))
    people = housing.data.set_index("code")["population_20_64"]
    assert found["44109"] == pytest.approx(1_000 * 10 / people["44109"])


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", [name for name in INDICATORS if name != "job_seekers"])
def test_each_territory_is_in_one_class(demo_run, world, name, level):
    figures = Figures(demo_run.account, world.layers, level)
    values = values_of(name, figures)
    classes, positions = classed(name, figures, values, FRENCH)
    assert positions.isna().equals(values.isna())
    known = positions.dropna()
    assert known.between(0, len(classes) - 1).all()
    # Classes follow the values: what is in a higher one is higher.
    tops = values[known.index].groupby(known).agg(["min", "max"])
    assert (tops["min"].iloc[1:].to_numpy() >= tops["max"].iloc[:-1].to_numpy()).all()
    assert len({one.colour for one in classes}) == len(classes)
    assert len({one.label for one in classes}) == len(classes)


def test_what_is_exceeded_has_a_class_of_its_own(demo_run, world):
    figures = Figures(demo_run.account, world.layers, Level.EPCI)
    values = values_of("remaining_ha", figures)
    classes, positions = classed("remaining_ha", figures, values, ENGLISH)
    assert (values < 0).any()
    assert classes[0].colour == NEGATIVE_COLOUR
    assert set(positions.index[positions == 0]) == set(values.index[values < 0])


@given(st.lists(st.floats(0, 1e6, allow_subnormal=False), min_size=1, max_size=40))
def test_limits_rise_and_are_few(values):
    cuts = limits(pd.Series(values))
    assert cuts == sorted(set(cuts))
    assert len(cuts) < CLASSES


def test_classes_hold_about_as_many_each():
    values = pd.Series(np.arange(1, 1001, dtype=float))
    assert limits(values) == [200, 400, 600, 800]
