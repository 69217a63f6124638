import json
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest

from layers.sites import read_sites
from siting.documents import site_documents
from siting.errors import SitingError
from siting.export import WRITERS, result_table, write
from siting.i18n import translator

FR = translator("fr")


def read_back(path):
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"epci": str})
    if path.suffix == ".xlsx":
        return pd.read_excel(path, sheet_name="sites", engine="calamine", dtype={"epci": str})
    if path.suffix == ".parquet":
        return gpd.read_parquet(path)
    return gpd.read_file(path)


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_every_format_holds_every_site(demo_run, tmp_path, suffix):
    path = tmp_path / f"résultat{suffix}"
    sidecar = write(demo_run, path, FR)
    table = read_back(path)
    expected = result_table(demo_run, FR)
    assert table["site_id"].tolist() == expected["site_id"].tolist()
    assert table["verdict"].tolist() == expected["verdict"].tolist()
    assert table["score"].tolist() == pytest.approx(expected["score"].tolist(), nan_ok=True)
    assert table["name"].tolist() == expected["name"].tolist()
    told = [" ; ".join(gap.text(FR) for gap in demo_run.gaps[site]) for site in table["site_id"]]
    assert any(told)
    assert table["gaps"].fillna("").tolist() == told
    told = [" ; ".join(one.text(FR) for one in demo_run.limits[site]) for site in table["site_id"]]
    assert any(told)
    assert table["limits"].fillna("").tolist() == told
    classes = [name for name in table.columns if name.startswith("area_")]
    sums = table[classes].sum(axis=1)
    assert ((sums - table["gross_area_m2"]).abs() <= 1e-3 * sums).all()
    manifest = json.loads(sidecar.read_text("utf-8"))
    assert manifest["manifest"]["demonstration"] is True
    assert manifest["plan"]["verdict"]
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_the_jobs_expected_are_told_with_their_bounds_and_what_they_rest_on(demo_run):
    table = result_table(demo_run, FR).set_index("site_id")
    sites = demo_run.sites
    documents = {one["site_id"]: one["jobs"] for one in site_documents(demo_run, FR)}
    densities = demo_run.scenario.measure.jobs_per_ha.vocation
    kinds = set()
    for name, site in sites.iterrows():
        told = table.loc[name, ["jobs_low", "jobs_central", "jobs_high", "jobs_status"]].tolist()
        kinds.add(told[-1])
        if told[-1] == "estimated":
            own = [density * site["gross_area_m2"] / 1e4 for density in densities[site["vocation"]]]
            assert told[:3] == pytest.approx(own)
            assert told[0] < told[1] < told[2]
        elif told[-1] == "declared":
            assert told[:3] == [site["expected_jobs"]] * 3
        else:
            assert pd.isna(told).all()
        assert [*documents[name].values()] == [None if pd.isna(one) else one for one in told]
    assert "estimated" in kinds


@pytest.mark.parametrize("suffix", [one for one in WRITERS if one != ".xlsx"])
def test_what_is_written_can_be_read_as_sites_again(demo_run, tmp_path, suffix):
    path = tmp_path / f"again{suffix}"
    write(demo_run, path, FR)
    again = read_sites(path)
    assert not again.rejected
    assert again.layer.data["site_id"].tolist() == demo_run.sites["site_id"].tolist()
    gross = again.layer.data["gross_area_m2"].to_numpy()
    # GeoJSON holds degrees to 7 decimals, a centimetre on the ground.
    assert gross == pytest.approx(demo_run.sites["gross_area_m2"].to_numpy(), rel=1e-4)


def test_an_unknown_format_is_refused_before_anything_is_written(demo_run, tmp_path):
    with pytest.raises(SitingError, match=r"\.gpkg"):
        write(demo_run, tmp_path / "result.xyz", FR)
    with pytest.raises(SitingError, match="does not exist"):
        write(demo_run, tmp_path / "nowhere" / "result.csv", FR)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_file(demo_run, tmp_path, monkeypatch):
    path = tmp_path / "result.csv"
    path.write_text("old", encoding="utf-8")

    def fail(table, sources, draft):
        draft.write_text("half", encoding="utf-8")
        raise OSError("disk full")

    monkeypatch.setattr("siting.export.WRITERS", {".csv": fail})
    with pytest.raises(SitingError, match="disk full"):
        write(demo_run, path, FR)
    assert path.read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["result.csv"]


def test_a_spreadsheet_never_runs_a_name(demo_run, tmp_path):
    names = demo_run.sites["name"].where(demo_run.sites.index != demo_run.sites.index[0], "=1+1")
    hostile = replace(demo_run, sites=demo_run.sites.assign(name=names))
    write(hostile, tmp_path / "r.csv", FR)
    assert read_back(tmp_path / "r.csv")["name"].iloc[0] == "'=1+1"
    write(hostile, tmp_path / "r.xlsx", FR)
    assert read_back(tmp_path / "r.xlsx")["name"].iloc[0] == "'=1+1"
    write(hostile, tmp_path / "r.parquet", FR)
    assert read_back(tmp_path / "r.parquet")["name"].iloc[0] == "=1+1"


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_file_that_cannot_be_written_is_told(demo_run, tmp_path, suffix):
    taken = tmp_path / f"taken{suffix}"
    (taken / "inside").mkdir(parents=True)  # a folder stands where the file should go
    with pytest.raises(SitingError) as raised:
        write(demo_run, taken, FR)
    assert [p.code for p in raised.value.problems] == ["output-unwritable"]
    assert [p.name for p in tmp_path.iterdir()] == [taken.name]


def test_the_workbook_tells_the_sources_in_a_sheet_of_their_own(demo_run, tmp_path):
    write(demo_run, tmp_path / "r.xlsx", FR)
    sources = pd.read_excel(
        tmp_path / "r.xlsx", sheet_name="sources", engine="calamine", dtype=str
    ).set_index("name")
    layers = {one.name: one for one in demo_run.manifest.layers}
    assert set(sources.index) == {*layers, "ruleset", "scenario", "siting"}
    assert sources.loc["land_cover", "status"] == "démonstration"
    assert sources.loc["housing", "vintage"] == layers["housing"].vintage
    assert sources.loc["scenario", "vintage"] == demo_run.manifest.scenario_hash


def test_the_workbook_gives_a_point_inside_each_site(demo_run, tmp_path):
    write(demo_run, tmp_path / "r.xlsx", FR)
    table = read_back(tmp_path / "r.xlsx")
    points = gpd.points_from_xy(table["x_m"], table["y_m"], crs="EPSG:2154")
    assert demo_run.sites.geometry.contains(gpd.GeoSeries(points, index=demo_run.sites.index)).all()
    assert set(table["crs"]) == {"EPSG:2154"}
