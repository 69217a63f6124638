"""The demonstration ENAF flows meet the published totals to the m²."""

import numpy as np
import pandas as pd
import pytest

from layers.demonstration import FOLDER
from layers.demonstration.enaf import (
    FILE_NAME,
    USES,
    YEARS,
    build_enaf,
    build_flows,
    layout,
    use_totals,
    write_enaf,
    year_totals,
)
from layers.housing import load_housing
from layers.territory import load_communes


@pytest.fixture(scope="module")
def communes():
    return load_communes().geo


@pytest.fixture(scope="module")
def housing():
    return load_housing().data


@pytest.fixture(scope="module")
def text(communes, housing):
    return build_enaf(communes, housing)


@pytest.fixture(scope="module")
def flows(text):
    columns = [[f"art{year % 100}{use}{year % 100 + 1}" for use in USES] for year in YEARS]
    return np.stack([text[names].to_numpy(dtype=np.int64) for names in columns], axis=1)


def _number(text, column):
    return text[column].astype(np.int64)


def test_published_totals_of_the_region(text):
    assert _number(text, "naf11art21").sum() == 19_400 * 10_000
    until_2024 = [f"naf{first}art{first + 1}" for first in range(11, 24)]
    assert text[until_2024].astype(np.int64).to_numpy().sum() == 24_258 * 10_000


def test_years_after_the_reference_follow_the_national_ones():
    recent = year_totals()[10:].tolist()
    # 4,858 ha × 21,310 / 60,849, and so on; 2024 at the same share of 15,119 ha.
    expected = [48_580_000 * part / 60_849 for part in (21_310, 20_276, 19_263, 15_119)]
    assert recent == pytest.approx(expected, abs=1)


def test_published_shares_by_use_over_2011_2023(flows):
    by_use = dict(zip(USES, flows[:, :13].sum(axis=(0, 1)).tolist(), strict=True))
    assert by_use["hab"] == 0.6244 * 242_580_000
    assert by_use["act"] == round(0.2319 * 242_580_000)
    assert list(by_use.values()) == use_totals().tolist()


def test_activity_by_departement_follows_the_published_shares(text, flows):
    activity = pd.Series(flows[:, :13, USES.index("act")].sum(axis=1))
    by_departement = activity.groupby(text["iddep"]).sum()
    published = pd.Series({"85": 182, "44": 132, "49": 120, "72": 84, "53": 74})
    exact = 56_254_302 * published / 592
    assert (by_departement - exact).abs().max() < 1


def test_identities_hold_for_every_commune(text, flows):
    assert flows.min() == 0
    for rank, year in enumerate(YEARS):
        annual = _number(text, f"naf{year % 100}art{year % 100 + 1}")
        assert (annual.to_numpy() == flows[:, rank].sum(axis=1)).all()
    for first, last in ((11, 25), (11, 21), (21, 25), (16, 22)):
        spanned = flows[:, first - 11 : last - 11].sum(axis=1)
        assert (_number(text, f"naf{first}art{last}").to_numpy() == spanned.sum(axis=1)).all()
        hab = _number(text, f"art{first}hab{last}").to_numpy()
        assert (hab == spanned[:, USES.index("hab")]).all()


def test_every_departement_and_no_commune_consumes_more_than_a_tenth_of_itself(text):
    share = text["artcom1125"].astype(float)
    assert share.min() > 0
    assert share.max() < 10
    area = _number(text, "surfcom2025")
    np.testing.assert_allclose(share, 100 * _number(text, "naf11art25") / area, atol=0.00501)


def test_values_do_not_depend_on_the_order_of_rows(communes, housing, text):
    shuffled = build_enaf(communes.sample(frac=1, random_state=1), housing.iloc[::-1])
    pd.testing.assert_frame_equal(shuffled, text)


def test_flows_come_back_in_the_order_of_the_table(communes, housing):
    table = communes[["code", "departement"]].assign(area_m2=communes.area)
    table = table.merge(housing, on="code")
    flows = build_flows(table)
    order = np.random.default_rng(0).permutation(len(table))
    np.testing.assert_array_equal(build_flows(table.iloc[order]), flows[order])


def test_the_embedded_file_is_what_the_code_makes(tmp_path, text):
    write_enaf(text, tmp_path / "a.csv.gz")
    write_enaf(text, tmp_path / "b.csv.gz")
    made = (tmp_path / "a.csv.gz").read_bytes()
    assert made == (tmp_path / "b.csv.gz").read_bytes()
    embedded = pd.read_csv(FOLDER / FILE_NAME, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(embedded, text)


def test_layout_names_each_column_once_and_follows_the_official_order(open_data):
    assert len(set(layout())) == len(layout())
    official = (open_data / "cerema_conso2009_2023_extrait_5_communes_01.csv").read_text("utf-8")
    header = official.split("\n", 1)[0].strip().split(";")
    common = [name for name in header if name in layout()]
    assert len(common) > 80
    assert [name for name in layout() if name in common] == common


def test_what_is_not_known_is_empty(text):
    unknown = ["scot", "pop22", "emp1622", "artpop1622", "abc", "littoral"]
    assert (text[unknown] == "").all(axis=None)


def test_the_file_says_that_it_is_synthetic(text):
    assert set(text["idregtxt"]) == {"Pays de la Loire (démonstration)"}
