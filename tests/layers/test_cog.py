"""Communes that merge, split and change code: passage tables and regrouped flows."""

import dataclasses
import zipfile
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.acquisition import import_file
from layers.artificialised_land import ENAF_FLOWS, USES, load_enaf_flows
from layers.cog import Passage, load_passage, to_cog
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import load_sources
from layers.spec import Layer, Provenance, Status, make_layer
from layers.store import Store
from layers.territory import load_communes
from tests.layers.test_workbook import workbook

AREAS = ["area_m2", *(f"{use}_m2" for use in USES)]
SOURCE = Provenance("Cerema", "ENAF", "2011-2013", "LO 2.0", Status.OBSERVED, file="enaf.csv")


def _flows(areas, *, status=Status.OBSERVED, method=""):
    """Flows of a layer from areas by (code, year), or from their destinations."""
    rows = []
    for (code, year), value in areas.items():
        uses = value if isinstance(value, tuple) else (value, 0, 0, 0, 0, 0)
        rows.append([code, year, sum(uses), *uses])  # unknown as soon as a use is
    table = pd.DataFrame(rows, columns=["code", "year", *AREAS])
    table = table.astype(dict.fromkeys(AREAS, "Int64"))
    source = dataclasses.replace(SOURCE, status=status, method=method)
    return make_layer(ENAF_FLOWS, table, source)


def _areas(layer: Layer, name="area_m2"):
    areas = layer.data.set_index(["code", "year"])[name]
    return {key: None if pd.isna(area) else int(area) for key, area in areas.items()}


def _write(path, *lines):
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


# --- Passage tables ------------------------------------------------------------------------


def test_a_table_of_past_codes(tmp_path):
    lines = ("DEPCOM_HIST,DEPCOM", "44060,49160", "49160,49160", "01015,01015")
    passage = load_passage(_write(tmp_path / "cog_passage_vers_2025.csv", *lines))
    assert passage.targets == {"01015": ("01015",), "44060": ("49160",), "49160": ("49160",)}
    assert (passage.year, passage.file) == (2025, "cog_passage_vers_2025.csv")


def test_a_split_is_a_code_on_several_rows(tmp_path):
    lines = ("depcom_hist;depcom", "85084;85165", "85084;85084", "85084;85165")
    passage = load_passage(_write(tmp_path / "passage.csv", *lines), year=2024)
    assert passage.of("85084") == ("85084", "85165")
    assert passage.year == 2024


def test_the_year_is_unknown_where_nothing_tells_it(tmp_path):
    path = _write(tmp_path / "passage_123456.csv", "DEPCOM_HIST,DEPCOM", "44060,49160")
    assert load_passage(path).year is None


def test_the_yearly_table_goes_to_its_last_year(tmp_path):
    path = _write(
        tmp_path / "table.csv",
        "NIVGEO,CODGEO_2003,CODGEO_2018,CODGEO_2025,LIBGEO_2025",
        "COM,85084,85084,85084,Essarts en Bocage",
        "COM,85165,85084,85165,L'Oie",
    )
    assert load_passage(path, since=2003).of("85084") == ("85084",)
    assert load_passage(path, since=2018).of("85084") == ("85084", "85165")
    assert load_passage(path, since=2018).year == 2025


def test_two_years_need_no_choice(tmp_path):
    path = _write(tmp_path / "t.csv", "CODGEO_2025,CODGEO_2019", "49160,44060")
    assert load_passage(path).of("44060") == ("49160",)


def test_of_many_years_a_code_is_taken_as_it_last_was(tmp_path):
    """As INSEE publishes it: a workbook in an archive, titles on the sixth row."""
    rows = [
        ["Table de passage annuelle"], ["Mise en ligne"], ["Source"], [], ["Niveau", "Code 2003"],
        ["NIVGEO", "CODGEO_2003", "CODGEO_2018", "CODGEO_2025", "LIBGEO_2025"],
        ["COM", "49069", "49069", "49126", "Orée d'Anjou"],
        ["COM", "49126", "49126", "49126", "Orée d'Anjou"],
        ["COM", "85084", "85084", "85084", "Essarts en Bocage"],
        ["COM", "85165", "85084", "85165", "L'Oie"],
        ["COM", "85999", "85998", "85997", "Inventée, deux fois fusionnée"],
        ["COM", "97123", "", "", "Saint-Barthélemy, hors du champ"],
    ]  # fmt: skip
    book = workbook(tmp_path / "table_passage_annuelle_2025.xlsx", COM=rows)
    archive = tmp_path / "table_passage_annuelle_2025.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(book, book.name)
    for path in (book, archive):
        passage = load_passage(path)
        assert passage.targets == {
            "49069": ("49126",), "49126": ("49126",), "85084": ("85084",), "85165": ("85165",),
            "85999": ("85997",), "85998": ("85997",), "85997": ("85997",),
        }  # fmt: skip
        assert passage.year == 2025
        assert load_passage(path, since=2018).of("85084") == ("85084", "85165")
        done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
        told = done.entry.told
        assert (done.entry.layer, told.publisher, told.vintage) == (
            "cog_passage", "INSEE", "COG 2025",
        )  # fmt: skip


