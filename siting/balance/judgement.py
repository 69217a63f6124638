"""The judgement: every indicator in every case, with the status of what it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from layers.errors import N_
from layers.titles import LAYER_TITLES
from siting.balance.amounts import concentration_indicators, total_indicators
from siting.balance.equality import equality_indicators
from siting.balance.model import (
    Balance,
    Case,
    CaseKey,
    Figure,
    Ground,
    Indicator,
    Result,
    least_sure,
)
from siting.balance.pooling import POOLING_INDICATORS
from siting.balance.reach import PLACE_INDICATORS, rural_indicators
from siting.domain import LayerUse, Reason

LAYER_MISSING = N_("the layer “{name}” is not loaded")

INDICATORS: Final[Mapping[str, Indicator]] = MappingProxyType(
    {
        indicator.name: indicator
        for indicator in (
            *total_indicators(),
            *equality_indicators(),
            *concentration_indicators(),
            *rural_indicators(),
            *PLACE_INDICATORS,
            *POOLING_INDICATORS,
        )
    }
)
"""Every indicator by name, by theme."""


def judge(
    ground: Ground, cases: Iterable[Case], uses: Iterable[LayerUse], *, sites: tuple[str, ...]
) -> Balance:
    """Work out every indicator in every case.

    Parameters
    ----------
    ground
        The territory.
    cases
        The cases, one of each key.
    uses
        Layers in use, as the manifest of a run tells them.
    sites
        Identifiers of the sites judged.

    Returns
    -------
    Balance
        The result.
    """
    by_key = {case.key: case for case in cases}
    by_name = {use.name: use for use in uses}
    results = tuple(
        _result(indicator, ground, by_key, by_name) for indicator in INDICATORS.values()
    )
    return Balance(sites, results)


def _result(
    indicator: Indicator,
    ground: Ground,
    cases: Mapping[CaseKey, Case],
    uses: Mapping[str, LayerUse],
) -> Result:
    read = (*indicator.requires, *indicator.optional)
    inputs = tuple(uses[name] for name in read if name in uses)
    missing = [name for name in indicator.requires if name not in uses]
    statuses = [indicator.method, *(use.status for use in inputs)]
    if indicator.uses_jobs:
        statuses += [case.jobs_status for case in cases.values() if case.jobs_status is not None]
    if missing:
        titles = [LAYER_TITLES.get(name, name) for name in missing]
        reasons = tuple(Reason("layer-missing", LAYER_MISSING, {"name": one}) for one in titles)
        figures = dict.fromkeys(cases, Figure(None, reasons))
    else:
        figures = {key: indicator.function(ground, case) for key, case in cases.items()}
    return Result(indicator, MappingProxyType(figures), inputs, least_sure(statuses))
