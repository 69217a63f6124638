"""Jobs by activity: the layout of URSSAF, divisions, and what is hidden."""

import pytest

from layers.errors import LayerError
from layers.jobs_by_activity import load_jobs_by_activity
from layers.naf import NAF_DIVISIONS
from layers.spec import Status

HEAD = "code_commune;annee;ape;nb_etablissements;effectifs\n"


def table(tmp_path, *rows, head=HEAD):
    path = tmp_path / "commune-x-ape.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
    return load_jobs_by_activity(path)


def test_the_classification_has_its_88_divisions():
    assert len(NAF_DIVISIONS) == 88
    assert all(len(code) == 2 and title for code, title in NAF_DIVISIONS.items())


def test_activities_are_added_up_by_division_for_the_last_year(tmp_path):
    layer = table(
        tmp_path, "44109;2022;2511Z;9;999", "44109;2023;2511Z;2;120", "44109;2023;2562B;1;30",
        "01001;2023;0121Z;1;4", "44109;2023;1071C;1;",
    )  # fmt: skip
    found = layer.data.set_index(["code", "naf"])["jobs"]
    assert found["44109", "25"] == 150
    assert found["01001", "01"] == 4
    assert found.isna().to_dict()["44109", "10"]  # hidden, not zero
    assert len(found) == 3
    assert (layer.provenance.publisher, layer.provenance.vintage) == ("URSSAF", "2023")
    assert layer.provenance.status is Status.OBSERVED


def test_a_division_is_unknown_as_soon_as_one_of_its_activities_is(tmp_path):
    layer = table(tmp_path, "44109;2023;2511Z;2;120", "44109;2023;2562B;1;")
    assert layer.data["jobs"].isna().tolist() == [True]


def test_the_columns_of_the_contract_are_read_as_they_are(tmp_path):
    layer = table(tmp_path, "01001;05;12", "2A004;28;", head="code;naf;jobs\n")
    assert layer.data["naf"].tolist() == ["05", "28"]
    assert layer.data["jobs"].isna().tolist() == [False, True]
    assert layer.provenance.status is Status.DECLARED


@pytest.mark.parametrize(
    ("head", "row", "code"),
    [
        (HEAD, "44109;2023;ZZZZZ;1;3", "value-choice"),
        (HEAD, "44109;2023;2511Z;1;many", "value-type"),
        (HEAD, "xx;2023;2511Z;1;3", "value-type"),
        ("code;naf;jobs\n", "44109;04;3", "value-choice"),
        ("code;naf;jobs\n", "44109;05;-3", "value-range"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, head, row, code):
    with pytest.raises(LayerError) as raised:
        table(tmp_path, row, head=head)
    assert code in {found.code for found in raised.value.problems}
