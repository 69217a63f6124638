"""Zonings: against the published tables, contract."""

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.jobs import load_zonings
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
