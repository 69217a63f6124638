"""Budgets of all France: processor time of each step after loading, and the floor.

Run ``python benchmarks/budgets.py``; ``--help`` tells the sizes. Communes are synthetic: as
many as France has, with as many EPCI, départements and régions, a yearly area for each use,
a rate of its own for each region and one EPCI in ten, one commune in a hundred unknown, a
planning document that opens the guarantee of 1 ha (R9) in nine communes in ten. The floor is
one sum by commune of the same rows: no way to make a budget reads them in less. The best of
the rounds counts. The steps run on one core: their processor time is what a quiet machine
takes. The target is 2 s for all the steps, floor left out.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from layers.artificialised_land import ENAF_FLOWS, USES
from layers.spec import Layer, Provenance, Status, make_layer
from siting.zan.account import observed_ledger
from siting.zan.budget import Target, commune_budgets, sum_budgets
from siting.zan.guarantee import Guarantee, PlanningDocument, load_parameters
from siting.zan.ruleset import load_ruleset
from siting.zan.trajectory import trajectories

TARGET_S = 2.0
FLOOR = "floor: one sum by commune"
LEVELS = {"epci": 1_250, "departement": 100, "region": 18}
AREAS = ["area_m2", *(f"{use}_m2" for use in USES)]
SOURCE = Provenance("siting", "synthetic", "2011-2025", "EUPL-1.2", Status.DEMONSTRATION)


@dataclass
class Clock:
    """Seconds of each step, the best of the rounds, in the order they are met."""

    seconds: dict[str, float] = field(default_factory=dict)

    def time(self, name: str, step: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = step()
        spent = time.process_time() - start
        self.seconds[name] = min(spent, self.seconds.get(name, spent))
        return result


def territory(count: int) -> pd.DataFrame:
    """Return the parents of each commune: every level nests in the one above."""
    codes = pd.Index([f"{rank:05}" for rank in range(count)], name="code")
    rank = np.arange(count)
    return pd.DataFrame(
        {level: [f"{level[0]}{n:04}" for n in rank * size // count]
         for level, size in LEVELS.items()},
        index=codes,
    )  # fmt: skip


def flows(codes: pd.Index, years: int, rng: np.random.Generator) -> Layer:
    """Return areas by commune, year and use, skewed as real ones; 1 % of communes unknown."""
    rows = len(codes) * years
    uses = rng.gamma(0.3, 2_500, (rows, len(USES))).astype("int64")
    table = pd.DataFrame(uses, columns=[f"{use}_m2" for use in USES])
    table.insert(0, "area_m2", uses.sum(axis=1))
    table = table.astype("Int64")
    table.loc[rng.choice(rows, len(codes) // 100, replace=False), :] = pd.NA
    table.insert(0, "year", np.tile(np.arange(2011, 2011 + years), len(codes)))
    table.insert(0, "code", np.repeat(codes.to_numpy(), years))
    return make_layer(ENAF_FLOWS, table, SOURCE)


def targets(parents: pd.DataFrame) -> dict[str, Target]:
    """Return a rate for each region, and one of its own for one EPCI in ten."""
    regions = sorted(set(parents["region"]))
    own = sorted(set(parents["epci"]))[::10]
    found = {
        code: Target("region", Fraction(480 + 5 * n, 1_000), "own", f"SRADDET {code}")
        for n, code in enumerate(regions)
    }
    return found | {
        code: Target("epci", Fraction(450 + n % 150, 1_000), "own", f"SCoT {code}")
        for n, code in enumerate(own)
    }


def guarantee(codes: pd.Index) -> Guarantee:
    """Return what opens a floor in nine communes in ten."""
    plan = PlanningDocument("PLU", "approuvé", dt.date(2020, 1, 1), "synthetic")
    documents = {code: plan for rank, code in enumerate(codes) if rank % 10}
    return Guarantee(documents, {}, frozenset(), "bonus", load_parameters())


def one_round(layer: Layer, parents: pd.DataFrame, clock: Clock) -> pd.DataFrame:
    """Time every step once; return the budgets of the regions."""
    rules, rates, floors = load_ruleset("zan-50"), targets(parents), guarantee(parents.index)
    clock.time(FLOOR, lambda: summed(layer.data))
    ledger = clock.time(
        "observed_ledger",
        lambda: observed_ledger(
            layer.data, source="synthetic", reference=rules.reference, period=rules.period
        ),
    )
    communes = clock.time(
        "commune_budgets, with floors",
        lambda: commune_budgets(ledger, parents, rules, targets=rates, guarantee=floors),
    )
    levels = {"commune": pd.Series(parents.index, index=parents.index), **parents}
    budgets = {
        level: clock.time(
            f"sum_budgets, {codes.nunique():,} {level}",
            lambda level=level, codes=codes: sum_budgets(communes, codes, level=level),
        )
        for level, codes in levels.items()
    }
    clock.time(
        f"trajectories, {len(budgets['epci']):,} epci",
        lambda: trajectories(ledger, rules, budgets["epci"], parents["epci"]),
    )
    return budgets["region"]


def summed(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the areas by commune: the floor."""
    return rows.groupby("code")[AREAS].sum()


def report(clock: Clock) -> None:
    floor = clock.seconds[FLOOR]
    counted = sum(clock.seconds.values()) - floor
    print(f"{'step':<30} {'seconds':>8} {'× floor':>8}")
    for name, seconds in [*clock.seconds.items(), ("all but the floor", counted)]:
        print(f"{name:<30} {seconds:>8.3f} {seconds / floor:>8.1f}")
    print(f"target {TARGET_S} s: {'held' if counted < TARGET_S else 'MISSED'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--communes", type=int, default=35_000)
    parser.add_argument("--years", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    parents = territory(options.communes)
    layer = flows(parents.index, options.years, np.random.default_rng(20261123))
    print(f"{len(layer.data):,} rows, {len(USES)} uses, best of {options.rounds}")
    clock = Clock()
    for _ in range(options.rounds):
        regions = one_round(layer, parents, clock)
    report(clock)
    print(f"regions with an unknown commune: {int((regions['unknown_communes'] > 0).sum())}")


if __name__ == "__main__":
    main()
