"""How far the ranks of a run depend on weights, thresholds and method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from layers.errors import N_
from siting.criteria import CRITERIA
from siting.opinions import Opinions, second_opinions
from siting.pipeline import Run
from siting.scenario import Scenario, weights
from siting.scoring import values
from siting.sensitivity.acceptability import (
    CONCENTRATION,
    DRAWS,
    SEED,
    TOP,
    Acceptability,
    rank_acceptability,
    weights_around,
)
from siting.sensitivity.place import smallest_changes
from siting.sensitivity.thresholds import ALL, SHARE, ThresholdShifts, threshold_shifts
from siting.world import Progress

__all__ = [
    "ALL",
    "CONCENTRATION",
    "DRAWS",
    "SEED",
    "SHARE",
    "TOP",
    "Acceptability",
    "Sensitivity",
    "ThresholdShifts",
    "analyse",
    "rank_acceptability",
    "smallest_changes",
    "threshold_shifts",
    "weights_around",
]


STEPS: Final = (
    N_("Drawing weights"),
    N_("Looking for the smallest changes of weight"),
    N_("Moving the thresholds"),
    N_("Asking second opinions"),
)
"""Steps of an analysis, as its progress tells them."""


@dataclass(frozen=True, eq=False, slots=True)
class Sensitivity:
    """All that is known of the stability of the ranks of a run.

    Parameters
    ----------
    weights
        Weight of each criterion in the scenario.
    concentration, seed
        How the weights were drawn.
    acceptability
        Ranks over the draws of weights.
    criterion_change, theme_change
        Smallest change of the weight of one criterion, of one theme, that makes a site lose its
        place: see :func:`siting.sensitivity.place.smallest_changes`.
    shifts
        Ranks under moved thresholds.
    opinions
        What other methods say.
    """

    weights: pd.Series
    concentration: float
    seed: int
    acceptability: Acceptability
    criterion_change: pd.DataFrame
    theme_change: pd.DataFrame
    shifts: ThresholdShifts
    opinions: Opinions


def analyse(
    run: Run,
    *,
    draws: int = DRAWS,
    concentration: float = CONCENTRATION,
    seed: int = SEED,
    top: int = TOP,
    progress: Progress | None = None,
) -> Sensitivity:
    """Analyse how far the ranks of a run hold.

    Parameters
    ----------
    run
        The run.
    draws, concentration, seed
        As in :func:`siting.sensitivity.acceptability.weights_around`.
    top
        Largest rank that counts as a top one.
    progress
        Told the step at hand.

    Returns
    -------
    Sensitivity
        On the sites of the run.
    """
    told = progress or (lambda _step, _share: None)
    told(STEPS[0], 0.0)
    scenario = run.scenario
    valued = values(run.matrix, scenario)
    own = weights(scenario)[valued.columns]
    rank = run.scores.rank
    drawn = weights_around(own, draws=draws, concentration=concentration, seed=seed)
    acceptability = rank_acceptability(valued, drawn, top=top)
    told(STEPS[1], 0.25)
    criterion_change = smallest_changes(valued, own, rank, {name: [name] for name in own.index})
    theme_change = smallest_changes(valued, own, rank, _themes(scenario, own))
    told(STEPS[2], 0.5)
    shifts = threshold_shifts(run.matrix, scenario, top=top)
    told(STEPS[3], 0.75)
    return Sensitivity(
        weights=own,
        concentration=concentration,
        seed=seed,
        acceptability=acceptability,
        criterion_change=criterion_change,
        theme_change=theme_change,
        shifts=shifts,
        opinions=second_opinions(valued, own, rank),
    )


def _themes(scenario: Scenario, own: pd.Series) -> dict[str, list[str]]:
    themes: dict[str, list[str]] = {theme: [] for theme in scenario.weights}
    for name in own.index:
        themes[CRITERIA[name].theme].append(name)
    return themes
