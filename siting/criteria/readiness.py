"""Readiness: how soon works can start, and where each of the five procedures stands."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from layers.errors import N_
from layers.site_table import (
    COMMERCIAL_STAGES,
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
)
from siting.criteria.around import Floats, numbers
from siting.criteria.inputs import Inputs
from siting.domain import Criterion, Objective


def months_to_works(inputs: Inputs) -> pd.Series:
    """Estimate the months until works can start on the site, servicing included.

    Formula: ``max(land, planning, environment) + servicing``, in months of the scenario at
    the stage of each. The first three run side by side; servicing works wait for them all.

    Parameters
    ----------
    inputs
        Sites and the ``readiness`` parameters.

    Returns
    -------
    Series
        Months; missing where a stage is unknown, or the site can never be serviced.
    """
    months = inputs.parameters.readiness
    permits = [
        _months(inputs, "readiness_land", months.land),
        _months(inputs, "readiness_planning", months.planning),
        _months(inputs, "readiness_environment", months.environment),
    ]
    servicing = _months(inputs, "readiness_servicing", months.servicing)
    # np.maximum keeps a missing delay missing: the longest may be the unknown one.
    return pd.Series(np.maximum.reduce(permits) + servicing, index=inputs.sites.index)


def land_stage(inputs: Inputs) -> pd.Series:
    """Tell the stage of land control.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        Stage of the site table, or missing.
    """
    return _stage(inputs, "readiness_land")


def planning_stage(inputs: Inputs) -> pd.Series:
    """Tell the zone type of the planning document.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        Zone type of the site table, or missing.
    """
    return _stage(inputs, "readiness_planning")


def environment_stage(inputs: Inputs) -> pd.Series:
    """Tell the stage of environmental and archaeological permits.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        Stage of the site table, or missing.
    """
    return _stage(inputs, "readiness_environment")


def servicing_stage(inputs: Inputs) -> pd.Series:
    """Tell the stage of servicing.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        Stage of the site table, or missing.
    """
    return _stage(inputs, "readiness_servicing")


def commercial_stage(inputs: Inputs) -> pd.Series:
    """Tell the stage of commercialisation.

    Parameters
    ----------
    inputs
        Sites.

    Returns
    -------
    Series
        Stage of the site table, or missing.
    """
    return _stage(inputs, "readiness_commercial")


def _stage(inputs: Inputs, column: str) -> pd.Series:
    return pd.Series(inputs.sites[column], dtype="object")


def _months(inputs: Inputs, column: str, months: Mapping[str, float]) -> Floats:
    return numbers(_stage(inputs, column).map(months))


_CNIG = "CNIG Sites économiques v2024-10"

CRITERIA = (
    Criterion(
        name="months_to_works",
        title=N_("Months until works can start"),
        theme="readiness",
        objective=Objective.MIN,
        unit=N_("months"),
        requires=(),
        source="Délais par étape du scénario (measure.readiness)",
        function=months_to_works,
    ),
    Criterion(
        name="land_stage",
        title=N_("Land control stage"),
        theme="readiness",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source="Étapes de maîtrise foncière de la table des sites",
        function=land_stage,
        labels=LAND_STAGES,
    ),
    Criterion(
        name="planning_stage",
        title=N_("Planning zone"),
        theme="readiness",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source="CNIG PLU (type de zone) ; C. urb., R. 151-18 à R. 151-25",
        function=planning_stage,
        labels=PLANNING_STAGES,
    ),
    Criterion(
        name="environment_stage",
        title=N_("Environment and archaeology stage"),
        theme="readiness",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source=f"{_CNIG} (terr_cle_en_main, « purgé de tout recours »)",
        function=environment_stage,
        labels=ENVIRONMENT_STAGES,
    ),
    Criterion(
        name="servicing_stage",
        title=N_("Servicing stage"),
        theme="readiness",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source=f"{_CNIG} (terr_stade_amngt)",
        function=servicing_stage,
        labels=SERVICING_STAGES,
    ),
    Criterion(
        name="commercial_stage",
        title=N_("Commercialisation stage"),
        theme="readiness",
        objective=Objective.MAX,
        unit="label",
        requires=(),
        source=f"{_CNIG} (terr_stade_comm)",
        function=commercial_stage,
        labels=COMMERCIAL_STAGES,
    ),
)
