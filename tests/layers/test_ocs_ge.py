"""OCS GE: names of layers and columns, the matrix of the decree, changes by commune."""

import shutil

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.errors import LayerError
from layers.ocs_ge import (
    CS_CODES,
    US_CODES,
    departement_of,
    is_artificialised,
    land_group,
    load_ocs_ge,
)
from layers.ocs_ge_diff import load_ocsge_diff
from layers.spec import Status

X, Y = 350_000, 6_700_000
ROWS = [("CS1.1.1.1", "US5"), ("CS2.2.1", "US1.1"), ("CS2.2.1", "US5"), ("CS2.1.1.1", "US1.2"),
        ("CS1.1.2.1", "US1.3"), ("CS1.2.2", "US6.3"), ("CS2.2.2", "US6.6")]  # fmt: skip
GROUPS = ["artificialised", "agricultural", "artificialised", "forest", "natural", "water",
          "unknown"]  # fmt: skip
EVERYWHERE = (X - 1e4, Y - 1e4, X + 1e4, Y + 1e4)


def squares(count: int) -> list:
    return [shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(count)]


def write(path, columns: dict, *, layer=None, crs="EPSG:2154", shapes=None):
    rows = len(next(iter(columns.values())))
    table = gpd.GeoDataFrame(columns, geometry=shapes or squares(rows), crs=crs)
    driver = "GPKG" if path.suffix == ".gpkg" else "ESRI Shapefile"
    pyogrio.write_dataframe(table, path, layer=layer, driver=driver, append=path.exists())
    return path


def state(path, *, cs="code_cs", us="code_us", layer=None, **more):
    columns = {cs: [row[0] for row in ROWS], us: [row[1] for row in ROWS], **more}
    return write(path, columns, layer=layer)


def read_groups(cover) -> list[str]:
    (file,) = cover.files
    shapes, groups = file.read(EVERYWHERE)
    assert shapely.equals(shapes, squares(len(groups))).all()
    return groups.tolist()


# Decree 2023-1096 (annex of R.101-1), as the official portal applies it, written the other
# way round: what is artificialised, couple by couple.
BUILT = {"2", "3", "5", "235", "4.1.1", "4.1.2", "4.1.3", "4.1.4", "4.1.5", "4.2", "4.3", "6.1",
         "6.2"}  # fmt: skip


@pytest.mark.parametrize("cs", CS_CODES)
@pytest.mark.rule("R5")
@pytest.mark.parametrize("us", sorted(US_CODES - {"6.6"}))
def test_the_matrix_of_the_decree(cs, us):
    expected = (
        cs in ("1.1.1.1", "1.1.1.2", "1.1.2.2")
        or (cs == "1.1.2.1" and us != "1.3")
        or (cs.startswith("2.2") and us in BUILT)
    )
    assert is_artificialised(cs, us) is expected


def test_what_a_code_does_not_tell_is_unknown():
    assert is_artificialised("9.9", "5") is None
    assert is_artificialised("2.2.1", "6.6") is None
    assert is_artificialised("1.1.1.1", "6.6") is True  # the use does not matter
    assert is_artificialised("2.1.1.1", "?") is False
    assert land_group("2.1.1.1", "1.1", artificialised=None) == "unknown"
    assert land_group("2.1.3", "1.1", artificialised=False) == "agricultural"  # a vineyard


@pytest.mark.parametrize(
    ("cs", "us"), [("CODE_CS", "CODE_US"), ("couverture", "usage"), ("code_cs", "code_us")]
)
@pytest.mark.parametrize("suffix", [".gpkg", ".shp"])
def test_columns_and_formats_vary(tmp_path, cs, us, suffix):
    path = tmp_path / f"OCCUPATION_SOL{suffix}"
    cover = load_ocs_ge(state(path, cs=cs, us=us))
    assert read_groups(cover) == GROUPS
    assert cover.provenance.status is Status.ESTIMATED
    assert "least areas not applied" in cover.provenance.method


