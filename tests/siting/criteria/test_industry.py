import numpy as np
import pytest
import shapely

from siting.criteria.industry import industrial_neighbours, possible_flows

NEAR, FAR = ({"geometry": shapely.box(x, 0, x + 100, 100)} for x in (8_000, 90_000))
UNKNOWN = float("nan")


def establishments(layer, **places):
    """Establishments by name ``n<NAF>_…``: metres east of the site."""
    naf = [name[1:3] for name in places]
    return layer("establishments", [shapely.Point(100 + x, 50) for x in places.values()], naf=naf)


def test_industrial_neighbours(make_inputs, layer):
    # Food and waste are industry; trade and building are not; one is beyond 2 km.
    around = establishments(layer, n10=500, n38=2_000, n47=100, n41=0, n23=2_001)
    found = industrial_neighbours(make_inputs({}, NEAR, FAR, layers=[around]))
    # Nothing within 10 km: the layer is that of another territory.
    assert found.tolist() == pytest.approx([2, 0, UNKNOWN], nan_ok=True)
    assert industrial_neighbours(make_inputs()).isna().all()


@pytest.fixture
def matrix(layer):
    flows = {"from_naf": ["35", "35", "19", "21"], "to_naf": ["19", "23", "23", "01"]}
    return layer("industrial_flows", **flows)


def test_possible_flows(make_inputs, layer, matrix):
    # Two plaster works take from 35 and from 19: 2 flows, once each.
    works = establishments(layer, n23_a=100, n23_b=200, n35=5_000, n47=0)
    found = possible_flows(make_inputs({}, FAR, layers=[works, matrix]))
    assert found.tolist() == pytest.approx([2, UNKNOWN], nan_ok=True)
    assert possible_flows(make_inputs(NEAR, layers=[works, matrix])).tolist() == [0]
    # A refinery nearby takes steam, too, and gives gas: 3 rows of the 4 in all.
    more = establishments(layer, n23=100, n19=200)
    assert possible_flows(make_inputs(layers=[more, matrix])).tolist() == [3]
    assert np.isnan(possible_flows(make_inputs(layers=[works]))["S0"])
    assert np.isnan(possible_flows(make_inputs(layers=[matrix]))["S0"])
