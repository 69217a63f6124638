import numpy as np
import pytest

from layers.site_table import (
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
)
from siting.criteria.inputs import NEVER_SERVICED, READINESS_STAGES
from siting.criteria.readiness import (
    commercial_stage,
    environment_stage,
    land_stage,
    months_to_works,
    planning_stage,
    servicing_stage,
)

READY = {
    "readiness_land": "maîtrisé",
    "readiness_planning": "U",
    "readiness_environment": "purgé de tout recours",
    "readiness_servicing": "viabilisé et aménagé",
}


@pytest.mark.parametrize(
    ("changed", "months"),
    [
        ({}, 3),  # the permit alone
        ({"readiness_land": "à acquérir"}, 24),  # side by side: the longest
        ({"readiness_land": "à acquérir", "readiness_planning": "A"}, 39),
        ({"readiness_environment": "instruction en cours"}, 9),
        ({"readiness_servicing": "non aménagé, non viabilisé"}, 3 + 18),  # one after the other
        ({"readiness_land": None}, np.nan),
        ({"readiness_servicing": None}, np.nan),
        ({"readiness_servicing": "non aménageable"}, np.nan),
    ],
)
def test_months_to_works(make_inputs, changed, months):
    found = months_to_works(make_inputs(READY | changed))
    assert found.tolist() == pytest.approx([months], nan_ok=True)


def test_every_stage_of_the_site_table_has_a_delay():
    serviced = tuple(stage for stage in SERVICING_STAGES if stage != NEVER_SERVICED)
    expected = (LAND_STAGES, PLANNING_STAGES, ENVIRONMENT_STAGES, serviced)
    assert tuple(READINESS_STAGES.values()) == expected


def test_land_stage(make_inputs):
    found = land_stage(make_inputs(READY, {}))
    assert (found["S0"], found.isna()["S1"]) == ("maîtrisé", True)


def test_planning_stage(make_inputs):
    assert planning_stage(make_inputs(READY)).tolist() == ["U"]


def test_environment_stage(make_inputs):
    assert environment_stage(make_inputs(READY)).tolist() == ["purgé de tout recours"]


def test_servicing_stage(make_inputs):
    assert servicing_stage(make_inputs(READY)).tolist() == ["viabilisé et aménagé"]


def test_commercial_stage(make_inputs):
    found = commercial_stage(make_inputs({"readiness_commercial": "en vente"}))
    assert found.tolist() == ["en vente"]
