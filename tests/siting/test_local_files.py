"""Layers of local files in a run: used where they are given, absent where they are not."""

from dataclasses import replace

import pytest

from layers.registry import OPTIONAL_LAYERS, load_layers
from siting.pipeline import run
from siting.world import load_world

REAL = {
    "vacancy": "lovac_vacance_2ans_2021.csv",
    "housing_tension": "zonage_abc_2019.csv",
    "prices": "dvf_prix_communes_2020_2024.csv",
    "job_seekers": "demandeurs_emploi_mensuel.csv",
    "frr": "frr_juillet2025.csv",
    "zonings": "communes_zonages_2025.csv",
    "stations": "gares_sncf_2025.geojson",
    "station_traffic": "frequentation_gares.csv",
    "sewage_plants": "stations_epuration_2017.csv",
    "cog_passage": "cog_passage_vers_2025.csv",
}


@pytest.fixture(scope="module")
def real_files(open_data):
    return {name: open_data / "pays-de-la-loire" / file for name, file in REAL.items()}


def test_layers_that_are_absent_are_not_told_as_used(demo_run):
    used = {use.name for use in demo_run.manifest.layers}
    assert not used & set(OPTIONAL_LAYERS)


def test_the_real_files_are_used_and_unknown_stays_unknown(
    real_files, world, base, demo_file, demo_run
):
    richer = replace(world, layers=load_layers(real_files))
    result = run(base, richer, demo_file)
    used = {use.name: use for use in result.manifest.layers}
    optional = set(REAL) & set(OPTIONAL_LAYERS)
    assert optional <= set(used)
    assert used["job_seekers"].vintage == "2024-12"
    assert used["vacancy"].status == "estimated"
    # What was measured before is measured still; more is known, nothing is less reliable.
    assert result.matrix.notna().sum().sum() > demo_run.matrix.notna().sum().sum()
    assert (result.scores.reliability >= demo_run.scores.reliability - 1e-12).all()
    # 150 communes alone tell of job seekers: most sites cannot know.
    assert result.matrix["job_seekers_rate"].isna().any()


def test_every_code_of_the_real_files_is_matched_or_told(real_files):
    layers = load_layers(real_files)
    for name in ("vacancy", "housing_tension", "job_seekers", "frr", "prices", "zonings"):
        told = [note.code for note in layers[name].notes]
        assert "cog-unmatched" not in told
    missing = {
        name: int(note.found)
        for name in ("vacancy", "job_seekers")
        for note in layers[name].notes
        if note.code == "code-missing"
    }
    assert missing == {"vacancy": 409, "job_seekers": 1077}


def test_a_world_takes_local_files(real_files):
    files = {"housing_tension": real_files["housing_tension"]}
    world = load_world(land_cover=False, files=files)
    assert "housing_tension" in world.layers
    assert "vacancy" not in world.layers