def test_the_delivered_artificialisation_is_preferred(tmp_path):
    path = tmp_path / "OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D044_2022-01-01.gpkg"
    state(path, layer="occupation_sol")
    # A lawn too small to count: the matrix does not know.
    told = ["artif", "non artif", "non artif", "non artif", "artif", "non artif", "artif"]
    state(path, layer="artif_2022_44", artif=told)
    state(path, layer="artif_diif_2020_2022_44", artif=told)
    cover = load_ocs_ge(path)
    (file,) = cover.files
    assert (file.layer, file.departement, file.year) == ("artif_2022_44", "44", "2022")
    assert read_groups(cover) == [
        "artificialised", "agricultural", "natural", "forest", "artificialised", "water",
        "artificialised",
    ]  # fmt: skip
    assert (cover.provenance.status, cover.provenance.vintage) == (Status.OBSERVED, "44 2022")
    assert load_ocs_ge(path, layer="occupation_sol").files[0].artif is None


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("OCS-GE_2-0__SHP_LAMB93_D044_2022-01-01", "44"),
        ("OCS-GE_2-0__GPKG_LAMB93_D02A_2021", "2A"),
        ("OCS-GE_2-0__GPKG_RGAF09UTM20_D0971_2017", "971"),
        ("OCS-GE_2-0__GPKG_RGAF09UTM20_D971_2017", "971"),
        ("OCS-GE_2-0_DIFF-2019-2022_GPKG_LAMB93_D072_2025-02-10", "72"),
        ("artif_2022_2b", "2B"),
        ("occupation", None),
    ],
)
def test_the_departement_is_that_of_the_name(name, code):
    assert departement_of(name) == code


def test_codes_off_the_list_are_told_and_unknown(tmp_path):
    path = write(tmp_path / "ocs.gpkg", {"code_cs": ["CS1.1.1.1", "CS7"], "code_us": ["US5", "?"]})
    cover = load_ocs_ge(path)
    assert read_groups(cover) == ["artificialised", "unknown"]
    assert "CS7" in cover.provenance.method


@pytest.mark.parametrize(
    ("columns", "crs", "code"),
    [
        ({"code_cs": ["CS1.1.1.1"], "code_us": ["US5"]}, "EPSG:4326", "crs-mismatch"),
        ({"code_cs": ["CS1.1.1.1"], "code_us": ["US5"]}, None, "crs-missing"),
        ({"code_cs": ["CS1.1.1.1"]}, "EPSG:2154", "column-missing"),
        ({"cs_2019": ["CS1.1.1.1"], "us_2019": ["US5"]}, "EPSG:2154", "column-missing"),
        ({"code_cs": ["bâti"], "code_us": ["US5"]}, "EPSG:2154", "value-choice"),
    ],
)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_a_file_that_is_no_state_of_ocs_ge_is_refused(tmp_path, columns, crs, code):
    path = write(tmp_path / "D044.gpkg", columns, crs=crs, shapes=[shapely.box(0, 0, 1, 1)])
    with pytest.raises(LayerError) as caught:
        load_ocs_ge(path)
    assert {p.code for p in caught.value.problems} == {code}
    assert all(p.file == "D044.gpkg" for p in caught.value.problems)


def test_several_files_are_of_as_many_departements(tmp_path):
    one = state(tmp_path / "OCSGE_D044_2022.gpkg", layer="occupation_sol")
    two = tmp_path / "OCSGE_D049_2022.gpkg"
    shutil.copy(one, two)
    assert [f.departement for f in load_ocs_ge([one, two]).files] == ["44", "49"]
    again = tmp_path / "other_D044_2020.gpkg"
    shutil.copy(one, again)
    with pytest.raises(LayerError, match="département"):
        load_ocs_ge([one, again])


# --- Changes ------------------------------------------------------------------------------


@pytest.fixture
def communes():
    return gpd.GeoDataFrame(
        {"code": ["44002", "44001", "49001"], "departement": ["44", "44", "49"]},
        geometry=[
            shapely.box(X + 150, Y, X + 1000, Y + 100),
            shapely.box(X - 100, Y, X + 150, Y + 100),
            shapely.box(X - 500, Y, X - 100, Y + 100),
        ],
        crs=2154,
    )


BEFORE = [("CS2.2.1", "US1.1"), ("CS2.1.1.1", "US1.2"), ("CS1.1.1.1", "US5"), ("CS2.2.1", "US5")]
AFTER = [("CS1.1.1.1", "US2"), ("CS1.1.2.1", "US1.3"), ("CS2.2.1", "US1.1"), ("CS2.2.1", "US3")]
# The first square is artificialised (100 m × 100 m, all in 44001); the second becomes a
# quarry, which is not; the third is given back to fields (in 44002); the fourth does not change.
EXPECTED = [["44001", 2020, 2022, 10_000, 0], ["44002", 2020, 2022, 0, 10_000]]


