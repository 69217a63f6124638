import geopandas as gpd
import pandas as pd
import pytest
import shapely

from layers.site_table import VOCATIONS
from siting.criteria.employment import JOBS_BOUNDS, expected_jobs


def jobs_of(make_inputs, *rows):
    inputs = make_inputs(*rows)
    return expected_jobs(inputs.sites, inputs.parameters)


def test_declared_jobs_stand_for_every_bound(make_inputs):
    jobs = jobs_of(make_inputs, {"expected_jobs": 0, "vocation": "industrielle"})
    assert jobs.loc["S0"].to_list() == [0, 0, 0, "declared"]


def test_other_jobs_are_the_density_of_the_vocation_over_the_gross_area(make_inputs):
    hectares = shapely.box(0, 0, 400, 500)  # 20 ha at [4, 9, 20] jobs/ha
    row = {"vocation": "entrepôts, logistique", "geometry": hectares, "usable_area_m2": 1.0}
    jobs = jobs_of(make_inputs, row)
    assert jobs.loc["S0"].to_list() == [80, 180, 400, "estimated"]


def test_neither_jobs_nor_vocation_is_unknown_never_zero(make_inputs):
    jobs = jobs_of(make_inputs, {}, {"vocation": "mixte"})
    assert jobs.loc["S0"].isna().all()
    assert jobs.loc["S1", "status"] == "estimated"


def test_every_vocation_of_the_site_table_has_ordered_densities(base):
    densities = base.measure.jobs_per_ha.vocation
    assert set(densities) == set(VOCATIONS)
    assert all(0 < low <= central <= high for low, central, high in densities.values())


def test_the_central_density_of_industry_is_the_published_one_of_the_region(base):
    """Insee Analyses Pays de la Loire n° 80: 430 000 employees on 29 000 ha in 2016."""
    assert base.measure.jobs_per_ha.vocation["industrielle"][1] == round(430_000 / 29_000)


def test_the_central_density_of_warehouses_follows_from_what_is_published(base):
    """CGDD, Datalab essentiel 169: 47 jobs on 10,000 m² of storage; Insee: 19 % of zones built."""
    assert base.measure.jobs_per_ha.vocation["entrepôts, logistique"][1] == round(47 * 0.19)


def test_a_site_cut_in_two_expects_the_same_jobs(make_inputs):
    whole = {"vocation": "industrielle", "geometry": shapely.box(0, 0, 1_000, 300)}
    halves = [whole | {"geometry": shapely.box(x, 0, x + 500, 300)} for x in (0, 500)]
    parts = jobs_of(make_inputs, *halves)[list(JOBS_BOUNDS)].sum()
    pd.testing.assert_series_equal(
        parts, jobs_of(make_inputs, whole)[list(JOBS_BOUNDS)].loc["S0"], check_names=False
    )


def test_an_empty_table_has_no_jobs(base):
    empty = {"expected_jobs": [], "vocation": [], "gross_area_m2": []}
    assert expected_jobs(gpd.GeoDataFrame(empty), base.measure).empty


@pytest.mark.parametrize("nullable", ["Int32", "Float64"])
def test_nullable_columns_are_read(make_inputs, nullable):
    inputs = make_inputs({"vocation": "industrielle"}, {"vocation": "industrielle"})
    declared = pd.array([None, 3], dtype=nullable)
    sites = inputs.sites.assign(expected_jobs=declared)
    assert expected_jobs(sites, inputs.parameters)["central"].to_list() == [15, 3]
