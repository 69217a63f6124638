"""ENAF flows of any vintage, and the land-cover raster: reading and refusing."""

import gzip
import logging
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
import rasterio
from affine import Affine

from layers import artificialised_land
from layers.artificialised_land import (
    ENAF_FLOWS,
    OSO_2016_GROUPS,
    OSO_GROUPS,
    USES,
    load_enaf_flows,
    load_land_cover,
)
from layers.demonstration import cached, land_cover
from layers.errors import LayerError
from layers.spec import Provenance, Status


def _table(first=11, last=14, uses=USES):
    """Two communes of 1,000 and 500 ha, round figures, in the layout of the Cerema."""
    table = pd.DataFrame({"idcom": ["01001", "2A004"], "idcomtxt": ["L'Abergement", "Évisa"]})
    for year in range(first, last):
        flows = np.array([[1_000 * (rank + year), 200 * rank] for rank in range(len(uses))])
        table[f"naf{year:02}art{year + 1:02}"] = flows.sum(axis=0)
        for use, values in zip(uses, flows, strict=True):
            table[f"art{year:02}{use}{year + 1:02}"] = values
    whole = f"naf{first:02}art{last:02}"
    annual = [f"naf{year:02}art{year + 1:02}" for year in range(first, last)]
    table[whole] = table[annual].sum(axis=1)
    area = np.array([10_000_000, 5_000_000])
    table[f"artcom{first:02}{last:02}"] = (100 * table[whole] / area).round(2)
    return table.assign(**{f"surfcom20{last}": area})


def _write(path, table, *, separator=",", encoding="utf-8"):
    text = table.to_csv(index=False, sep=separator)
    path.write_bytes(text.encode(encoding))
    return path


def _codes(error):
    return [found.code for found in error.value.problems]


def test_hand_made_file(tmp_path):
    layer = load_enaf_flows(_write(tmp_path / "enaf.csv", _table()))
    assert layer.spec is ENAF_FLOWS
    data = layer.data.set_index(["code", "year"])
    assert list(data.index) == [(c, y) for c in ("01001", "2A004") for y in (2011, 2012, 2013)]
    # Year 2012 of the first commune: 12, 13 … 17 thousand m² by destination.
    assert data.loc["01001", 2012].to_dict() == {
        "area_m2": 87_000, "act_m2": 12_000, "hab_m2": 13_000, "mix_m2": 14_000,
        "rou_m2": 15_000, "fer_m2": 16_000, "inc_m2": 17_000,
    }  # fmt: skip
    assert layer.provenance.status is Status.OBSERVED
    assert layer.provenance.publisher == "Cerema"
    assert layer.provenance.vintage == "2011-2014"


def test_totals_of_periods_are_not_years(tmp_path):
    table = _table().assign(naf11art13=1, art11hab13=1, naf16art22=1, art16hab22=1)
    layer = load_enaf_flows(_write(tmp_path / "enaf.csv", table))
    assert sorted(set(layer.data["year"])) == [2011, 2012, 2013]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
def test_separators_and_encodings(tmp_path, separator, encoding):
    path = _write(tmp_path / "enaf.csv", _table(), separator=separator, encoding=encoding)
    assert load_enaf_flows(path).data["area_m2"].sum() == _table()["naf11art14"].sum()


def test_compressed_and_upper_case(tmp_path):
    path = tmp_path / "ENAF.CSV.GZ"
    path.write_bytes(gzip.compress(_table().rename(columns=str.upper).to_csv().encode()))
    assert len(load_enaf_flows(path).data) == 6


def test_older_vintages_do_not_tell_roads_and_rail_apart(tmp_path):
    path = _write(tmp_path / "enaf.csv", _table(9, 11, uses=("act", "hab", "mix", "inc")))
    data = load_enaf_flows(path).data
    assert sorted(set(data["year"])) == [2009, 2010]
    assert data[["rou_m2", "fer_m2"]].isna().all(axis=None)
    assert data["inc_m2"].notna().all()


