"""A made-up département of another region, in the official layouts, from import to score.

Département 99 does not exist: nothing here is about a real place.
"""

import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from layers.store import Store
from siting.cli import main
from siting.region import EFFECTS, REQUIRED
from siting.scenario import load_scenario, weights
from siting.world import load_world

X, Y, SIDE = 1_000_000, 6_800_000, 4_000
CODES = ["99001", "99002", "99003"]
YEARS = range(11, 25)
CENSUS = ["POP", "H0019", "F0019", "H2064", "F2064", "H65P", "F65P", "LOG", "RP", "RSECOCC",
          "LOGVAC"]  # fmt: skip


def square(rank, *, start=0, end=SIDE):
    return shapely.box(X + SIDE * rank + start, Y, X + SIDE * rank + end, Y + SIDE)


def admin_express(folder):
    """ADMIN EXPRESS 4 of two regions: 44 with three made-up communes, 53 with one."""
    tables = {
        "commune": pd.DataFrame({
            "code_insee": [*CODES, "98001"],
            "nom_officiel": ["Inventée-la-Grande", "Inventée-sur-Rien", "Saint-Fictif", "Autre"],
            "code_insee_du_departement": ["99", "99", "99", "98"],
            "code_insee_de_la_region": ["44", "44", "44", "53"],
            "codes_siren_des_epci": ["249900001", "249900001", "249900002", "249800001"],
        }),
        "epci": pd.DataFrame({
            "code_siren": ["249900001", "249900002", "249800001"],
            "nom_officiel": ["CC inventée", "CC fictive", "CC autre"],
        }),
        "departement": pd.DataFrame({"code_insee": ["99", "98"], "nom_officiel": ["Inventé", "B"]}),
        "region": pd.DataFrame({"code_insee": ["44", "53"], "nom_officiel": ["Région inventée",
                                                                              "Autre"]}),
    }  # fmt: skip
    path = folder / "ADMIN-EXPRESS-COG-CARTO_4-0__GPKG_LAMB93_FXX_2026-01-01.gpkg"
    for layer, data in tables.items():
        shapes = [shapely.MultiPolygon([square(rank)]) for rank in range(len(data))]
        table = gpd.GeoDataFrame(data, geometry=shapes, crs=2154)
        pyogrio.write_dataframe(table, path, layer=layer, driver="GPKG", append=path.exists())
    return path


def cog(folder):
    rows = [f"COM,{code},44,99,99A,991,0,X,X,Nom,9901," for code in [*CODES, "99004"]]
    rows.append("COMD,99901,44,99,99A,991,0,X,X,Délégué,9901,99001")
    header = "TYPECOM,COM,REG,DEP,CTCD,ARR,TNCC,NCC,NCCENR,LIBELLE,CAN,COMPARENT"
    path = folder / "v_commune_2026.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def enaf(folder):
    """Flows of the Cerema, 2011-2025: 99003 is still under the code it had, 99903."""
    codes = ["99001", "99002", "99903", "98001"]
    table = {"idcom": codes, "idcomtxt": codes, "epci25": "249900001", "surfcom2025": SIDE**2}
    for year in YEARS:
        table[f"naf{year}art{year + 1}"] = [20_000, 10_000, 6_000, 1_000]
        for use, part in (("act", 0.5), ("hab", 0.5), ("mix", 0), ("rou", 0), ("fer", 0),
                          ("inc", 0)):  # fmt: skip
            table[f"art{year}{use}{year + 1}"] = [int(v * part) for v in
                                                  table[f"naf{year}art{year + 1}"]]  # fmt: skip
    path = folder / "conso2011_2025.csv"
    pd.DataFrame(table).to_csv(path, index=False, encoding="utf-8-sig")
    return path


def passage(folder):
    path = folder / "passage.csv"
    path.write_text("DEPCOM_HIST,DEPCOM\n99903,99003\n", encoding="utf-8")
    return path


def census(folder):
    table = pd.DataFrame({"CODGEO": CODES} | {f"P22_{name}": [900.0, 400, 300] for name in CENSUS})
    path = folder / "base-cc-logement-2022.csv"
    table.to_csv(path, index=False, sep=";")
    return path


