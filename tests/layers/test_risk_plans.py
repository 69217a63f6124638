"""Regulated zones of risk plans in the standard of the CNIG."""

import geopandas as gpd
import pytest
import shapely

from layers.acquisition import import_file
from layers.errors import LayerError
from layers.registry import OPTIONAL_LAYERS, READERS
from layers.risk_plans import RISK_ZONES, RISKS, risk_of
from layers.sources import load_sources
from layers.store import Store

X, Y = 355_000, 6_690_000
LOAD = OPTIONAL_LAYERS["risk_plans"].load


def zones(path, codes, crs=2154, **columns):
    shapes = [shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(len(codes))]
    data = {"ID_ZONE": codes, "NOM": "Zone", "CODEZONE": "R1", "TYPEREG": codes, **columns}
    gpd.GeoDataFrame(data, geometry=shapes, crs=2154).to_crs(crs).to_file(path)
    return path


@pytest.mark.parametrize(("crs", "name"), [(2154, "PPRI_vallee.shp"), (4326, "ppri.geojson")])
def test_the_six_types_are_read_and_the_name_tells_the_risk(tmp_path, crs, name):
    path = zones(tmp_path / name, [f"{i:02d}" for i in range(1, 7)], crs=crs)
    layer = LOAD(path)
    assert layer.data["zone"].tolist() == list(RISK_ZONES)
    assert set(layer.data["risk"]) == {"inondation"}
    assert layer.geo.area.to_numpy() == pytest.approx([10_000] * 6, rel=1e-5)
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert done.entry.layer == "risk_plans"


def test_a_column_of_risk_comes_before_the_name(tmp_path):
    told = ["11", "Mouvement de terrain", "Effet thermique industriel", ""]
    layer = LOAD(zones(tmp_path / "pprm_bassin.gpkg", ["3", "3", "2", "4"], RISQUE=told))
    assert layer.data["risk"].tolist() == [
        "inondation", "mouvement de terrain", "technologique", "minier",
    ]  # fmt: skip


def test_a_risk_that_nothing_tells_and_types_off_the_list_are_told(tmp_path):
    with pytest.raises(LayerError) as error:
        LOAD(zones(tmp_path / "zonage.gpkg", ["03", "07"]))
    assert {(p.code, p.row, p.field) for p in error.value.problems} == {
        ("value-choice", 2, "TYPEREG"), ("value-choice", 1, "risque"),
        ("value-choice", 2, "risque"),
    }  # fmt: skip


def test_every_risk_has_a_word():
    words = ["inondation", "submersion marine", "mouvement de terrain", "feu de forêt", "minier",
             "PPRT usine"]  # fmt: skip
    assert [risk_of(word) for word in words] == list(RISKS)
