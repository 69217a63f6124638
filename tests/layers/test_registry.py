"""The table of layers: the embedded ones, those that a file gives, and every error at once."""

import pytest

from layers.errors import LayerError
from layers.registry import LAYERS, OPTIONAL_LAYERS, load_layers

ABC = "CODGEO;Zonage en vigueur depuis le 5 septembre 2025\n44109;B1\n49069;C\n"


def test_a_layer_without_a_file_is_absent():
    assert set(load_layers()) == set(LAYERS)
    assert not set(LAYERS) & set(OPTIONAL_LAYERS)


def test_a_file_adds_its_layer_on_the_communes_of_the_territory(tmp_path):
    (tmp_path / "abc.csv").write_text(ABC, encoding="utf-8")
    layers = load_layers({"housing_tension": tmp_path / "abc.csv"})
    assert set(layers) == {*LAYERS, "housing_tension"}
    layer = layers["housing_tension"]
    assert layer.data.to_dict("records") == [{"code": "44109", "zone": "B1"}]
    assert [note.found for note in layer.notes] == ["49069 (1)", "1227"]
    (tmp_path / "passage.csv").write_text("DEPCOM_HIST,DEPCOM\n49069,49126\n", encoding="utf-8")
    files = {"housing_tension": tmp_path / "abc.csv", "cog_passage": tmp_path / "passage.csv"}
    carried = load_layers(files)["housing_tension"]
    assert carried.data["code"].tolist() == ["44109", "49126"]
    assert [note.code for note in carried.notes] == ["code-missing"]


def test_every_problem_of_every_file_is_told_at_once(tmp_path):
    (tmp_path / "abc.csv").write_text(ABC.replace("B1", "Z"), encoding="utf-8")
    files = {
        "housing_tension": tmp_path / "abc.csv",
        "vacancy": tmp_path / "absent.csv",
        "cog_passage": tmp_path / "nowhere.csv",
    }
    with pytest.raises(LayerError) as error:
        load_layers(files)
    assert [(p.file, p.code) for p in error.value.problems] == [
        ("absent.csv", "file-missing"),
        ("abc.csv", "value-type"),
        ("nowhere.csv", "file-missing"),
    ]


def test_a_name_that_is_no_layer_is_told(tmp_path):
    with pytest.raises(LayerError, match=r"vacance.*layer-unknown"):
        load_layers({"vacance": tmp_path / "x.csv"})
