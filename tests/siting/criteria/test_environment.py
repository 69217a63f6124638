import numpy as np
import pytest
import shapely

from siting.criteria.environment import distance_protected_m, protected_share

# The site is the square (0, 0)-(100, 100).


def test_protected_share(make_inputs, layer):
    # 60 m and 50 m wide strips that overlap on 20 m: 90 % in all, not 110 %.
    strips = [shapely.box(-10, -10, 60, 200), shapely.box(40, -10, 90, 200)]
    areas = layer("protected_areas", strips, name=["a", "b"], kind=["znieff_1", "natura_2000"])
    assert protected_share(make_inputs(layers=[areas])).tolist() == pytest.approx([0.9])
    beside = layer("protected_areas", [shapely.box(100, 0, 200, 100)], name=["a"], kind=["x"])
    assert protected_share(make_inputs(layers=[beside])).tolist() == [0]
    assert protected_share(make_inputs(layers=[layer("protected_areas", [])])).tolist() == [0]
    assert np.isnan(protected_share(make_inputs())["S0"])


def test_distance_protected_m(make_inputs, layer):
    areas = layer("protected_areas", [shapely.box(400, 500, 900, 900)], name=["a"], kind=["x"])
    inputs = make_inputs({}, {"geometry": shapely.box(350, 450, 450, 550)}, layers=[areas])
    assert distance_protected_m(inputs).tolist() == [500, 0]  # 3-4-5, no detour
    assert np.isnan(distance_protected_m(make_inputs())["S0"])