@pytest.mark.parametrize("token", ["NULL", "NC", "", "nd", "-9999"])
def test_unknown_is_missing_never_zero(tmp_path, token):
    table = _table().astype({"naf12art13": object, "naf11art14": object})
    table.loc[0, "naf12art13"] = table.loc[0, "naf11art14"] = token
    data = load_enaf_flows(_write(tmp_path / "enaf.csv", table)).data
    assert data.loc[data["area_m2"].isna(), ["code", "year"]].to_numpy().tolist() == [
        ["01001", 2012]
    ]


def test_a_code_that_lost_its_zero_finds_it_again(tmp_path):
    table = _table().assign(idcom=["1001", "2A004"])
    data = load_enaf_flows(_write(tmp_path / "enaf.csv", table)).data
    assert set(data["code"]) == {"01001", "2A004"}


def test_roundings_of_the_official_files_are_accepted(tmp_path):
    table = _table()
    table.loc[0, "art11fer12"] += 2
    table.loc[1, "art12act13"] = -1
    data = load_enaf_flows(_write(tmp_path / "enaf.csv", table)).data
    assert data["act_m2"].min() == -1


def test_hectares_are_refused_by_the_witness(tmp_path):
    table = _table()
    flows = [n for n in table if n.startswith(("naf", "art1")) and not n.startswith("artcom")]
    table[flows] = table[flows] / 10_000
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "ha.csv", table))
    assert _codes(error) == ["unit-suspicious"]
    assert error.value.problems[0].file == "ha.csv"
    assert error.value.problems[0].field == "naf11art14"


@pytest.mark.parametrize("kept", [[], ["artcom1114", "surfcom2014"]])
def test_hectares_are_refused_without_a_sound_witness(tmp_path, kept):
    # Without the columns of the witness, and with its area converted too.
    table = _table()
    numbers = [name for name in table if name.startswith(("naf", "art1", "surfcom"))]
    table[numbers] = table[numbers] / 10_000
    table = table.drop(columns=[n for n in ("artcom1114", "surfcom2014") if n not in kept])
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "ha.csv", table))
    assert _codes(error) == ["unit-suspicious"]


def test_all_the_problems_of_a_file_at_once(tmp_path):
    table = _table().astype({"naf11art12": object})
    table["idcom"] = ["01001", "01001"]
    table.loc[1, "naf11art12"] = "douze"
    table.loc[0, "art12hab13"] += 500
    table.loc[1, "art13mix14"] = -400
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "bad.csv", table))
    places = {(p.code, p.row, p.field) for p in error.value.problems}
    assert {
        ("id-duplicate", None, "idcom"),
        ("value-type", 2, "naf11art12"),
        ("sum-mismatch", 1, "naf12art13"),
        ("value-range", 2, "art13mix14"),
    } <= places
    assert all(p.file == "bad.csv" for p in error.value.problems)


def test_years_that_do_not_add_up_to_the_period(tmp_path):
    table = _table()
    table["naf11art14"] += [0, 5_000]
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "bad.csv", table))
    found = error.value.problems[0]
    assert (found.code, found.row, found.field) == ("sum-mismatch", 2, "naf11art14")


@pytest.mark.parametrize("code", ["1", "44 109", "ABCDE", "440109"])
def test_codes_that_are_no_commune(tmp_path, code):
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "bad.csv", _table().assign(idcom=["01001", code])))
    found = error.value.problems[0]
    assert (found.code, found.row) == ("value-type", 2)


@pytest.mark.parametrize(
    ("drop", "field"),
    [("idcom", "idcom"), ("naf12art13", "naf12art13")],
)
def test_missing_columns_are_named(tmp_path, drop, field):
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "bad.csv", _table().drop(columns=drop)))
    assert [(p.code, p.field) for p in error.value.problems] == [("column-missing", field)]


def test_a_table_without_flows_says_what_was_expected(tmp_path):
    with pytest.raises(LayerError, match="nafAAartBB"):
        load_enaf_flows(_write(tmp_path / "other.csv", pd.DataFrame({"idcom": ["01001"]})))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file-empty"),
        (b"\x1f\x8b\x08\x00broken", "archive-broken"),
        (gzip.compress(b"idcom,naf11art12\n"), "no-rows"),
        (b"version https://git-lfs.github.com/spec/v1\n", "file-pointer"),
    ],
)
def test_files_that_are_no_table(tmp_path, content, code):
    path = tmp_path / "enaf.csv.gz"
    path.write_bytes(content)
    with pytest.raises(LayerError) as error:
        load_enaf_flows(path)
    assert _codes(error) == [code]


