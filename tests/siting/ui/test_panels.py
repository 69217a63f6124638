"""The panels as text: figures of the run, in the language, escaped. No browser."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from html import unescape
from itertools import chain

import pandas as pd
import pytest

from layers.territory import Level
from siting.domain import VerdictCode
from siting.i18n import translator
from siting.labels import hectares, number, percent
from siting.maps import map_view
from siting.pipeline import run
from siting.scenario import with_changes
from siting.scoring import values
from siting.ui.carte import header
from siting.ui.data import file_name
from siting.ui.filters import AREAS, ready_years, shown_sites
from siting.ui.html import alert, bar, plain, section
from siting.ui.ledger import ledger, ledger_table, lines_of
from siting.ui.measures import area_text, measure_text, site_points
from siting.ui.site_panel import site_sheet
from siting.ui.table import site_table
from siting.ui.territory_panel import (
    OUTSIDE,
    budget_row,
    closest,
    exceeded,
    figures,
    gauge,
    overview,
    sites_in,
    territory_sheet,
    together_box,
)
from siting.ui.view import View

FRENCH, ENGLISH = translator("fr"), translator("en")
EVIL = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def text_of(markup):
    """What is read, without the tags."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", markup)).split())


def tells(text, area_m2):
    """Whether a text tells an area, with as many decimals as its table needs."""
    forms = (area_text(area_m2, FRENCH, decimals=n) for n in range(1, 5))
    return any(" ".join(form.split()) in text for form in forms)


def told_ha(markup):
    """Hectares of the rows of a table of a panel, as they read; what is too small reads as none."""
    cells = re.findall(r"<td>([^<]*)\xa0ha", str(markup))
    known = (re.sub(r"\s", "", one).replace(",", ".").replace("−", "-") for one in cells)
    return [Decimal(0 if one.startswith("&lt;") else one) for one in known]


# --- Site -------------------------------------------------------------------------------


def test_each_raw_measure_stands_beside_its_value(demo_run):
    valued = values(demo_run.matrix, demo_run.scenario)
    for site_id in demo_run.sites.index[:5]:
        sheet = site_sheet(demo_run, site_id, ENGLISH)
        rows = dict(re.findall(r'<tr data-criterion="(\w+)">.*?<small>(.*?)</small>', sheet))
        known = [one for one in site_points(demo_run, site_id) if one.points is not None]
        assert set(rows) == {one.criterion.name for one in known if one.most > 0}
        for one in known:
            measure, value = unescape(rows[one.criterion.name]).rsplit(" · value ", 1)
            assert measure == measure_text(one.criterion, one.measure, ENGLISH)
            assert float(value) == pytest.approx(valued[one.criterion.name][site_id], abs=0.0051)


def test_points_add_up_to_the_score_and_what_they_could_be_to_100(demo_run):
    for site_id in demo_run.sites.index:
        points = site_points(demo_run, site_id)
        total = sum(one.points for one in points if one.points is not None)
        assert total == pytest.approx(demo_run.scores.total[site_id])
        assert sum(one.most for one in points) == pytest.approx(100)
        assert all(one.points <= one.most + 1e-9 for one in points if one.points is not None)


@pytest.mark.parametrize("code", list(VerdictCode))
def test_the_sheet_tells_the_verdict_in_words(demo_run, code):
    for site_id, verdict in demo_run.verdicts.items():
        if verdict.code is code:
            sheet = text_of(site_sheet(demo_run, site_id, FRENCH))
            for reason in verdict.reasons:
                assert " ".join(reason.text(FRENCH)[1:].split()) in sheet
            return


@pytest.mark.parametrize("status", ["estimated", "declared", None])
def test_the_sheet_tells_the_jobs_expected_and_what_they_rest_on(demo_run, status):
    site_id = demo_run.sites.index[0]
    figures = [70.0, 150.0, 240.0] if status else [None] * 3
    jobs = demo_run.jobs.copy()
    jobs.loc[site_id] = [*figures, status]
    sheet = text_of(site_sheet(replace(demo_run, jobs=jobs), site_id, ENGLISH))
    told = {"estimated": "Between 70 and 240", "declared": "150", None: "Neither jobs nor"}
    assert told[status] in sheet
    assert ("working hypothesis" in sheet) == (status == "estimated")


