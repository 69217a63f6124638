"""Regulated zones of risk plans in the standard of the CNIG."""

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.acquisition import import_file
from layers.errors import LayerError
from layers.registry import OPTIONAL_LAYERS, READERS
from layers.risk_plans import RISK_ZONES, RISKS, risk_of
from layers.sources import load_sources
from layers.store import Store

X, Y = 355_000, 6_690_000
LOAD = OPTIONAL_LAYERS["risk_plans"].load


def zones(path, codes, crs=2154, **columns):
    shapes = [shapely.box(X + 100 * i, Y, X + 100 * (i + 1), Y + 100) for i in range(len(codes))]
    data = {"ID_ZONE": codes, "NOM": "Zone", "CODEZONE": "R1", "TYPEREG": codes, **columns}
    gpd.GeoDataFrame(data, geometry=shapes, crs=2154).to_crs(crs).to_file(path)
    return path


@pytest.mark.parametrize(("crs", "name"), [(2154, "PPRI_vallee.shp"), (4326, "ppri.geojson")])
def test_the_six_types_are_read_and_the_name_tells_the_risk(tmp_path, crs, name):
    path = zones(tmp_path / name, [f"{i:02d}" for i in range(1, 7)], crs=crs)
    layer = LOAD(path)
    assert layer.data["zone"].tolist() == list(RISK_ZONES)
    assert set(layer.data["risk"]) == {"inondation"}
    assert layer.geo.area.to_numpy() == pytest.approx([10_000] * 6, rel=1e-5)
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert done.entry.layer == "risk_plans"


def test_a_column_of_risk_comes_before_the_name(tmp_path):
    told = ["11", "Mouvement de terrain", "Effet thermique industriel", ""]
    layer = LOAD(zones(tmp_path / "pprm_bassin.gpkg", ["3", "3", "2", "4"], RISQUE=told))
    assert layer.data["risk"].tolist() == [
        "inondation", "mouvement de terrain", "technologique", "minier",
    ]  # fmt: skip


def test_a_risk_that_nothing_tells_and_types_off_the_list_are_told(tmp_path):
    with pytest.raises(LayerError) as error:
        LOAD(zones(tmp_path / "zonage.gpkg", ["03", "07"]))
    assert {(p.code, p.row, p.field) for p in error.value.problems} == {
        ("value-choice", 2, "TYPEREG"), ("value-choice", 1, "risque"),
        ("value-choice", 2, "risque"),
    }  # fmt: skip


def test_every_risk_has_a_word():
    words = ["inondation", "submersion marine", "mouvement de terrain", "feu de forêt", "minier",
             "PPRT usine"]  # fmt: skip
    assert [risk_of(word) for word in words] == list(RISKS)


# --- Risks in a table apart -------------------------------------------------------------------


def cnig(path, *, procedure="PPRN-Multi", hazards=()):
    """A GeoPackage laid out as the template of the CNIG: zones, their hazards, the plan."""
    stem = "pprn_99ddt20100001"
    for table, codes in (("zonereglementaireurba_s", ["03", "05", "01"]),
                         ("zonereglementairefoncier_s", ["02"])):  # fmt: skip
        shapes = [shapely.box(X + 100 * i, Y, X + 100 * i + 90, Y + 90) for i in range(len(codes))]
        kind = "U" if "urba" in table else "F"
        data = {"idzonereglementaire": [f"{kind}{i}" for i in range(len(codes))],
                "codeprocedure": "99DDT20100001", "codezonereglement": "R",
                "libellezonereglement": "Zone", "typereglement": codes}  # fmt: skip
        gpd.GeoDataFrame(data, geometry=shapes, crs=2154).to_file(path, layer=f"{stem}_{table}")
    plan = {"codeprocedure": ["99DDT20100001"], "libelleprocedure": ["P"],
            "typeprocedure": [procedure]}  # fmt: skip
    tables = {"procedure": plan}
    if hazards:
        tables["zoneregmultialea"] = {
            "typealea": [code for code, _ in hazards],
            "idzonereglementaire_u_s": [zone if zone[0] == "U" else None for _, zone in hazards],
            "idzonereglementaire_f_s": [zone if zone[0] == "F" else None for _, zone in hazards],
        }
    for name, columns in tables.items():
        pyogrio.write_dataframe(pd.DataFrame(columns), path, layer=f"{stem}_{name}", append=True)
    return path


def told(layer):
    return sorted(zip(layer.data["zone"], layer.data["risk"], strict=True))


def test_the_hazards_of_each_zone_are_read_in_their_table(tmp_path):
    hazards = [("112", "U0"), ("117", "U0"), ("14", "U0"), ("124", "U2"), ("211", "F0")]
    path = cnig(tmp_path / "plan_99ddt20100001.gpkg", hazards=hazards)
    layer = LOAD(path)
    assert told(layer) == [
        ("expropriation", "technologique"), ("interdiction", "inondation"),
        ("interdiction", "submersion marine"), ("prescriptions hors zone d'aléa",
                                                "mouvement de terrain"),
    ]  # fmt: skip
    assert {(n.code, n.field, n.found) for n in layer.notes} == {
        ("value-unmapped", "typereglement", "05"), ("value-unmapped", "typealea", "14"),
    }  # fmt: skip
    done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
    assert done.entry.layer == "risk_plans"


def test_the_type_of_the_plan_tells_the_risk_where_no_table_does(tmp_path):
    layer = LOAD(cnig(tmp_path / "a.gpkg", procedure="PPRN-I"))
    assert set(layer.data["risk"]) == {"inondation"}
    assert set(LOAD(cnig(tmp_path / "pprl_baie.gpkg")).data["risk"]) == {"submersion marine"}
    with pytest.raises(LayerError) as error:
        LOAD(cnig(tmp_path / "b.gpkg"))
    assert {(p.code, p.field, p.found) for p in error.value.problems} == {
        ("value-choice", "risque", "U0"), ("value-choice", "risque", "U2"),
        ("value-choice", "risque", "F0"),
    }  # fmt: skip


def test_a_folder_of_the_covadis_tells_the_risks_of_a_plan_by_its_hazards(tmp_path):
    """The name N_ZONE_REG_PPRN… tells no risk, and its number is a département's."""
    folder = tmp_path / "pprn_012"
    folder.mkdir()
    name = "N_ZONE_REG_PPRN_20100001_S_012.shp"
    zones(folder / name, ["03", "02"], ID_GASPAR="12DDT20100001")
    with pytest.raises(LayerError) as alone:
        LOAD(folder / name)
    assert {p.code for p in alone.value.problems} == {"value-choice"}
    gpd.GeoDataFrame(
        {"ID_GASPAR": "12DDT20100001", "CODERISQUE": ["112", "117", "117"]},
        geometry=[shapely.box(X, Y, X + 9, Y + 9)] * 3, crs=2154,
    ).to_file(folder / "N_ZONE_ALEA_PPRN_20100001_S_012.shp")  # fmt: skip
    layer = LOAD(folder)
    assert told(layer) == [
        ("interdiction", "inondation"), ("interdiction", "submersion marine"),
        ("prescriptions", "inondation"), ("prescriptions", "submersion marine"),
    ]  # fmt: skip
    done = import_file(folder, Store(tmp_path / "data"), READERS, load_sources())
    assert (done.entry.layer, done.entry.is_folder) == ("risk_plans", True)
