from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely

from siting.criteria.land import (
    agricultural_share,
    artificialised_share,
    brownfield,
    budget_pressure,
    enaf_per_job,
    enaf_per_usable_area,
    forest_share,
    friche_share,
)


def test_enaf_per_usable_area(make_inputs):
    rows = [{"usable_area_m2": usable} for usable in (8_000, None, 0, 8_000)]
    inputs = make_inputs(*rows, enaf_m2=[10_000, 10_000, 10_000, np.nan])
    assert enaf_per_usable_area(inputs).tolist() == pytest.approx(
        [1.25, np.nan, np.nan, np.nan], nan_ok=True
    )


def test_artificialised_share(make_inputs):
    areas = {
        "artificialised": [2_000, 1_900, 1_900, 0],
        "agricultural": [6_000, 7_600, 7_500, 0],
        "water": [2_000, 0, 0, 0],
        "unknown": [0, 500, 600, 10_000],  # 0, 5 % (told), 6 % and all (unknown)
    }
    found = artificialised_share(make_inputs({}, {}, {}, {}, areas_m2=areas))
    assert found.tolist() == pytest.approx([0.2, 0.2, np.nan, np.nan], nan_ok=True)


@pytest.mark.parametrize("dtype", ["object", "boolean"])
def test_brownfield(make_inputs, dtype):
    inputs = make_inputs(*({"is_brownfield": said} for said in (True, False, None)))
    inputs.sites["is_brownfield"] = inputs.sites["is_brownfield"].astype(dtype)
    found = brownfield(inputs)
    assert found.tolist()[:2] == ["oui", "non"]
    assert found.isna().tolist() == [False, False, True]


def test_the_pressure_is_that_of_the_tightest_epci_that_gives_land(make_inputs):
    def pressure(*rows):
        inputs = make_inputs(enaf_m2=[sum(enaf for _, enaf, _ in rows)])
        columns = ["area_m2", "enaf_m2", "remaining_m2"]
        shares = pd.DataFrame(rows, columns=columns, dtype="float64")
        shares.insert(0, "site", inputs.sites.index[0])
        return budget_pressure(replace(inputs, epci_shares=shares)).iloc[0]

    assert pressure((600, 600, 6_000), (400, 400, 800)) == 0.5
    assert pressure((600, 600, 6_000), (400, 0, -5)) == 0.1  # takes nothing from the second
    assert pressure((995, 995, 9_950), (5, 5, -5)) == 0.1  # a sliver: the outlines' imprecision
    assert pressure((600, 600, 6_000), (400, 400, -5)) == 1.0
    assert np.isnan(pressure((600, 600, 6_000), (400, 400, np.nan)))


@pytest.mark.parametrize(
    ("enaf_m2", "remaining_m2", "share"),
    [
        (50_000, 200_000, 0.25),
        (300_000, 200_000, 1.0),  # more than remains: all of it
        (1, 0, 1.0),
        (1, -5_000, 1.0),  # already overspent
        (0, -5_000, 0.0),  # takes nothing from anybody
        (0, np.nan, 0.0),
        (1, np.nan, np.nan),
        (np.nan, 200_000, np.nan),
        (np.nan, 0, np.nan),
    ],
)
def test_budget_pressure(make_inputs, enaf_m2, remaining_m2, share):
    inputs = make_inputs(enaf_m2=[enaf_m2], remaining_m2=[remaining_m2])
    assert budget_pressure(inputs).tolist() == pytest.approx([share], nan_ok=True)


def test_enaf_per_job(make_inputs):
    # Declared jobs; then 1 ha × 15 jobs/ha (industrielle, central); then neither; less than one.
    rows = [
        {"expected_jobs": 50.0},
        {"vocation": "industrielle"},
        {},
        {"expected_jobs": 0.0},
        {"expected_jobs": 8.0},
    ]
    inputs = make_inputs(*rows, enaf_m2=[10_000, 9_000, 9_000, 9_000, 0])
    assert enaf_per_job(inputs).tolist() == pytest.approx([200, 600, np.nan, 9_000, 0], nan_ok=True)


def test_agricultural_share(make_inputs):
    areas = {"agricultural": [6_000, 0], "forest": [1_000, 0], "artificialised": [3_000, 100]}
    inputs = make_inputs({}, {}, areas_m2=areas)
    assert agricultural_share(inputs).tolist() == pytest.approx([0.6, 0])


def test_forest_share(make_inputs):
    areas = {"agricultural": [6_000, 0], "forest": [1_500, 0], "unknown": [500, 10]}
    found = forest_share(make_inputs({}, {}, areas_m2=areas, unknown_tolerance=0.1))
    assert found.tolist() == pytest.approx([0.2, np.nan], nan_ok=True)


def test_friche_share(make_inputs, layer):
    rows = [{"is_brownfield": said} for said in (True, False, None)]
    # 60 m and 50 m wide strips that overlap on 20 m cover 90 % of the square of 100 m.
    strips = [shapely.box(-10, -10, 60, 200), shapely.box(40, -10, 90, 200)]
    inputs = make_inputs(*rows, layers=[layer("brownfields", strips)])
    assert friche_share(inputs).tolist() == pytest.approx([1, 0.9, 0.9])
    assert friche_share(make_inputs(*rows)).tolist() == pytest.approx([1, 0, np.nan], nan_ok=True)