def test_the_sheet_tells_the_figures_of_the_run(demo_run):
    site_id = next(k for k, v in demo_run.verdicts.items() if v.code is VerdictCode.OVER_BUDGET)
    sheet = text_of(site_sheet(demo_run, site_id, FRENCH))
    areas = demo_run.land.areas_m2.loc[site_id]
    for area_m2 in areas[areas >= 1]:
        assert tells(sheet, area_m2)
    score = number(demo_run.scores.total[site_id], FRENCH, decimals=1)
    assert f"Note : {score} sur 100" in sheet
    epci = demo_run.shares[
        (demo_run.shares["site_id"] == site_id) & (demo_run.shares["level"] == "epci")
    ]
    left = demo_run.before.budgets(Level.EPCI)["remaining_m2"]
    for code, name in zip(epci["code"], epci["name"], strict=True):
        assert name in sheet
        assert tells(sheet, left[code])


def test_the_figures_of_a_sheet_add_up_as_they_read(demo_run):
    for site_id in demo_run.verdicts:
        sheet = str(site_sheet(demo_run, site_id, FRENCH))
        [budgets] = re.findall(r"<h3><span>Budget ZAN.*?</section>", sheet)
        own = iter(told_ha(budgets))
        for taken, before, after in zip(own, own, own, strict=True):
            assert before - taken == after


def test_what_is_not_known_is_named(demo_run):
    least = demo_run.scores.reliability.idxmin()
    unknown = [one for one in site_points(demo_run, least) if one.points is None]
    assert unknown
    sheet = text_of(site_sheet(demo_run, least, FRENCH))
    assert all(FRENCH(one.criterion.title) in sheet for one in unknown)
    assert " ".join(percent(demo_run.scores.reliability[least], FRENCH).split()) in sheet


def test_what_the_edge_of_the_territory_bounds_is_told(demo_run):
    near = next(site for site, limits in demo_run.limits.items() if len(limits) == 3)
    sheet = text_of(site_sheet(demo_run, near, FRENCH))
    told = (" ".join(limit.text(FRENCH).split()) for limit in demo_run.limits[near])
    assert all(f"{limit}." in sheet for limit in told)
    far = demo_run.bounds.edge_m.idxmax()
    assert "s’arrête à moins" not in text_of(site_sheet(demo_run, far, FRENCH))


def test_confidential_sites_bear_their_badge(demo_run):
    for site_id, level in demo_run.sites["confidentiality"].items():
        shown = "sg-confidential" in site_sheet(demo_run, site_id, FRENCH)
        assert shown == (level != "public")


def test_values_of_the_file_are_escaped(demo_run):
    sites = demo_run.sites.copy()
    site_id = sites.index[0]
    for column in ("name", "source", "readiness_land", "available_from"):
        sites.loc[site_id, column] = EVIL
    shares = demo_run.shares.assign(name=EVIL)
    run = replace(demo_run, sites=sites, shares=shares)
    code = shares.loc[shares["level"] == "epci", "code"].iloc[0]
    for sheet in (site_sheet(run, site_id, FRENCH), territory_sheet(run, code, FRENCH)):
        assert "<img" not in sheet
        assert "<script" not in sheet
    assert "&lt;img" in site_sheet(run, site_id, FRENCH)
    for piece in (alert(EVIL, [EVIL]), section(EVIL, bar([]), aside=EVIL)):
        assert "<img" not in piece


@pytest.mark.parametrize(
    "name", ["[a](http://x)", "![a](//x/y.png)", "<img src=x>", "*a* `b` $c$ :red[d] # e", "a\\b"]
)
def test_markdown_of_names_is_escaped(name):
    special = re.sub(r"\\(.)", "", plain(name))
    assert not set(special) & set("[]()<>*`$#:!\\")
    assert re.sub(r"\\(.)", r"\1", plain(name)) == name


# --- Territory --------------------------------------------------------------------------


def test_the_sheet_of_an_epci_tells_its_budget(demo_run):
    table = demo_run.account.budgets(Level.EPCI)
    for code, row in table.iterrows():
        sheet = text_of(territory_sheet(demo_run, code, FRENCH))
        assert row["name"] in sheet
        amounts = ("reference_m2", "budget_m2", "observed_m2", "planned_m2", "remaining_m2")
        for name in amounts:
            assert tells(sheet, row[name])
        assert "démonstration" in sheet


@pytest.mark.parametrize("level", [Level.EPCI, Level.DEPARTEMENT, Level.REGION])
def test_the_figures_of_a_territory_add_up_as_they_read(demo_run, level):
    account = demo_run.account
    for code in account.codes(level).unique():
        table = told_ha(figures(account, budget_row(account, level, code), FRENCH))
        _reference, budget, *taken, remains = table
        assert budget - sum(taken) == remains
        *own, total = told_ha(ledger(lines_of(account, level, code), FRENCH))
        assert sum(own) == total


