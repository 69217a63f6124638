"""What differs between two scenarios, key by key and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from layers.errors import N_
from siting.criteria import CRITERIA, THEMES
from siting.i18n import Translate
from siting.labels import ENVELOPE_LABELS, UNKNOWN, number, percent
from siting.scenario.model import Scenario

Path = tuple[str, ...]

_IDENTITY: Final = frozenset({"id", "title", "title_en", "description"})
_WHOLE: Final = (("zan", "rates"), ("zan", "guarantee", "documents"))
"""Tables of which each entry is told as one."""


class Topic(StrEnum):
    """What a key of a scenario is about."""

    RULESET = "ruleset"
    RATES = "rates"
    EVIDENCE = "evidence"
    WEIGHTS = "weights"
    THRESHOLDS = "thresholds"
    ELIGIBILITY = "eligibility"
    MEASURE = "measure"
    SITES = "sites"
    YEARS = "years"
    ENVELOPES = "envelopes"


TOPIC_LABELS: Final[Mapping[Topic, str]] = {
    Topic.RULESET: N_("rule set"),
    Topic.RATES: N_("reduction rates"),
    Topic.EVIDENCE: N_("local figures, commitments and other evidence"),
    Topic.WEIGHTS: N_("weights"),
    Topic.THRESHOLDS: N_("thresholds"),
    Topic.ELIGIBILITY: N_("eligibility rules"),
    Topic.MEASURE: N_("parameters of the measures"),
    Topic.SITES: N_("choice of sites"),
    Topic.YEARS: N_("years of works"),
    Topic.ENVELOPES: N_("envelopes"),
}
"""Names of the topics."""

BUDGET_TOPICS: Final = (Topic.RULESET, Topic.RATES, Topic.EVIDENCE, Topic.ENVELOPES)
"""Topics that move budgets before any site."""

SCORE_TOPICS: Final = (Topic.WEIGHTS, Topic.THRESHOLDS, Topic.MEASURE)
"""Topics that move scores."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A key that two scenarios set differently.

    Parameters
    ----------
    path
        The key.
    topic
        What it is about.
    before, after
        Its plain value in each; ``None`` where one does not say it.
    """

    path: Path
    topic: Topic
    before: Any
    after: Any

    def reversed(self) -> Difference:
        """Return the difference seen from the other scenario.

        Returns
        -------
        Difference
            ``before`` and ``after`` exchanged.
        """
        return Difference(self.path, self.topic, self.after, self.before)

    def text(self, translate: Translate) -> str:
        """Return the difference in words.

        Parameters
        ----------
        translate
            The language.

        Returns
        -------
        str
            What it is, its value before and after.
        """
        _ = translate
        what, before, after = _words(self, _)
        return _("{what}: {before} → {after}").format(what=what, before=before, after=after)


def differences(first: Scenario, second: Scenario) -> tuple[Difference, ...]:
    """Return what differs between two scenarios; their names do not count.

    Parameters
    ----------
    first, second
        The scenarios.

    Returns
    -------
    tuple of Difference
        In the order of the keys of a scenario; empty for the same content.

    Examples
    --------
    >>> from siting.i18n import translator
    >>> from siting.scenario import load_scenario, with_changes
    >>> base = load_scenario()
    >>> [found] = differences(base, with_changes(base, {"weights": {"land": 5}}))
    >>> found.text(translator("en"))
    'Weight of the theme “Land”: 3 → 5'
    """
    own, other = (one.model_dump(mode="json", exclude=set(_IDENTITY)) for one in (first, second))
    return tuple(
        Difference(path, _topic(path), before, after)
        for path, before, after in _between(own, other)
    )


def _between(
    first: Mapping[str, Any], second: Mapping[str, Any], at: Path = ()
) -> Iterator[tuple[Path, Any, Any]]:
    shared = [key for key in first if key in second]
    single = sorted({*first, *second} - set(shared))
    for key in (*shared, *single):
        path, before, after = (*at, key), first.get(key), second.get(key)
        both = isinstance(before, Mapping) and isinstance(after, Mapping)
        if both and at not in _WHOLE:
            yield from _between(before, after, path)  # type: ignore[arg-type] # just checked
        elif before != after:
            yield path, before, after


_ZAN_TOPICS: Final[Mapping[str, Topic]] = {
    "ruleset": Topic.RULESET,
    "next_ruleset": Topic.RULESET,
    "rates": Topic.RATES,
    "targets_file": Topic.RATES,
    "pooled_envelope_m2": Topic.ENVELOPES,
    "pooled_source": Topic.ENVELOPES,
    "pooled_taken_from": Topic.ENVELOPES,
    "reserve_envelope_m2": Topic.ENVELOPES,
    "reserve_source": Topic.ENVELOPES,
    "reserve_taken_from": Topic.ENVELOPES,
    "envelope_region": Topic.ENVELOPES,
}
_SITE_TOPICS: Final[Mapping[str, Topic]] = {
    "selected": Topic.SITES,
    "works_start": Topic.YEARS,
    "envelope": Topic.ENVELOPES,
    "evidence": Topic.ENVELOPES,
}
_SECTIONS: Final[Mapping[str, Topic]] = {
    "measure": Topic.MEASURE,
    "eligibility": Topic.ELIGIBILITY,
    "reliability": Topic.MEASURE,
    "weights": Topic.WEIGHTS,
    "ahp": Topic.WEIGHTS,
}


def _topic(path: Path) -> Topic:
    match path:
        case ("zan", key, *_):
            return _ZAN_TOPICS.get(key, Topic.EVIDENCE)
        case ("sites", key, *_):
            return _SITE_TOPICS.get(key, Topic.SITES)
        case ("criteria", _, "weight") | ("criteria", _):
            return Topic.WEIGHTS
        case ("criteria", *_):
            return Topic.THRESHOLDS
    return _SECTIONS.get(path[0], Topic.EVIDENCE)


# --- In words ---------------------------------------------------------------------------


def _words(found: Difference, _: Translate) -> tuple[str, str, str]:
    before, after = found.before, found.after
    match found.path:
        case ("weights", theme) if theme in THEMES:
            what = _("Weight of the theme “{name}”").format(name=_(THEMES[theme]))
        case ("criteria", name, *rest) if name in CRITERIA:
            return _criterion_words(name, rest, before, after, _)
        case ("zan", "ruleset"):
            what = _("Rule set")
        case ("zan", "rates", code):
            what = _("Reduction of the territory {code}").format(code=code)
            shown = [_rate(value, _) for value in (before, after)]
            return what, shown[0], shown[1]
        case ("sites", "selected"):
            return _selected_words(before, after, _)
        case ("sites", "works_start", site):
            what = _("Works start of the site {site}").format(site=site)
            years = [UNKNOWN if value is None else str(value) for value in (before, after)]
            return what, years[0], years[1]
        case ("sites", "envelope", site):
            what = _("Envelope of the site {site}").format(site=site)
            names = [_(ENVELOPE_LABELS[value or "local"]) for value in (before, after)]
            return what, names[0], names[1]
        case _path:
            what = ".".join(_path)
    return what, _shown(before, _), _shown(after, _)


def _criterion_words(
    name: str, rest: list[str], before: Any, after: Any, _: Translate
) -> tuple[str, str, str]:
    criterion = CRITERIA[name]
    title = _(criterion.title)
    if rest == ["weight"]:
        what = _("Weight of the criterion “{name}”").format(name=title)
    elif rest == ["points"]:
        unit = f" ({_(criterion.unit)})" if criterion.unit else ""
        what = _("Thresholds of “{name}”{unit}").format(name=title, unit=unit)
    elif len(rest) == 2 and rest[0] == "categories":
        what = _("Value of “{label}” for “{name}”").format(label=_(rest[1]), name=title)
    else:
        what = " · ".join([title, *rest])
    return what, _shown(before, _), _shown(after, _)


def _selected_words(before: Any, after: Any, _: Translate) -> tuple[str, str, str]:
    texts = [_("all") if value == "all" else ", ".join(value) or _("none") for value in
             (before, after)]  # fmt: skip
    return _("Sites chosen"), texts[0], texts[1]


def _rate(value: Any, _: Translate) -> str:
    if not isinstance(value, Mapping):
        return UNKNOWN
    return f"{percent(value['rate'], _, decimals=1)} ({value['source']})"


def _shown(value: Any, _: Translate) -> str:
    """Return a plain value as a text: numbers in the form of the language."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, int | float):
        return _number(value, _)
    if isinstance(value, Mapping):
        return _("{count} entries").format(count=len(value))
    if isinstance(value, list):
        return _list(value, _)
    return str(value)


def _list(value: list[Any], _: Translate) -> str:
    if value and all(isinstance(one, list) and len(one) == 2 for one in value):
        return " ; ".join(f"{_number(x, _)} : {_number(v, _)}" for x, v in value)
    if all(isinstance(one, str | int | float) for one in value):
        return ", ".join(_shown(one, _) for one in value) or _("none")
    return _("{count} entries").format(count=len(value))


def _number(value: float, _: Translate) -> str:
    whole = float(value).is_integer()
    text = number(value, _, decimals=0 if whole else 4)
    return text if whole else text.rstrip("0")
