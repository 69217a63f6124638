"""Every published layout of the Cerema's flows: years come from the names of the columns."""

import re
import zipfile
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.acquisition import import_file
from layers.artificialised_land import USES, load_enaf_flows
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import load_sources
from layers.spec import Status
from layers.store import Store

EXTRACT = "cerema_conso2009_2023_extrait_5_communes_01.csv"
BEFORE_ROADS = ("act", "hab", "mix", "inc")
SURFACES_M2 = np.array([10_000_000, 5_000_000])
CODES = ["01004", "2A004"]


@dataclass(frozen=True)
class Layout:
    """How one vintage was published."""

    first: int
    last: int
    separator: str
    epci: str
    surface: str
    uses: tuple[str, ...] = USES
    encoding: str = "utf-8"
    unknown: str = ""
    upper: bool = False
    more: tuple[str, ...] = ()
    """Totals of other periods and terms of ratios, with the names of flows."""

    @property
    def years(self):
        return range(self.first, self.last)


# Catalogue of open data, § 2. Roads and rail are told apart since 2009-2022.
LAYOUTS = {
    "2009-2019": Layout(9, 19, ";", "epci19", "surfcom2019", BEFORE_ROADS, "latin-1"),
    "2009-2020": Layout(9, 20, ",", "epci20", "surfcom2020", BEFORE_ROADS, unknown="NULL"),
    "2009-2021": Layout(9, 21, ";", "epci21", "surfcom202", BEFORE_ROADS),
    "2009-2022": Layout(9, 22, ",", "epci22", "surfcom2022", upper=True),
    "2009-2023": Layout(9, 23, ";", "epci23", "surfcom23"),
    "2009-2024": Layout(9, 24, ",", "epci24", "surfcom2024", upper=True),
    "2011-2025": Layout(
        11, 25, ",", "epci25", "surfcom2025", encoding="utf-8-sig",
        more=("naf11art21", "naf21art25", "art11hab21", "naf16art22", "art16hab22"),
    ),
}  # fmt: skip


def _flow(row, year, rank):
    """Area of a commune, of a year and of a destination: all different, above 1,000 m²."""
    return 1_000 * (row + 1) + 10 * year + rank


def _table(layout):
    table = {"idcom": CODES, "idcomtxt": ["Ambérieu-en-Bugey", "Évisa"]}
    table[layout.epci] = ["240100883", "200040764"]
    rows = range(len(CODES))
    whole = dict.fromkeys(("naf", *layout.uses), np.zeros(2, dtype=int))
    for year in layout.years:
        flows = {
            use: np.array([_flow(row, year, rank) for row in rows])
            for rank, use in enumerate(layout.uses)
        }
        flows = {"naf": sum(flows.values()), **flows}
        for use, values in flows.items():
            table[_name(use, year, year + 1)] = values
            whole[use] = whole[use] + values
    for use, values in whole.items():
        table[_name(use, layout.first, layout.last)] = values
    table[f"artcom{layout.first:02}{layout.last:02}"] = (
        100 * whole["naf"] / SURFACES_M2
    ).round(2)  # fmt: skip
    table |= {name: [1, 1] for name in layout.more}
    table |= {f"pop{layout.first + 5:02}": [100, 200], f"pop{layout.last:02}": [110, 190]}
    return pd.DataFrame(table | {layout.surface: SURFACES_M2})


def _name(use, first, last):
    return f"naf{first:02}art{last:02}" if use == "naf" else f"art{first:02}{use}{last:02}"


def _write(path, table, layout):
    names = str.upper if layout.upper else str
    text = table.rename(columns=names).to_csv(
        index=False, sep=layout.separator, na_rep=layout.unknown
    )
    path.write_bytes(text.encode(layout.encoding))
    return path


@pytest.mark.parametrize("vintage", LAYOUTS)
def test_every_published_layout_is_read(tmp_path, vintage):
    layout = LAYOUTS[vintage]
    layer = load_enaf_flows(_write(tmp_path / "conso.csv", _table(layout), layout))
    assert layer.provenance.vintage == vintage
    assert layer.provenance.status is Status.OBSERVED
    years = [2000 + year for year in layout.years]
    assert layer.data[["code", "year"]].to_numpy().tolist() == [
        [code, year] for code in CODES for year in years
    ]
    for record in layer.data.to_dict("records"):
        row, year = CODES.index(record["code"]), record["year"] - 2000
        told = {use: _flow(row, year, rank) for rank, use in enumerate(layout.uses)}
        assert record["area_m2"] == sum(told.values())
        for use in USES:
            value = record[f"{use}_m2"]
            assert value == told[use] if use in told else pd.isna(value)


