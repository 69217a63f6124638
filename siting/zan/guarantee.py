"""Commune guarantee (R9): a floor for communes with a planning document, inside the region's total.

What the floors add to some communes is taken from the others of the region, pro rata of what
each has above its own floor: the budget of the region does not change.
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from siting.domain import Period
from siting.errors import ScenarioError, problem
from siting.zan.ruleset import Parameter
from siting.zan.shares import share_pro_rata

CapReading = Literal["bonus", "total"]
DocumentType = Literal["PLU", "PLUi", "carte communale", "aucun"]
Stage = Literal["prescrit", "arrêté", "approuvé"]

NO_DOCUMENT: Final = "aucun"
PRESCRIBED: Final = "prescrit"

GUARANTEE_AMOUNTS: Final = (
    "guarantee_added_m2", "guarantee_taken_m2", "guarantee_pooled_m2",
)  # fmt: skip
"""What floors add, what they take, what is handed to the pool of the EPCI: missing where no
guarantee is applied."""


class AreaParameter(Parameter):
    """An area set by the law."""

    value_m2: int = Field(ge=0)


class DateParameter(Parameter):
    """A day set by the law."""

    value: dt.date


class GuaranteeParameters(BaseModel):
    """Figures of the guarantee, each with its source and what was read of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    floor: AreaParameter
    """Floor of a commune with a planning document."""
    deadline: DateParameter
    """Day before which the document is prescribed, arrêté or approved."""
    delegated_bonus: AreaParameter
    """What each commune déléguée of a commune nouvelle adds."""
    created_after: DateParameter
    """Day after which a commune nouvelle was created to have the bonus."""
    cap: AreaParameter
    """Cap of the bonus, or of the total: the text was not read."""


@cache
def load_parameters() -> GuaranteeParameters:
    """Return the shipped figures of the guarantee.

    Returns
    -------
    GuaranteeParameters
        Figures with their sources.

    Examples
    --------
    >>> load_parameters().floor.value_m2
    10000
    """
    text = files("siting.zan").joinpath("guarantee.toml").read_text("utf-8")
    return GuaranteeParameters.model_validate(tomllib.loads(text))


@dataclass(frozen=True, slots=True)
class PlanningDocument:
    """The planning document of a commune, as the user knows it.

    Parameters
    ----------
    type
        ``PLU``, ``PLUi``, ``carte communale``, or ``aucun`` where there is none.
    stage
        ``prescrit``, ``arrêté`` or ``approuvé``; ``None`` where there is no document.
    date
        Day of that stage.
    source
        Where it is known from.
    """

    type: DocumentType
    stage: Stage | None
    date: dt.date | None
    source: str

    def in_time(self, deadline: dt.date) -> bool | None:
        """Tell whether the document opens the guarantee.

        Parameters
        ----------
        deadline
            Day before which it must be prescribed, arrêté or approved.

        Returns
        -------
        bool or None
            ``None`` where that is not known: a document arrêté or approved since the
            deadline was prescribed earlier, on a day that is not given.
        """
        if self.type == NO_DOCUMENT:
            return False
        if self.date is None:
            return None
        if self.date < deadline:
            return True
        return False if self.stage == PRESCRIBED else None


