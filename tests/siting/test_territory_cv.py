"""The CV of a territory: sums, what is unknown, the sites, the document and the command."""

import json
import re
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.registry import load_layers
from layers.spec import Status
from layers.territory import Level
from siting.cli import main
from siting.documents import dumps
from siting.errors import SitingError
from siting.i18n import translator
from siting.roles import SEEN, VARIABLE, Role
from siting.territory_cv import THEMES, territory_cv, territory_document
from siting.territory_cv.specialities import location_quotients

FR, EN = translator("fr"), translator("en")
ANGERS, REDON = "5202", "243500741"


def siting(capsys, *words):
    """Run a command in this process; return its status, output and messages."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


@pytest.fixture(scope="module")
def cv(demo_run, world):
    def made(level, code, of=world, *, role=Role.STRATEGIST):
        return territory_cv(demo_run, of, level, code, role=role)

    return made


@pytest.fixture(scope="module")
def angers(cv):
    return cv(Level.ZONE_EMPLOI, ANGERS)


def test_every_figure_has_its_source_or_says_why_it_is_unknown(angers):
    assert {fact.label.theme for fact in angers.facts} == set(THEMES)
    names = [fact.label.name for fact in angers.facts]
    assert len(set(names)) == len(names)
    for fact in angers.facts:
        if fact.value is None:
            assert fact.notes
            assert fact.status is None
        else:
            assert fact.sources
            assert fact.vintage
            assert isinstance(fact.status, Status)


def test_counts_are_those_of_the_communes(angers, world):
    zones = world.layers["zonings"].data.set_index("code")["ze2020"]
    own = world.layers["housing"].data.set_index("code")[zones == ANGERS]
    assert angers.communes == len(own)
    for name in ("population", "population_20_64", "dwellings", "vacant_dwellings"):
        assert angers[name].value == own[name].sum()
    rate = own["vacant_dwellings"].sum() / own["dwellings"].sum()
    assert angers["vacancy_rate"].value == pytest.approx(rate)
    assert angers["population"].status is Status.OBSERVED
    classes = [angers[f"{kind}_communes"].value for kind in ("pole", "ring", "outside")]
    assert sum(classes) == len(own)


@pytest.mark.parametrize("level", [Level.EPCI, Level.DEPARTEMENT, Level.ZONE_EMPLOI])
def test_territories_add_up_to_the_region(cv, world, level):
    whole = cv(Level.REGION, "52")
    parts = [cv(level, code) for code in world.territory.codes(level)]
    for name in ("population", "dwellings", "frr_communes", "passenger_stations"):
        assert sum(part[name].value for part in parts) == whole[name].value
    for name in ("reference", "used", "remaining", "sites_area", "sites_enaf"):
        assert sum(part[name].value for part in parts) == pytest.approx(whole[name].value)
    assert {site.site_id for part in parts for site in part.sites} == {
        site.site_id for site in whole.sites
    }


def test_a_status_of_a_row_counts(cv):
    """Essarts en Bocage was split since the census: its figures are estimated."""
    assert cv(Level.COMMUNE, "85084")["population"].status is Status.ESTIMATED
    assert cv(Level.DEPARTEMENT, "85")["population"].status is Status.ESTIMATED
    assert cv(Level.DEPARTEMENT, "44")["population"].status is Status.OBSERVED


def test_an_unknown_commune_makes_the_sum_unknown(cv, world):
    housing = world.layers["housing"]
    data = housing.data.assign(
        population=housing.data["population"].mask(housing.data["code"] == "49007")
    )
    holed = replace(world, layers={**world.layers, "housing": replace(housing, data=data)})
    fact = cv(Level.ZONE_EMPLOI, ANGERS, holed)["population"]
    assert fact.value is None
    assert fact.notes[0].figures == {"count": 1, "total": 67}


def test_budgets_are_those_of_the_account(angers, demo_run):
    row = demo_run.before.budgets(Level.ZONE_EMPLOI).loc[ANGERS]
    for name, column in (("budget", "budget_m2"), ("remaining", "remaining_m2")):
        assert angers[name].value == row[column] / 10_000
        assert angers[name].status is Status.DEMONSTRATION


def test_sites_are_told_as_demonstration_by_their_part_in_the_territory(cv, demo_run):
    """DEMO-49-01 lies across two communes."""
    shares = demo_run.shares[demo_run.shares["site_id"] == "DEMO-49-01"]
    for share in shares[shares["level"] == "commune"].to_dict("records"):
        found = cv(Level.COMMUNE, share["code"])
        (site,) = found.sites
        assert site.area_m2 == share["area_m2"]
        assert site.status is Status.DEMONSTRATION
        part = site.area_m2 / demo_run.sites["gross_area_m2"]["DEMO-49-01"]
        area_ha = part * demo_run.sites["gross_area_m2"]["DEMO-49-01"] / 10_000
        assert found["sites_jobs"].value == pytest.approx(9 * area_ha)
        (note,) = found["sites_jobs"].notes  # logistics: 4, 9 and 20 a hectare, a hypothesis
        bounds = (round(each * area_ha) for each in (4, 20))
        assert note.figures == dict(zip(("low", "high"), bounds, strict=True)) | {"count": 1}


@pytest.mark.parametrize("who", Role)
def test_a_role_is_told_of_the_sites_it_may_see_only(cv, demo_run, who):
    table = demo_run.sites
    seen = table[table["confidentiality"].isin(SEEN[who])]
    found = cv(Level.REGION, "52", role=who)
    assert {site.site_id for site in found.sites} == set(seen.index)
    assert found["sites"].value == len(seen)
    area_ha = seen["gross_area_m2"].sum() / 10_000
    assert found["sites_area"].value == pytest.approx(area_ha, rel=1e-3)  # some lies outside
    text = dumps(territory_document(found, demo_run, FR))
    assert not [site for site in set(table.index) - set(seen.index) if site in text]
    assert found["remaining"] == cv(Level.REGION, "52")["remaining"]  # before any site


def test_the_command_tells_a_role_what_it_may_see(capsys, monkeypatch, demo_run):
    def told(*words):
        status, out, _ = siting(capsys, "territory", "52", "--level", "region", *words,
                                "--format", "json")  # fmt: skip
        assert status == 0
        return {site["site_id"] for site in json.loads(out)["territory"]["sites"]}

    table = demo_run.sites
    public = set(table.index[table["confidentiality"] == "public"])
    assert told() == set(table.index)
    assert told("--role", "public") == public
    monkeypatch.setenv(VARIABLE, "public")
    assert told() == public
    assert told("--role", "regional_strategist") == set(table.index)


def test_a_missing_layer_is_told_by_its_title(cv, world):
    bare = replace(world, layers={"communes": world.layers["communes"]})
    (note,) = cv(Level.ZONE_EMPLOI, ANGERS, bare)["passenger_stations"].notes
    assert note.text() == "no file of the layer “Railway stations” was given"
    assert "Gares ferroviaires" in note.text(FR)


def test_a_territory_across_the_border_of_the_region_is_told(cv, demo_run):
    found = cv(Level.EPCI, REDON)
    assert not found.complete
    document = territory_document(found, demo_run, FR)
    assert "hors de la région" in document["territory"]["notes"][0]


def test_layers_that_are_not_there_are_told(cv, world):
    bare = replace(world, layers={"communes": world.layers["communes"]})
    found = cv(Level.ZONE_EMPLOI, ANGERS, bare)
    for name in ("population", "frr_communes", "passenger_stations", "distance_port"):
        assert found[name].value is None
        assert found[name].notes[0].code == "layer-missing"


def test_optional_counts_feed_the_jobs_of_a_territory(cv, world):
    """Three jobs a commune of Angers' zone, one of them in industry, for two who work."""
    codes = world.layers["communes"].data["code"]
    figures = {"jobs": 3.0, "industry_jobs": 1.0, "employed_residents": 2.0}
    layer = replace(
        world.layers["housing"],
        data=pd.DataFrame({"code": codes}).assign(**figures),
    )
    found = cv(
        Level.ZONE_EMPLOI,
        ANGERS,
        replace(world, layers={**world.layers, "workplace_jobs": layer}),
    )
    assert found["jobs"].value == 3 * 67
    assert found["industry_share"].value == pytest.approx(1 / 3)
    assert found["job_concentration"].value == pytest.approx(1.5)
    assert found["commuters"].notes[0].code == "layer-missing"


