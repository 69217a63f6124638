"""Zonage ABC: dated headers, every way of writing a zone."""

import pytest

from layers.errors import LayerError
from layers.housing_tension import ABC_ZONES, load_housing_tension

OFFICIAL = (
    "CODGEO;DEP;LIBGEO;Zonage en vigueur depuis le 5 septembre 2025\n"
    "06088;06;Nice;A\n01173;01;Gex;Abis\n44109;44;Nantes;B1\n44003;44;Ancenis;B2\n44001;44;Abb;C\n"
)


def load(tmp_path, text, name="zonage.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_housing_tension(tmp_path / name)


def test_zones_and_date_of_the_header(tmp_path):
    layer = load(tmp_path, OFFICIAL)
    assert layer.provenance.vintage == "2025-09-05"
    zones = layer.data.set_index("code")["zone"].to_dict()
    assert zones == {"06088": "A", "01173": "A bis", "44109": "B1", "44003": "B2", "44001": "C"}


def test_every_vintage_writes_the_same_zones(tmp_path):
    other = OFFICIAL.replace("Zonage en vigueur depuis le 5 septembre 2025", "zonage_abc")
    other = (
        other.replace("CODGEO", "DEPCOM").replace(";A\n", ";Zone A\n").replace(";B1", ";Zone B1")
    )
    other = other.replace(";Abis", ";Zone A bis").replace(";", ",")
    layer = load(tmp_path, other, "zonage_abc_2019.csv")
    assert layer.data.equals(load(tmp_path, OFFICIAL).data)
    assert layer.provenance.vintage == "2019"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [(";B1", ";B4", "value-type"), ("Zonage en", "Zone en", "column-missing")],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, OFFICIAL.replace(old, new))
    assert [p.code for p in error.value.problems] == [code]


def test_a_missing_column_lists_those_found(tmp_path):
    with pytest.raises(LayerError, match="CODGEO, DEP, LIBGEO, Tension"):
        load(tmp_path, OFFICIAL.replace("Zonage en vigueur depuis le 5 septembre 2025", "Tension"))


def test_the_real_zonage(open_data):
    layer = load_housing_tension(open_data / "pays-de-la-loire" / "zonage_abc_2019.csv")
    counts = layer.data["zone"].value_counts()
    assert counts.to_dict() == {"C": 1078, "B2": 112, "B1": 48}
    assert set(layer.data["zone"]) <= set(ABC_ZONES)