def test_a_vintage_to_come_is_read_by_the_names_of_its_columns(tmp_path):
    layout = Layout(13, 31, ";", "epci31", "surfcom2031")
    layer = load_enaf_flows(_write(tmp_path / "conso.csv", _table(layout), layout))
    assert layer.provenance.vintage == "2013-2031"
    assert sorted(set(layer.data["year"])) == list(range(2013, 2031))


@pytest.mark.parametrize("vintage", LAYOUTS)
def test_an_unknown_figure_of_any_layout_is_missing(tmp_path, vintage):
    layout = LAYOUTS[vintage]
    table = _table(layout).astype(object)
    year = layout.first + 3
    unknown = [_name(use, year, year + 1) for use in ("naf", *layout.uses)]
    unknown += [_name(use, layout.first, layout.last) for use in ("naf", *layout.uses)]
    table.loc[0, unknown] = np.nan
    data = load_enaf_flows(_write(tmp_path / "conso.csv", table, layout)).data
    missing = data[data["area_m2"].isna()]
    assert missing[["code", "year"]].to_numpy().tolist() == [["01004", 2000 + year]]
    assert missing[[f"{use}_m2" for use in layout.uses]].isna().all(axis=None)


@pytest.mark.parametrize("vintage", LAYOUTS)
def test_every_layout_in_hectares_is_refused(tmp_path, vintage):
    layout = LAYOUTS[vintage]
    table = _table(layout)
    flows = [name for name in table if re.fullmatch(r"naf\d+art\d+|art\d+[a-z]{3}\d+", name)]
    table[flows] = table[flows] / 10_000
    with pytest.raises(LayerError) as error:
        load_enaf_flows(_write(tmp_path / "conso.csv", table, layout))
    found = [(p.code, p.field) for p in error.value.problems]
    assert found == [("unit-suspicious", _name("naf", layout.first, layout.last))]


@pytest.mark.parametrize("form", ["xlsx", "csv.zip", "gpkg", "shp", "shp.zip", "xlsx.zip"])
def test_one_vintage_is_the_same_layer_in_every_form(tmp_path, form):
    """The Cerema also publishes GeoPackages and workbooks, and 2009-2024 as a zipped Shapefile."""
    layout = LAYOUTS["2009-2024"]
    table = _table(layout)
    table.loc[1, "naf10art11"] = pd.NA  # hence a column of decimals in a Shapefile
    folder, kind = tmp_path / "d", form.partition(".")[0]
    folder.mkdir()
    wanted = load_enaf_flows(_write(tmp_path / "conso.csv", table, layout))
    stem = "obs_artif_conso_com_2009_2024"
    upper = table.rename(columns=str.upper).rename(columns={"SURFCOM2024": "SURFCOM202"})
    path = folder / f"{stem}.{kind}"
    if kind == "csv":
        _write(path, table, layout)
    elif kind == "xlsx":
        with pd.ExcelWriter(path) as book:
            pd.DataFrame({"Notice": ["à lire"]}).to_excel(book, sheet_name="LISEZ-MOI", index=False)
            upper.to_excel(book, sheet_name="données", index=False)
    else:
        shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
        gpd.GeoDataFrame(upper, geometry=shapes, crs=2154).to_file(path)
    if form.endswith(".zip"):
        archive = tmp_path / f"{stem}.zip"
        with zipfile.ZipFile(archive, "w") as packed:
            for one in sorted(folder.iterdir()):
                packed.write(one, f"{stem}/{one.name}")
        path = archive
    found = load_enaf_flows(path)
    pd.testing.assert_frame_equal(found.data, wanted.data)
    assert found.provenance.vintage == "2009-2024"
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert (done.entry.layer, done.entry.told.status) == ("enaf_flows", "observed")