GUARANTEE_PERIOD: Final = Period(2021, 2030)
"""Decade that the floors are guaranteed for: « 2021-2031 » in the law, ten years (R9)."""


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What decides the floor of each commune.

    Parameters
    ----------
    documents
        Planning document by commune; a commune without one here is unknown.
    delegated
        Number of communes déléguées, by commune nouvelle that has the bonus.
    pooled
        Communes that asked to pool their floor in their EPCI.
    cap_reading
        Whether the cap bounds the ``bonus`` or the ``total``.
    parameters
        Figures of the law.
    """

    documents: Mapping[str, PlanningDocument]
    delegated: Mapping[str, int]
    pooled: frozenset[str]
    cap_reading: CapReading
    parameters: GuaranteeParameters

    def highest_floor_m2(self, code: str) -> int:
        """Return the floor of a commune if its document opens the guarantee.

        Formula: 1 ha + min(0.5 ha × communes déléguées, 2 ha) where the cap bounds the bonus;
        min(1 ha + 0.5 ha × communes déléguées, 2 ha) where it bounds the total (R9).

        Parameters
        ----------
        code
            The commune.

        Returns
        -------
        int
            Whole m².
        """
        floor, cap = self.parameters.floor.value_m2, self.parameters.cap.value_m2
        bonus = self.parameters.delegated_bonus.value_m2 * self.delegated.get(code, 0)
        if self.cap_reading == "bonus":
            return floor + min(bonus, cap)
        return min(floor + bonus, cap)

    def floor_m2(self, code: str) -> int | None:
        """Return the floor of a commune.

        Parameters
        ----------
        code
            The commune.

        Returns
        -------
        int or None
            Whole m²; 0 without a document in time, ``None`` where that is not known.
        """
        document = self.documents.get(code)
        in_time = document.in_time(self.parameters.deadline.value) if document else None
        if in_time is None:
            return None
        return self.highest_floor_m2(code) if in_time else 0


def apply_guarantee(
    base_m2: pd.Series, regions: pd.Series, guarantee: Guarantee | None
) -> pd.DataFrame:
    """Return what the guarantee adds to each commune and takes from the others.

    Parameters
    ----------
    base_m2
        Budget of each commune before the guarantee: nullable whole m², indexed by commune,
        in the order budgets are shared out in.
    regions
        Region of each commune, on the same index: the total of each does not change.
    guarantee
        What decides the floors; ``None`` where the guarantee is not applied.

    Returns
    -------
    pd.DataFrame
        On the same index: ``guarantee_floor_m2`` (missing where unknown),
        :data:`GUARANTEE_AMOUNTS` (missing where the budget is unknown or no guarantee is
        applied), ``guarantee_unknown`` (whether the commune would be below its floor if it
        had one, and its document is unknown: nothing is added to it, and what it has is not
        taken). Budget = base + added − taken − pooled.

    Raises
    ------
    ScenarioError
        ``guarantee-exceeds``, for every region that does not hold the floors of its communes.
    """
    if guarantee is None:
        empty = pd.Series(pd.NA, index=base_m2.index, dtype="Int64")
        names = ("guarantee_floor_m2", *GUARANTEE_AMOUNTS)
        return pd.DataFrame(dict.fromkeys(names, empty)).assign(guarantee_unknown=False)
    codes = base_m2.index
    floors = pd.Series([guarantee.floor_m2(c) for c in codes], index=codes, dtype="Int64")
    highest = pd.Series([guarantee.highest_floor_m2(c) for c in codes], index=codes, dtype="int64")
    known = base_m2.dropna().astype("int64")
    kept = floors.fillna(highest)[known.index].astype("int64")
    # An unknown document adds nothing, but what may be guaranteed is not taken either.
    kept = kept.where(floors[known.index].notna(), kept.clip(upper=known))
    table = pd.DataFrame({"guarantee_floor_m2": floors})
    added = (kept - known).clip(lower=0)
    table["guarantee_added_m2"] = added.reindex(codes).astype("Int64")
    taken = _taken(known, kept, added, regions)
    table["guarantee_taken_m2"] = taken.reindex(codes).astype("Int64")
    pooled = floors.fillna(0).where(codes.isin(guarantee.pooled), 0)
    table["guarantee_pooled_m2"] = pooled.where(base_m2.notna(), pd.NA).astype("Int64")
    table["guarantee_unknown"] = floors.isna() & (base_m2 < highest).fillna(value=True)
    return table


def _taken(base: pd.Series, kept: pd.Series, added: pd.Series, regions: pd.Series) -> pd.Series:
    """Share what the floors of a region add among what its communes have above their own."""
    above = (base - kept).clip(lower=0)
    region_of = regions[base.index]
    needed, held = added.groupby(region_of).sum(), above.groupby(region_of).sum()
    short = needed.index[needed > held]
    if len(short):
        floors, totals = kept.groupby(region_of).sum(), base.groupby(region_of).sum()
        raise ScenarioError(
            problem(
                "guarantee-exceeds",
                field=str(region),
                found=f"{floors[region]} m²",
                expected=f"{totals[region]} m²",
            )
            for region in short
        )
    return share_pro_rata(
        above, region_of, {str(region): int(area) for region, area in needed.items()}
    )
