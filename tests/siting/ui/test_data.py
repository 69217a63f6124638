"""What a session may see, and how its sites come together. No browser."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
import shapely

from layers.errors import LayerError
from layers.site_table import CONFIDENTIALITY
from layers.spec import Status
from layers.typed_site import site_geojson
from siting.export import result_table
from siting.i18n import translator
from siting.pipeline import run
from siting.roles import Role
from siting.scenario import load_scenario
from siting.ui.data import (
    Sites,
    entered,
    file_name,
    scenario_named,
    shelve,
    together,
    uploaded_sites,
    visible,
)
from siting.ui.site_panel import site_sheet

SEEN = {
    (Role.PUBLIC, "public"): True,
    (Role.PUBLIC, "restricted"): False,
    (Role.PUBLIC, "confidential"): False,
    (Role.PLANNER, "public"): True,
    (Role.PLANNER, "restricted"): True,
    (Role.PLANNER, "confidential"): False,
    (Role.STRATEGIST, "public"): True,
    (Role.STRATEGIST, "restricted"): True,
    (Role.STRATEGIST, "confidential"): True,
}


@pytest.fixture
def sites(demo_file):
    return Sites(demo_file, "digest", "sites.gpkg")


def test_every_role_and_every_value_has_its_case():
    assert set(SEEN) == {(one, value) for one in Role for value in CONFIDENTIALITY}


@pytest.mark.parametrize(("who", "value"), SEEN)
def test_a_role_sees_the_sites_it_may_see(sites, who, value):
    all_sites = sites.file.layer.data
    expected = set(all_sites.loc[all_sites["confidentiality"] == value, "site_id"])
    assert expected
    seen = set(visible(sites, who).file.layer.data["site_id"])
    assert (expected <= seen) if SEEN[who, value] else not (expected & seen)


@pytest.mark.parametrize("who", [Role.PUBLIC, Role.PLANNER])
def test_what_is_not_seen_leaves_no_trace(sites, who):
    hidden = replace(sites.file, notes=("about a hidden row",), rejected=("another",))
    seen = visible(Sites(hidden, "other", "sites.gpkg"), who)
    assert (seen.file.notes, seen.file.rejected) == ((), ())
    assert seen.file.row_count == len(seen.file.layer.data) < sites.file.row_count
    assert seen.digest != sites.digest  # a run of one role is never found by another


def part(sites, rows, digest):
    layer = sites.file.layer
    data = layer.data.iloc[rows].reset_index(drop=True)
    return Sites(replace(sites.file, layer=replace(layer, data=data), row_count=len(data)), digest)


def test_sites_added_come_after_the_others(sites):
    first, second = part(sites, slice(0, 3), "a"), part(sites, slice(3, 5), "b")
    both = together(first, (second,))
    expected = list(sites.file.layer.data["site_id"].iloc[:5])
    assert list(both.file.layer.data["site_id"]) == expected
    assert both.file.row_count == 5
    assert together(first, ()) is first
    assert both.digest != together(second, (first,)).digest


def test_a_site_added_twice_is_told(sites):
    with pytest.raises(LayerError, match=r"is used by"):
        together(sites, (part(sites, slice(0, 1), "b"),))


def test_an_edited_scenario_is_found_again_by_its_hash():
    edited = load_scenario("base").model_copy(update={"title": "Un essai"})
    assert scenario_named(shelve(edited)) == edited
    assert scenario_named("0" * 12) is None
    assert scenario_named("base") == load_scenario("base")


def test_the_name_of_a_file_is_kept_with_its_sites(sites):
    assert visible(sites, Role.PUBLIC).name == file_name(sites.name)


# --- Sites added ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def added(world):
    outline = shapely.box(-1.56, 47.21, -1.555, 47.214)
    said = {"site_id": "NOUVEAU", "name": "ZA", "confidentiality": "restricted"}
    content = site_geojson(outline, said, crs="EPSG:4326")
    return entered(uploaded_sites(world, "NOUVEAU.geojson", content, None), "Mairie de X")


def test_a_site_entered_by_hand_is_declared_with_its_own_source(sites, added, world, base):
    found = run(base, world, together(sites, (added,)).file)
    own, demo = found.origins["NOUVEAU"], found.origins["DEMO-44-03"]
    assert (own.status, own.publisher) == (Status.DECLARED, "Mairie de X")
    assert own.vintage == datetime.now(tz=UTC).date().isoformat()
    assert demo.status is Status.DEMONSTRATION
    assert [use for use in found.manifest.layers if use.name.startswith("added_sites")] == [own]
    sheet = str(site_sheet(found, "NOUVEAU", translator("fr")))
    assert "sg-status-declared" in sheet.split("</header>", maxsplit=1)[0]
    assert "Mairie de X" in sheet
    statuses = result_table(found, translator("fr")).set_index("site_id")["status"]
    assert (statuses["NOUVEAU"], statuses["DEMO-44-03"]) == ("declared", "demonstration")


def test_each_source_that_was_added_is_told_once(sites, added, world, base):
    other = uploaded_sites(
        world, "AUTRE.geojson",
        site_geojson(shapely.box(-0.56, 47.47, -0.555, 47.474), {"site_id": "A"}, crs="EPSG:4326"),
        None,
    )  # fmt: skip
    found = run(base, world, together(sites, (added, other)).file)
    uses = {use.name: use for use in found.manifest.layers if use.name.startswith("added")}
    assert list(uses) == ["added_sites_1", "added_sites_2"]
    assert found.origins["A"] == uses["added_sites_2"]
    assert uses["added_sites_2"].file == "AUTRE.geojson"


def test_the_source_of_a_site_that_is_not_seen_is_not_told(sites, added):
    both = together(sites, (added,))
    assert "NOUVEAU" in both.file.added
    assert visible(both, Role.PUBLIC).file.added == {}
    assert set(visible(both, Role.PLANNER).file.added) == {"NOUVEAU"}