@pytest.mark.parametrize(
    ("name", "columns"),
    [
        ("DIFF_D044", ("CS_2020", "CS_2022", "US_2020", "US_2022")),
        ("OCS-GE_2-0_DIFF-2020-2022_GPKG_LAMB93_D044_2025-02-10",
         ("cs_avant", "cs_apres", "us_avant", "us_apres")),
        ("OCS-GE_2-0_DIFF_SHP_LAMB93_D044_2020-2022",
         ("cs_avant", "cs_apres", "us_avant", "us_apres")),
    ],
)  # fmt: skip
def test_changes_by_the_matrix(tmp_path, communes, name, columns):
    values = [[r[0] for r in BEFORE], [r[0] for r in AFTER], [r[1] for r in BEFORE],
              [r[1] for r in AFTER]]  # fmt: skip
    path = write(tmp_path / f"{name}.gpkg", dict(zip(columns, values, strict=True)))
    flows = load_ocsge_diff(path, communes)
    assert flows.data.to_numpy().tolist() == EXPECTED
    assert flows.provenance.status is Status.ESTIMATED
    assert flows.provenance.vintage == "2020-2022"


def test_delivered_changes(tmp_path, communes):
    path = tmp_path / "OCS-GE-ARTIFICIALISATION_2-0_DIFF-2020-2022_GPKG_LAMB93_D044_2025-09-16.gpkg"
    write(path, {"ARTIFICIALISATION": [1, 0, -1, 0]}, layer="zan_evol_2020_2022_44")
    flows = load_ocsge_diff(path, communes)
    assert flows.data.to_numpy().tolist() == EXPECTED
    assert flows.provenance.status is Status.OBSERVED


def test_a_change_across_a_border_is_shared_and_one_in_another_departement_left(tmp_path, communes):
    shapes = [shapely.box(X + 100, Y, X + 200, Y + 100), shapely.box(X - 200, Y, X - 50, Y + 100)]
    path = write(
        tmp_path / "DIFF_2020-2022_D044.gpkg", {"artificialisation": [1, 1]}, shapes=shapes
    )
    data = load_ocsge_diff(path, communes).data
    assert data["artificialised_m2"].tolist() == [5_000 + 5_000, 5_000]
    other = load_ocsge_diff(path, communes, departement="49").data
    assert other["artificialised_m2"].tolist() == [10_000]


@pytest.mark.parametrize(
    ("name", "columns", "code"),
    [
        ("DIFF_2020-2022", {"artificialisation": [1]}, "departement-unclear"),
        ("DIFF_2020-2022_D075", {"artificialisation": [1]}, "departement-unclear"),
        ("DIFF_D044", {"artificialisation": [1]}, "years-unclear"),
        ("DIFF_2022-2020_D044", {"artificialisation": [1]}, "years-unclear"),
        ("DIFF_2020-2022_D044", {"artificialisation": [2]}, "value-choice"),
        ("DIFF_2020-2022_D044", {"surface": [2.0]}, "column-missing"),
        ("DIFF_D044", {"cs_2020": ["x"], "cs_2022": ["x"], "us_2020": ["x"], "us_2022": ["x"]},
         "value-choice"),
    ],
)  # fmt: skip
def test_changes_that_cannot_be_told_are_refused(tmp_path, communes, name, columns, code):
    path = write(tmp_path / f"{name}.gpkg", columns)
    with pytest.raises(LayerError) as caught:
        load_ocsge_diff(path, communes)
    assert {p.code for p in caught.value.problems} == {code}


def test_random_changes_add_up(tmp_path, communes):
    random = np.random.default_rng(1)
    signs = random.integers(-1, 2, 60)
    shapes = [shapely.box(X + i, Y, X + i + 1, Y + 100) for i in range(0, 600, 10)]
    path = write(tmp_path / "DIFF_2020-2022_D044.gpkg", {"artificialisation": signs}, shapes=shapes)
    data = load_ocsge_diff(path, communes).data
    assert data["artificialised_m2"].sum() == 100 * (signs == 1).sum()
    assert data["renatured_m2"].sum() == 100 * (signs == -1).sum()
    assert pd.api.types.is_integer_dtype(data["renatured_m2"])
