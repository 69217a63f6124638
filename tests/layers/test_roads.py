"""Segments of BD TOPO made into a network: who may drive where, how fast, and what is left out."""

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import LayerError
from layers.registry import load_layers
from layers.road_network import read_network, write_network
from layers.roads import SPEEDS_KMH, load_roads, read_roads
from layers.spec import Status

X, Y = 350_000.0, 6_700_000.0
V3 = {
    "nature": "Route à 1 chaussée",
    "importance": "4",
    "sens_de_circulation": "Double sens",
    "vitesse_moyenne_vl": 60,
    "acces_vehicule_leger": "Libre",
    "etat_de_l_objet": "En service",
}
SHP = dict(zip(V3, ("NATURE", "IMPORTANCE", "SENS", "VIT_MOY_VL", "ACCES_VL", "ETAT"), strict=True))


def segment(*places, **columns):
    line = shapely.LineString([(X + x, Y + y) for x, y in places])
    return {**V3, **columns, "geometry": line}


A, B, C, D = (0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000)
SQUARE = [segment(A, B), segment(B, C), segment(C, D), segment(D, A)]


def write(folder, *segments, crs=2154, name="troncon_de_route.gpkg"):
    path = folder / name
    table = gpd.GeoDataFrame(list(segments), crs=crs)
    if path.suffix == ".shp":
        table = table.rename(columns=SHP)
    table.to_file(path, layer=path.stem)
    return path


def edges_of(network):
    """Edges as ``(tail, head): (time_ms, length_mm)``, places in metres from the corner."""
    table = network.data
    xy = table.groupby("tail")[["tail_x_m", "tail_y_m"]].first() - np.array([X, Y])
    place = {node: tuple(row) for node, row in zip(xy.index, xy.to_numpy().tolist(), strict=True)}
    return {
        (place[row.tail], place[row.head]): (row.time_ms, row.length_mm)
        for row in table.itertuples()
    }


def codes(network):
    return {note.code: (note.found, note.expected) for note in network.notes}


@pytest.mark.parametrize("name", ["troncon_de_route.gpkg", "TRONCON_DE_ROUTE.shp"])
def test_a_two_way_square_has_eight_edges_of_a_minute(tmp_path, name):
    network = read_roads(write(tmp_path, *SQUARE, name=name))
    edges = edges_of(network)
    assert len(edges) == 8
    # 1 km at 60 km/h: one minute.
    assert set(edges.values()) == {(60_000, 1_000_000)}
    assert network.notes == ()
    assert network.provenance.publisher == "IGN"
    assert network.provenance.status is Status.OBSERVED


def test_one_way_streets_are_driven_one_way(tmp_path):
    ring = [segment(A, B, sens_de_circulation="Sens direct"), *SQUARE[1:]]
    edges = edges_of(read_roads(write(tmp_path, *ring)))
    assert (A, B) in edges
    assert (B, A) not in edges
    back = [segment(A, B, sens_de_circulation="Sens inverse"), *SQUARE[1:]]
    edges = edges_of(read_roads(write(tmp_path, *back, name="back.gpkg")))
    assert (A, B) not in edges
    assert (B, A) in edges


def test_what_no_car_drives_is_left_out_and_told(tmp_path):
    more = [
        segment(A, C, nature="Sentier"),
        segment(A, C, nature="Bac ou liaison maritime"),
        segment(A, C, acces_vehicule_leger="Restreint aux ayants droit"),
        segment(A, C, acces_vehicule_leger="Physiquement impossible"),
        segment(A, C, etat_de_l_objet="En projet"),
    ]
    network = read_roads(write(tmp_path, *SQUARE, *more))
    assert len(network.data) == 8
    assert codes(network) == {"roads-excluded": ("5", "9")}


def test_a_toll_road_is_driven_but_no_place_opens_on_a_motorway(tmp_path):
    toll = segment(A, C, nature="Type autoroutier", acces_vehicule_leger="A péage")
    network = read_roads(write(tmp_path, *SQUARE, toll))
    assert len(network.data) == 10
    assert (~network.data["access"]).sum() == 2


def test_what_is_cut_off_is_left_out_and_told(tmp_path):
    island = [segment((9_000, 0), (9_500, 0)), segment((9_500, 0), (9_900, 0))]
    trap = segment(A, (-500, 0), sens_de_circulation="Sens direct")  # no way back
    network = read_roads(write(tmp_path, *SQUARE, *island, trap))
    assert len(network.data) == 8
    assert codes(network) == {"roads-cut-off": ("3", "7")}


def test_a_bridge_does_not_meet_the_road_below(tmp_path):
    # The diagonals of the square cross in its middle, where neither ends.
    network = read_roads(write(tmp_path, *SQUARE, segment(A, C), segment(B, D)))
    assert network.data["tail"].nunique() == 4
    assert len(network.data) == 12


def test_ends_meet_to_the_decimetre(tmp_path):
    near = [*SQUARE[:3], segment((0.04, 1_000), (0, 0.04))]
    assert len(read_roads(write(tmp_path, *near)).data) == 8
    far = [*SQUARE[:3], segment((0, 1_000.2), (0, 0.2))]
    network = read_roads(write(tmp_path, *far, name="far.gpkg"))
    assert codes(network)["roads-cut-off"] == ("1", "4")


