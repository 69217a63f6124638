import numpy as np
import pytest
import shapely

from siting.criteria.jobs import (
    frr_class,
    industry_share,
    job_concentration,
    job_seekers_rate,
    town_centre_distance_m,
    working_age_reach,
)


def at(x):
    return {"geometry": shapely.box(x, -50, x + 100, 50)}


def test_working_age_reach(make_inputs, towns):
    layers = [towns["communes"], towns["housing"]]
    inputs = make_inputs(at(5_000), at(35_000), layers=layers, jobs_reach_m=13_000.0)
    assert working_age_reach(inputs).tolist() == [300, 1_200]  # 10 km each way


def test_frr_class(make_inputs, towns):
    layers = [towns["communes"], towns["zonings"]]
    found = frr_class(make_inputs(at(5_000), at(25_000), at(-9_000), layers=layers))
    assert found.tolist()[:2] == ["FRR socle", "FRR+"]
    assert found.isna().tolist() == [False, False, True]


def test_a_site_on_a_border_takes_the_lowest_code(make_inputs, layer, towns):
    # The representative point (10,000, 0) lies on the border of 44001 and 44002.
    site = {"geometry": shapely.box(9_950, -50, 10_050, 50)}
    layers = [towns["communes"], towns["zonings"]]
    assert frr_class(make_inputs(site, layers=layers)).tolist() == ["FRR socle"]
    boxes = towns["communes"].data.geometry[::-1]
    backwards = layer("communes", boxes, code=towns["communes"].data["code"][::-1])
    found = frr_class(make_inputs(site, layers=[backwards, towns["zonings"]]))
    assert found.tolist() == ["FRR socle"]


def test_town_centre_distance_m(make_inputs, layer, towns):
    # Centres at x = 25 km (12) and 35 km (11); the others are not towns.
    layers = [towns["communes"], towns["zonings"]]
    found = town_centre_distance_m(make_inputs(at(4_900), at(34_950), layers=layers))
    assert found.tolist() == pytest.approx([1.3 * 20_000, 0])
    countryside = layer("zonings", code=["44001"], cateaav2020=["30"])
    without = make_inputs(at(0), layers=[towns["communes"], countryside])
    assert np.isnan(town_centre_distance_m(without)["S0"])


def test_job_concentration(make_inputs, towns):
    layers = [towns["communes"], towns["workplace_jobs"]]
    sites = [at(x) for x in (5_000, 15_000, 25_000, 35_000, -9_000)]
    found = job_concentration(make_inputs(*sites, layers=layers))
    # 40 jobs for 80 residents; 90 for 90; none for 50; nobody has a job; outside.
    assert found.tolist() == pytest.approx([50, 100, 0, np.nan, np.nan], nan_ok=True)


def test_industry_share(make_inputs, towns):
    layers = [towns["communes"], towns["workplace_jobs"]]
    inputs = make_inputs(at(5_000), at(25_000), layers=layers, jobs_reach_m=13_000.0)
    found = industry_share(inputs)  # 40 of 130 jobs, then 120 of 990
    assert found.tolist() == pytest.approx([40 / 130, 120 / 990])
    alone = make_inputs(at(25_000), layers=layers, jobs_reach_m=6_000.0)
    assert np.isnan(industry_share(alone)["S0"])  # no job at all in reach


def test_job_seekers_rate(make_inputs, towns):
    layers = [towns[name] for name in ("communes", "housing", "job_seekers")]
    inputs = make_inputs(at(5_000), at(15_000), layers=layers, jobs_reach_m=13_000.0)
    found = job_seekers_rate(inputs)  # 30 of 300; then one of three communes is unknown
    assert found.tolist() == pytest.approx([100, np.nan], nan_ok=True)