def test_the_initial_codes_of_the_other_table_of_insee(tmp_path):
    rows = [["Table de passage"], [], [], [], [], ["CODGEO_INI", "CODGEO_2026", "LIBGEO_2026"],
            ["49069", "49126", "Orée d'Anjou"], ["49126", "49126", "Orée d'Anjou"]]  # fmt: skip
    path = workbook(tmp_path / "table_passage_geo2003_geo2026.xlsx", Table=rows)
    passage = load_passage(path)
    assert (passage.of("49069"), passage.year) == (("49126",), 2026)


@pytest.mark.parametrize("since", [2010, 2025])
def test_the_year_to_leave_from_is_asked(tmp_path, since):
    path = _write(tmp_path / "t.csv", "CODGEO_2003,CODGEO_2018,CODGEO_2025", "85165,85084,85165")
    with pytest.raises(LayerError, match="2003, 2018") as error:
        load_passage(path, since=since)
    assert [p.code for p in error.value.problems] == ["cog-vintage"]


def test_the_codes_of_a_table_that_are_wrong_are_all_told(tmp_path):
    lines = ("DEPCOM_HIST,DEPCOM", "1015,01015", "44060,", ",49160", "2A004,2A004")
    with pytest.raises(LayerError) as error:
        load_passage(_write(tmp_path / "bad.csv", *lines))
    assert [(p.code, p.file, p.row, p.field) for p in error.value.problems] == [
        ("value-missing", "bad.csv", 3, "DEPCOM_HIST"),
        ("value-type", "bad.csv", 1, "DEPCOM_HIST"),
        ("value-missing", "bad.csv", 2, "DEPCOM"),
    ]


@pytest.mark.parametrize("header", ["DEPCOM,LIBELLE", "CODGEO_2025,LIBGEO_2025", "a,b"])
def test_a_table_that_is_no_passage(tmp_path, header):
    with pytest.raises(LayerError, match="DEPCOM_HIST") as error:
        load_passage(_write(tmp_path / "t.csv", header, "44109,44109"))
    assert [p.code for p in error.value.problems] == ["column-missing"]


# --- Merges --------------------------------------------------------------------------------


def test_a_merge_is_a_sum_of_each_year_and_use():
    flows = _flows(
        {
            ("49144", 2011): (100, 20, 0, 3, 0, 0),
            ("49144", 2012): 7,
            ("44180", 2011): (1, 2, 3, 4, 5, 6),
            ("44180", 2012): 50,
            ("44109", 2011): 9,
        }
    )
    after = to_cog(flows, Passage({"49144": ("44180",)}, 2025), {"44180", "44109"})
    # 2011: 100 + 1 activity, 20 + 2 housing, 0 + 3, 3 + 4, 0 + 5, 0 + 6: 144 m² in all.
    table = after.data.set_index(["code", "year"])
    assert table.loc[("44180", 2011), AREAS].tolist() == [144, 101, 22, 3, 7, 5, 6]
    assert _areas(after) == {("44109", 2011): 9, ("44180", 2011): 144, ("44180", 2012): 57}
    assert after.provenance.status is Status.OBSERVED
    assert after.provenance.method == "communes of the COG 2025: 2 merged into 1"


def test_a_code_that_changes_is_no_merge():
    passage = Passage({"44060": ("49160",)}, 2025)
    after = to_cog(_flows({("44060", 2011): 5}, method="read"), passage, {"49160"})
    assert _areas(after) == {("49160", 2011): 5}
    assert after.provenance.method == "read; communes of the COG 2025: unchanged"


@pytest.mark.parametrize("absent", [False, True])
def test_a_year_unknown_in_one_part_is_unknown_in_the_whole(absent):
    areas = {("49144", 2011): 100, ("49144", 2012): pd.NA, ("44180", 2011): 1, ("44180", 2012): 2}
    if absent:
        del areas["49144", 2012]
    after = to_cog(_flows(areas), Passage({"49144": ("44180",)}, 2025), {"44180"})
    assert _areas(after) == {("44180", 2011): 101, ("44180", 2012): None}