def test_forms_that_hold_no_flows_are_told(tmp_path):
    square = [shapely.box(0, 0, 1, 1)]
    table = gpd.GeoDataFrame({"idcom": ["01004"]}, geometry=square, crs=2154)
    table.to_file(tmp_path / "a.gpkg", layer="one")
    with pytest.raises(LayerError, match="column-missing"):
        load_enaf_flows(tmp_path / "a.gpkg")
    table.to_file(tmp_path / "a.gpkg", layer="two", mode="a")
    with pytest.raises(LayerError, match="layer-choice"):
        load_enaf_flows(tmp_path / "a.gpkg")
    table.iloc[:0].to_file(tmp_path / "b.gpkg")
    with pytest.raises(LayerError, match="no-rows"):
        load_enaf_flows(tmp_path / "b.gpkg")
    (tmp_path / "c.gpkg").write_bytes((tmp_path / "b.gpkg").read_bytes()[:3000])
    with pytest.raises(LayerError, match="file-unreadable"):
        load_enaf_flows(tmp_path / "c.gpkg")
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as packed:
        packed.writestr("a.csv", "a,b\n1,2\n")
    with pytest.raises(LayerError) as error:
        load_enaf_flows(tmp_path / "d.zip")
    assert {one.file for one in error.value.problems} == {"d.zip"}


def test_the_figures_of_the_unit_trap(tmp_path):
    # A commune of 1,000 ha (10,000,000 m²) consumed 1 % of itself in two years: 10 ha, or
    # 100,000 m². Its file says 10, as the dictionary of the Cerema would have it.
    header = "idcom,naf11art12,naf12art13,naf11art13,artcom1113,surfcom2013"
    path = tmp_path / "ha.csv"
    path.write_text(f"{header}\n44109,4,6,10,1.00,10000000\n")
    with pytest.raises(LayerError) as error:
        load_enaf_flows(path)
    (found,) = error.value.problems
    assert (found.code, found.file, found.field) == ("unit-suspicious", "ha.csv", "naf11art13")
    assert (found.found, found.expected) == ("10 m²", "100000 m²")
    path.write_text(f"{header}\n44109,40000,60000,100000,1.00,10000000\n")
    assert load_enaf_flows(path).data["area_m2"].tolist() == [40_000, 60_000]


def test_period_totals_of_the_official_extract_are_its_annual_sums(open_data):
    path = open_data / EXTRACT
    published = pd.read_csv(path, sep=";", dtype=str).set_index("idcom")
    flows = load_enaf_flows(path)
    sums = flows.data.groupby("code").sum(numeric_only=True)
    for use, name in {"naf": "area_m2", **{use: f"{use}_m2" for use in USES}}.items():
        assert sums[name].to_dict() == published[_name(use, 9, 23)].astype(int).to_dict()
    # Ambérieu-en-Bugey, naf09art23: 79,035 + 79,035 + 30,959 + 14,426 + 14,873 + 29,188
    # + 94,624 + 45,103 + 75,418 + 87,831 + 13,093 + 9,786 + 23,371 + 13,374 = 610,116 m².
    assert sums.loc["01004", "area_m2"] == 610_116
    # The ten years of the reference, 2011 to 2020, leave out the first two and the last two.
    reference = flows.data.query("code == '01004' and 2011 <= year <= 2020")["area_m2"]
    assert reference.sum() == 610_116 - 2 * 79_035 - 23_371 - 13_374


def test_the_official_extract_in_hectares_is_caught_by_its_own_witness(open_data, tmp_path):
    published = pd.read_csv(open_data / EXTRACT, sep=";", dtype=str)
    flows = [name for name in published if re.fullmatch(r"naf\d+art\d+|art\d+[a-z]{3}\d+", name)]
    published[flows] = published[flows].astype(float) / 10_000
    path = tmp_path / "ha.csv"
    published.to_csv(path, sep=";", index=False)
    with pytest.raises(LayerError) as error:
        load_enaf_flows(path)
    (found,) = error.value.problems
    # Σ naf09art23 = 67,511 + 14,600 + 610,116 + 122,101 + 6,507 = 820,835 m², 82 once divided.
    # Σ artcom0923 × surfcom2023: 0.43 % of 15,619,934 m² is 67,166; with 14,681, 610,270,
    # 121,708 and 6,634 for the others, 820,459 m² at two decimals of a per cent.
    assert (found.code, found.field) == ("unit-suspicious", "naf09art23")
    assert found.found == "82 m²"
    assert int(found.expected.removesuffix(" m²")) == pytest.approx(820_459, abs=5)