def zonings(folder):
    table = pd.DataFrame({
        "DEPCOM": CODES, "ZE2020": "4499", "LIB_ZE2020": "Zone inventée",
        "CATEAAV2020": ["11", "20", "20"], "LIB_AAV2020": "Aire inventée",
    })  # fmt: skip
    path = folder / "zones_emploi_2020.csv"
    table.to_csv(path, index=False)
    return path


def stations(folder):
    path = folder / "liste-des-gares.csv"
    place = gpd.GeoSeries([shapely.Point(X + 500, Y + 500)], crs=2154).to_crs(4326)[0]
    path.write_text(
        "code_uic;libelle;fret;voyageurs;x_wgs84;y_wgs84\n"
        f"87999999;Gare inventée;O;O;{place.x};{place.y}\n", encoding="utf-8",
    )  # fmt: skip
    return path


def ocs_ge(folder):
    """The first half of each commune is built, the other one a field."""
    rows = [(square(rank, **half), cs, us) for rank in range(3)
            for half, cs, us in (({"end": 2_000}, "CS1.1.1.1", "US2"),
                                 ({"start": 2_000}, "CS2.2.1", "US1.1"))]  # fmt: skip
    table = gpd.GeoDataFrame(
        {"code_cs": [r[1] for r in rows], "code_us": [r[2] for r in rows]},
        geometry=[r[0] for r in rows], crs=2154,
    )  # fmt: skip
    place = folder / "ocsge"
    place.mkdir()
    table.to_file(place / "OCS-GE_2-0__GPKG_LAMB93_D099_2022-01-01.gpkg", layer="occupation_sol")
    return place


def changes(folder):
    table = gpd.GeoDataFrame(
        {"artificialisation": [1, -1]},
        geometry=[shapely.box(X, Y, X + 100, Y + 60), shapely.box(X, Y + 500, X + 10, Y + 530)],
        crs=2154,
    )  # fmt: skip
    path = folder / "OCS-GE_2-0_DIFF-2019-2022_GPKG_LAMB93_D099_2025-02-10.gpkg"
    table.to_file(path, layer="zan_evol_2019_2022_99")
    return path


def docurba(folder):
    place = folder / "docurba"
    place.mkdir()
    (place / "scots.csv").write_text("pa_id,pa_nom_schema\n7,SCoT inventé\n", encoding="utf-8")
    (place / "perimetres.csv").write_text(
        "annee_cog,collectivite_code,procedure_id,opposable\n2026,99001,7,true\n"
        "2026,99002,7,true\n", encoding="utf-8",
    )  # fmt: skip
    return place


def zones(folder):
    table = gpd.GeoDataFrame(
        {"partition": ["DU_99001"], "libelle": ["1AUe"], "typezone": ["AUc"]},
        geometry=[square(0)], crs=2154,
    ).to_crs(4326)  # fmt: skip
    path = folder / "zone_urba.gpkg"
    table.to_file(path, layer="zone_urba")
    return path


def pene(folder):
    path = folder / "pene.csv"
    path.write_text("code_insee;nom_projet\n99001;Canal inventé\n", encoding="utf-8")
    return path


def protected(folder):
    place = folder / "patrinat"
    place.mkdir()
    for name, rank in (("patrinat_sic_99", 1), ("patrinat_znieff1_99", 2)):
        shape = gpd.GeoSeries([square(rank, start=3_000)], crs=2154).to_crs(4326)
        table = gpd.GeoDataFrame({"nom_site": ["Site inventé"], "id_mnhn": ["FR99"]},
                                 geometry=shape)  # fmt: skip
        table.to_file(place / f"{name}.geojson")
    return place


def sites(folder):
    table = gpd.GeoDataFrame(
        {
            "site_id": ["A", "B"], "readiness_planning": [None, "U"],
            "works_start_year": [2027, 2028],
        },
        geometry=[shapely.box(X + 2_500, Y + 100, X + 2_700, Y + 300),
                  shapely.box(X + 2_500, Y + 900, X + 2_600, Y + 1_000)], crs=2154,
    )  # fmt: skip
    path = folder / "sites.gpkg"
    table.to_file(path)
    return path


