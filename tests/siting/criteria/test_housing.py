import numpy as np
import pandas as pd
import pytest
import shapely

from siting.criteria.housing import (
    dwelling_price_eur_m2,
    dwellings_started_rate,
    housing_vacancy_rate,
    long_vacancy_rate,
    social_housing_share,
    tense_housing_share,
    vacant_dwellings_per_job,
    vacant_dwellings_reach,
)
from siting.criteria.jobs import job_seekers_rate

# Centres of the towns at x = 5, 15, 25 and 35 km. The site touches x = 5.1 km on its left
# side and x = 5 km on its right one; no detour, so that the reach is a straight line.
SITE = {"geometry": shapely.box(5_000, 0, 5_100, 100)}


def inputs_of(make_inputs, towns, reach_m, **parameters):
    layers = [towns["communes"], towns["housing"]]
    options = {"housing_reach_m": reach_m, "detour_factor": 1.0} | parameters
    return make_inputs(SITE, layers=layers, **options)


@pytest.mark.parametrize(
    ("reach_m", "dwellings"), [(5_000, 50), (9_899, 50), (9_900, 150), (19_900, 450)]
)
def test_vacant_dwellings_reach(make_inputs, towns, reach_m, dwellings):
    found = vacant_dwellings_reach(inputs_of(make_inputs, towns, reach_m))
    assert found.tolist() == [dwellings]


def test_vacant_dwellings_reach_divides_the_reach_by_the_detour(make_inputs, towns):
    found = vacant_dwellings_reach(inputs_of(make_inputs, towns, 14_850, detour_factor=1.5))
    assert found.tolist() == [150]  # 14,850 m by road are 9,900 m in a straight line


def test_vacant_dwellings_reach_is_unknown_where_no_commune_is_in_reach(make_inputs, towns):
    far = {"geometry": shapely.box(500_000, 0, 500_100, 100)}
    layers = [towns["communes"], towns["housing"]]
    assert np.isnan(vacant_dwellings_reach(make_inputs(far, layers=layers))["S0"])


def test_housing_vacancy_rate(make_inputs, towns):
    found = housing_vacancy_rate(inputs_of(make_inputs, towns, 19_900))
    assert found.tolist() == [450 / 6_000]


@pytest.mark.parametrize(("tolerance", "expected"), [(0.33, np.nan), (0.34, 350 / 4_000)])
def test_an_unknown_commune_is_left_out_or_makes_the_rate_unknown(
    make_inputs, layer, towns, tolerance, expected
):
    vacant = pd.Series([50, None, 300, 400], dtype="Int64")  # one of the three in reach
    housing = layer(
        "housing", code=towns["housing"].data["code"], vacant_dwellings=vacant,
        dwellings=[1_000, 2_000, 3_000, 4_000], population=[500] * 4,
    )  # fmt: skip
    gap = towns | {"housing": housing}
    inputs = inputs_of(make_inputs, gap, 19_900, unknown_tolerance=tolerance)
    assert housing_vacancy_rate(inputs).tolist() == pytest.approx([expected], nan_ok=True)


@pytest.mark.parametrize(("lacking", "expected"), [(0, 100 / 4), (3, np.nan)])
def test_a_large_town_is_more_than_one_commune_among_others(
    make_inputs, layer, towns, lacking, expected
):
    """200 inhabitants of 3,000 may be unknown, 1,600 may not: one commune of four each."""
    codes = towns["housing"].data["code"]
    seekers = pd.Series([25.0] * 4).mask(pd.Series(range(4)) == lacking)
    people = layer(
        "housing", code=codes, population=[200, 400, 800, 1_600], population_20_64=[1_000] * 4
    )
    own = layer("job_seekers", code=codes, job_seekers=seekers)
    site = {"geometry": shapely.box(20_000, -50, 20_100, 50)}
    inputs = make_inputs(
        site, layers=[towns["communes"], people, own], jobs_reach_m=30_000, detour_factor=1.0,
        unknown_tolerance=0.3,
    )  # fmt: skip
    assert job_seekers_rate(inputs).tolist() == pytest.approx([expected], nan_ok=True)


def test_a_commune_without_a_row_is_unknown(make_inputs, layer, towns):
    housing = layer("housing", code=["44001"], vacant_dwellings=[50], population=[200])
    inputs = inputs_of(make_inputs, towns | {"housing": housing}, 9_900)
    assert np.isnan(vacant_dwellings_reach(inputs)["S0"])


def test_no_dwelling_has_no_vacancy_rate(make_inputs, layer, towns):
    figures = {"vacant_dwellings": [0], "dwellings": [0], "population": [0]}
    housing = layer("housing", code=["44001"], **figures)
    inputs = inputs_of(make_inputs, towns | {"housing": housing}, 5_000)
    assert vacant_dwellings_reach(inputs).tolist() == [0]
    assert np.isnan(housing_vacancy_rate(inputs)["S0"])


