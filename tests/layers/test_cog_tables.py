"""Tables of the COG: communes of a year, movements followed from a year to another."""

import numpy as np
import pandas as pd
import pytest

from layers.acquisition import import_file
from layers.cog import load_passage
from layers.cog_tables import load_cog_communes, load_movements, open_passage
from layers.errors import LayerError
from layers.registry import READERS, load_layers
from layers.sources import load_sources
from layers.store import Store
from layers.tables import embedded_file

COMMUNES = """TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT
COM,49126,52,49,49D,493,1,OREE D ANJOU,Orée d'Anjou,Orée-d'Anjou,4910,
COMD,49069,,,,,0,CHAMPTOCEAUX,Champtoceaux,Champtoceaux,,49126
COM,01004,84,01,01D,011,1,AMBERIEU,Ambérieu,Ambérieu-en-Bugey,0101,
ARM,75101,11,75,75C,751,0,PARIS 1,Paris 1er,Paris 1er Arrondissement,,75056
"""
# Champtoceaux absorbs its neighbours in 2015, its chief town moves in 2024; A and B merge in
# 2016 under A, and split again in 2020.
MOVES = """MOD,DATE_EFF,TYPECOM_AV,COM_AV,LIBELLE_AV,TYPECOM_AP,COM_AP,LIBELLE_AP
32,2015-12-15,COM,49069,Champtoceaux,COM,49069,Orée d'Anjou
32,2015-12-15,COM,49126,Drain,COM,49069,Orée d'Anjou
32,2015-12-15,COM,49126,Drain,COMD,49126,Drain
50,2024-01-01,COM,49069,Orée-d'Anjou,COM,49126,Orée-d'Anjou
32,2016-01-01,COM,85001,A,COM,85001,A
32,2016-01-01,COM,85002,B,COM,85001,A
21,2020-01-01,COM,85001,A,COM,85001,A
21,2020-01-01,COM,85001,A,COM,85002,B
10,1999-01-01,COM,44003,C,COM,44004,C
"""


def write(folder, text, name):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_only_communes_are_communes(tmp_path):
    layer = load_cog_communes(write(tmp_path, COMMUNES, "v_commune_2026.csv"))
    assert layer.data.to_numpy().tolist() == [
        ["01004", "Ambérieu-en-Bugey", "01", "84"],
        ["49126", "Orée-d'Anjou", "49", "52"],
    ]
    assert layer.provenance.vintage == "COG 2026"


@pytest.mark.parametrize(
    ("since", "year", "expected"),
    [
        (2015, 2025, {"49069": ("49126",), "85001": ("85001", "85002"),
                      "85002": ("85001", "85002")}),
        (2023, 2024, {"49069": ("49126",)}),
        (2024, 2025, {}),  # a movement of 1 January is in the COG of its year
        (2015, 2019, {"49126": ("49069",), "85002": ("85001",)}),
        (2016, 2020, {"85001": ("85001", "85002")}),
    ],
)  # fmt: skip
def test_movements_are_followed_by_date(tmp_path, since, year, expected):
    passage = load_movements(write(tmp_path, MOVES, "mvt.csv"), since=since, year=year)
    assert dict(passage.targets) == expected
    assert passage.of("44109") == ("44109",)
    assert passage.year == year


def test_movements_agree_with_the_real_passage_table(tmp_path, open_data):
    table = load_passage(open_data / "pays-de-la-loire" / "cog_passage_vers_2025.csv")
    moves = load_movements(write(tmp_path, MOVES, "mvt.csv"), since=2016, year=2025)
    assert moves.of("49069") == table.of("49069") == ("49126",)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [("COM_AV,", "COM_AVANT,", "column-missing"), ("49126", "4912", "value-type"),
     ("2024-01-01", "1/1/2024", "value-type")],
)  # fmt: skip
def test_what_is_wrong_is_told(tmp_path, old, new, code):
    path = write(tmp_path, MOVES.replace(old, new), "mvt.csv")
    with pytest.raises(LayerError) as caught:
        load_movements(path, since=2015, year=2025)
    assert {p.code for p in caught.value.problems} == {code}


def test_years_in_the_wrong_order_and_tables_without_commune_are_refused(tmp_path):
    with pytest.raises(LayerError, match="cog-vintage"):
        load_movements(write(tmp_path, MOVES, "mvt.csv"), since=2025, year=2025)
    none = COMMUNES.replace("\nCOM,", "\nCOMA,")
    with pytest.raises(LayerError, match="no-rows"):
        load_cog_communes(write(tmp_path, none, "v_commune_2026.csv"))