@pytest.fixture
def data(tmp_path, monkeypatch):
    folder = tmp_path / "data"
    monkeypatch.setenv("SITING_DATA", str(folder))
    return folder


@pytest.fixture
def siting(capsys, data):
    def call(*words):
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        out = capsys.readouterr()
        return left.value.code or 0, out.out, out.err

    return call


@pytest.fixture
def document(siting):
    def call(*words):
        status, out, err = siting(*words, "--format", "json")
        assert out, err
        return status, json.loads(out)

    return call


@pytest.fixture
def use(document):
    def used(path, *options):
        status, done = document("data", "import", path, *options)
        assert (status, done["used"]) == (0, True)
        return done["layer"]

    return used


@pytest.fixture
def context(tmp_path, use):
    """What surrounds budgets and sites, in use."""
    assert use(admin_express(tmp_path)) == "communes"
    assert use(cog(tmp_path)) == "cog"
    assert use(passage(tmp_path)) == "cog_passage"
    assert use(census(tmp_path), "--as", "housing") == "housing"
    assert use(zonings(tmp_path)) == "zonings"
    assert use(stations(tmp_path)) == "stations"
    assert use(docurba(tmp_path)) == "scot"
    assert use(zones(tmp_path)) == "zoning"
    assert use(pene(tmp_path)) == "pene"
    assert use(protected(tmp_path)) == "protected_areas"


@pytest.fixture
def region(tmp_path, context, use, document):
    """The region assembled, with flows and land cover."""
    assert use(enaf(tmp_path)) == "enaf_flows"
    assert use(ocs_ge(tmp_path)) == "land_cover"
    assert use(changes(tmp_path)) == "net_flows"
    status, made = document("data", "build", "--region", "44")
    assert (status, made["budgets"], made["scores"]) == (0, True, True)
    return made


@pytest.mark.usefixtures("context")
def test_without_flows_and_land_cover_nothing_embedded_stands_in(document):
    status, made = document("data", "build", "--region", "44")
    assert (status, made["budgets"], made["scores"]) == (1, False, False)
    assert [gap["layer"] for gap in made["gaps"][:2]] == list(REQUIRED)
    assert {gap["reason"] for gap in made["gaps"][:2]} == {"absent"}


def test_a_region_is_built_and_what_it_lacks_is_told_with_its_cost(region, document, siting, data):
    assert (region["name"], region["n_communes"], region["n_epci"]) == ("Région inventée", 3, 2)
    assert [note["code"] for note in region["notes"]] == ["cog-undrawn"]
    assert "99004 (1)" in region["notes"][0]["message"]
    origins = {one["layer"]: one["origin"] for one in region["layers"]}
    assert origins["communes"] == "build"
    assert "embedded" not in {o for layer, o in origins.items() if layer != "industrial_flows"}

    gaps = {gap["layer"]: gap for gap in region["gaps"]}
    shares = weights(load_scenario("base"))
    assert {"interchanges", "ports", "risk_plans", "vacancy"} <= set(gaps)
    assert not {"communes", "land_cover", "enaf_flows", "scot", "zoning"} & set(gaps)
    for gap in gaps.values():
        assert gap["weight"] == pytest.approx(shares[gap["criteria"]].sum())
    absent = {n for gap in gaps.values() if gap["reason"] == "absent" for n in gap["criteria"]}
    assert region["reliability"] == pytest.approx(1 - shares[list(absent)].sum())

    # The file of the whole country is kept: another region is built from it.
    _, other = document("data", "build", "--region", "53")
    assert (other["name"], other["n_communes"]) == ("Autre", 1)
    assert set(Store(data).manifest().fetched) == {"communes"}
    status, _, err = siting("data", "build", "--region", "11")
    assert status == 2
    assert "region-communes" in err
    assert "44, 53" in err