def test_prices_are_told_with_their_sales_and_never_a_median_of_medians(cv, world):
    codes = world.layers["communes"].data["code"]
    sales = pd.array([2] * len(codes), dtype="Int64")
    sales[codes == "49007"] = 8  # Angers
    price = codes.map({"49007": 3_000.0}).fillna(1_000.0)
    table = {"code": codes, "sales": sales, "price_eur_m2": price}
    fed = with_table(world, "prices", **table)
    town = cv(Level.COMMUNE, "49007", fed)["dwelling_price"]
    assert (town.value, town.status) == (3_000, Status.OBSERVED)
    zone = cv(Level.ZONE_EMPLOI, ANGERS, fed)["dwelling_price"]
    assert zone.value == pytest.approx((8 * 3_000 + 66 * 2 * 1_000) / (8 + 66 * 2))
    assert zone.status is Status.ESTIMATED
    assert [note.code for note in zone.notes] == ["sales", "mean-of-medians"]
    assert zone.notes[0].figures == {"count": 8 + 66 * 2}
    holed = {**table, "price_eur_m2": price.mask(codes == "49007")}
    unknown = cv(Level.ZONE_EMPLOI, ANGERS, with_table(world, "prices", **holed))["dwelling_price"]
    assert (unknown.value, unknown.notes[0].figures) == (None, {"count": 1, "total": 67})
    assert cv(Level.ZONE_EMPLOI, ANGERS)["dwelling_price"].notes[0].code == "layer-missing"