def test_the_figures_of_the_header_add_up_as_they_read(demo_run):
    told = re.findall(r"<dd>([\d\s,]+)", str(header(demo_run, FRENCH)))
    budget, used, planned, remains = (
        Decimal(re.sub(r"\s", "", one).replace(",", ".")) for one in told
    )
    assert budget - used - planned == remains


def test_an_epci_partly_outside_the_region_says_so(demo_run):
    table = demo_run.account.budgets(Level.EPCI)
    told = FRENCH(OUTSIDE)
    assert not table["complete"].all()
    for code, complete in table["complete"].items():
        assert (told in text_of(territory_sheet(demo_run, code, FRENCH))) == (not complete)


BAND = Fraction(1, 5)
ROW = {"budget_m2": 100, "used_m2": 60, "committed_m2": 10, "planned_m2": 5, "observed_m2": 55}
# 55 observed, 5 of which were deducted: 50 count.


def test_the_gauge_shows_what_is_used_of_the_budget():
    row = ROW
    drawn = gauge(row, ENGLISH, tolerance=BAND)
    assert text_of(drawn).startswith("65 % of the budget")
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", drawn)]
    assert widths == pytest.approx([40, 8, 4])  # of a bar of 125 % of the budget
    assert "120 %" in text_of(gauge(row, FRENCH, tolerance=BAND))


def test_the_gauge_has_no_band_where_the_rule_set_has_none():
    drawn = gauge(ROW, ENGLISH, tolerance=Fraction(0))
    widths = [float(width) for width in re.findall(r"width:([\d.]+)%", drawn)]
    assert widths == pytest.approx([part / 1.05 for part in (50, 10, 5)], abs=0.01)
    assert len(re.findall("<i style", drawn)) == 2  # the mark of the budget and its label
    assert "band" not in drawn


def test_no_band_is_told_under_a_rule_set_that_has_none(world, base, demo_file):
    trace = run(with_changes(base, {"zan": {"ruleset": "trace-2024-2034"}}), world, demo_file)
    code = trace.account.territory.codes(Level.EPCI)[0]
    assert "Bande" not in text_of(territory_sheet(trace, code, FRENCH))
    labels = [one["label"] for one in map_view(trace, world, FRENCH)["classes"]]
    assert labels[3].split() == ["100", "à", "120", "%"]


@pytest.mark.parametrize("missing", ["budget_m2", "used_m2"])
def test_there_is_no_gauge_without_figures(missing):
    row = ROW
    assert "sg-bar" not in gauge(row | {missing: pd.NA}, FRENCH, tolerance=BAND)
    assert "sg-bar" not in gauge(row | {"budget_m2": 0}, FRENCH, tolerance=BAND)


def test_the_epci_that_lack_land_are_told_first(demo_run):
    excesses = [part.remaining_after_m2 for part in exceeded(demo_run)]
    assert excesses == sorted(excesses)
    assert all(left < 0 for left in excesses)
    shares = [share for _code, _name, share in closest(demo_run.before, 100)]
    assert shares == sorted(shares, reverse=True)
    assert len(closest(demo_run.before, 5)) == 5


@pytest.mark.parametrize("ids", [["DEMO-49-02"], ["DEMO-49-02", "DEMO-72-01"]])
def test_the_whole_set_tells_the_epci_that_lack_land_where_there_are_some(
    base, world, demo_file, ids
):
    run_of = run(with_changes(base, {"sites": {"selected": ids}}), world, demo_file)
    told = str(together_box(run_of, ENGLISH))
    assert ("EPCI that lack land" in told) is bool(exceeded(run_of))
    assert f"Sites charged: {len(ids)}, to " in told


def test_the_region_is_the_sum_of_its_epci(demo_run):
    total = demo_run.before.budgets(Level.EPCI)["budget_m2"].sum()
    told = " ".join(hectares(total, FRENCH, decimals=0).split())
    for markup in (header(demo_run, FRENCH), overview(demo_run, "52", FRENCH)):
        assert told in text_of(markup)


# --- Table and filters ------------------------------------------------------------------


def test_the_table_holds_the_figures_of_the_run(demo_run):
    ordered = list(demo_run.scores.rank.sort_values().index)
    table = site_table(demo_run, ordered, ENGLISH)
    assert list(table.index) == ordered
    assert table["Rank"].is_monotonic_increasing
    assert (table["Score"] == demo_run.scores.total[ordered]).all()
    assert (table["Area (ha)"] * 10_000).sum() == pytest.approx(
        demo_run.sites["gross_area_m2"].sum()
    )


