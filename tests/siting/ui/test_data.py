"""What a session may see, and how its sites come together. No browser."""

from dataclasses import replace

import pytest

from layers.errors import LayerError
from layers.site_table import CONFIDENTIALITY
from siting.roles import Role
from siting.scenario import load_scenario
from siting.ui.data import Sites, file_name, scenario_named, shelve, together, visible

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