def test_a_missing_file(tmp_path):
    with pytest.raises(LayerError) as error:
        load_enaf_flows(tmp_path / "nowhere.csv")
    assert _codes(error) == ["file-missing"]


def test_a_copy_of_the_demonstration_file_is_still_a_demonstration(tmp_path):
    embedded = load_enaf_flows()
    copy = tmp_path / "conso.csv.gz"
    copy.write_bytes(artificialised_land.embedded_file(artificialised_land._ENAF_FILE).read_bytes())
    again = load_enaf_flows(copy)
    assert embedded.provenance.status is again.provenance.status is Status.DEMONSTRATION
    assert again.provenance.file == "conso.csv.gz"
    pd.testing.assert_frame_equal(again.data, embedded.data)


def test_provenance_given_by_the_caller_counts(tmp_path):
    source = Provenance("DREAL", "Conso", "2024", "LO 2.0", Status.ESTIMATED, file="x.csv")
    layer = load_enaf_flows(_write(tmp_path / "x.csv", _table()), provenance=source)
    assert layer.provenance is source


def test_official_extract_of_five_communes(open_data):
    layer = load_enaf_flows(open_data / "cerema_conso2009_2023_extrait_5_communes_01.csv")
    data = layer.data.set_index(["code", "year"])
    assert data.index.nunique() == 5 * 14
    assert layer.provenance.vintage == "2009-2023"
    assert data.loc[("01004", 2009)].to_dict() == {
        "area_m2": 79_035, "act_m2": 46_980, "hab_m2": 26_502, "mix_m2": 931, "rou_m2": 4_621,
        "fer_m2": 0, "inc_m2": 1,
    }  # fmt: skip
    assert data["area_m2"].groupby("code").sum().to_dict() == pytest.approx(
        {"01001": 67_511, "01002": 14_600, "01004": 610_116, "01005": 122_101, "01006": 6_507},
        abs=2 * 14,
    )


# --- Land cover ---------------------------------------------------------------------------


def _raster(path, *, dtype="uint8", crs="EPSG:2154", count=1, value=16, **options):
    shape = {"width": 40, "height": 30, "count": count, "dtype": dtype, "crs": crs}
    corner = Affine(10, 0, 355_000, 0, -10, 6_690_000)
    with rasterio.open(path, "w", driver="GTiff", transform=corner, **shape, **options) as raster:
        for band in range(1, count + 1):
            raster.write(np.full((30, 40), value, dtype=dtype), band)
    return path


def test_a_raster_of_oso_codes(tmp_path):
    cover = load_land_cover(_raster(tmp_path / "oso.tif"))
    assert cover.path == tmp_path / "oso.tif"
    assert cover.resolution_m == 10
    assert cover.crs == "EPSG:2154"
    assert cover.provenance.status is Status.DECLARED


def test_groups_of_the_oso_nomenclature():
    groups = pd.Series(OSO_GROUPS)
    assert groups[[1, 2, 3, 4]].eq("artificialised").all()
    assert groups[list(range(5, 16))].eq("agricultural").all()
    assert groups[[16, 17]].eq("forest").all()
    assert groups[list(range(18, 23))].eq("natural").all()
    assert groups[[23, 24, 0]].tolist() == ["water", "unknown", "unknown"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"dtype": "float32"}, "raster-unsuitable"),
        ({"count": 3}, "raster-unsuitable"),
        ({"value": 77}, "raster-unsuitable"),  # of no nomenclature
        ({"value": 11}, "vintage-unclear"),  # rice, or summer crops
        ({"crs": "EPSG:3857"}, "crs-mismatch"),
        ({"crs": None}, "crs-missing"),
    ],
)
def test_rasters_that_do_not_suit(tmp_path, options, code):
    with pytest.raises(LayerError) as error:
        load_land_cover(_raster(tmp_path / "bad.tif", **options))
    assert code in _codes(error)
    assert {found.file for found in error.value.problems} == {"bad.tif"}


