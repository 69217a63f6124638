"""The main job, end to end, on the embedded territory."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.spec import Status, make_layer
from layers.territory import Level
from siting.domain import EntryKind, VerdictCode
from siting.pipeline import read, rescored, run
from siting.scenario import load_scenario, with_changes

HECTARE = 10_000

THEMES = [theme for theme, weight in load_scenario("base").weights.items() if weight]
# The first is judged far above the second, the second above the third, not the first above it.
AT_ODDS = {row: dict.fromkeys(THEMES[place + 1 :], 1) for place, row in enumerate(THEMES[:-1])}
AT_ODDS[THEMES[0]] |= {THEMES[1]: 9}
AT_ODDS[THEMES[1]] |= {THEMES[2]: 9}
LEVELS = [level for level in Level if level is not Level.SCOT]  # the scenario gives none


def part_of(file, positions):
    """The same file with some of its rows, in another order."""
    layer = file.layer
    data = layer.geo.iloc[positions].reset_index(drop=True)
    return replace(file, layer=make_layer(layer.spec, data, layer.provenance))


def test_the_thirty_demonstration_sites_get_a_verdict(demo_run):
    assert len(demo_run.sites) == 30
    assert not demo_run.rejected
    assert set(demo_run.verdicts) == set(demo_run.sites.index)
    assert demo_run.sites["name"].str.startswith("Démo ").all()
    # A demonstration that shows one verdict only shows nothing.
    assert len({verdict.code for verdict in demo_run.verdicts.values()}) >= 4
    assert all(verdict.reasons for verdict in demo_run.verdicts.values())


def test_the_demonstration_sites_tell_who_made_them_and_for_when(demo_file):
    stated = demo_file.layer.provenance
    assert (stated.status.value, stated.vintage) == ("demonstration", "2026")
    assert "demonstration" in stated.publisher
    assert stated.licence == "EUPL-1.2"


def test_classes_add_up_to_each_site(demo_run):
    sums = demo_run.land.areas_m2.sum(axis=1)
    gross = demo_run.sites["gross_area_m2"]
    assert ((sums - gross).abs() <= 1e-6 * gross).all()


def test_contributions_add_up_to_each_score(demo_run):
    known = demo_run.scores.total.notna()
    sums = demo_run.scores.contributions.sum(axis=1)
    assert (sums[known] == demo_run.scores.total[known]).all()
    assert demo_run.scores.total[known].between(0, 100).all()
    assert demo_run.scores.reliability.between(0, 1).all()
    assert demo_run.scores.reliability.min() < demo_run.scores.reliability.max()


@pytest.mark.parametrize("level", LEVELS)
def test_shares_add_up_at_every_level(demo_run, level):
    rows = demo_run.shares[demo_run.shares["level"] == level.value]
    by_site = rows.groupby("site_id")
    enaf = by_site["enaf_m2"].sum().reindex(demo_run.sites.index)
    known = demo_run.land.enaf_m2.notna()
    assert (enaf[known] == demo_run.land.enaf_m2[known]).all()
    inside = demo_run.sites["gross_area_m2"] - demo_run.land.outside_m2
    area = by_site["area_m2"].sum().reindex(demo_run.sites.index)
    assert ((area - inside).abs() <= 1e-5 * inside).all()


def test_the_ledger_takes_exactly_what_the_plan_posts(demo_run):
    before = demo_run.before.budgets(Level.REGION).loc["52"]
    after = demo_run.account.budgets(Level.REGION).loc["52"]
    planned = sum(part.planned_m2 for part in demo_run.plan.territories)
    assert before["planned_m2"] == 0
    assert after["planned_m2"] == planned
    assert before["remaining_m2"] - after["remaining_m2"] == planned
    entries = demo_run.account.ledger.entries
    posted = entries[entries["kind"] == EntryKind.PLANNED.value]
    assert set(posted["evidence"]) <= set(demo_run.plan.posted)
    for part in demo_run.plan.territories:
        row = demo_run.account.budgets(Level.EPCI).loc[part.code]
        assert row["planned_m2"] == part.planned_m2
        assert row["remaining_m2"] == part.remaining_after_m2


def test_published_totals_of_the_region(demo_run):
    """R29: more than 19,400 ha over 2011-2020, a ceiling of about 9,700 ha."""
    region = demo_run.before.budgets(Level.REGION).loc["52"]
    assert region["reference_m2"] == pytest.approx(19_400 * HECTARE, rel=0.005)
    assert region["budget_m2"] == pytest.approx(9_700 * HECTARE, rel=0.005)


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_adds_up_to_the_region_exactly(demo_run, level):
    region = demo_run.account.budgets(Level.REGION)
    table = demo_run.account.budgets(level)
    for column in (
        "reference_m2", "budget_m2", "observed_m2", "committed_m2", "planned_m2", "remaining_m2",
    ):  # fmt: skip
        assert table[column].sum() == region[column].sum()
    assert (
        table["remaining_m2"]
        == table["budget_m2"] - table["observed_m2"] - table["committed_m2"] - table["planned_m2"]
    ).all()


def test_the_number_of_territories(demo_run):
    counts = {level: len(demo_run.before.budgets(level)) for level in LEVELS}
    assert counts[Level.COMMUNE] == 1228
    assert counts[Level.EPCI] == 72  # 71 EPCI, and the communes without one
    assert counts[Level.DEPARTEMENT] == 5


def test_the_manifest_says_what_is_a_demonstration(demo_run):
    status = {layer.name: layer.status for layer in demo_run.manifest.layers}
    assert demo_run.manifest.demonstration
    assert status["enaf_flows"] is status["land_cover"] is status["sites"] is Status.DEMONSTRATION
    assert status["communes"] is Status.OBSERVED
    assert demo_run.manifest.ruleset_status == "in_force"


def results(result):
    """All that must not depend on the other rows, by site."""
    return pd.DataFrame(
        {
            "verdict": {k: v.code.value for k, v in result.verdicts.items()},
            "reasons": {k: [r.text() for r in v.reasons] for k, v in result.verdicts.items()},
            "score": result.scores.total,
            "reliability": result.scores.reliability,
            "enaf_m2": result.land.enaf_m2,
            **{name: result.land.areas_m2[name] for name in result.land.areas_m2},
            **{f"m_{name}": result.matrix[name] for name in result.matrix},
        }
    ).sort_index()


def test_results_do_not_depend_on_order_or_splitting(world, base, demo_file, demo_run):
    whole = results(demo_run)

    @settings(max_examples=5, deadline=None)
    @given(order=st.permutations(range(30)), cut=st.integers(1, 29))
    def holds(order, cut):
        shuffled = run(base, world, part_of(demo_file, list(order)))
        pd.testing.assert_frame_equal(whole, results(shuffled), check_exact=True)
        ranks = shuffled.scores.rank.reindex(demo_run.sites.index)
        pd.testing.assert_series_equal(ranks, demo_run.scores.rank)
        halves = [part_of(demo_file, list(part)) for part in (order[:cut], order[cut:])]
        parts = [results(run(base, world, half)) for half in halves]
        pd.testing.assert_frame_equal(whole, pd.concat(parts).sort_index(), check_exact=True)

    holds()


def test_another_scenario_changes_scores_and_not_areas(world, demo_file, demo_run):
    other = run(load_scenario("rail_freight"), world, demo_file)
    pd.testing.assert_series_equal(other.land.enaf_m2, demo_run.land.enaf_m2)
    assert (other.scores.total != demo_run.scores.total).any()
    assert other.manifest.scenario_hash != demo_run.manifest.scenario_hash


@pytest.mark.parametrize(
    "changes",
    [
        {"weights": {"land": 7.5, "access": 0.5}},
        {"title": "Autre", "criteria": {"distance_port_m": {"points": [[0, 1], [9_000, 0]]}}},
        {"ahp": {"source": "essai", "themes": AT_ODDS}},
    ],
    ids=["weights", "values", "priorities"],
)  # fmt: skip
def test_scoring_again_is_running_again(world, base, demo_file, demo_run, changes):
    scenario = with_changes(base, changes)
    again, whole = rescored(demo_run, scenario), run(scenario, world, demo_file)
    assert not again.scores.total.equals(demo_run.scores.total)
    for one in ("total", "rank", "reliability"):
        pd.testing.assert_series_equal(
            getattr(again.scores, one), getattr(whole.scores, one), check_exact=True
        )
    pd.testing.assert_frame_equal(again.scores.contributions, whole.scores.contributions)
    for one in ("scenario", "manifest", "gaps", "limits", "verdicts", "plan", "notes", "rejected"):
        assert getattr(again, one) == getattr(whole, one), one
    for one in (again, whole):
        pd.testing.assert_frame_equal(
            one.account.budgets(Level.COMMUNE), demo_run.account.budgets(Level.COMMUNE)
        )
    assert any(note.code == "ahp-inconsistent" for note in whole.notes) == ("ahp" in changes)


def test_what_changes_verdicts_is_not_scored_again_only(base, demo_run):
    for changes in ({"zan": {"ruleset": "zan-54-5"}}, {"sites": {"selected": []}}, {"id": "x"}):
        with pytest.raises(ValueError, match="another run"):
            rescored(demo_run, with_changes(base, changes))


def test_a_heavier_rate_never_improves_a_verdict(world, base, demo_file, demo_run):
    zan = base.zan.model_copy(update={"ruleset": "zan-54-5"})
    stricter = run(base.model_copy(update={"zan": zan}), world, demo_file)
    order = [VerdictCode.COMPATIBLE, VerdictCode.COMPATIBLE_WITH_POOLING, VerdictCode.OVER_BUDGET]
    for site_id, verdict in demo_run.verdicts.items():
        if verdict.code in order:
            assert order.index(stricter.verdicts[site_id].code) >= order.index(verdict.code)


def test_the_real_brownfields_all_get_an_answer(world, base, open_data):
    """1,255 points of January 2023: each is scored, or rejected with its reason."""
    path = open_data / "pays-de-la-loire" / "cartofriches_2023-01.csv"
    file = read(path, world)
    result = run(base, world, file)
    rejected = {p.row for p in result.rejected}
    assert len(result.sites) + len(rejected) == result.row_count == 1255
    assert rejected.isdisjoint(result.sites["row"])
    discs = result.sites["geometry_origin"] == "disc"
    assert discs.all()
    assert (
        (result.sites["gross_area_m2"] - result.sites["declared_area_m2"]).abs()
        <= 1e-6 * result.sites["declared_area_m2"]
    ).all()
    sums = result.land.areas_m2.sum(axis=1)
    assert ((sums - result.sites["gross_area_m2"]).abs() <= 1e-3 * sums).all()
    assert len(result.verdicts) == len(result.sites)


def test_a_site_across_two_epci_is_shared_and_told(demo_run):
    epci = demo_run.shares[demo_run.shares["level"] == Level.EPCI.value]
    across = epci.groupby("site_id").size()
    assert (across >= 2).any()
    for site_id, count in across.items():
        codes = [reason.code for reason in demo_run.verdicts[site_id].reasons]
        assert ("several-epci" in codes) == (count >= 2)


def test_sites_keep_their_geometry(demo_run):
    assert isinstance(demo_run.sites, gpd.GeoDataFrame)
    assert demo_run.sites.crs.to_epsg() == 2154
