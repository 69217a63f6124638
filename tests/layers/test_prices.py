"""Prices: medians with their number of sales; no sale is unknown."""

import pytest

from layers.errors import LayerError
from layers.prices import load_prices

TEXT = (
    "city_code;da_name;dvf_nbtrans;dvf_pxm2_median;dvf_nbtrans_cod111;dvf_pxm2_median_cod111;"
    "dvf_nbtrans_cod121;dvf_pxm2_median_cod121\n"
    "44001;Abbaretz;75;1804;74;1776;1;2742\n"
    "44033;Coueron;12;2100,5;12;2100,5;0;\n"
    "49126;Orée d'Anjou;0;;0;;0;\n"
)


def load(tmp_path, text=TEXT, name="dvf_2020_2024.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_prices(tmp_path / name)


def test_medians_and_sales(tmp_path):
    layer = load(tmp_path)
    assert layer.provenance.vintage == "2020-2024"
    data = layer.data.set_index("code")
    assert data.loc["44001"].tolist() == [75, 1804, 74, 1776, 1, 2742]
    assert data.loc["44033", "price_eur_m2"] == 2100.5
    assert data.loc["44033", "flat_sales"] == 0  # houses were sold: no flat was
    assert data.loc[["44033"], "flat_price_eur_m2"].isna().all()


def test_no_sale_at_all_is_unknown(tmp_path):
    assert load(tmp_path).data.set_index("code").loc["49126"].isna().all()


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("1804", "-3", "value-range"),
        ("1804", "cher", "value-type"),
        ("dvf_pxm2_median;", "prix;", "column-missing"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, TEXT.replace(old, new))
    assert [p.code for p in error.value.problems] == [code]


def test_the_real_file(open_data):
    layer = load_prices(open_data / "pays-de-la-loire" / "dvf_prix_communes_2020_2024.csv")
    data = layer.data.set_index("code")
    assert len(data) == 1228
    assert sorted(data.index[data["sales"].isna()]) == ["49126", "85165", "85212"]
    assert data.loc["44001"].tolist() == [75, 1804, 74, 1776, 3, 2742]
    assert data["price_eur_m2"].between(300, 10_000).sum() == 1225  # €/m², not €