def test_a_use_that_one_part_does_not_tell_is_unknown_alone():
    flows = _flows({("49144", 2011): 10, ("44180", 2011): 20})
    data = flows.data.copy()
    data.loc[0, "rou_m2"] = pd.NA
    flows = make_layer(ENAF_FLOWS, data, SOURCE)
    after = to_cog(flows, Passage({"49144": ("44180",)}, 2025), {"44180"})
    assert after.data["area_m2"].tolist() == [30]
    assert after.data["rou_m2"].tolist() == [pd.NA]


def test_the_roundings_of_the_parts_add_up():
    # Official files write -1 where a figure rounds below zero: three of them merge.
    flows = _flows({(code, 2011): (-1, 1, 0, 0, 0, 0) for code in ("49001", "49002", "49003")})
    passage = Passage(dict.fromkeys(("49001", "49002"), ("49003",)), 2025)
    assert _areas(to_cog(flows, passage, {"49003"}), "act_m2") == {("49003", 2011): -3}


def test_the_layer_given_is_unchanged():
    flows = _flows({("49144", 2011): 10, ("44180", 2011): 20})
    before = flows.data.copy()
    to_cog(flows, Passage({"49144": ("44180",)}, 2025), {"44180"})
    pd.testing.assert_frame_equal(flows.data, before)


# --- Splits --------------------------------------------------------------------------------


SPLIT = Passage({"85084": ("85084", "85165", "85212")}, 2025)
PARTS = {"85084", "85165", "85212"}


def test_a_split_is_shared_out_by_weights():
    flows = _flows({("85084", 2011): 1_000, ("85084", 2012): 1, ("85084", 2013): pd.NA})
    weights = pd.Series({"85084": 50, "85165": 30, "85212": 20, "44109": -1})
    after = to_cog(flows, SPLIT, PARTS, weights=weights)
    # 50 %, 30 % and 20 % of 1,000; of 1 m², floors of 0.5, 0.8 and 1: 0, 0 and 1.
    assert _areas(after) == {
        ("85084", 2011): 500, ("85165", 2011): 300, ("85212", 2011): 200,
        ("85084", 2012): 0, ("85165", 2012): 0, ("85212", 2012): 1,
        ("85084", 2013): None, ("85165", 2013): None, ("85212", 2013): None,
    }  # fmt: skip
    assert after.provenance.status is Status.ESTIMATED
    assert after.provenance.method == "communes of the COG 2025: 1 split into 3 by weights"


def test_a_synthetic_split_is_still_a_demonstration():
    flows = _flows({("85084", 2011): 10}, status=Status.DEMONSTRATION)
    after = to_cog(flows, SPLIT, PARTS, weights=pd.Series(1, index=sorted(PARTS)))
    assert after.provenance.status is Status.DEMONSTRATION


def test_a_part_that_joins_another_commune_is_added_to_it():
    flows = _flows({("49001", 2011): 100, ("49002", 2011): 7})
    passage = Passage({"49001": ("49001", "49002")}, 2025)
    weights = pd.Series({"49001": 3.0, "49002": 1.0})
    after = to_cog(flows, passage, {"49001", "49002"}, weights=weights)
    assert _areas(after) == {("49001", 2011): 75, ("49002", 2011): 25 + 7}
    assert after.provenance.method == (
        "communes of the COG 2025: 2 merged into 1, 1 split into 2 by weights"
    )


@pytest.mark.parametrize(
    ("weights", "missing"),
    [
        (None, "85084, 85165, 85212"),
        ({"85084": 1, "85165": 1}, "85212"),
        ({"85084": 1, "85165": np.nan, "85212": -1}, "85165, 85212"),
        ({"85084": 1, "85165": np.inf, "85212": "much"}, "85165, 85212"),
        ({"85084": 0, "85165": 0, "85212": 0}, "85084, 85165, 85212"),
    ],
)
def test_a_split_without_weights_raises(weights, missing):
    given_weights = None if weights is None else pd.Series(weights, dtype=object)
    with pytest.raises(LayerError) as error:
        to_cog(_flows({("85084", 2011): 1}), SPLIT, PARTS, weights=given_weights)
    found = error.value.problems
    assert [(p.code, p.field, p.found) for p in found] == [("cog-weight", "85084", missing)]


# --- Communes that disappear ---------------------------------------------------------------


