"""Names of communes in place of codes: exact after normalisation, or refused with the namesakes."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from layers.commune_names import commune_names, name_key
from layers.sites import read_sites
from layers.territory import load_territory

NAMES = load_territory().commune_names


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Nantes", ["44109"]),
        ("NANTES", ["44109"]),
        ("  nantes ", ["44109"]),
        ("Le Mans", ["72181"]),
        ("Mans (Le)", ["72181"]),
        ("Saint-Nazaire", ["44184"]),
        ("St Nazaire", ["44184"]),
        ("ST-NAZAIRE", ["44184"]),
        ("Ste-Luce-sur-Loire", ["44172"]),
        ("Les Sables d’Olonne", ["85194"]),
        ("PAIMBOEUF", ["44116"]),
        ("Nantes (44)", ["44109"]),
        ("Nantes, Loire-Atlantique", ["44109"]),
        ("Changé", ["53054", "72058"]),
        ("Change (Sarthe)", ["72058"]),
        ("Changé (53)", ["53054"]),
        ("Changé, 72", ["72058"]),
        # nothing that is not the whole name of one
        ("Changé (44)", []),
        ("Nante", []),
        ("Nantes Métropole", []),
        ("Nazaire", []),
        ("Strasbourg", []),
        ("44000 Nantes", []),
        ("", []),
        ("()", []),
    ],
)
def test_a_name_leads_to_the_communes_that_bear_it(text, codes):
    assert [one.code for one in NAMES.of(text)] == codes


def test_every_commune_of_the_territory_is_found_by_its_name_and_its_departement():
    rows = load_territory().communes.data
    for row in rows.itertuples(index=False):
        for text in (f"{row.name} ({row.departement})", f"{row.name}, {row.departement_name}"):
            assert [one.code for one in NAMES.of(text)] == [row.code]
    keys = rows["name"].map(name_key)
    alone = ~keys.duplicated(keep=False)
    assert alone.sum() == len(rows) - 16  # eight pairs of namesakes in Pays de la Loire
    for code, name in zip(rows["code"][alone], rows["name"][alone], strict=True):
        assert [one.code for one in NAMES.of(name.upper().replace("-", " "))] == [code]


@given(st.text(max_size=30))
def test_any_text_has_an_answer_and_a_stable_key(text):
    assert name_key(name_key(text)) == name_key(text)
    assert all(name_key(one.name) == name_key(text) for one in NAMES.of(text) if "(" not in text
               and "," not in text)  # fmt: skip


def register(tmp_path, communes):
    """Small squares in Loire-Atlantique, with what their file says of the commune."""
    square = "POLYGON(({0} 6690000,{1} 6690000,{1} 6690100,{0} 6690100,{0} 6690000))"
    rows = pd.DataFrame({
        "id": [f"s{i}" for i in range(len(communes))],
        "commune": communes,
        "crs": "EPSG:2154",
        "wkt": [square.format(355000 + 200 * i, 355100 + 200 * i) for i in range(len(communes))],
    })  # fmt: skip
    rows.to_csv(tmp_path / "sites.csv", index=False, sep=";")
    return tmp_path / "sites.csv"


def test_names_in_a_register_are_resolved_told_or_refused(tmp_path):
    given_ = ["44109", "NANTES", "Changé", "Changé (72)", "Trifouilly", "44000 Nantes", ""]
    found = read_sites(register(tmp_path, given_), names=NAMES)
    got = dict(zip(found.layer.data["site_id"], found.layer.data["commune"], strict=True))
    assert {key: code for key, code in got.items() if isinstance(code, str)} == {
        "s0": "44109", "s1": "44109", "s3": "72058",
    }  # fmt: skip
    told = {(one.row, one.code): one for one in found.notes if one.field == "commune"}
    assert set(told) == {
        (2, "commune-resolved"), (3, "commune-ambiguous"), (4, "commune-resolved"),
        (5, "value-unmapped"),
    }  # fmt: skip
    assert (told[2, "commune-resolved"].found, told[2, "commune-resolved"].expected) == (
        "NANTES", "44109",
    )  # fmt: skip
    assert told[3, "commune-ambiguous"].expected == "Changé (53) 53054; Changé (72) 72058"
    assert [(one.row, one.code) for one in found.rejected] == [(6, "value-type")]


def test_without_a_territory_a_name_is_left_unknown(tmp_path):
    found = read_sites(register(tmp_path, ["Nantes", "44109"]))
    assert found.layer.data["commune"].isna().tolist() == [True, False]
    assert [one.code for one in found.notes if one.row == 1] == ["value-unmapped"]


def test_namesakes_of_one_departement_cannot_be_told_apart():
    rows = pd.DataFrame({"code": ["99001", "99002"], "name": "Même", "departement": "99",
                         "departement_name": "D"})  # fmt: skip
    assert [one.code for one in commune_names(rows).of("Même (99)")] == ["99001", "99002"]
