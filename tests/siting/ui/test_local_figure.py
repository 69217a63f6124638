"""A local figure entered beside the national one: what it does to the account. No browser."""

from types import SimpleNamespace

import pandas as pd
import pytest

from layers.territory import Level
from siting.domain import Period
from siting.i18n import translator
from siting.pipeline import run
from siting.scenario import with_values
from siting.ui.local_figure import communes, covered, figures_beside, national_m2, with_figure

ENGLISH = translator("en")
NANTES = "44109"
ENTERED = {
    "territory": NANTES, "first": 2021, "last": 2024, "area_m2": 100_000,
    "evidence": "MOS 2024", "source": "<b>AURAN</b>",
}  # fmt: skip


@pytest.fixture(scope="module")
def corrected(base, world, demo_file):
    return run(
        with_values(base, {("local_figures",): with_figure(base, ENTERED)}), world, demo_file
    )


def test_the_spans_are_the_reference_and_what_is_observed(demo_run):
    assert covered(demo_run) == [Period(2011, 2020), Period(2021, 2024)]


def test_the_national_figure_is_the_sum_of_its_years(demo_run):
    flows = demo_run.before.flows.data
    own = flows[(flows["code"] == NANTES) & flows["year"].between(2021, 2024)]["area_m2"]
    assert len(own) == 4
    assert national_m2(demo_run, NANTES, Period(2021, 2024)) == own.sum()
    assert national_m2(demo_run, NANTES, Period(2021, 2090)) is None
    assert national_m2(demo_run, "99999", Period(2021, 2024)) is None


def test_the_local_figure_is_counted_in_place_of_the_national_one(demo_run, corrected):
    before = demo_run.account.budgets(Level.COMMUNE).loc[NANTES]
    after = corrected.account.budgets(Level.COMMUNE).loc[NANTES]
    change_m2 = ENTERED["area_m2"] - national_m2(demo_run, NANTES, Period(2021, 2024))
    assert after["used_m2"] - before["used_m2"] == change_m2
    assert after["observed_m2"] == before["observed_m2"]  # the national one stays shown


def test_both_are_shown_with_evidence_and_source(demo_run, corrected):
    context = SimpleNamespace(run=corrected, scenario=corrected.scenario, translate=ENGLISH)
    markup = str(figures_beside(context, NANTES, covered(corrected)))
    national = national_m2(demo_run, NANTES, Period(2021, 2024)) / 10_000
    assert f"{national:.1f}" in markup
    assert "10.0" in markup
    assert "MOS 2024 ; &lt;b&gt;AURAN&lt;/b&gt;" in markup


def test_a_figure_takes_the_place_of_that_of_the_same_years(corrected):
    again = with_figure(corrected.scenario, {**ENTERED, "area_m2": 5})
    assert [one["area_m2"] for one in again] == [5]
    other = with_figure(corrected.scenario, {**ENTERED, "territory": "44162"})
    assert [one["territory"] for one in other] == [NANTES, "44162"]


def test_every_commune_may_have_one(demo_run, world):
    assert sorted(communes(demo_run).values()) == sorted(world.territory.codes(Level.COMMUNE))
    assert pd.Index(communes(demo_run)).is_unique
