"""Interchanges and ports of BD TOPO: natures, slip roads that meet a road."""

import geopandas as gpd
import pytest
import shapely

from layers.acquisition import import_file
from layers.bdtopo import PORT_WORDS
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import load_sources
from layers.store import Store
from layers.transport import load_interchanges, load_ports

X, Y = 355_000, 6_690_000


def table(path, rows, crs=2154):
    shapes = [shapely.force_3d(shape, 12.0) for *_, shape in rows]
    data = {"cleabs": [f"E{i}" for i in range(len(rows))], "nature": [r[0] for r in rows],
            "toponyme": [r[1] for r in rows]}  # fmt: skip
    gpd.GeoDataFrame(data, geometry=shapes, crs=2154).to_crs(crs).to_file(path)
    return path


def at(x, y=0):
    return shapely.Point(X + x, Y + y)


EQUIPMENT = [("Échangeur", "Porte inventée", at(0)), ("Péage", "Péage", at(50)),
             ("Gare routière", "", at(90)), ("Echangeur partiel", None, at(2_000))]  # fmt: skip


@pytest.mark.parametrize("crs", [2154, 4326])
def test_equipment_of_the_nature_of_an_interchange_is_kept(tmp_path, crs):
    layer = load_interchanges(table(tmp_path / "equipement.geojson", EQUIPMENT, crs))
    assert layer.data["name"].tolist() == ["Porte inventée", "echangeur partiel"]
    assert [round(p.x - X) for p in layer.geo.geometry] == [0, 2_000]
    assert layer.provenance.publisher == "IGN"
    assert "echangeur, echangeur partiel" in layer.provenance.method


def roads():
    """A motorway, two slip roads to one road on either side, and a track under it."""
    return [
        ("Type autoroutier", "", shapely.LineString([at(0), at(1_000)])),
        ("Type autoroutier", "", shapely.LineString([at(1_000), at(5_000)])),
        ("Bretelle", "", shapely.LineString([at(1_000), at(1_200, 100)])),
        ("Bretelle", "", shapely.LineString([at(1_200, -100), at(1_000)])),
        ("Route à 1 chaussée", "", shapely.LineString([at(1_200, -100), at(1_200, 100)])),
        ("Route à 1 chaussée", "", shapely.LineString([at(1_200, 100), at(1_200, 900)])),
        ("Chemin", "", shapely.LineString([at(1_000), at(1_000, 300)])),
        ("Bretelle", "", shapely.LineString([at(5_000), at(5_100, 50)])),
        ("Rond-point", "", shapely.LineString([at(5_100, 50), at(5_120, 60)])),
    ]


def test_an_interchange_is_where_slip_roads_meet_a_road(tmp_path):
    layer = load_interchanges(table(tmp_path / "troncon_de_route.gpkg", roads()))
    points = [(round(p.x - X), round(p.y - Y)) for p in layer.geo.geometry]
    assert points == [(1_200, 0), (5_100, 50)]  # the two sides of the first one are one
    assert layer.provenance.title == "BD TOPO, tronçons de route"


def test_slip_roads_between_motorways_give_no_interchange(tmp_path):
    rows = [one for one in roads() if one[0] in {"Type autoroutier", "Bretelle", "Chemin"}]
    with pytest.raises(LayerError, match="value-choice"):
        load_interchanges(table(tmp_path / "troncon_de_route.gpkg", rows))


def test_ports_are_told_from_marinas_and_airports(tmp_path):
    square = shapely.box(X, Y, X + 400, Y + 400)
    rows = [("Port", "Port inventé", square), ("Port de plaisance", "Anse", at(900)),
            ("Aéroport", "Piste", at(5_000)), ("Zone industrielle", "ZI", at(7_000))]  # fmt: skip
    path = table(tmp_path / "zone_d_activite_ou_d_interet.gpkg", rows)
    layer = load_ports(path)
    assert layer.data["name"].tolist() == ["Port inventé"]
    assert square.contains(layer.geo.geometry.iloc[0])
    assert not PORT_WORDS.search("aeroport")
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert done.entry.layer == "ports"
    with pytest.raises(LayerError, match="value-choice"):
        load_ports(table(tmp_path / "b.gpkg", rows[1:]))
