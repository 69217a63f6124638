"""Zonings: against the published tables, contract."""

import pandas as pd
import pytest

from layers.cog import load_passage
from layers.errors import LayerError
from layers.harmonise import on_communes
from layers.jobs import ZONINGS_RULES, load_zonings
from layers.territory import load_communes


@pytest.fixture(scope="module")
def zonings():
    return load_zonings().data


def test_one_row_a_commune(zonings):
    assert list(zonings["code"]) == list(load_communes().data["code"])


def test_codes_are_strings_of_their_length(zonings):
    assert {(type(code), len(code)) for code in zonings["ze2020"]} == {(str, 4)}
    assert zonings.groupby("ze2020")["ze2020_name"].nunique().eq(1).all()


def test_zonings_are_those_of_insee(zonings, open_data):
    path = open_data / "pays-de-la-loire" / "communes_zonages_2025.csv"
    insee = pd.read_csv(path, dtype=str).set_index("DEPCOM").sort_index()
    ours = zonings.set_index("code")
    assert ours["ze2020"].to_dict() == insee["ZE2020"].to_dict()
    assert ours["ze2020_name"].to_dict() == insee["LIB_ZE2020"].to_dict()
    assert ours["cateaav2020"].to_dict() == insee["CATEAAV2020"].to_dict()


def test_frr_classes_are_those_of_dgcl(zonings, open_data):
    path = open_data / "pays-de-la-loire" / "frr_juillet2025.csv"
    dgcl = pd.read_csv(path, sep=";", dtype=str).set_index("Code_insee")
    classes = dgcl["Classement FRR et FRR+ au 10 juillet 2025"]
    assert zonings.set_index("code")["frr_2025"].to_dict() == classes.to_dict()


def test_unknown_class_and_short_code_are_told(zonings, tmp_path):
    bad = zonings.head(2).copy()
    bad.loc[0, "frr_2025"] = "ZRR"
    bad.loc[1, "ze2020"] = "51"
    bad.to_csv(tmp_path / "bad.csv", index=False)
    with pytest.raises(LayerError) as error:
        load_zonings(tmp_path / "bad.csv")
    assert {(p.row, p.field, p.code) for p in error.value.problems} == {
        (1, "frr_2025", "value-choice"),
        (2, "ze2020", "value-length"),
    }


def test_the_official_table_is_the_embedded_one_but_for_frr(zonings, open_data):
    layer = load_zonings(open_data / "pays-de-la-loire" / "communes_zonages_2025.csv")
    same = ["code", "ze2020", "ze2020_name", "cateaav2020", "aav2020_name"]
    pd.testing.assert_frame_equal(layer.data[same], zonings[same], check_dtype=False)
    assert layer.data["frr_2025"].isna().all()
    assert layer.provenance.publisher == "INSEE"


def test_an_older_table_carried_to_the_cog_of_2025_is_the_table_of_2025(open_data):
    folder = open_data / "pays-de-la-loire"
    older = load_zonings(folder / "zones_emploi_2020.csv")
    newer = load_zonings(folder / "communes_zonages_2025.csv").data.set_index("code")
    passage = load_passage(folder / "cog_passage_vers_2025.csv")
    carried = on_communes(older, set(newer.index), ZONINGS_RULES, passage=passage)
    assert not [note for note in carried.notes if note.code == "cog-unmatched"]
    zones = carried.data.set_index("code")
    assert zones["ze2020"].to_dict() == newer["ze2020"].to_dict()


def test_zones_that_lost_their_zero_get_it_back(tmp_path):
    text = "codgeo;ze_2020;codze2020;libze2020\n44006;62 - Redon;062;Redon\n"
    (tmp_path / "ze.csv").write_text(text, encoding="utf-8")
    assert load_zonings(tmp_path / "ze.csv").data["ze2020"].tolist() == ["0062"]
    (tmp_path / "ze.csv").write_text(text.replace("062;", "Redon;"), encoding="utf-8")
    with pytest.raises(LayerError, match="a code of 4 digits"):
        load_zonings(tmp_path / "ze.csv")
