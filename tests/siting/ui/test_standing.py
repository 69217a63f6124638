"""A territory beside its neighbours, its peers and the region. No browser."""

import statistics
from types import SimpleNamespace

import pytest

from layers.territory import Level
from siting.balance import CaseKey
from siting.balance.equality import QUANTITIES, rates
from siting.i18n import translator
from siting.maps import Figures, make_ground, neighbours
from siting.pipeline import balance_cases
from siting.ui.standing import neighbours_of, one_by_one, per_inhabitant, standing

FRENCH = translator("fr")
EPCI = "200071678"  # Cholet Agglomération
BY_NAME = {one.name: one for one in QUANTITIES}


@pytest.fixture(scope="module")
def context(demo_run, world):
    return SimpleNamespace(
        run=demo_run, world=world, ground=make_ground(world), translate=FRENCH, lang="fr"
    )


def test_neighbours_share_a_border_both_ways(context, world):
    for level in (Level.EPCI, Level.DEPARTEMENT):
        found = neighbours_of(context, level)
        assert set(found) == set(world.territory.codes(level))
        for code, others in found.items():
            assert code not in others
            assert all(code in found[other] for other in others)


def test_the_departements_touch_as_they_do_on_any_map(context):
    found = neighbours_of(context, Level.DEPARTEMENT)
    assert set(found["49"]) == {"44", "53", "72", "85"}
    assert set(found["44"]) == {"49", "85"}
    assert set(found["72"]) == {"49", "53"}


def test_a_region_has_no_neighbour_that_is_known(context, world):
    assert neighbours(context.ground, world.territory.parents()["region"]) == {"52": ()}


@pytest.mark.parametrize("name", ["area", "enaf", "jobs"])
def test_rates_are_those_of_the_balance(context, name):
    """The rates whose inequality the balance tells, by another path."""
    ground, cases = balance_cases(context.run, context.world)
    case = next(one for one in cases if one.key is CaseKey.WITH)
    told = rates(ground, case, BY_NAME[name], Level.EPCI)
    figures = Figures(context.run.account, context.world.layers, Level.EPCI)
    own = per_inhabitant(figures, case, BY_NAME[name])
    assert own[list(told.codes)].tolist() == pytest.approx(told.rates.tolist())
    assert own.notna().sum() == len(told.codes)


def test_the_rate_of_the_region_is_that_of_its_sums(context):
    _ground, cases = balance_cases(context.run, context.world)
    case = next(one for one in cases if one.key is CaseKey.WITH)
    figures = Figures(context.run.account, context.world.layers, Level.REGION)
    people = context.world.layers["housing"].data["population"].sum()
    expected = case.communes["area_m2"].sum() / people
    assert per_inhabitant(figures, case, BY_NAME["area"]).tolist() == pytest.approx([expected])


def test_the_table_holds_the_median_of_the_neighbours(context):
    table = standing(context, Level.EPCI, EPCI).set_index("Indicateur")
    near = neighbours_of(context, Level.EPCI)[EPCI]
    budgets = context.run.account.budgets(Level.EPCI)
    used = 100 * (budgets["used_m2"] + budgets["planned_m2"]) / budgets["budget_m2"]
    median = statistics.median(float(used[code]) for code in near)
    assert table[f"Médiane des voisins ({len(near)})"].iloc[0] == f"{median:.0f}"
    assert table["Unité"].iloc[0] == "%"
    assert table.loc["Hectares restants", "Région"] == "–"


def test_the_region_is_beside_itself_only(context):
    table = standing(context, Level.REGION, "52")
    assert list(table.columns) == ["Indicateur", "Unité", "Pays de la Loire", "Région"]
    known = table[table["Région"] != "–"]
    assert (known["Pays de la Loire"] == known["Région"]).all()


def test_every_neighbour_has_its_row(context):
    table = one_by_one(context, Level.EPCI, EPCI)
    names = context.run.account.territory.names(Level.EPCI)
    near = neighbours_of(context, Level.EPCI)[EPCI]
    assert table["Territoire"].tolist() == [names[EPCI], *(names[code] for code in near)]
    assert not table.isna().any(axis=None)


def test_communes_have_neighbours_and_rates_too(context):
    table = standing(context, Level.COMMUNE, "44109")
    assert table.iloc[:, 2].ne("–").sum() >= 5
