"""What a scenario says: one frozen model for each section of the file.

Attribute docstrings become the descriptions of the JSON schema: each gives the meaning,
the unit, and the source where the law or a standard sets one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

import pandas as pd
from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError

from siting.ahp import LARGEST_JUDGEMENT
from siting.criteria import CRITERIA
from siting.criteria.inputs import Parameters, Section
from siting.domain import Envelope, ValueFunction
from siting.scenario.zan_settings import (
    Commitment,
    CorrectionSetting,
    LocalFigureSetting,
    Share,
    Text,
    TransferSetting,
    Year,
    ZacSetting,
    ZanSettings,
)
from siting.zan.ruleset import is_own_file

Weight = Annotated[float, Field(ge=0)]
Judgement = Annotated[float, Field(ge=1, le=LARGEST_JUDGEMENT)]

ID_PATTERN: Final = r"^[a-z0-9][a-z0-9_+-]*$"


class ProtectedKind(Section):
    """What a kind of protected area does to a site that it covers."""

    title: Text
    """Name of the kind, as shown in sentences."""
    effect: Literal["exclusion", "condition"]
    """Whether enough of it excludes the site, or only puts a condition on it."""
    legal: Text
    """Legal reference."""


class EligibilitySettings(Section):
    """Thresholds of the eligibility rules."""

    minimum_area_m2: Annotated[int, Field(ge=0)]
    """Smallest gross area of an industrial site. Unit: m²."""
    protected_exclusion_share: Annotated[float, Field(gt=0, le=1)]
    """Share of the site in a protected area of effect “exclusion” from which the site is
    excluded; below it, a condition is told. No unit, from 0 to 1."""
    protected_condition_share: Share
    """Share of the site in a protected area from which a condition is told; less is taken for
    the imprecision of the outlines. No unit, from 0 to 1."""
    risk_exclusion_share: Annotated[float, Field(gt=0, le=1)]
    """Share of the site where a risk plan forbids to build, from which the site is excluded;
    below it, a condition is told. No unit, from 0 to 1."""
    risk_condition_share: Share
    """Share of the site in a zone of a risk plan from which a condition is told. No unit, from
    0 to 1."""
    condition_area_m2: Annotated[float, Field(gt=0)]
    """Area in a protected area, a risk plan or a perimeter of a catchment from which a condition
    is told, however small its share of a large site. Unit: m²."""
    protected: Mapping[str, ProtectedKind]
    """Effect of each kind of protected area, by the ``kind`` of the layer
    ``protected_areas``."""
    source: Text
    """Where the thresholds come from, and their status."""


class CriterionSetting(Section):
    """How a criterion is valued and weighted."""

    weight: Weight
    """Weight within its theme; 0 to measure and show it without scoring it. No unit."""
    unit: str
    """Unit of the breakpoints; must be the criterion's, “label” for categories."""
    source: Text
    """Where the breakpoints or values come from, and their status."""
    points: tuple[tuple[float, Share], ...] = ()
    """Breakpoints [measure, value]: measures increase, values from 0 (worst) to 1 (best),
    straight lines between them, constant beyond. Unit: that of the criterion."""
    shape: Literal["monotonic", "target"] = "monotonic"
    """Shape of the breakpoints: “monotonic” follows the direction of the criterion, “target”
    rises to a best measure or plateau, then falls. To be said, so that a slip is refused."""
    categories: Mapping[str, Share] = {}
    """Value of each category of a criterion that is a label, from 0 (worst) to 1 (best)."""

    def value_function(self) -> ValueFunction:
        """Return the value function.

        Returns
        -------
        ValueFunction
            Breakpoints or categories, with unit and source.
        """
        return ValueFunction(self.unit, self.source, self.points, dict(self.categories))


class AhpSettings(Section):
    """Pairwise judgements that set weights: the Analytic Hierarchy Process of Saaty.

    ``land.access = 3`` reads “land is 3 times as important as access”: 1 equal, 3 moderately,
    5 strongly, 7 very strongly, 9 extremely. Every pair is judged once, on the side of the more
    important. What is compared takes its weight from the judgements; what is not compared must
    have the weight 0. Judgements replace the weights of the scenarios this one extends.
    """

    themes: Mapping[str, Mapping[str, Judgement]] = {}
    """Judgements between themes, in place of ``weights``. No unit, from 1 to 9."""
    criteria: Mapping[str, Mapping[str, Mapping[str, Judgement]]] = {}
    """Judgements between the criteria of a theme, by theme, in place of their ``weight``.
    No unit, from 1 to 9."""
    source: str = ""
    """Who judged, when; required where there are judgements."""


def _selected(value: object, handler: ValidatorFunctionWrapHandler) -> object:
    """Tell one problem where neither “all” nor a list fits, not one for each."""
    try:
        return handler(tuple(value) if isinstance(value, list) else value)
    except ValidationError:
        raise PydanticCustomError("selected", "neither “all” nor a list of site_id") from None


