import pandas as pd
import pytest

from siting.criteria import CRITERIA
from siting.reliability import important_gaps
from siting.scenario import load_scenario, scenario_names, weights, with_changes

BASE = load_scenario("base")


def points(**known):
    """Contributions of two sites: all known but what is given as ``None``."""
    frame = pd.DataFrame(1.0, index=["S0", "S1"], columns=list(CRITERIA))
    return frame.assign(**{name: [1.0, None] for name in known})


def test_important_criteria_that_are_not_known_are_told_the_heaviest_first():
    gaps = important_gaps(points(months_to_works=None, budget_pressure=None), BASE)
    assert gaps["S0"] == ()
    names = [gap.figures["name"] for gap in gaps["S1"]]
    own = weights(BASE)[names]
    assert set(names) == {"months_to_works", "budget_pressure"}
    assert own.is_monotonic_decreasing
    first = gaps["S1"][0]
    assert first.code == "criterion-unknown"
    assert first.figures["weight"] == pytest.approx(2 / 13 * 3 / 4)  # readiness 2 of 13; 3 of 4
    assert (
        first.text()
        == "“Months until works can start” is not known; its weight in the score is 12 %"
    )


def test_a_criterion_of_little_weight_is_not_told():
    light = weights(BASE)["brownfield"]
    assert light < BASE.reliability.important_weight
    assert important_gaps(points(brownfield=None, land_stage=None), BASE)["S1"] == ()
    lower = with_changes(BASE, {"reliability": {"important_weight": light}})
    names = [gap.figures["name"] for gap in important_gaps(points(brownfield=None), lower)["S1"]]
    assert names == ["brownfield"]


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_has_important_criteria(name):
    scenario = load_scenario(name)
    nothing = pd.DataFrame(None, index=["S0"], columns=list(CRITERIA), dtype="float64")
    told = important_gaps(nothing, scenario)["S0"]
    own = weights(scenario)
    assert len(told) == (own >= scenario.reliability.important_weight).sum() >= 3


def test_no_site_has_no_gap():
    assert important_gaps(points().iloc[:0], BASE) == {}
