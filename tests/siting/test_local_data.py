"""Local data in use: in place of the embedded layers, in every result, for any territory."""

import shutil
from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio

from layers.acquisition import import_file
from layers.registry import LAYERS, READERS
from layers.sources import load_sources
from layers.spec import Status
from layers.status import coverage, layer_statuses
from layers.store import Store
from layers.tables import embedded_file
from layers.territory import Level
from siting.errors import LayerError
from siting.local_data import check_store, statuses
from siting.pipeline import read, run
from siting.world import load_world

ENAF = "demonstration/demonstration_enaf_flows_2011_2025.csv.gz"


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


@pytest.fixture(scope="module")
def sources():
    return load_sources()


@pytest.fixture
def use(store, sources):
    def used(path, **options):
        return import_file(path, store, READERS, sources, **options).entry

    return used


@pytest.fixture
def alsace(tmp_path):
    """Two made-up communes of another region, far from the embedded territory."""
    row = gpd.read_parquet(embedded_file("communes.parquet")).iloc[[0, 1]]
    table = row.assign(
        code=["67482", "67218"], name=["A", "B"], epci="246700488", epci_name="E",
        epci_complete=False, departement="67", departement_name="Bas-Rhin", region="44",
        region_name="Grand Est",
    )  # fmt: skip
    table = table.set_geometry(table.geometry.translate(700_000, 0))
    path = tmp_path / "communes.gpkg"
    table.to_file(path)
    return path


def test_an_empty_store_changes_nothing(store):
    world = load_world(store.folder, land_cover=False)
    assert set(world.layers) == set(LAYERS)
    assert world.layers["housing"].provenance == LAYERS["housing"].load(None).provenance


def test_an_imported_layer_takes_the_place_of_the_embedded_one(store, use, tmp_path):
    table = pd.read_csv(embedded_file("housing.csv"), dtype=str)
    table.loc[table["code"] == "44109", "dwellings"] = "424242"
    path = tmp_path / "logements_2026.csv"
    table.to_csv(path, index=False)
    use(path, vintage="RP 2023")
    world = load_world(store.folder, land_cover=False)
    housing = world.layers["housing"]
    assert housing.data.set_index("code").loc["44109", "dwellings"] == 424242
    assert (housing.provenance.vintage, housing.provenance.file) == ("RP 2023", path.name)
    assert housing.provenance.status is Status.DECLARED


def test_the_manifest_of_a_result_tells_the_local_files(store, use, base, tmp_path):
    path = tmp_path / "gares.csv"
    shutil.copyfile(embedded_file("stations.csv"), path)
    use(path, vintage="2026")
    world = load_world(store.folder)
    used = {layer.name: layer for layer in run(base, world, read(None, world)).manifest.layers}
    stations = used["stations"]
    assert (stations.file, stations.vintage, stations.status) == (
        "gares.csv", "2026", Status.DECLARED,
    )  # fmt: skip
    assert used["housing"].file == "housing.csv"


def test_a_local_file_that_is_damaged_is_an_error_not_a_silent_return_to_the_embedded(store, use):
    entry = use(embedded_file("housing.csv"))
    store.path(entry).write_text("code\n")
    with pytest.raises(LayerError, match="store-altered"):
        load_world(store.folder, land_cover=False)
    found = {one.layer: one for one in statuses(store, load_sources())}
    assert (found["housing"].status, found["housing"].problems[0].code) == (None, "store-altered")
    store.forget("housing")
    assert load_world(store.folder, land_cover=False).layers["housing"].data.shape[0] == 1228


# --- Another territory ----------------------------------------------------------------------


def test_embedded_layers_do_not_describe_another_territory(store, use, alsace):
    use(alsace)
    with pytest.raises(LayerError) as error:
        load_world(store.folder)
    assert [(p.code, p.field) for p in error.value.problems] == [("local-only", "enaf_flows")]
    found = {one.layer: one for one in statuses(store, load_sources())}
    assert found["communes"].origin == "import"
    left = {"communes", "industrial_flows"}  # the latter is of no territory
    assert {one.origin for name, one in found.items() if name not in left} == {"absent"}


