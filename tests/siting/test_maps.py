"""The map: classes, signs, encoded outlines, what it says of a run, what stands in its page."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.territory import Level
from siting.domain import Verdict, VerdictCode
from siting.i18n import translator
from siting.maps import (
    SHARE_CLASSES,
    Addresses,
    Look,
    make_ground,
    map_view,
    marker_size,
    page_json,
    share_class,
    site_map,
    verdict_symbol,
)
from siting.maps.backgrounds import BACKGROUNDS
from siting.maps.ground import drawn_units
from siting.pipeline import run
from siting.ui.carte import header
from siting.ui.territory_panel import closest, territory_sheet

PLANNED = Look(planned=True)
FRENCH, ENGLISH = translator("fr"), translator("en")
EVIL = "<img src=x onerror=alert(1)></script><script>alert(2)</script>{{ 7*7 }}{% raw %}"


@pytest.fixture(scope="module")
def ground(world):
    return make_ground(world)


@pytest.fixture(scope="module")
def run_with_gaps(world, base, demo_file):
    """A run where the consumption of Angers is not known."""
    flows = world.layers["enaf_flows"]
    data = flows.data.copy()
    data.loc[data["code"] == "49007", "area_m2"] = pd.NA
    layers = {**world.layers, "enaf_flows": replace(flows, data=data)}
    return run(base, replace(world, layers=layers), demo_file)


def decoded(moves):
    """Longitudes and latitudes of an encoded line."""
    return np.cumsum(np.reshape(moves, (-1, 2)), axis=0) / 1e5


def polygon(rings):
    return shapely.multipolygons(
        [shapely.Polygon(decoded(ring[0]), [decoded(r) for r in ring[1:]]) for ring in rings]
    )


def page_of(drawn):
    return drawn.get_root().render()


# --- Classes and signs ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("used", "expected"),
    [(0, 0), (499, 0), (500, 1), (749, 1), (750, 2), (1000, 2), (1001, 3), (1200, 3), (1201, 4)],
)
def test_a_share_falls_in_its_class(used, expected):
    assert share_class(used, 1000) == expected


@pytest.mark.parametrize(("used", "budget"), [(None, 10), (10, None), (pd.NA, 10), (10, pd.NA)])
def test_what_is_unknown_has_no_class(used, budget):
    assert share_class(used, budget) is None


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**10))
def test_the_class_never_falls_as_more_is_used(budget, used, more):
    assert share_class(used, budget) <= share_class(used + more, budget)


def test_classes_darken_so_that_hue_is_not_needed():
    def lightness(colour):
        channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        luminance = (channels**2.2) @ [0.2126, 0.7152, 0.0722]
        return float(116 * luminance ** (1 / 3) - 16)  # CIE L*, 0 to 100

    levels = [lightness(one.colour) for one in SHARE_CLASSES]
    assert all(lighter - darker > 7 for lighter, darker in pairwise(levels)), levels


def test_every_verdict_has_a_shape_of_its_own():
    shapes = {re.sub(r'fill="#\w+"', "", verdict_symbol(code)) for code in VerdictCode}
    assert len(shapes) == len(VerdictCode)


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.booleans())
def test_a_larger_site_has_no_smaller_sign(first, second, crowded):
    small, large = sorted((first, second))
    assert marker_size(small, crowded=crowded) <= marker_size(large, crowded=crowded)


# --- Ground -----------------------------------------------------------------------------


def test_the_ground_is_the_land(world, ground):
    units = world.territory.units(Level.EPCI).set_index("code").geometry
    drawn = gpd.GeoSeries(
        {code: polygon(rings) for code, rings in ground.units["epci"].items()}, crs=4326
    )
    drawn = drawn.to_crs(2154)
    assert set(drawn.index) == set(units.index)
    ratio = drawn.area / units.area
    assert ratio.between(0.95, 1.05).all()
    # Neighbours share one border: what the polygons add up to is what they cover.
    cover = shapely.union_all(shapely.make_valid(drawn.to_numpy())).area
    assert drawn.area.sum() == pytest.approx(cover, rel=1e-4)
    assert cover == pytest.approx(world.territory.outline.area, rel=0.01)


@pytest.mark.parametrize("level", ["commune", "departement", "zone_emploi"])
def test_every_level_has_its_outlines(world, ground, level):
    assert set(ground.units[level]) == set(world.territory.codes(Level(level)))


def test_a_level_that_only_a_scenario_gives_is_drawn_from_its_communes(world, ground):
    departements = world.territory.parents()["departement"]
    assert drawn_units(ground, departements) == ground.units["departement"]


def test_the_ground_names_the_towns_that_a_planner_looks_for(ground):
    first = {name for _x, _y, name, rank in ground.towns if rank == 0}
    assert {"Nantes", "Angers", "Le Mans", "Laval", "La Roche-sur-Yon", "Saint-Nazaire"} <= first


def test_the_ground_is_light(ground):
    assert len(ground.script.encode()) < 800_000


def test_places_keep_their_coordinates(world, ground):
    stations = world.layers["stations"].geo
    located = stations.to_crs(4326).geometry
    assert len(ground.points["stations"]) == len(stations)
    x, y, name = ground.points["stations"][0]
    assert name == stations["name"].iloc[0]
    assert (x, y) == pytest.approx((located.x.iloc[0], located.y.iloc[0]), abs=1e-5)


# --- View -------------------------------------------------------------------------------


def test_every_epci_is_in_the_class_of_its_budget(demo_run, world):
    table = demo_run.before.budgets(Level.EPCI)
    view = map_view(demo_run, world, FRENCH)
    assert len(view["units"]) == len(table) > 70
    for unit in view["units"]:
        row = table.loc[unit["code"]]
        used = row["observed_m2"] + row["committed_m2"]
        assert unit["class"] == share_class(used, row["budget_m2"])


def test_an_epci_whose_consumption_is_not_known_is_told_so(run_with_gaps, world):
    view = map_view(run_with_gaps, world, ENGLISH, look=PLANNED)
    unknown = [unit for unit in view["units"] if unit["class"] is None]
    assert [unit["name"] for unit in unknown] == ["Communauté urbaine Angers Loire Métropole"]
    assert unknown[0]["lines"][0].startswith("–")
    (code,) = [unit["code"] for unit in unknown]
    assert "sg-bar" not in territory_sheet(run_with_gaps, code, ENGLISH)
    assert "–" in header(run_with_gaps, ENGLISH)
    assert closest(run_with_gaps.before, 100)


def test_the_sites_of_the_scenario_count_when_asked(demo_run, world):
    before = {unit["code"]: unit["class"] for unit in map_view(demo_run, world, FRENCH)["units"]}
    after = {
        unit["code"]: unit["class"]
        for unit in map_view(demo_run, world, FRENCH, look=PLANNED)["units"]
    }
    over = {part.code for part in demo_run.plan.territories if part.remaining_after_m2 < 0}
    assert over
    assert all(after[code] >= 3 for code in over)
    assert {code for code in after if after[code] != before[code]} <= {
        part.code for part in demo_run.plan.territories
    }


def test_each_site_is_shown_in_its_place_with_its_verdict(demo_run, world):
    view = map_view(demo_run, world, ENGLISH)
    assert {site["id"] for site in view["sites"]} == set(demo_run.sites.index)
    located = demo_run.sites.geometry.to_crs(4326)
    for site in view["sites"]:
        assert site["verdict"] == demo_run.verdicts[site["id"]].code.value
        assert located[site["id"]].buffer(1e-4).contains(shapely.Point(site["x"], site["y"]))
        outline = polygon(site["rings"])
        assert outline.intersection(located[site["id"]]).area > 0.9 * located[site["id"]].area


@pytest.mark.parametrize("code", list(VerdictCode))
def test_a_marker_stands_for_each_verdict(demo_run, code, world):
    site_id = demo_run.sites.index[0]
    verdicts = {**demo_run.verdicts, site_id: Verdict(code)}
    view = map_view(replace(demo_run, verdicts=verdicts), world, FRENCH, shown=[site_id])
    (site,) = view["sites"]
    assert site["verdict"] == code.value
    assert view["verdicts"][code.value]["symbol"] == verdict_symbol(code)


def test_only_the_sites_asked_for_are_shown(demo_run, world):
    chosen = list(demo_run.sites.index[:3])
    assert {site["id"] for site in map_view(demo_run, world, FRENCH, shown=chosen)["sites"]} == set(
        chosen
    )
    assert map_view(demo_run, world, FRENCH, shown=[])["sites"] == []


def test_the_legend_is_in_the_language(demo_run, world):
    french, english = map_view(demo_run, world, FRENCH), map_view(demo_run, world, ENGLISH)
    assert french["labels"]["territories"] == "Budget ZAN 2021-2030 consommé, par EPCI"
    assert english["labels"]["territories"] == "ZAN budget 2021-2030 used, by EPCI"
    assert french["classes"][0]["label"] == "moins de 50\u00a0%"
    assert french["verdicts"]["over_budget"]["label"] == "budget dépassé"
    figures = french["units"][0]["lines"][1]
    assert re.search(r"\d,\d\u00a0ha", figures), figures


# --- Page -------------------------------------------------------------------------------


@given(st.text() | st.just(EVIL))
def test_page_json_is_json_and_cannot_leave_its_script(text):
    written = page_json({"name": text, "inner": [text]})
    assert json.loads(written) == {"name": text, "inner": [text]}
    assert not {"<", "\u2028", "\u2029"} & set(written)
    assert "{{" not in written
    assert "{%" not in written


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_names_of_files_never_become_markup(demo_run, ground, world):
    sites = demo_run.sites.copy()
    sites.loc[sites.index[0], "name"] = EVIL
    plain_tags, tags = Tags(), Tags()
    plain_tags.feed(page_of(site_map(demo_run, world, ground, FRENCH)))
    page = page_of(site_map(replace(demo_run, sites=sites), world, ground, FRENCH))
    tags.feed(page)
    assert [tag for tag, _ in tags.found] == [tag for tag, _ in plain_tags.found]
    assert page_json(EVIL)[1:-1] in page


def test_the_page_asks_for_nothing_but_its_addresses(demo_run, ground, world):
    addresses = Addresses("../leaflet/leaflet.js", "../leaflet/leaflet.css", "../f.woff2", "g.js")
    page = page_of(site_map(demo_run, world, ground, FRENCH, addresses=addresses))
    tags = Tags()
    tags.feed(page)
    asked = {attrs[key] for _, attrs in tags.found for key in ("src", "href") if key in attrs}
    assert asked == {addresses.script, addresses.style, addresses.ground}
    known = {"http://www.w3.org/2000/svg"}  # the name of a namespace, never asked for
    # Told to the script, asked for only once one is chosen: see test_map_layers.
    known |= {one.url for one in BACKGROUNDS}
    assert set(re.findall(r"https?://[^\s\"'\\<)]+", page)) <= known
    assert len(page.encode()) < 150_000  # the ground is fetched once, not sent with each map


def test_a_map_saved_to_a_file_stands_alone(demo_run, ground, tmp_path, world):
    target = tmp_path / "map.html"
    site_map(demo_run, world, ground, FRENCH).save(target)
    page = target.read_text(encoding="utf-8")
    assert ground.script in page
    local = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert {address.partition(":")[0] for address in local} == {"file"}