def test_a_speed_that_is_not_told_is_that_of_the_hypothesis(tmp_path):
    silent = [{**one, "vitesse_moyenne_vl": None, "importance": "2"} for one in SQUARE[:1]]
    zero = [{**SQUARE[1], "vitesse_moyenne_vl": 0, "importance": None}]
    network = read_roads(write(tmp_path, *silent, *zero, *SQUARE[2:]))
    edges = edges_of(network)
    road = SPEEDS_KMH["Route à 1 chaussée"]
    assert edges[A, B][0] == round(3_600_000 / road[1])
    assert edges[B, C][0] == round(3_600_000 / road[5])
    assert codes(network) == {"roads-speed": ("2", "4")}


def test_speeds_of_the_hypothesis_never_rise_with_lesser_importance():
    for speeds in SPEEDS_KMH.values():
        assert len(speeds) == 6
        assert list(speeds) == sorted(speeds, reverse=True)
        assert min(speeds) > 0


def test_a_curved_road_has_the_length_of_its_line(tmp_path):
    bent = segment(A, (0, -300), (1_000, -300), B)
    edges = edges_of(read_roads(write(tmp_path, bent, *SQUARE[1:])))
    assert edges[A, B] == (96_000, 1_600_000)


def test_a_line_in_one_part_of_a_multi_line_keeps_its_direction(tmp_path):
    line = shapely.MultiLineString([[(X + 1_000, Y), (X, Y)]])
    table = [{**V3, "sens_de_circulation": "Sens direct", "geometry": line}, *SQUARE[1:]]
    edges = edges_of(read_roads(write(tmp_path, *table)))
    assert (B, A) in edges
    assert (A, B) not in edges


def test_heights_are_ignored(tmp_path):
    high = {**SQUARE[0], "geometry": shapely.force_3d(SQUARE[0]["geometry"], 55.0)}
    flat = [{**one, "geometry": shapely.force_3d(one["geometry"])} for one in SQUARE[1:]]
    assert len(read_roads(write(tmp_path, high, *flat)).data) == 8


def test_the_order_of_the_segments_changes_nothing(tmp_path):
    one = read_roads(write(tmp_path, *SQUARE, segment(A, C)))
    other = read_roads(write(tmp_path, segment(A, C), *SQUARE[::-1], name="other.gpkg"))
    pd.testing.assert_frame_equal(one.data, other.data)


def test_the_edition_is_told_by_the_name_or_by_the_user(tmp_path):
    path = write(tmp_path, *SQUARE, name="BDTOPO_3-5_GPKG_LAMB93_R52_2026-03-15.gpkg")
    assert read_roads(path).provenance.vintage == "2026-03-15"
    assert read_roads(path, vintage="2026-06-15").provenance.vintage == "2026-06-15"


@pytest.mark.parametrize(("crs", "code"), [(4326, "crs-mismatch"), (None, "crs-missing")])
def test_another_crs_is_refused(tmp_path, crs, code):
    path = tmp_path / "roads.gpkg"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of no CRS: wanted here
        gpd.GeoDataFrame(SQUARE, geometry="geometry", crs=crs).to_file(path, layer="roads")
    with pytest.raises(LayerError) as caught:
        read_roads(path)
    assert [one.code for one in caught.value.problems] == [code]


def test_a_file_without_the_columns_tells_both(tmp_path):
    table = gpd.GeoDataFrame([{"name": "D 178", "geometry": SQUARE[0]["geometry"]}], crs=2154)
    table.to_file(tmp_path / "roads.gpkg")
    with pytest.raises(LayerError) as caught:
        read_roads(tmp_path / "roads.gpkg")
    told = [(one.code, one.field) for one in caught.value.problems]
    assert told == [("column-missing", "nature"), ("column-missing", "sens_de_circulation")]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([segment(A, B, sens_de_circulation="oneway")], "value-choice"),
        ([segment(A, B, nature="Sentier")], "roads-none"),
        ([segment(A, B, sens_de_circulation="Sens direct")], "roads-none"),
        ([{**V3, "geometry": shapely.Point(X, Y)}], "geometry-type"),
        ([SQUARE[0], {**V3, "geometry": None}], "geometry-empty"),
    ],
)
def test_what_makes_no_network_is_refused(tmp_path, rows, code):
    path = tmp_path / "roads.gpkg"
    gpd.GeoDataFrame(rows, crs=2154).to_file(path)
    with pytest.raises(LayerError) as caught:
        read_roads(path)
    assert [one.code for one in caught.value.problems] == [code]


def test_a_damaged_file_is_refused(tmp_path):
    path = write(tmp_path, *SQUARE)
    whole = path.read_bytes()
    path.write_bytes(whole[:5_000])
    with pytest.raises(LayerError) as caught:
        read_roads(path)
    assert caught.value.problems[0].code == "file-unreadable"
    text = tmp_path / "roads.csv"
    text.write_text("nature;sens\n")
    with pytest.raises(LayerError) as caught:
        read_roads(text)
    assert caught.value.problems[0].code == "file-unreadable"


def test_the_layer_of_roads_is_found_among_others(tmp_path):
    path = write(tmp_path, *SQUARE)
    pyogrio.write_dataframe(gpd.GeoDataFrame(SQUARE, crs=2154), path, layer="chemins")
    assert len(read_roads(path).data) == 8


def test_the_registry_reads_the_segments_or_the_file_made_once(tmp_path):
    path = write(tmp_path, *SQUARE)
    made = load_roads(path)
    write_network(made, tmp_path / "network.parquet")
    again = load_layers({"road_network": tmp_path / "network.parquet"})["road_network"]
    pd.testing.assert_frame_equal(again.data, made.data)
    assert again.provenance.vintage == made.provenance.vintage
    assert again.provenance.file == "network.parquet"
    assert "road_network" not in load_layers()
    np.testing.assert_array_equal(
        read_network(tmp_path / "network.parquet").data["time_ms"], made.data["time_ms"]
    )
