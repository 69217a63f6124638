"""LOVAC: every vintage alike, secrecy is unknown, counts and shares agree."""

import zipfile

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.spec import Status
from layers.vacancy import VACANCY, load_vacancy

# The layout of 2025: spaces around names and in thousands, secrecy as "s", latin-1.
LOVAC_2025 = (
    "CODGEO_25;LIBGEO_25; pp_vacant_25 ;pp_vacant_plus_2ans_25;pp_vacant_24;"
    "pp_vacant_plus_2ans_24;pp_total_24\n"
    "1001;L'Abergement-Clémenciat;20;8;18;7;350\n"
    "44109;Nantes;9 000;1 600;8 900;1 500;150 000\n"
    "44006;Assérac;s;s;s;s;s\n"
)
# The layout of 2026: the stock is named otherwise and has no figure of the last year.
LOVAC_2026 = (
    "CODGEO_26;LIBGEO_26;pp_vacant_26;pp_vacant_plus_2ans_26;ff_pp_total_25;pp_vacant_25;"
    "pp_vacant_plus_2ans_25;ff_pp_total_24;pp_vacant_24;pp_vacant_plus_2ans_24\n"
    "01001;L'Abergement-Clémenciat;21;9;360;20;8;350;18;7\n"
    "44109;Nantes;9 100;1 700;151 000;9 000;1 600;150 000;8 900;1 500\n"
    "44006;Assérac;s;s;s;s;s;s;s;s\n"
)


def write(tmp_path, text, name="lovac.csv", encoding="latin-1"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


def test_the_last_year_with_both_stock_and_long_vacancy_is_read(tmp_path):
    old = load_vacancy(write(tmp_path, LOVAC_2025))
    assert old.provenance.vintage == "2024"
    assert old.provenance.status is Status.OBSERVED
    data = old.data.set_index("code")
    assert list(data.index) == ["01001", "44109", "44006"]
    assert data.loc["44109"].tolist() == [150_000, 8_900, 1_500, 1.0]
    assert data.loc["01001", "vacant_2_years_percent"] == pytest.approx(2.0)
    new = load_vacancy(write(tmp_path, LOVAC_2026))
    assert new.provenance.vintage == "2025"
    assert new.data.set_index("code").loc["44109"].tolist()[:3] == [151_000, 9_000, 1_600]


def test_the_same_year_in_two_vintages_gives_the_same_layer(tmp_path):
    shorter = pd.read_csv(write(tmp_path, LOVAC_2026), sep=";", dtype=str, encoding="latin-1")
    kept = [name for name in shorter.columns if not name.endswith(("_26", "_25"))]
    kept = ["CODGEO_26", *kept]
    path = tmp_path / "again.csv"
    shorter[kept].to_csv(path, sep=";", index=False, encoding="latin-1")
    old = load_vacancy(write(tmp_path, LOVAC_2025)).data
    pd.testing.assert_frame_equal(load_vacancy(path).data, old)


def test_secrecy_is_unknown_never_zero(tmp_path):
    hidden = load_vacancy(write(tmp_path, LOVAC_2025)).data.set_index("code").loc["44006"]
    assert hidden.isna().all()


def test_an_archive_is_read_as_its_file(tmp_path):
    path = write(tmp_path, LOVAC_2025)
    with zipfile.ZipFile(tmp_path / "lovac.zip", "w") as archive:
        archive.write(path, "Lovac_opendata_Communes.csv")
    packed = load_vacancy(tmp_path / "lovac.zip").data
    pd.testing.assert_frame_equal(packed, load_vacancy(path).data)


def test_its_own_columns_read_back(tmp_path):
    layer = load_vacancy(write(tmp_path, LOVAC_2025))
    layer.data.to_csv(tmp_path / "own.csv", index=False)
    again = load_vacancy(tmp_path / "own.csv")
    assert again.provenance.status is Status.DECLARED
    pd.testing.assert_frame_equal(again.data, layer.data, check_dtype=False)


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("9 000;1 600;8 900;1 500", "9 000;1 600;8 900;mille", "value-type", "plus_2ans_24"),
        ("8 900;1 500;150 000", "8 900;150 000;1 500", "value-range", "vacant_2_years"),
        ("44109;", "Nantes;", "value-type", "CODGEO_25"),
        ("44109;", "01001;", "id-duplicate", "code"),
        ("pp_total_24", "pp_total", "column-missing", "ff_pp_total_YY"),
        ("CODGEO_25", "commune", "column-missing", "code"),
        ("350\n", "350;1\n", "row-cells", None),
    ],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code, field):
    path = write(tmp_path, LOVAC_2025.replace(old, new, 1))
    with pytest.raises(LayerError) as error:
        load_vacancy(path)
    found = error.value.problems[0]
    assert found.code == code
    assert found.file == "lovac.csv"
    assert field is None or field in found.field


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "file-pointer"),
        (b"<!DOCTYPE html><html></html>", "file-html"),
        (b"CODGEO_25;pp_total_24\n", "no-rows"),
        (b"PK\x03\x04 not text", "file-unreadable"),
    ],
)
def test_what_is_no_table_is_told(tmp_path, content, code):
    path = tmp_path / "lovac.csv"
    path.write_bytes(content)
    with pytest.raises(LayerError) as error:
        load_vacancy(path)
    assert error.value.problems[0].code == code


def test_the_real_table_of_shares(open_data):
    layer = load_vacancy(open_data / "pays-de-la-loire" / "lovac_vacance_2ans_2021.csv")
    data = layer.data.set_index("code")
    assert len(data) == 819
    assert int(data["vacant_2_years_percent"].isna().sum()) == 112
    # 1 577 dwellings (the space is not broken), 0,7 %.
    assert data.loc["44002", "private_dwellings"] == 1577
    assert data.loc["44002", "vacant_2_years_percent"] == 0.7
    assert data.loc["44002", "vacant_2_years"] == 11
    assert layer.provenance.status is Status.ESTIMATED
    assert {column.name for column in VACANCY.columns} == set(layer.data.columns)
