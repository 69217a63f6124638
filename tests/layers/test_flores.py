"""FLORES as Melodi delivers it: levels and totals told apart, secrecy, nomenclatures."""

import zipfile

import numpy as np
import pandas as pd
import pytest

from layers.acquisition import import_file
from layers.commune_figures import WORKPLACE_JOBS, load_commune_figures
from layers.errors import LayerError
from layers.flores import is_flores
from layers.registry import READERS
from layers.sources import load_sources
from layers.store import Store

HEADER = ("GEO", "GEO_OBJECT", "ACTIVITY", "NUMBER_EMPL", "LEGAL_FORM_WITH_PUBLIC",
          "FLORES_MEASURE", "OBS_STATUS", "TIME_PERIOD", "OBS_VALUE")  # fmt: skip
A5 = {"AZ": 1, "BE": 40, "FZ": 9, "GU": 30, "OQ": 20}


def row(geo, activity, value, *, size="_T", measure="EMPL3112", level="COM", year="2024",
        form="1T9X7", status="A"):  # fmt: skip
    return (geo, level, activity, size, form, measure, status, year, value)


def commune(code, figures, *, total=None):
    total = sum(v for v in figures.values() if v != "") if total is None else total
    return [row(code, "_T", total), *(row(code, name, value) for name, value in figures.items())]


def write(path, rows, header=HEADER):
    text = "\n".join(";".join(f'"{cell}"' for cell in line) for line in [header, *rows]) + "\n"
    if path.suffix == ".csv":
        path.write_text(text, encoding="utf-8")
        return path
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("DS_FLORES_A5_2024_metadata.csv", '"COD_VAR";"COD_MOD"\n"GEO";"44109"\n')
        archive.writestr("DS_FLORES_A5_2024_data.csv", text)
    return path


def load(path):
    table = load_commune_figures(WORKPLACE_JOBS, path).data.set_index("code")
    assert table["employed_residents"].isna().all()
    return {
        code: tuple(None if pd.isna(v) else float(v) for v in values)
        for code, *values in table[["jobs", "industry_jobs"]].itertuples()
    }


NOISE = [
    row("44109", "BE", 7, size="E1T4"), row("44109", "BE", 3, measure="UNIT_LOC"),
    row("44109", "BE", 99, form="2AAAA"), row("44", "BE", 900, level="DEP"),
    row("44109", "BE", 12, year="2017"), row("44109", "_T", 13, year="2017"),
    row("0051", "_T", 900, level="ZE2020"),
]  # fmt: skip


@pytest.mark.parametrize("name", ["flores.csv", "DS_FLORES_A5_2024_CSV_FR.zip"])
def test_one_figure_of_each_is_kept_and_the_last_year(tmp_path, name):
    rows = [*NOISE, *commune("44109", A5), *commune("01001", dict(A5, BE=0)),
            row("2A004", "_T", 50), row("2A004", "BE", "", status="K")]  # fmt: skip
    path = write(tmp_path / name, rows)
    assert is_flores(path)
    assert load(path) == {"44109": (100, 40), "01001": (60, 0), "2A004": (50, None)}
    told = load_commune_figures(WORKPLACE_JOBS, path).provenance
    assert (told.publisher, told.vintage, told.file) == ("INSEE", "2024", name)
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert (done.entry.layer, done.entry.source) == ("workplace_jobs", "insee-flores")


def test_industry_of_finer_tables_is_its_parts_where_none_is_hidden(tmp_path):
    """Sections B to E of A17, A38 and A88 are the industry of A5: 40 posts."""
    parts = {
        "a17": {"C1": 10, "C5": 25, "DE": 5, "GZ": 60},
        "a38": {"BZ": 1, "CA": 9, "CM": 25, "DZ": 2, "EZ": 3, "GZ": 60},
        "a88": {"08": 1, "10": 9, "33": 25, "35": 2, "39": 3, "47": 60},
    }
    for name, figures in parts.items():
        # No row for an activity may be none or hidden: only the total tells.
        hidden = commune("01001", figures, total=103)
        secret = commune("01002", {**figures, next(iter(figures)): ""}, total=100)
        rows = [*commune("44109", figures), *hidden, *secret, row("01003", "_T", 0)]
        if name == "a88":  # without sizes
            header = [c for c in HEADER if c != "NUMBER_EMPL"]
            rows = [line[:3] + line[4:] for line in rows]
            path = write(tmp_path / f"{name}.csv", rows, header)
        else:
            path = write(tmp_path / f"{name}.csv", rows)
        assert load(path) == {
            "44109": (100, 40), "01001": (103, None), "01002": (100, None), "01003": (0, None),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "no-rows"),
        ([row("44", "_T", 5, level="DEP")], "no-rows"),
        ([row("44109", "_T", "beaucoup")], "value-type"),
        ([row("Nantes", "_T", 5)], "value-type"),
        ([row("44109", "_T", 5), row("44109", "_T", 6)], "id-duplicate"),
    ],
)
def test_what_is_wrong_is_told(tmp_path, rows, code):
    with pytest.raises(LayerError) as error:
        load(write(tmp_path / "a.csv", rows))
    assert [one.code for one in error.value.problems] == [code]


def test_blocks_change_nothing(tmp_path, monkeypatch):
    chance = np.random.default_rng(5)
    rows = [line for i in range(60)
            for line in commune(f"44{i:03}", {k: int(chance.integers(9)) for k in A5})]  # fmt: skip
    path = write(tmp_path / "a.csv", rows)
    whole = load(path)
    monkeypatch.setattr("layers.flores._BLOCK_ROWS", 7)
    assert load(path) == whole
    assert len(whole) == 60