def test_every_commune_that_reaches_none_is_told_and_none_is_dropped():
    flows = _flows({(code, 2011): 1 for code in ("44109", "44060", "75056", "01001")})
    # 44060 is led outside the territory, the last two are in neither.
    with pytest.raises(LayerError) as error:
        to_cog(flows, Passage({"44060": ("49160",)}, 2025), {"44109"})
    (found,) = error.value.problems
    assert (found.code, found.file) == ("cog-unmatched", "enaf.csv")
    assert found.found == "01001, 44060, 75056 (3)"
    assert found.expected == "COG 2025"


def test_a_part_of_a_split_outside_the_territory_raises():
    with pytest.raises(LayerError, match="85084"):
        to_cog(_flows({("85084", 2011): 1}), SPLIT, {"85084", "85165"}, weights=pd.Series())


# --- Identities ----------------------------------------------------------------------------

OLD, NEW = [f"44{n:03}" for n in range(8)], [f"49{n:03}" for n in range(5)]
USE_AREAS = st.tuples(*[st.integers(-1, 10**7)] * 6).filter(lambda uses: sum(uses) >= 0)


@settings(deadline=None, max_examples=25)
@given(
    areas=st.dictionaries(
        st.sampled_from(OLD), st.tuples(USE_AREAS, USE_AREAS), min_size=1, max_size=8
    ),
    targets=st.fixed_dictionaries(
        {code: st.sets(st.sampled_from(NEW), min_size=1, max_size=3) for code in OLD}
    ),
    weights=st.lists(st.floats(0.001, 1e9), min_size=5, max_size=5),
)
def test_totals_are_conserved_by_year_and_use(areas, targets, weights):
    flows = _flows(
        {(c, 2011 + i): uses for c, pair in areas.items() for i, uses in enumerate(pair)}
    )
    passage = Passage({old: tuple(sorted(new)) for old, new in targets.items()}, 2025)
    by_code = pd.Series(weights, index=NEW)
    after = to_cog(flows, passage, set(NEW), weights=by_code)
    before_m2 = flows.data.groupby("year")[AREAS].sum()
    after_m2 = after.data.groupby("year")[AREAS].sum()
    pd.testing.assert_frame_equal(before_m2, after_m2)
    # Each commune is within 1 m² of its exact share, for each of the communes it comes from.
    for row in after.data.query("year == 2011").itertuples():
        exact = Fraction(0)
        for code, (uses, _) in areas.items():
            if row.code in targets[code]:
                whole = sum(Fraction(by_code[new]) for new in targets[code])
                exact += sum(uses) * Fraction(by_code[row.code]) / whole
        assert abs(int(row.area_m2) - exact) < len(areas)


@settings(deadline=None, max_examples=25)
@given(order=st.permutations(range(6)))
def test_the_order_of_the_rows_does_not_matter(order):
    communes = ("49001", "49002", "49003")
    flows = _flows({(code, 2011 + n): n + 3 for code in communes for n in (0, 1)})
    shuffled = make_layer(ENAF_FLOWS, flows.data.iloc[list(order)], SOURCE)
    passage = Passage({"49001": ("49002", "49003")}, 2025)
    weights = pd.Series({"49002": 2, "49003": 1})
    codes = {"49002", "49003"}
    one = to_cog(flows, passage, codes, weights=weights).data
    pd.testing.assert_frame_equal(one, to_cog(shuffled, passage, codes, weights=weights).data)


# --- The real table ------------------------------------------------------------------------


def test_every_past_commune_of_the_region_reaches_one_of_today(open_data):
    passage = load_passage(open_data / "pays-de-la-loire" / "cog_passage_vers_2025.csv")
    codes = set(load_communes().data["code"])
    assert passage.year == 2025
    assert len(passage.targets) == 1_576
    assert {new for news in passage.targets.values() for new in news} == codes
    # One m² a past commune: 1,576 in all, 348 of which have another code today.
    flows = _flows({(code, 2011): 1 for code in passage.targets})
    after = to_cog(flows, passage, codes)
    assert len(after.data) == 1_228
    assert after.data["area_m2"].sum() == 1_576
    assert after.provenance.status is Status.OBSERVED
    # Vallons-de-l'Erdre (44180): six communes, and the second code Freigné (49144) once had.
    assert _areas(after)["44180", 2011] == 7


def test_flows_of_today_are_unchanged_by_the_real_table(open_data):
    passage = load_passage(open_data / "pays-de-la-loire" / "cog_passage_vers_2025.csv")
    flows = load_enaf_flows()
    after = to_cog(flows, passage, set(load_communes().data["code"]))
    pd.testing.assert_frame_equal(after.data, flows.data)