def test_vacant_dwellings_per_job(make_inputs, towns):
    rows = [SITE | jobs for jobs in (
        {"expected_jobs": 30.0}, {"vocation": "industrielle"}, {"expected_jobs": 0.0}, {},
    )]  # fmt: skip
    layers = [towns["communes"], towns["housing"]]
    inputs = make_inputs(*rows, layers=layers, housing_reach_m=9_900, detour_factor=1.0)
    found = vacant_dwellings_per_job(inputs)  # 150 dwellings; 30 jobs, then 1 ha × 15
    assert found.tolist() == pytest.approx([5, 10, np.nan, np.nan], nan_ok=True)


def test_dwellings_started_rate(make_inputs, towns):
    layers = [towns[name] for name in ("communes", "housing", "housing_permits")]
    options = {"housing_reach_m": 9_900, "detour_factor": 1.0}
    found = dwellings_started_rate(make_inputs(SITE, layers=layers, **options))
    assert found.tolist() == [5]  # 3 dwellings a year for 600 inhabitants
    assert dwellings_started_rate(make_inputs(SITE, layers=layers[:2], **options)).isna().all()


def test_social_housing_share(make_inputs, towns):
    layers = [towns[name] for name in ("communes", "housing", "social_housing")]
    options = {"housing_reach_m": 9_900, "detour_factor": 1.0}
    found = social_housing_share(make_inputs(SITE, layers=layers, **options))
    assert found.tolist() == pytest.approx([270 / 2_700])


def test_a_commune_that_one_of_two_tables_lacks_is_unknown(make_inputs, layer, towns):
    permits = layer("housing_permits", code=["44001"], dwellings_year=[1])
    layers = [towns["communes"], towns["housing"], permits]
    options = {"housing_reach_m": 9_900, "detour_factor": 1.0}
    assert dwellings_started_rate(make_inputs(SITE, layers=layers, **options)).isna().all()
    most = make_inputs(SITE, layers=layers, **options, unknown_tolerance=0.7)
    assert dwellings_started_rate(most).tolist() == [5]  # 1 dwelling for 200 inhabitants


def test_tense_housing_share(make_inputs, towns):
    layers = [towns[name] for name in ("communes", "housing", "housing_tension")]
    options = {"housing_reach_m": 9_900, "detour_factor": 1.0}
    found = tense_housing_share(make_inputs(SITE, layers=layers, **options))
    assert found.tolist() == pytest.approx([2_000 / 3_000])  # 1,000 in C, 2,000 in B1
    wide = make_inputs(SITE, layers=layers, **options | {"housing_reach_m": 30_000})
    assert np.isnan(tense_housing_share(wide)["S0"])  # one of four has no zone
    assert tense_housing_share(make_inputs(SITE, layers=layers[:2])).isna().all()


def test_long_vacancy_rate(make_inputs, towns):
    layers = [towns["communes"], towns["vacancy"]]
    options = {"housing_reach_m": 9_900, "detour_factor": 1.0}
    found = long_vacancy_rate(make_inputs(SITE, layers=layers, **options))
    assert found.tolist() == pytest.approx([100 / 2_500])  # 40, and 4 % of 1,500
    wide = make_inputs(SITE, layers=layers, **options | {"housing_reach_m": 19_900})
    assert np.isnan(long_vacancy_rate(wide)["S0"])  # one of three is secret


def test_dwelling_price_eur_m2(make_inputs, towns):
    # 13 km of road reach the centres 10 km away: 10 sales at 1,000 and 30 at 2,000; then no
    # sale at all in one commune of three; then 40 at 3,000 alone.
    layers = [towns["communes"], towns["prices"]]
    sites = [{"geometry": shapely.box(x, -50, x + 100, 50)} for x in (5_000, 15_000, 35_000)]
    found = dwelling_price_eur_m2(make_inputs(*sites, layers=layers, housing_reach_m=13_000.0))
    assert found.tolist() == pytest.approx([1_750, np.nan, np.nan], nan_ok=True)
    tolerant = make_inputs(*sites, layers=layers, housing_reach_m=13_000.0, unknown_tolerance=0.5)
    assert dwelling_price_eur_m2(tolerant).tolist() == pytest.approx([1_750, 1_750, 3_000])
    assert dwelling_price_eur_m2(make_inputs(*sites, layers=layers[:1])).isna().all()


def test_the_prices_that_households_can_pay_are_those_of_the_scenario():
    """35 % of net minimum wages over 25 years at 3.5 %: 60 m² for one, 90 m² for two."""
    rate = 0.035 / 12
    capital = 0.35 * 1_426 * (1 - (1 + rate) ** -300) / rate
    assert capital / 60 == pytest.approx(1_660, abs=5)
    assert 2 * capital / 90 == pytest.approx(2_215, abs=5)
