"""Layers that only a file gives: tables of communes, places, and the matrix of flows."""

import geopandas as gpd
import pytest
import shapely

from layers.commune_figures import COMMUNE_FIGURES, COMMUNE_FIGURES_RULES
from layers.errors import LayerError
from layers.industrial_flows import load_industrial_flows
from layers.registry import LAYERS, OPTIONAL_LAYERS
from layers.spec import Status
from layers.surroundings import CLOSED_ZONES, FLOOD_RISKS, RISK_ZONES, RISKS, SURROUNDINGS

AT = (355_000, 6_690_000)
SHAPES = {
    "point": shapely.Point(AT),
    "line": shapely.LineString([AT, (356_000, 6_690_000)]),
    "polygon": shapely.box(*AT, 356_000, 6_691_000),
}
VALUES = {"string": "44", "number": 1, "integer": 1, "boolean": "oui"}
TABLES = {name: OPTIONAL_LAYERS[name] for name in COMMUNE_FIGURES}
PLACES = {name: OPTIONAL_LAYERS[name] for name in SURROUNDINGS}


def test_a_layer_is_either_embedded_or_optional():
    assert not set(LAYERS) & set(OPTIONAL_LAYERS)
    assert all(name == one.spec.name for name, one in OPTIONAL_LAYERS.items())


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_communes_is_read_and_what_it_lacks_stays_unknown(name, tmp_path):
    one = TABLES[name]
    columns = [column for column in one.spec.columns if column.name != "code"]
    path = tmp_path / "table.csv"
    header = ";".join(["code", *(column.name for column in columns)])
    known = ";".join(["01001", *(str(VALUES[column.kind]) for column in columns)])
    unknown = ";".join(["2A004", *("" for _ in columns)])
    path.write_text(f"{header}\n{known}\n{unknown}\n", "utf-8")
    layer = one.load(path)
    assert layer.data["code"].tolist() == ["01001", "2A004"]
    assert layer.provenance.status is Status.DECLARED
    for column in columns:
        assert layer.data[column.name].isna().tolist() == [False, True]
    path.write_text(f"{header}\n{known}\n{known.replace('01001', '1001')}\n", "utf-8")
    with pytest.raises(LayerError, match="1001"):
        one.load(path)


def places(spec, **changes):
    columns = {c.name: [c.choices[0] if c.choices else VALUES[c.kind]] for c in spec.columns}
    shape = SHAPES[spec.geometry]
    return gpd.GeoDataFrame({**columns, **changes}, geometry=[shape], crs="EPSG:2154")


@pytest.mark.parametrize("name", PLACES)
def test_places_are_read_and_checked(name, tmp_path):
    one = PLACES[name]
    path = tmp_path / "places.gpkg"
    places(one.spec).to_file(path)
    layer = one.load(path)
    assert len(layer.geo) == 1
    assert layer.geo.crs == "EPSG:2154"
    places(one.spec).to_crs(4326).to_file(path)
    with pytest.raises(LayerError) as caught:
        one.load(path)
    assert [found.code for found in caught.value.problems] == ["crs-mismatch"]


@pytest.mark.parametrize(
    ("name", "column", "value", "code"),
    [
        ("risk_plans", "risk", "météorite", "value-choice"),
        ("risk_plans", "zone", "rouge", "value-choice"),
        ("hazardous_sites", "regime", "ICPE", "value-choice"),
        ("establishments", "naf", "9", "value-length"),  # the zero is lost
        ("activity_zones", "jobs", -1, "value-range"),
    ],
)
def test_places_that_break_their_contract(name, column, value, code, tmp_path):
    path = tmp_path / "places.gpkg"
    places(PLACES[name].spec, **{column: [value]}).to_file(path)
    with pytest.raises(LayerError) as caught:
        PLACES[name].load(path)
    assert [found.code for found in caught.value.problems] == [code]


def test_zones_of_risk_plans_are_those_of_the_standard():
    assert len(RISK_ZONES) == 6  # TYPEREG 01 to 06
    assert set(CLOSED_ZONES) < set(RISK_ZONES)
    assert set(FLOOD_RISKS) < set(RISKS)


def test_every_flow_between_industries_has_its_published_source():
    flows = load_industrial_flows()
    assert flows.provenance.status is Status.ESTIMATED
    assert flows.data["source"].str.contains("Kalundborg").all()
    assert not flows.data.duplicated(["from_naf", "to_naf", "flow"]).any()


def test_a_matrix_of_flows_keeps_the_zeros_of_divisions(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text("from_naf;to_naf;flow;source\n8;23;sable;étude\n", "utf-8")
    with pytest.raises(LayerError, match="lost zeros"):
        load_industrial_flows(path)
    path.write_text("from_naf;to_naf;flow;source\n08;23;sable;étude\n", "utf-8")
    assert load_industrial_flows(path).data["from_naf"].tolist() == ["08"]


def test_where_communes_merged_counts_add_up_and_shares_are_unknown():
    assert COMMUNE_FIGURES_RULES["workplace_jobs"]["jobs"] == "sum"
    assert COMMUNE_FIGURES_RULES["fibre_coverage"] == {"fibre_share": "unknown"}
    assert COMMUNE_FIGURES_RULES["water_zones"] == {"zre": "same"}