# --- Specialities --------------------------------------------------------------------------


def with_table(world, name, **columns):
    """The world, with a table of communes in the place of a layer."""
    layer = replace(world.layers["housing"], data=pd.DataFrame(columns))
    return replace(world, layers={**world.layers, name: layer})


def test_the_quotient_of_industry_is_its_share_here_over_its_share_in_the_region(cv, world):
    """Three communes work: 30 of 100 jobs in industry at Angers; 60 of 400 in the region."""
    codes = world.layers["communes"].data["code"]
    jobs = codes.map({"49007": 100.0, "44109": 200.0, "72181": 100.0}).fillna(0.0)
    industry = codes.map({"49007": 30.0, "44109": 20.0, "72181": 10.0}).fillna(0.0)
    table = {"code": codes, "jobs": jobs, "industry_jobs": industry, "employed_residents": 1.0}
    fed = with_table(world, "workplace_jobs", **table)
    found = cv(Level.ZONE_EMPLOI, ANGERS, fed)["industry_quotient"]
    assert found.value == pytest.approx((30 / 100) / (60 / 400))
    assert found.status is Status.ESTIMATED
    assert found.sources
    assert "÷" in found.notes[0].text(EN)  # the formula
    assert cv(Level.REGION, "52", fed)["industry_quotient"].value == pytest.approx(1)
    empty = cv(Level.COMMUNE, "49009", fed)["industry_quotient"]
    assert (empty.value, empty.notes[0].code) == (None, "no-job")
    holed = with_table(world, "workplace_jobs", **{**table, "jobs": jobs.mask(codes == "85191")})
    hidden = cv(Level.ZONE_EMPLOI, ANGERS, holed)["industry_quotient"]
    assert (hidden.value, hidden.notes[0].code) == (None, "figures-hidden")


def test_specialities_are_the_activities_that_weigh_more_than_in_the_region(cv, world):
    """Angers: 60 jobs in 28, 39 in 10, 1 in 47 of 100. Region: 80, 160, 160 of 400."""
    rows = [
        ("49007", "28", 60.0), ("49007", "10", 39.0), ("49007", "47", 1.0),
        ("44109", "28", 20.0), ("44109", "10", 121.0), ("44109", "47", 159.0),
        ("75056", "28", 9e9),
    ]  # fmt: skip
    code, naf, jobs = zip(*rows, strict=True)
    fed = with_table(world, "jobs_by_activity", code=code, naf=naf, jobs=jobs)
    found = cv(Level.ZONE_EMPLOI, ANGERS, fed)["specialities"]
    assert found.value == "Fabrication de machines et équipements (28)"  # 10: 0.975
    assert found.notes[0].figures["quotient_ratio"] == pytest.approx((60 / 100) / (80 / 400))
    assert "3.00" in found.notes[0].text(EN)
    assert "3,00" in found.notes[0].text(FR)
    assert (found.status, bool(found.sources), bool(found.vintage)) == (
        Status.ESTIMATED,
        True,
        True,
    )
    nantes = cv(Level.COMMUNE, "44109", fed)["specialities"]
    assert [note.figures.get("naf") for note in nantes.notes] == ["47", "10", None]
    region = cv(Level.REGION, "52", fed)["specialities"]
    assert (region.value, region.notes[0].code) == (None, "reference")
    hidden = with_table(world, "jobs_by_activity", code=code, naf=naf, jobs=[None, *jobs[1:]])
    unknown = cv(Level.ZONE_EMPLOI, ANGERS, hidden)["specialities"]
    assert (unknown.value, unknown.notes[0].code) == (None, "figures-hidden")