def test_the_region_that_was_built_has_budgets_and_scores(region, document, tmp_path, data):
    # 20,000 m² a year in 99001, 10,000 in 99002, and 6,000 in 99903, now 99003.
    _, found = document("budget", "--level", "commune")
    rows = {row["code"]: row for row in found["budgets"]}
    assert {code: row["reference_m2"] for code, row in rows.items()} == {
        "99001": 200_000, "99002": 100_000, "99003": 60_000,
    }  # fmt: skip
    _, found = document("budget", "--level", "scot")
    assert {row["code"]: row["reference_m2"] for row in found["budgets"]} == {
        "7": 300_000, "sans-scot": 60_000,
    }  # fmt: skip

    # 6,000 m² artificialised and 300 m² renatured between 2019 and 2022.
    net = load_world(data, land_cover=False).layers["net_flows"].data
    own = net[net["code"] == "99001"].set_index("year")
    assert own["artificialised_m2"].to_dict() == {2019: 2_000, 2020: 2_000, 2021: 2_000}
    assert own["renatured_m2"].sum() == 300

    status, found = document("score", sites(tmp_path))
    assert status == 0
    scored = {one["site_id"]: one for one in found["sites"]}
    assert scored["A"]["enaf_m2"] == 40_000  # 200 m × 200 m, all in the field
    assert scored["A"]["reliability"] <= region["reliability"] + 1e-9
    codes = [note["code"] for note in found["notes"]]
    assert codes.count("planning-from-zones") == 1
    assert codes.count("pene-commune") == 2
    used = {one["name"]: one for one in found["manifest"]["layers"]}
    assert used["communes"]["publisher"] == "IGN"
    assert used["land_cover"]["publisher"] == "IGN"
    assert "demonstration" not in {one["status"] for one in used.values()}


def test_without_communes_of_the_region_the_way_to_get_them_is_told(siting):
    status, _, err = siting("data", "build", "--region", "44")
    assert status == 2
    assert "siting data pull ign-admin-express --region 44" in err


def test_the_embedded_region_is_built_of_the_embedded_layers(siting, document, data):
    status, made = document("data", "build", "--region", "52")
    assert (status, made["n_communes"], made["scores"]) == (0, 1228, True)
    gaps = {gap["layer"]: gap["reason"] for gap in made["gaps"]}
    assert gaps["land_cover"] == "demonstration"
    assert gaps["vacancy"] == "absent"
    # a synthetic layer is there: nothing is lost but the right to decide with it
    effects = {gap["layer"]: gap["effect"] for gap in made["gaps"]}
    assert "synthéti" in effects["land_cover"]
    assert "couche obligatoire" not in " ".join(effects.values())
    assert not data.exists()
    _, text, _ = siting("--lang", "en", "data", "build", "--region", "52")
    assert "Reliability of a site at most" in text
    assert set(EFFECTS) >= set(REQUIRED)


def test_communes_of_the_wfs_of_a_region_and_shapefiles_are_recognised(tmp_path, use, document):
    table = gpd.read_file(admin_express(tmp_path), layer="commune")
    table[table["code_insee_de_la_region"] == "44"].to_file(tmp_path / "ign.geojson")
    assert use(tmp_path / "ign.geojson") == "communes"
    _, made = document("data", "build", "--region", "44")
    assert (made["name"], made["n_communes"]) == ("44", 3)  # the service gives no names of regions
    folder = tmp_path / "ADMIN-EXPRESS_3-2__SHP_LAMB93_FXX_2024-02-22"
    folder.mkdir()
    names = {"code_insee": "INSEE_COM", "nom_officiel": "NOM", "code_siren": "CODE_SIREN",
             "code_insee_du_departement": "INSEE_DEP", "code_insee_de_la_region": "INSEE_REG",
             "codes_siren_des_epci": "SIREN_EPCI"}  # fmt: skip
    base = next(tmp_path.glob("ADMIN*.gpkg"))
    for layer in ("commune", "epci", "departement", "region"):
        one = gpd.read_file(base, layer=layer)
        codes = {"departement": "INSEE_DEP", "region": "INSEE_REG"}
        one = one.rename(columns={**names, "code_insee": codes.get(layer, "INSEE_COM")})
        one.to_file(folder / f"{layer.upper()}.shp", encoding="utf-8")
    assert use(folder) == "communes"
    _, made = document("data", "build", "--region", "44")
    assert (made["name"], made["n_communes"]) == ("Région inventée", 3)
