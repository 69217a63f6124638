"""Job seekers: one month at a time, repeated rows told, absent communes unknown."""

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.job_seekers import load_job_seekers, read_month

TEXT = (
    "codgeo,YEAR,Demandeurs_Emploi\n"
    "44109,novembre_2024,37000\n44109,décembre_2024,37840\n44036,decembre_2024,1110\n"
    "44,decembre_2024,66000\n"
    "49018,decembre_2024,1630\n49018,decembre_2024,1630\n"  # said twice
    "85194,decembre_2024,4010\n85194,decembre_2024,0\n85194,decembre_2024,0\n"
    "85008,decembre_2024,500\n85008,decembre_2024,700\n"  # who is right?
)


def load(tmp_path, text=TEXT, **options):
    (tmp_path / "de.csv").write_text(text, encoding="utf-8")
    return load_job_seekers(tmp_path / "de.csv", **options)


def test_the_last_month_by_default(tmp_path):
    layer = load(tmp_path)
    assert layer.provenance.vintage == "2024-12"
    assert set(layer.data["month"]) == {"2024-12"}
    counts = layer.data.set_index("code")["job_seekers"]
    assert counts["44109"] == 37_840
    assert counts["44036"] == 1_110
    assert "44" not in counts.index  # a département is no commune


def test_a_month_is_chosen_explicitly(tmp_path):
    layer = load(tmp_path, month="2024-11")
    assert layer.data.to_dict("records") == [
        {"code": "44109", "job_seekers": 37_000, "month": "2024-11"}
    ]


def test_repeated_rows_are_never_added_up(tmp_path):
    layer = load(tmp_path)
    counts = layer.data.set_index("code")["job_seekers"]
    assert counts["49018"] == 1_630
    assert counts["85194"] == 4_010
    assert pd.isna(counts["85008"])
    (note,) = layer.notes
    assert (note.code, note.severity) == ("commune-repeated", "warning")
    assert note.found == "49018, 85008, 85194 (3)"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("novembre_2024", "brumaire_2024", "value-type"),
        ("37840", "beaucoup", "value-type"),
        ("44036", "4403X", "value-type"),
        ("Demandeurs_Emploi", "Effectif", "column-missing"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, TEXT.replace(old, new))
    assert [p.code for p in error.value.problems] == [code]


def test_a_month_the_file_does_not_have_is_told(tmp_path):
    with pytest.raises(LayerError, match=r"2025-01.*2024-11 … 2024-12"):
        load(tmp_path, month="2025-01")
    layer = load(tmp_path)
    layer.data.to_csv(tmp_path / "own.csv", index=False)
    assert len(load_job_seekers(tmp_path / "own.csv", month="2024-12").data) == len(layer.data)
    with pytest.raises(LayerError, match="value-choice"):
        load_job_seekers(tmp_path / "own.csv", month="2023-12")


@pytest.mark.parametrize(
    ("text", "month"),
    [("août 2024", "2024-08"), ("2024-02-29", "2024-02"), ("2024-13", None), ("", None)],
)
def test_read_month(text, month):
    assert read_month(text) == month


def test_the_real_file(open_data):
    path = open_data / "pays-de-la-loire" / "demandeurs_emploi_mensuel.csv"
    layer = load_job_seekers(path, month="2020-01")
    counts = layer.data.set_index("code")["job_seekers"]
    assert len(counts) == 151  # 156 codes, 5 of which are départements
    assert counts["44109"] == 37_840
    assert counts["85194"] == 4_120
    assert counts.gt(0).all()  # every zero of the file was beside a figure
    assert layer.notes[0].found.endswith("(8)")
    published = pd.read_csv(path, dtype=str)
    once = published[published["YEAR"] == "janvier_2020"].astype({"Demandeurs_Emploi": int})
    once = once.drop_duplicates(["codgeo", "Demandeurs_Emploi"])
    communes = once[once["codgeo"].str.len() == 5]
    assert counts.sum() == communes["Demandeurs_Emploi"].sum()
