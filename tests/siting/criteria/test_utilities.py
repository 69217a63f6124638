import pytest
import shapely

from siting.criteria.utilities import (
    distance_gas_m,
    distance_substation_m,
    fibre_share,
    gas_at_site,
    power_mw,
    sewer_at_site,
    water_m3_day,
)

NAN = float("nan")


def told(values):
    return pytest.approx(values, nan_ok=True)


def test_power_mw(make_inputs):
    found = power_mw(make_inputs(*({"power_mw": said} for said in (12.5, 0.0, None))))
    assert found.tolist() == told([12.5, 0, NAN])


def test_water_m3_day(make_inputs):
    found = water_m3_day(make_inputs(*({"water_m3_day": said} for said in (300.0, None))))
    assert found.tolist() == told([300, NAN])


@pytest.mark.parametrize(("column", "criterion"), [("gas", gas_at_site), ("sewer", sewer_at_site)])
@pytest.mark.parametrize("dtype", ["object", "boolean"])
def test_what_a_file_declares(make_inputs, column, criterion, dtype):
    inputs = make_inputs(*({column: said} for said in (True, False, None)))
    inputs.sites[column] = inputs.sites[column].astype(dtype)
    assert criterion(inputs).tolist()[:2] == ["oui", "non"]
    assert criterion(inputs).isna().tolist() == [False, False, True]


def test_gas_at_site(make_inputs):
    assert gas_at_site(make_inputs({"gas": True, "sewer": False})).tolist() == ["oui"]


def test_sewer_at_site(make_inputs):
    assert sewer_at_site(make_inputs({"gas": True, "sewer": False})).tolist() == ["non"]


def test_fibre_share(make_inputs, towns):
    def site(x, *, said):
        return {"geometry": shapely.box(x, 0, x + 10, 10), "fibre": said}

    # Declared; else 40 % of the premises of 44001, none known of 44002.
    places = zip((5_000, 5_000, 5_000, 15_000), (True, False, None, None), strict=True)
    rows = [site(x, said=said) for x, said in places]
    layers = [towns["communes"], towns["fibre_coverage"]]
    assert fibre_share(make_inputs(*rows, layers=layers)).tolist() == told([1, 0, 0.4, NAN])
    assert fibre_share(make_inputs(*rows)).tolist() == told([1, 0, NAN, NAN])


def test_distance_substation_m(make_inputs, layer):
    substations = layer("substations", [shapely.Point(1_100, 50)])
    assert distance_substation_m(make_inputs(layers=[substations])).tolist() == [1_300]
    assert distance_substation_m(make_inputs()).isna().all()


def test_distance_gas_m(make_inputs, layer):
    rows = [{"gas": said} for said in (True, False, None)]
    pipe = layer("gas_network", [shapely.LineString([(1_100, -900), (1_100, 900)])])
    assert distance_gas_m(make_inputs(*rows, layers=[pipe])).tolist() == [0, 1_300, 1_300]
    assert distance_gas_m(make_inputs(*rows)).tolist() == told([0, NAN, NAN])