def test_filters_keep_the_sites_they_say(demo_run):
    everything = list(demo_run.sites.index)
    assert shown_sites(demo_run, View()) == everything
    over = shown_sites(demo_run, View(verdicts=(VerdictCode.OVER_BUDGET,)))
    assert over == [
        key for key in everything if demo_run.verdicts[key].code is VerdictCode.OVER_BUDGET
    ]
    parts = [shown_sites(demo_run, View(departements=(d,))) for d in ("44", "49", "53", "72", "85")]
    assert set().union(*parts) == set(everything)
    assert shown_sites(demo_run, View(departements=("99",))) == []


def test_the_classes_of_area_hold_each_site_once(demo_run):
    parts = [shown_sites(demo_run, View(areas=(name,))) for name in AREAS]
    assert sorted(chain.from_iterable(parts)) == sorted(demo_run.sites.index)
    area_ha = demo_run.sites["gross_area_m2"] / 10_000
    assert set(parts[0]) == set(area_ha.index[area_ha < 5])
    assert shown_sites(demo_run, View(areas=("5-20", "20-50"))) == [
        key for key in demo_run.sites.index if 5 <= area_ha[key] < 50
    ]


def test_a_site_is_kept_by_the_year_its_works_may_start(demo_run):
    years = ready_years(demo_run)
    told = demo_run.sites["works_start_year"].dropna()
    assert (years[told.index] == told).all()
    for year in (2026, 2030):
        assert set(shown_sites(demo_run, View(ready=year))) == set(
            years.index[years.notna() & (years <= year).fillna(value=False)]
        )


def test_filters_hold_together(demo_run):
    both = View(verdicts=(VerdictCode.OVER_BUDGET,), departements=("53",))
    kept = [set(shown_sites(demo_run, replace(View(), **{n: getattr(both, n)})))
            for n in ("verdicts", "departements")]  # fmt: skip
    assert set(shown_sites(demo_run, both)) == kept[0] & kept[1]


# --- Ledger -----------------------------------------------------------------------------


@pytest.mark.parametrize("level", [Level.EPCI, Level.COMMUNE, Level.ZONE_EMPLOI, Level.REGION])
def test_the_ledger_of_a_sheet_ends_on_what_remains(demo_run, level):
    account = demo_run.account
    table = account.budgets(level)
    planned = table.index[table["planned_m2"] > 0][0]
    lines = lines_of(account, level, planned)
    told = text_of(ledger(lines, FRENCH))
    assert tells(told.partition(FRENCH("Remains"))[2], table["remaining_m2"][planned])
    rows = ledger_table(account, lines, FRENCH)
    counted = rows[rows[FRENCH("Counted here")] == FRENCH("yes")]
    assert counted[FRENCH("Hectares")].sum() * 10_000 == pytest.approx(
        int(table["remaining_m2"][planned])
    )
    assert set(sites_in(demo_run, level, planned)["site_id"]) <= set(demo_run.sites.index)


def test_a_sheet_is_made_for_every_level(demo_run):
    for level in (Level.COMMUNE, Level.DEPARTEMENT, Level.ZONE_EMPLOI):
        code = demo_run.account.territory.codes(level)[0]
        sheet = text_of(territory_sheet(demo_run, code, ENGLISH, level=level))
        assert demo_run.account.territory.name(level, code) in sheet
        assert code in sheet


# --- Names of uploaded files ------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("sites.gpkg", "sites.gpkg"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\a.csv", "a.csv"),
        ("..", "sites"),
        ("", "sites"),
        ("été 2026.geojson", "été 2026.geojson"),
        ("a\x00b\n.csv", "ab.csv"),
        ("x" * 400 + ".gpkg", "x" * 95 + ".gpkg"),
    ],
)
def test_a_file_name_cannot_leave_its_folder(told, kept):
    assert file_name(told) == kept


def test_the_ledger_names_its_sources_in_the_language(demo_run):
    region = demo_run.account.territory.codes(Level.REGION)[0]
    lines = lines_of(demo_run.account, Level.REGION, region)
    sources = set(ledger_table(demo_run.account, lines, FRENCH)["Source"])
    assert any(one.startswith("siting (données de démonstration), ") for one in sources)
    assert "scénario base" in sources
    assert "demonstration data" not in ledger(lines, FRENCH)