def test_another_territory_works_with_what_it_has(store, use, alsace, tmp_path):
    use(alsace)
    flows = pd.read_csv(embedded_file(ENAF), dtype=str).iloc[:2].assign(idcom=["67482", "67218"])
    path = tmp_path / "enaf.csv"
    flows.to_csv(path, index=False)
    use(path)
    world = load_world(store.folder, land_cover=False)
    assert set(world.layers) == {"communes", "enaf_flows", "industrial_flows"}
    assert world.territory.codes(Level.REGION) == ("44",)
    assert Level.ZONE_EMPLOI not in world.territory.levels
    with pytest.raises(LayerError) as error:
        load_world(store.folder)
    assert [(p.code, p.field) for p in error.value.problems] == [("local-only", "land_cover")]


def test_a_few_codes_that_changed_do_not_make_another_territory(store, use, tmp_path):
    table = gpd.read_parquet(embedded_file("communes.parquet"))
    table.loc[table["code"] == "49126", "code"] = "49069"  # ADMIN EXPRESS 2024
    path = tmp_path / "communes.parquet"
    table.to_parquet(path)
    use(path)
    with pytest.raises(LayerError, match="code-missing"):  # its zonings: told, not dropped
        load_world(store.folder, land_cover=False)
    zonings = pd.read_csv(embedded_file("zonings.csv"), dtype=str)
    zonings.loc[zonings["code"] == "49126", "code"] = "49069"
    zonings.to_csv(tmp_path / "zonings.csv", index=False)
    use(tmp_path / "zonings.csv")
    assert "housing" in load_world(store.folder, land_cover=False).layers


# --- Land cover -----------------------------------------------------------------------------


def test_a_raster_is_recognised_as_the_land_cover(store, use, tmp_path):
    path = tmp_path / "OCS_2023_extrait.tif"
    profile = {
        "driver": "GTiff", "width": 300, "height": 300, "count": 1, "dtype": "uint8",
        "crs": "EPSG:2154", "transform": rasterio.Affine(10, 0, 350_000, 0, -10, 6_700_000),
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as raster:
        raster.write(np.full((300, 300), 13, np.uint8), 1)
    assert use(path).layer == "land_cover"
    entry = use(path, source="theia-oso", vintage="2023")
    cover = load_world(store.folder).land_cover
    assert (cover.path, cover.provenance.vintage) == (store.path(entry), "2023")
    found = {one.layer: one for one in statuses(store, load_sources())}
    assert (found["land_cover"].origin, found["land_cover"].coverage) == ("import", None)


# --- Status and check -----------------------------------------------------------------------


def test_coverage_counts_communes_of_which_something_is_known():
    housing = LAYERS["housing"].load(None)
    codes = list(housing.data["code"])
    assert coverage(housing, codes) == 1
    assert coverage(housing, [*codes[:3], "01001"]) == 0.75
    assert coverage(housing, []) is None
    assert coverage(LAYERS["ports"].load(None), codes) is None


def test_age_and_what_is_newer_are_told(store, use, sources):
    use(embedded_file("zonings.csv"), source="insee-appartenance", vintage="COG 2024")
    manifest = store.manifest()
    day = manifest.layers["zonings"].recorded.date()
    zonings = LAYERS["zonings"].load(
        store.path(manifest.layers["zonings"]),
        provenance=manifest.layers["zonings"].given.provenance(),
    )
    later = date.fromordinal(day.toordinal() + 40)
    (found,) = (
        one
        for one in layer_statuses(READERS, {"zonings": zonings}, manifest, sources, today=later)
        if one.layer == "zonings"
    )
    assert (found.age_days, found.newer, found.origin) == (40, "COG 2026", "import")
    assert found.sources == ("insee-appartenance",)
    assert found.coverage is None  # no communes, nothing to cover


def test_a_check_reads_everything_and_tells_what_changed(store, use):
    use(embedded_file("housing.csv"))
    entry = use(embedded_file("stations.csv"))
    assert check_store(store).problems == {}
    store.path(entry).write_bytes(b"x" * entry.files[0].size)
    found = check_store(store)
    assert set(found.checked) == {"housing", "stations"}
    assert [p.code for p in found.problems["stations"]] == ["store-altered"]