def test_without_jobs_specialities_count_establishments_and_say_so(cv, world):
    shape = world.territory.units(Level.ZONE_EMPLOI).set_index("code").geometry[ANGERS]
    here, there = shape.representative_point(), shapely.Point(355_000, 6_690_000)
    assert not shape.contains(there)
    points = gpd.GeoDataFrame({"naf": ["30", "10", "10", "10"]}, geometry=[here] * 2 + [there] * 2,
                              crs=2154)  # fmt: skip
    layer = replace(world.layers["stations"], data=points)
    fed = replace(world, layers={**world.layers, "establishments": layer})
    found = cv(Level.ZONE_EMPLOI, ANGERS, fed)["specialities"]
    assert found.value == "Fabrication d'autres matériels de transport (30)"
    assert found.notes[0].figures["quotient_ratio"] == pytest.approx((1 / 2) / (1 / 4))
    assert found.notes[-1].code == "establishments-only"


def test_without_any_layer_specialities_are_unknown(angers):
    for name in ("specialities", "industry_quotient"):
        assert angers[name].value is None
        assert angers[name].notes[0].code == "layer-missing"


@given(
    own=st.lists(st.integers(0, 500), min_size=2, max_size=6),
    more=st.lists(st.integers(0, 500), min_size=6, max_size=6),
)
def test_quotients_weighted_by_the_shares_of_the_region_add_up_to_one(own, more):
    here = pd.Series(own)
    region = here + pd.Series(more[: len(own)])
    found = location_quotients(here, region)
    if here.sum() == 0:
        assert found.isna().all()
        return
    known = found.notna()
    assert (known == (region > 0)).all()
    share = region[known] / region.sum()
    assert (found[known] * share).sum() == pytest.approx(1)
    pd.testing.assert_series_equal(location_quotients(here * 10, region * 10), found)


def test_an_unknown_territory_is_refused(cv):
    with pytest.raises(SitingError) as raised:
        cv(Level.ZONE_EMPLOI, "44109")
    assert [p.code for p in raised.value.problems] == ["territory-level"]


def test_open_data_feed_the_figures_they_concern(open_data, cv, world):
    """Job seekers are published for 150 communes only; LOVAC hides small counts."""
    folder = open_data / "pays-de-la-loire"
    names = {
        "job_seekers": "demandeurs_emploi_mensuel.csv",
        "vacancy": "lovac_vacance_2ans_2021.csv",
        "prices": "dvf_prix_communes_2020_2024.csv",
        "cog_passage": "cog_passage_vers_2025.csv",
    }
    layers = load_layers({name: folder / file for name, file in names.items()})
    real = replace(world, layers=layers)
    nantes = cv(Level.COMMUNE, "44109", real)
    seekers = layers["job_seekers"].data
    last = seekers[seekers["month"] == seekers["month"].max()].set_index("code")["job_seekers"]
    assert nantes["job_seekers"].value == last["44109"]
    assert re.fullmatch(r"\d{4}-\d{2}", nantes["job_seekers"].vintage)
    assert isinstance(nantes["vacant_2_years"].value, int)
    sold = pd.read_csv(folder / names["prices"], sep=";", dtype={"city_code": str})
    told = sold.set_index("city_code")["dvf_pxm2_median"]["44109"]
    assert (nantes["dwelling_price"].value, nantes["dwelling_price"].vintage) == (told, "2020-2024")
    zone = cv(Level.ZONE_EMPLOI, ANGERS, real)
    own = last.reindex(pd.Index(world.layers["zonings"].data.set_index("code").index))
    assert own.isna().any()
    assert zone["job_seekers"].value is None
    assert zone["job_seekers"].notes[0].code == "communes-unknown"


def test_the_page_of_the_interface_names_every_key(root, angers, demo_run):
    told = set(re.findall(r"`([a-z0-9_]+)`", (root / "docs" / "json.md").read_text("utf-8")))
    document = json.loads(dumps(territory_document(angers, demo_run, FR)))["territory"]
    keys = set(document)
    for row in (*document["facts"], *document["sites"]):
        keys |= set(row)
    assert keys - told == set()
    english = territory_document(angers, demo_run, EN)["territory"]
    for one in (document, english):
        for fact in one["facts"]:
            assert fact.pop("title")
            assert all("{" not in note.pop("message") for note in fact["notes"])
            for key in ("unit", "source", "vintage"):
                fact.pop(key)
    assert document == english


def test_the_command_tells_a_zone_in_json_and_in_french(capsys):
    status, out, err = siting(capsys, "territory", ANGERS, "--format", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["territory"]["name"] == "Angers"
    status, out, _ = siting(capsys, "territory", "244400404", "--level", "epci")
    assert status == 0
    assert "Nantes Métropole (EPCI 244400404)" in out
    assert "Emplois par activité et par commune" in out  # no layer gives specialities
    assert "démonstration" in out


def test_the_command_refuses_what_it_does_not_know(capsys):
    status, _, err = siting(capsys, "territory", "9999")
    assert (status, "[territory-unknown]" in err) == (2, True)
