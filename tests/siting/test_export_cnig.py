"""A register written in the CNIG standard is the one that was read."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from layers.cnig_fields import CLASSES, FIELDS
from layers.site_table import (
    COMMERCIAL_STAGES,
    LAND_CONTROL,
    SERVICING_STAGES,
    SITES,
    VOCATIONS,
)
from layers.sites import read_sites
from siting.cli import build_app
from siting.errors import SitingError
from siting.export_cnig import SUFFIXES, write_cnig

X, Y = 350_000, 6_700_000
CARRIED = ["site_id", "name", "source", "commune", "epci", "land_control", "vocation",
           "readiness_servicing", "readiness_commercial", "gas", "fibre", "sewer",
           "rail_siding", "quay", "is_brownfield", "readiness_environment"]  # fmt: skip
AREAS = ["declared_area_m2", "usable_area_m2", "gross_area_m2"]


def sites(*rows: dict) -> gpd.GeoDataFrame:
    """Return a site table; what a row does not say is unknown."""
    shapes = [row.pop("shape", shapely.box(X, Y, X + 100.125, Y + 50)) for row in rows]
    data = {c.name: [row.get(c.name) for row in rows] for c in SITES.columns}
    table = gpd.GeoDataFrame(data, geometry=shapes, crs=2154)
    table["row"] = np.arange(1, len(rows) + 1)
    table["gross_area_m2"] = table.area
    for column in SITES.columns:
        kinds = {"boolean": "boolean", "number": "float64"}
        if column.kind in kinds:
            table[column.name] = table[column.name].astype(kinds[column.kind])
    filled = {"confidentiality": "public", "geometry_origin": "drawn", "source": "Inventaire"}
    for name, value in filled.items():
        table[name] = table[name].fillna(value)
    table["name"] = table["name"].fillna(table["site_id"])
    return table


def optional(values):
    return st.none() | st.sampled_from(values)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.sampled_from(["Parc, nord", "Zone « A »", "=1+1"[1:]]),
            "commune": optional(["44109", "2A004"]),
            "epci": optional(["244400404"]),
            "declared_area_m2": st.none() | st.integers(0, 10**8).map(lambda n: n / 8),
            # Never above the smallest shape below: it would be told and not used.
            "usable_area_m2": st.none() | st.integers(0, 640).map(lambda n: n / 8),
            "land_control": optional(LAND_CONTROL),
            "vocation": optional(VOCATIONS),
            "readiness_servicing": optional(SERVICING_STAGES),
            "readiness_commercial": optional(COMMERCIAL_STAGES),
            "readiness_environment": st.sampled_from([None, "purgé de tout recours"]),
            "is_brownfield": st.sampled_from([None, True]),
            **{name: st.sampled_from([None, True, False])
               for name in ("gas", "fibre", "sewer", "rail_siding", "quay")},
            "shape": st.sampled_from(
                [
                    shapely.box(X, Y, X + 100.125, Y + 50),
                    shapely.MultiPolygon([shapely.box(X, Y, X + 9, Y + 9),
                                          shapely.box(X + 20, Y, X + 29, Y + 1 / 3)]),
                    shapely.box(X, Y, X + 90, Y + 90).difference(
                        shapely.box(X + 10, Y + 10, X + 20, Y + 20)),
                ]
            ),
        }
    ),
    min_size=1,
    max_size=6,
)  # fmt: skip


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(rows=ROWS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_register_comes_back_as_it_was(tmp_path_factory, suffix, rows):
    table = sites(*({**row, "site_id": f"44109_{i}"} for i, row in enumerate(rows)))
    path = tmp_path_factory.mktemp("cnig") / f"register{suffix}"
    write_cnig(table, path)
    found = read_sites(path)
    assert found.rejected == ()
    back = found.layer.geo
    for name in CARRIED:
        left = table[name].astype(object).where(table[name].notna(), None).tolist()
        right = back[name].astype(object).where(back[name].notna(), None).tolist()
        assert left == right, name
    for name in AREAS:
        assert back[name].to_numpy() == pytest.approx(
            table[name].to_numpy(), rel=1e-12, nan_ok=True
        )
    assert shapely.equals(back.geometry.to_numpy(), table.geometry.to_numpy()).all()
    # Written again, it does not change any more.
    again = path.with_name(f"again{suffix}")
    assert write_cnig(back, again) == write_cnig(table, path)
    pd.testing.assert_frame_equal(
        pd.DataFrame(read_sites(again).layer.data).drop(columns=["geometry", *AREAS]),
        pd.DataFrame(back).drop(columns=["geometry", *AREAS]),
    )


def test_what_the_standard_cannot_carry_is_told(tmp_path):
    table = sites(
        {"site_id": "a", "power_mw": 12.0, "is_brownfield": False, "geometry_origin": "disc"},
        {"site_id": "b", "readiness_environment": "autorisé", "readiness_land": "maîtrisé"},
        {"site_id": "c", "confidentiality": "confidential", "power_mw": 5.0},
        {"site_id": "d", "confidentiality": "restricted"},
    )
    told = write_cnig(table, tmp_path / "register.gpkg")
    assert {(p.code, p.field, p.found) for p in told if p.code != "cnig-lacking"} == {
        ("cnig-withheld", None, "2"),
        ("cnig-lost", "power_mw", "1"),
        ("cnig-lost", "is_brownfield", "1"),
        ("cnig-lost", "geometry_origin", "1"),
        ("cnig-lost", "readiness_environment", "1"),
        ("cnig-lost", "readiness_land", "1"),
    }
    lacking = {p.field: p.found.split(", ") for p in told if p.code == "cnig-lacking"}
    assert "pole_id" in lacking["site_eco"]
    assert "site_id" not in lacking["site_eco"]
    assert "terr_usage" in lacking["terrain_eco"]
    back = read_sites(tmp_path / "register.gpkg").layer.data
    assert back["site_id"].tolist() == ["a", "b"]  # never a confidential site
    assert back[["is_brownfield", "readiness_environment"]].isna().all(axis=None)


def test_the_file_has_the_layers_and_fields_of_the_template(tmp_path, open_data):
    path = tmp_path / "register.gpkg"
    write_cnig(sites({"site_id": "a", "land_control": "etat"}), path)
    template = open_data / "cnig_sites_economiques_gabarit.gpkg"
    for name in CLASSES:
        ours, theirs = (pyogrio.read_info(file, layer=name) for file in (path, template))
        assert list(ours["fields"]) == list(theirs["fields"]) == list(FIELDS[name])
        for key in ("geometry_type", "geometry_name", "crs"):
            assert ours[key] == theirs[key]
    plots = pyogrio.read_dataframe(path, layer="terrain_eco")
    assert plots["terr_maitrise_fonc"].tolist() == ["Etat"]  # as the standard writes it


def test_a_file_of_another_kind_or_nowhere_is_refused_and_a_failure_leaves_the_old(
    tmp_path, monkeypatch
):
    table = sites({"site_id": "a"})
    with pytest.raises(SitingError, match=r"\.gpkg"):
        write_cnig(table, tmp_path / "register.csv")
    with pytest.raises(SitingError, match="does not exist"):
        write_cnig(table, tmp_path / "nowhere" / "register.gpkg")
    path = tmp_path / "register.gpkg"
    path.write_bytes(b"old")

    def fail(tables, draft):
        draft.write_bytes(b"half")
        raise OSError("disk full")

    monkeypatch.setattr("siting.export_cnig._WRITERS", {".gpkg": fail})
    with pytest.raises(SitingError, match="disk full"):
        write_cnig(table, path)
    assert [p.name for p in tmp_path.iterdir()] == ["register.gpkg"]
    assert path.read_bytes() == b"old"


def test_the_command_writes_a_register_that_it_reads(tmp_path):
    out = tmp_path / "register.gpkg"
    run = CliRunner().invoke(build_app("en"), ["export", "--out", str(out)])
    assert run.exit_code == 0, run.output
    assert "no field for it" in run.output
    again = CliRunner().invoke(build_app("en"), ["export", str(out), "--out", str(out)])
    assert isinstance(again.exception, SitingError)
    assert len(read_sites(out).layer.data) > 10