def test_codes_keep_their_zeros_whatever_a_table_does(tmp_path):
    layer = load_cog_communes(write(tmp_path, COMMUNES, "v_commune_2026.csv"))
    assert pd.api.types.is_string_dtype(layer.data["code"])


@pytest.mark.parametrize("name", ["v_mvt_commune_2025.csv", "mouvements.csv"])
def test_movements_are_a_passage_from_any_past_code(tmp_path, name):
    """A code that is gone becomes what it was merged into, as a passage table tells it."""
    passage = open_passage(write(tmp_path, MOVES, name))
    # 49126 is in force since 2024, 85002 since 2020: tables of today have them as they are.
    assert dict(passage.targets) == {"49069": ("49126",), "44003": ("44004",)}
    assert passage.year == (2025 if "2025" in name else 2024)
    before = open_passage(write(tmp_path, MOVES, "v_mvt_commune_2019.csv"))
    assert dict(before.targets) == {
        "49126": ("49069",), "85002": ("85001",), "44003": ("44004",),
    }  # fmt: skip


def test_a_code_given_again_to_another_commune_is_not_taken_for_the_first(tmp_path):
    """X merges into A, A is gone into B, then the code A is given to a new commune, born of C."""
    head, *_ = MOVES.splitlines()
    rows = [
        "32,1990-01-01,COM,99003,x,COM,99001,a",
        "32,1995-01-01,COM,99001,a,COM,99002,b",
        "20,2010-01-01,COM,99004,c,COM,99001,a",
        "20,2010-01-01,COM,99004,c,COM,99004,c",
    ]
    passage = open_passage(write(tmp_path, "\n".join([head, *rows]), "v_mvt_commune_2025.csv"))
    assert dict(passage.targets) == {"99003": ("99002",)}


def test_movements_agree_with_following_them_from_every_year(tmp_path):
    """Oracle: a code is as it is followed from the last COG that has it."""
    chance = np.random.default_rng(11)
    for _ in range(30):
        alive, rows, had = {f"990{n:02}" for n in range(8)}, [], {}
        for year in range(2001, 2013):
            had[year - 1] = set(alive)
            kind, some = chance.integers(3), sorted(alive)
            if kind == 0 and len(some) > 2:  # a merger
                kept, lost = chance.choice(some, 2, replace=False)
                rows += [(year, kept, kept), (year, lost, kept)]
                alive -= {lost}
            elif kind == 1:  # a part leaves, under a new code or one given again
                parent = chance.choice(some)
                born = f"990{chance.integers(12):02}"
                if born not in alive:
                    rows += [(year, parent, parent), (year, parent, born)]
                    alive |= {born}
            else:  # a commune changes code
                old, new = chance.choice(some), f"990{chance.integers(12):02}"
                if new not in alive:
                    rows.append((year, old, new))
                    alive = alive - {old} | {new}
        had[2012] = set(alive)
        if not rows:
            continue
        text = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n" + "".join(
            f"1,{year}-01-01,COM,{old},COM,{new}\n" for year, old, new in rows
        )
        path = write(tmp_path, text, "v_mvt_commune_2012.csv")
        found = open_passage(path)
        for code in set().union(*had.values()):
            last = max(year for year, codes in had.items() if code in codes)
            wanted = (code,)
            if last < 2012:
                wanted = load_movements(path, since=last, year=2012).of(code)
            assert found.of(code) == wanted, (code, text)


def test_movements_are_imported_as_the_passage_in_use(tmp_path):
    store = Store(tmp_path / "data")
    path = write(tmp_path, MOVES, "v_mvt_commune_2025.csv")
    done = import_file(path, store, READERS, load_sources())
    told = done.entry.told
    assert (done.entry.layer, told.publisher, told.vintage) == ("cog_passage", "INSEE", "COG 2025")
    housing = pd.read_csv(embedded_file("housing.csv"), dtype=str)
    housing.loc[housing["code"] == "49126", "code"] = "49069"
    housing.to_csv(tmp_path / "housing.csv", index=False)
    files = {"cog_passage": store.path(done.entry), "housing": tmp_path / "housing.csv"}
    carried = load_layers(files)["housing"]
    assert "49126" in set(carried.data["code"])
    assert not [note for note in carried.notes if note.code == "cog-unmatched"]
