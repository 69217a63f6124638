import zipfile

import pandas as pd
import pytest

from siting import export_xlsx
from siting.export_xlsx import LONGEST_CELL, write_workbook


def test_texts_are_never_formulas_links_or_numbers(tmp_path):
    path = tmp_path / "r.xlsx"
    texts = ["=1+1", "{=SUM(A1)}", "https://example.org", "=HYPERLINK(1)", "0123"]
    write_workbook({"sites": pd.DataFrame({"name": texts})}, path)
    back = pd.read_excel(path, engine="calamine", dtype=object)
    assert back["name"].tolist() == texts
    with zipfile.ZipFile(path) as opened:
        sheet = opened.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in opened.namelist()


def test_what_is_missing_is_an_empty_cell_and_numbers_are_numbers(tmp_path):
    path = tmp_path / "r.xlsx"
    table = pd.DataFrame(
        {
            "n": pd.array([1, None, 3], dtype="Int64"),
            "x": [0.5, float("nan"), float("inf")],
            "yes": pd.array([True, None, False], dtype="boolean"),
        }
    )
    write_workbook({"a": table}, path)
    back = pd.read_excel(path, engine="calamine", dtype=object)
    assert back["n"].tolist()[::2] == [1, 3]
    assert back["x"].iloc[0] == 0.5
    assert back["yes"].tolist()[::2] == [True, False]
    assert back.iloc[1].isna().all()
    assert pd.isna(back["x"].iloc[2])


def test_a_text_too_long_for_a_cell_is_cut_and_shows_it(tmp_path):
    path = tmp_path / "r.xlsx"
    write_workbook({"a": pd.DataFrame({"t": ["x" * (LONGEST_CELL + 1), "y" * LONGEST_CELL]})}, path)
    back = pd.read_excel(path, engine="calamine")["t"].tolist()
    assert back[0] == "x" * (LONGEST_CELL - 1) + "…"
    assert back[1] == "y" * LONGEST_CELL


def test_more_rows_than_a_sheet_may_have_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(export_xlsx, "MOST_ROWS", 3)
    with pytest.raises(OSError, match="3 > 2 rows"):
        write_workbook({"a": pd.DataFrame({"t": [1, 2, 3]})}, tmp_path / "r.xlsx")
    assert not (tmp_path / "r.xlsx").exists()
