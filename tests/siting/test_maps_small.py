"""Small maps of runs: what they show, and nothing of a file in them."""

import re
from dataclasses import replace

import pytest
import shapely

from layers.territory import Level
from siting.maps import SHARE_CLASSES, make_ground, share_class, verdict_symbol
from siting.maps.small import small_map
from siting.pipeline import run
from siting.scenario import with_changes


@pytest.fixture(scope="module")
def ground(world):
    return make_ground(world)


@pytest.fixture(scope="module")
def two(world, base, demo_file):
    chosen = {"selected": ["DEMO-44-03", "DEMO-49-02"]}
    return run(with_changes(base, {"id": "deux", "sites": chosen}), world, demo_file)


def colours(svg):
    return re.findall(r'fill="(#\w+)" stroke="#fff"/>', svg)


def test_each_epci_has_the_colour_of_its_class(demo_run, ground):
    table = demo_run.account.budgets(Level.EPCI)
    used = table["used_m2"] + table["planned_m2"]
    expected = [
        SHARE_CLASSES[share_class(own, budget)].colour
        for own, budget in zip(used, table["budget_m2"], strict=True)
    ]
    assert colours(small_map(demo_run, ground)) == expected
    assert len(set(expected)) > 2


def test_epci_beyond_their_budget_are_outlined(demo_run, two, ground):
    for one in (demo_run, two):
        table = one.account.budgets(Level.EPCI)
        over = (table["remaining_m2"] < 0).sum()
        assert small_map(one, ground).count('fill="none"/>') == over


def test_the_sites_chosen_stand_in_their_place(two, ground):
    svg = small_map(two, ground)
    signs = re.findall(r'<svg x="([\d.]+)" y="([\d.]+)" width="([\d.]+)"', svg)
    assert len(signs) == 2
    height = float(re.search(r'viewBox="0 0 420 (\d+)"', svg)[1])
    west, south, east, north = shapely.total_bounds(ground.communes.to_numpy())
    for key in ("DEMO-44-03", "DEMO-49-02"):
        point = two.sites.geometry[key].representative_point()
        x = 8 + 404 * (point.x - west) / (east - west)
        y = 8 + (height - 16) * (north - point.y) / (north - south)
        near = [
            one for one in signs
            if abs(float(one[0]) + float(one[2]) / 2 - x) < 3
            and abs(float(one[1]) + float(one[2]) / 2 - y) < 3
        ]  # fmt: skip
        assert len(near) == 1
    assert verdict_symbol(two.verdicts["DEMO-44-03"].code).split(">", 1)[1] in svg


def test_no_text_of_a_file_is_in_it(demo_run, ground):
    sites = demo_run.sites.assign(name="<script>alert(1)</script>")
    assert "script" not in small_map(replace(demo_run, sites=sites), ground)
