"""Where hectares and jobs are put, worked by hand on four communes."""

from types import SimpleNamespace

import pandas as pd
import pytest

from siting.balance import CaseKey, cases_of, left_where_it_is, with_sites, without_sites
from siting.balance.cases import PLACED
from tests.siting.balance.conftest import HECTARE, shares_of, site_table


def two_cases(world, *rows):
    sites = site_table(*rows)
    placed = with_sites(sites, shares_of(sites, world.communes), world.account, world.ground)
    return placed, left_where_it_is(placed, world.account, world.ground)


def test_a_site_across_two_communes_is_shared_out_by_area(make_world):
    """A square of 400 m, 16 ha, of which a quarter west of the border at x = 10 km."""
    row = {"x": 9_900, "size_m": 400, "jobs": 100, "usable_m2": 120_000, "enaf": 0.5}
    placed, _ = two_cases(make_world(), row)
    west, east = placed.communes.loc["44001"], placed.communes.loc["44002"]
    assert west[list(PLACED)].to_list() == pytest.approx([40_000, 30_000, 20_000, 25])
    assert east[list(PLACED)].to_list() == pytest.approx([120_000, 90_000, 60_000, 75])
    assert west["used_m2"] == pytest.approx(30_000 + 20_000)
    assert (placed.communes.loc[["44003", "49001"], list(PLACED)] == 0).all(axis=None)


def test_an_unknown_figure_makes_its_commune_unknown_and_no_other(make_world):
    placed, _ = two_cases(
        make_world(),
        {"x": 2_000, "size_m": 100, "jobs": 10, "enaf": None},
        {"x": 3_000, "size_m": 100, "jobs": None},
        {"x": 22_000, "size_m": 100, "jobs": 10, "usable_m2": 9_000},
    )
    known = placed.communes.notna()
    assert known.loc["44001"].to_dict() == {
        "area_m2": True, "usable_m2": False, "enaf_m2": False, "jobs": False, "used_m2": False,
        "all_jobs": False,
    }  # fmt: skip
    assert known.drop(index="44001", columns="all_jobs").all(axis=None)
    told = {name: reasons[0].figures for name, reasons in placed.unknown.items()}
    assert told == {
        "usable_m2": {"count": 2, "names": "S0, S1"},
        "enaf_m2": {"count": 1, "names": "S0"},
        "jobs": {"count": 1, "names": "S1"},
        "all_jobs": {"count": 1, "names": "S1"},
        "used_m2": {"count": 1, "names": "S0"},
    }
    assert placed.known.loc["44001"].to_dict() == {
        "area_m2": 20_000, "usable_m2": pytest.approx(float("nan"), nan_ok=True),
        "enaf_m2": 10_000, "jobs": 10,
    }  # fmt: skip


def test_without_sites_there_is_only_what_was_consumed(make_world):
    world = make_world()
    case = without_sites(world.account, world.ground)
    assert case.communes["used_m2"].to_list() == [30_000, 30_000, 60_000, 120_000]
    assert (case.communes[list(PLACED)] == 0).all(axis=None)
    assert case.places.empty


def test_local_corrections_and_committed_works_are_consumed_and_credits_give_no_land_back(
    make_world,
):
    world = make_world()
    entries = {
        "correction_m2": [-10_000, 0, 0, 5_000],
        "committed_m2": [0, 2_000, 0, 0],
        "credit_m2": [0, 0, -60_000, 0],
    }
    account = SimpleNamespace(communes=world.account.communes.assign(**entries))
    case = without_sites(account, world.ground)
    assert case.communes["used_m2"].to_list() == [20_000, 32_000, 60_000, 125_000]


def test_the_budget_left_is_shared_out_by_what_remains(make_world):
    """Budgets are half the reference: 20, 20, 40, 80 ha, of which A spent 14 and 6, B all."""
    world = make_world(
        used_m2=(140_000 - 140_000 % 3, 60_000, 600_000, 200_001),
        reference_m2=(400_000, 400_000, 800_000, 1_600_000),
    )
    row = {"x": 22_000, "size_m": 1_000, "jobs": 600, "usable_m2": 50 * HECTARE}
    placed, left = two_cases(world, row)
    remaining = world.account.communes["remaining_m2"].astype(float)
    assert remaining["44003"] < 0
    of_epci = {"A": remaining["44001"] + remaining["44002"], "C": remaining["49001"]}
    whole = sum(of_epci.values())
    expected = remaining.clip(lower=0) / whole
    assert left.communes["area_m2"].to_list() == pytest.approx((expected * 1e6).to_list())
    assert left.communes["jobs"].sum() == pytest.approx(600)
    assert list(left.places.index) == ["44001", "44002", "49001"]
    assert left.places["jobs"].sum() == pytest.approx(placed.places["jobs"].sum())
    pd.testing.assert_series_equal(
        left.communes["used_m2"],
        without_sites(world.account, world.ground).communes["used_m2"] + left.communes["enaf_m2"],
        check_names=False,
    )


def test_no_budget_left_anywhere_is_told_and_nothing_is_made_up(make_world, make_balance):
    spent = {"used_m2": (999_999,) * 4}
    row = {"x": 22_000, "size_m": 1_000, "jobs": 600}
    _, left = two_cases(make_world(**spent), row)
    assert left.communes["area_m2"].isna().all()
    figure = make_balance(row, **spent)["gini_area_epci"].figures[CaseKey.LEFT]
    assert figure.value is None
    assert "no-budget-left" in {reason.code for reason in figure.unknown}


def test_the_same_communes_are_left_out_of_the_three_cases(make_world):
    world = make_world()
    sites = site_table(
        {"x": 2_000, "size_m": 100, "jobs": 10, "enaf": None},
        {"x": 22_000, "size_m": 100, "jobs": 10},
    )
    shares = shares_of(sites, world.communes)
    cases = cases_of(sites, shares, world.account, world.ground)
    for case in cases:
        assert case.communes["used_m2"].isna().to_list() == [True, False, False, False]
        assert [reason.figures["names"] for reason in case.unknown["used_m2"]] == ["S0"]
    left = cases[2]
    assert left.known["enaf_m2"].sum() == pytest.approx(10_000)
    assert left.communes["area_m2"].sum() == pytest.approx(20_000)


def test_what_cannot_be_shared_out_inside_an_epci_goes_to_the_others_and_is_told(make_world):
    """A has overspent 44001 and 44002 by less than its pooled rest: shared out by inhabitant."""
    world = make_world(population=(None, 1_000, 2_000, 4_000))
    account = world.account
    communes = account.communes.assign(remaining_m2=[0, 0, 100_000, 300_000])
    pooled = SimpleNamespace(
        communes=communes,
        budgets=lambda _: pd.DataFrame(
            {"remaining_m2": [600_000, 100_000, 300_000]}, index=["A", "B", "C"]
        ),
    )
    sites = site_table({"x": 22_000, "size_m": 200, "jobs": 8})
    placed = with_sites(sites, shares_of(sites, world.communes), account, world.ground)
    left = left_where_it_is(placed, pooled, world.ground)
    assert left.communes["jobs"].to_list() == pytest.approx([0, 0, 2, 6])
    assert [reason.code for reason in left.unknown["jobs"]] == ["communes-unknown"]
