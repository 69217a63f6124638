import dataclasses

import geopandas as gpd
import pandas as pd
import pytest

from layers.errors import LayerError


def test_the_sites_and_layers_must_be_in_the_legal_projection(make_inputs, layer):
    inputs = make_inputs(layers=[layer("ports", [])])
    elsewhere = inputs.sites.to_crs("EPSG:4326")
    with pytest.raises(LayerError) as caught:
        dataclasses.replace(inputs, sites=elsewhere)
    assert [(p.code, p.file) for p in caught.value.problems] == [("crs-mismatch", "sites")]
    ports = layer("ports", [])
    wrong = dataclasses.replace(ports, data=ports.geo.set_crs("EPSG:3857", allow_override=True))
    with pytest.raises(LayerError, match=r"ports: .*EPSG:3857.*expected EPSG:2154"):
        dataclasses.replace(inputs, layers={"ports": wrong})


def test_tables_must_be_on_the_index_of_the_sites(make_inputs):
    inputs = make_inputs({}, {})
    with pytest.raises(ValueError, match="enaf_m2"):
        dataclasses.replace(inputs, enaf_m2=inputs.enaf_m2[::-1])
    twice = gpd.GeoDataFrame(pd.concat([inputs.sites, inputs.sites]))
    with pytest.raises(ValueError, match="duplicates"):
        dataclasses.replace(inputs, sites=twice)


def test_a_missing_layer_is_none(make_inputs, layer):
    inputs = make_inputs(layers=[layer("ports", [])])
    assert inputs.layer("stations") is None
    assert len(inputs.layer("ports")) == 0
