"""FRR: the list of the DGCL and the codes of the Observatoire des territoires."""

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.frr import load_frr, with_frr
from layers.jobs import load_zonings
from layers.registry import load_layers

DGCL = (
    "Code_insee;Departement;Commune;Classement FRR et FRR+ au 10 juillet 2025\r\n"
    "01001;01;Abergement;FRR socle\r\n1080;01;Champfromier;FRR+\r\n44109;44;Nantes;Non classée\r\n"
)
OBSERVATOIRE = "codgeo;libgeo;codefrr\n01001;Abergement;2\n01080;Cham;4\n44109;Nantes;-9999\n"


def load(tmp_path, text, name="frr.csv"):
    (tmp_path / name).write_bytes(text.encode())
    return load_frr(tmp_path / name)


def test_the_list_of_the_dgcl(tmp_path):
    layer = load(tmp_path, DGCL)
    assert layer.provenance.vintage == "10 juillet 2025"
    assert layer.data["code"].tolist() == ["01001", "01080", "44109"]
    assert layer.data["frr_class"].tolist() == ["FRR socle", "FRR+", "Non classée"]
    assert layer.data["classified"].tolist() == [True, True, False]


def test_both_layouts_tell_the_same_communes(tmp_path):
    ours, theirs = load(tmp_path, DGCL).data, load(tmp_path, OBSERVATOIRE).data
    columns = ["code", "classified"]
    pd.testing.assert_frame_equal(ours[columns], theirs[columns], check_dtype=False)
    # What the codes stand for is not in the file: only the absence of a class is known.
    assert theirs["frr_class"].isna().tolist() == [True, True, False]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (DGCL.replace("FRR+\r", "ZRR\r"), "value-type"),
        (DGCL.replace("Classement FRR", "Statut"), "column-missing"),
        (DGCL.replace("44109", "01001"), "id-duplicate"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, text, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, text)
    assert [p.code for p in error.value.problems] == [code]


def test_the_real_list_is_the_embedded_one(open_data):
    path = open_data / "pays-de-la-loire" / "frr_juillet2025.csv"
    layer = load_frr(path)
    embedded = load_zonings()
    assert layer.data.set_index("code")["frr_class"].to_dict() == (
        embedded.data.set_index("code")["frr_2025"].to_dict()
    )
    joined = with_frr(embedded, layer)
    pd.testing.assert_frame_equal(joined.data, embedded.data, check_dtype=False)
    assert joined.provenance.vintage.endswith("FRR : 10 juillet 2025")


def test_a_file_given_replaces_the_classes_of_the_zonings(tmp_path):
    (tmp_path / "frr.csv").write_bytes(DGCL.encode())
    layers = load_layers({"frr": tmp_path / "frr.csv"})
    classes = layers["zonings"].data.set_index("code")["frr_2025"]
    assert classes["44109"] == "Non classée"
    assert classes.notna().sum() == 1  # the others are unknown, not those of the embedded file