class ReliabilitySettings(Section):
    """What is told when a criterion is not known."""

    important_weight: Annotated[float, Field(gt=0, le=1)]
    """Weight in the score from which a criterion that is not known is told for each site. No
    unit, from 0 to 1: 0.05 is 5 points out of 100."""
    source: Text
    """Where the threshold comes from, and its status."""


class SitesSettings(Section):
    """Which sites the scenario builds, when, and on which envelope."""

    selected: Annotated[
        Literal["all"] | tuple[str, ...],
        WrapValidator(_selected),
    ] = "all"
    """“all”, or the list of the ``site_id`` chosen."""
    works_start: Mapping[str, Year] = {}
    """Year works start, by ``site_id``; in place of the year of the file. Unit: year."""
    envelope: Mapping[str, Envelope] = {}
    """Envelope that pays, by ``site_id``: local (by default), regional or national."""
    evidence: Mapping[str, Text] = {}
    """What puts a site on the national envelope, by ``site_id``: the list of projects of
    national importance (PENE) and its text. Required for each of them. Source: loi 2021-1104,
    art. 194, III 7°."""


class Scenario(Section):
    """A scenario: rules, measures, thresholds, weights and choices of sites."""

    id: Annotated[str, Field(pattern=ID_PATTERN)]
    """Identifier: small letters, digits, “-”, “_” and “+”."""
    title: Text
    """Title shown to users, in French."""
    title_en: str = ""
    """Title in English; the French one where empty."""
    description: str = ""
    """What the scenario is for, in French."""
    zan: ZanSettings = ZanSettings()
    """Rule set, rates and pooled envelope of the ZAN account."""
    measure: Parameters
    """Parameters of the measures."""
    eligibility: EligibilitySettings
    """Thresholds of the eligibility rules."""
    reliability: ReliabilitySettings
    """What is told when a criterion is not known."""
    weights: Mapping[str, Weight]
    """Weight of each theme. No unit: only their proportions count."""
    criteria: Mapping[str, CriterionSetting]
    """Weight and value function of each criterion."""
    ahp: AhpSettings = AhpSettings()
    """Pairwise judgements that set weights, if any."""
    sites: SitesSettings = SitesSettings()
    """Which sites are built, when, and on which envelope."""
    committed: tuple[Commitment, ...] = ()
    """Land already committed, not yet seen by the observatory."""
    zac: tuple[ZacSetting, ...] = ()
    """ZAC, and how each is counted."""
    local_figures: tuple[LocalFigureSetting, ...] = ()
    """Local figures of consumption, beside the national ones."""
    corrections: tuple[CorrectionSetting, ...] = ()
    """Deductions from the observed consumption, and additions to it, each with its evidence."""
    transfers: tuple[TransferSetting, ...] = ()
    """Budgets that territories hand to one another."""


TABLES = (
    ("zan", "targets_file"),
    ("zan", "local_figures_file"),
    ("zan", "regional_references_file"),
    ("zan", "scot_file"),
    ("zan", "guarantee", "documents_file"),
)
"""Keys that name a table; its path is relative to the file that gives it."""

RULESET_KEYS = (("zan", "ruleset"), ("zan", "next_ruleset"))
"""Keys that name a rule set; the path of one’s own file ends in ``.toml``, likewise relative."""


def scenario_hash(scenario: Scenario) -> str:
    """Return a short fingerprint of all that a scenario says.

    Parameters
    ----------
    scenario
        The scenario.

    Returns
    -------
    str
        First 12 hexadecimal digits of the SHA-256 of its canonical JSON and of the content of
        the tables it names: independent of the order of keys and of comments in the file.
    """
    content = scenario.model_dump(mode="json")
    for *sections, key in (*TABLES, *RULESET_KEYS):
        table = content
        for section in sections:
            table = table[section]
        # The same table in another folder is the same scenario.
        if table[key] and ((*sections, key) not in RULESET_KEYS or is_own_file(table[key])):
            table[key] = _content_hash(Path(table[key]))
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _content_hash(path: Path) -> str:
    """Return the fingerprint of a table; empty where it cannot be read: its reader tells it."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def weights(scenario: Scenario) -> pd.Series:
    """Return the weight of each criterion in the score.

    Formula: theme weight ÷ sum of theme weights × criterion weight ÷ sum of the criterion
    weights of the theme.

    Parameters
    ----------
    scenario
        A validated scenario.

    Returns
    -------
    Series
        Weights by criterion, in the order of :data:`siting.criteria.CRITERIA`; they add
        up to 1.

    Examples
    --------
    >>> from siting.scenario import load_scenario
    >>> round(weights(load_scenario("base")).sum(), 12)
    np.float64(1.0)
    """
    names = [name for name in CRITERIA if name in scenario.criteria]
    own = pd.Series([scenario.criteria[name].weight for name in names], index=names, dtype=float)
    themes = pd.Series([CRITERIA[name].theme for name in names], index=names, dtype=object)
    of_theme = themes.map(scenario.weights).astype(float)
    in_theme = own.groupby(themes).transform("sum")
    share = (own / in_theme).where(in_theme > 0, 0.0)
    return of_theme / sum(scenario.weights.values()) * share