@pytest.mark.parametrize(
    ("name", "value", "vintage", "group", "told"),
    [
        ("OCS_2017.tif", 44, None, "artificialised", ""),
        ("OCS_2018.tif", 4, None, "artificialised", ""),
        ("OCS_2017.tif", 31, None, "forest", ""),
        ("oso.tif", 51, 2016, "water", ""),
        ("oso.tif", 211, None, "agricultural", "OSO of 2016 and 2017, told by its codes"),
        ("oso.tif", 23, None, "water", "OSO of 2018 and later, told by its codes"),
        ("a2017b.tif", 23, None, "water", "OSO of 2018 and later, told by its codes"),
    ],
)
def test_the_vintage_tells_the_nomenclature(tmp_path, name, value, vintage, group, told):
    cover = load_land_cover(_raster(tmp_path / name, value=value), vintage=vintage)
    assert cover.groups[value] == group
    assert cover.provenance.method == told
    assert OSO_GROUPS is not OSO_2016_GROUPS


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [("OCS_2023.tif", 211, "2018 and later"), ("OCS_2016.tif", 4, "2016 and 2017")],
)
def test_codes_of_the_other_vintage_are_refused(tmp_path, name, value, expected):
    with pytest.raises(LayerError, match=expected):
        load_land_cover(_raster(tmp_path / name, value=value))


def test_both_nomenclatures_have_the_same_groups():
    assert set(OSO_2016_GROUPS.values()) == set(OSO_GROUPS.values())
    classes = {code for code in OSO_2016_GROUPS if code not in (0, 255)}
    assert len(classes) == 17


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_raster_that_lies_nowhere_is_refused(tmp_path):
    path = tmp_path / "nowhere.tif"
    with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8") as r:
        r.write(np.full((4, 4), 16, dtype="uint8"), 1)
    with pytest.raises(LayerError, match="no georeference"):
        load_land_cover(path)


def test_a_nodata_value_is_no_strange_code(tmp_path):
    cover = load_land_cover(_raster(tmp_path / "oso.tif", value=255, nodata=255))
    assert cover.groups.get(255, "unknown") == "unknown"


def test_a_file_that_is_no_raster(tmp_path):
    path = tmp_path / "note.tif"
    path.write_text("bonjour")
    with pytest.raises(LayerError) as error:
        load_land_cover(path)
    assert _codes(error) == ["file-unreadable"]


def test_the_demonstration_raster_is_made_once_in_the_cache(tmp_path, monkeypatch, caplog):
    made = []

    def build(path, *, progress=None):
        made.append(path)
        path.parent.mkdir(parents=True)
        _raster(path)

    monkeypatch.setenv("SITING_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(land_cover, "build_land_cover", build)
    with caplog.at_level(logging.INFO, "layers.artificialised_land"):
        first = load_land_cover()
    again = load_land_cover()
    assert made == [tmp_path / "cache" / cached.file_name()] == [first.path]
    assert again.path == first.path
    assert again.provenance.status is Status.DEMONSTRATION
    assert "demonstration land cover" in caplog.text


def test_threads_that_ask_at_once_make_the_raster_once(tmp_path, monkeypatch):
    made = []

    def build(path, *, progress=None):
        made.append(path)
        time.sleep(0.1)
        path.parent.mkdir(parents=True, exist_ok=True)
        _raster(path)

    monkeypatch.setenv("SITING_CACHE", str(tmp_path))
    monkeypatch.setattr(land_cover, "build_land_cover", build)
    with ThreadPoolExecutor(4) as pool:
        covers = list(pool.map(lambda _: load_land_cover(), range(4)))
    assert len(made) == 1
    assert {cover.path for cover in covers} == set(made)


def test_a_cache_that_cannot_be_written(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("SITING_CACHE", str(blocked / "cache"))
    with pytest.raises(LayerError) as error:
        load_land_cover()
    assert _codes(error) == ["cache-unwritable"]


def test_a_copy_of_the_demonstration_raster_is_still_a_demonstration(tmp_path):
    path = _raster(tmp_path / "copy.tif")
    with rasterio.open(path, "r+") as raster:
        raster.update_tags(status="demonstration")
    assert load_land_cover(path).provenance.status is Status.DEMONSTRATION
