"""What chosen sites take together, as sums that add up: of ten sites, or of the parts of millions.

Areas are whole m², so that the sums are the same whatever the parts and their order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from siting.domain import Envelope, Verdict, VerdictCode
from siting.zan.account import Rules, SiteAccount, uncharged


@dataclass(frozen=True, slots=True)
class Taken:
    """What sites take from one EPCI.

    Parameters
    ----------
    name
        Its name.
    sites
        Number of sites.
    by_year
        ENAF they take, whole m², by year works start; ``None`` where it is not known.
    """

    name: str
    sites: int
    by_year: Mapping[int | None, int]

    @property
    def area_m2(self) -> int:
        """ENAF they take in all, whole m²."""
        return sum(self.by_year.values())


@dataclass(frozen=True, slots=True)
class Tally:
    """What chosen sites take together.

    Parameters
    ----------
    posted
        Number of sites charged to an envelope, by envelope.
    taken_m2
        ENAF they take, whole m², by envelope.
    epci
        What the sites of local envelopes take from each EPCI, by code.
    left_out
        Number of sites that are not charged, by verdict of each alone.
    """

    posted: Mapping[Envelope, int]
    taken_m2: Mapping[Envelope, int]
    epci: Mapping[str, Taken]
    left_out: Mapping[VerdictCode, int]


def is_charged(site: SiteAccount, verdict: Verdict, rules: Rules) -> bool:
    """Tell whether a chosen site is posted to the ledger of the period.

    Parameters
    ----------
    site
        The site.
    verdict
        Its verdict, alone.
    rules
        What it is judged with.

    Returns
    -------
    bool
        False for a site that is ineligible, undetermined, or not paid for by the period.
    """
    if verdict.code in (VerdictCode.INELIGIBLE, VerdictCode.UNDETERMINED):
        return False
    return site.envelope is Envelope.NATIONAL or uncharged(site, rules) is None


def tally(sites: Iterable[SiteAccount], verdicts: Mapping[str, Verdict], rules: Rules) -> Tally:
    """Add up what chosen sites take.

    Parameters
    ----------
    sites
        The chosen sites.
    verdicts
        Verdict of each alone.
    rules
        What they are judged with.

    Returns
    -------
    Tally
        The sums.
    """
    posted, left_out = Counter[Envelope](), Counter[VerdictCode]()
    taken_m2 = Counter[Envelope]()
    epci: dict[str, _Sum] = {}
    for site in sites:
        verdict = verdicts[site.site_id]
        if not is_charged(site, verdict, rules):
            left_out[verdict.code] += 1
            continue
        posted[site.envelope] += 1
        taken_m2[site.envelope] += site.enaf_m2 or 0
        if site.envelope is Envelope.LOCAL:
            for demand in site.demands:
                own = epci.setdefault(demand.code, _Sum(demand.name))
                own.sites += 1
                own.by_year[rules.year_of(site)] += demand.enaf_m2 or 0
    return _frozen(posted, taken_m2, epci, left_out)


def added(tallies: Iterable[Tally]) -> Tally:
    """Add the sums of several sets of sites up.

    Parameters
    ----------
    tallies
        The sums of sets without a site in common.

    Returns
    -------
    Tally
        Those of all the sites.
    """
    posted, left_out = Counter[Envelope](), Counter[VerdictCode]()
    taken_m2 = Counter[Envelope]()
    epci: dict[str, _Sum] = {}
    for one in tallies:
        posted.update(one.posted)
        taken_m2.update(one.taken_m2)
        left_out.update(one.left_out)
        for code, taken in one.epci.items():
            own = epci.setdefault(code, _Sum(taken.name))
            own.sites += taken.sites
            own.by_year.update(taken.by_year)
    return _frozen(posted, taken_m2, epci, left_out)


class _Sum:
    """What is taken from an EPCI, being added up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sites = 0
        self.by_year = Counter[int | None]()


def _frozen(
    posted: Mapping[Envelope, int],
    taken_m2: Mapping[Envelope, int],
    epci: Mapping[str, _Sum],
    left_out: Mapping[VerdictCode, int],
) -> Tally:
    return Tally(
        MappingProxyType(dict(posted)),
        MappingProxyType(dict(taken_m2)),
        MappingProxyType(
            {
                code: Taken(epci[code].name, epci[code].sites, MappingProxyType(epci[code].by_year))
                for code in sorted(epci)
            }
        ),
        MappingProxyType(dict(left_out)),
    )


def tally_document(found: Tally) -> dict[str, Any]:
    """Return sums as plain values.

    Parameters
    ----------
    found
        The sums.

    Returns
    -------
    dict
        What :func:`read_tally` takes.
    """
    return {
        "posted": {envelope.value: count for envelope, count in found.posted.items()},
        "taken_m2": {envelope.value: area for envelope, area in found.taken_m2.items()},
        "left_out": {code.value: count for code, count in found.left_out.items()},
        "epci": {
            code: {
                "name": taken.name,
                "sites": taken.sites,
                "by_year": {str(year or ""): area for year, area in taken.by_year.items()},
            }
            for code, taken in found.epci.items()
        },
    }


def read_tally(document: Mapping[str, Any]) -> Tally:
    """Return the sums that plain values tell.

    Parameters
    ----------
    document
        What :func:`tally_document` returned.

    Returns
    -------
    Tally
        The same.

    Examples
    --------
    >>> nothing = added([])
    >>> read_tally(tally_document(nothing)) == nothing
    True
    """
    epci = {}
    for code, taken in document["epci"].items():
        epci[code] = _Sum(taken["name"])
        epci[code].sites = taken["sites"]
        by_year = taken["by_year"].items()
        epci[code].by_year.update({int(year) if year else None: area for year, area in by_year})
    return _frozen(
        {Envelope(name): count for name, count in document["posted"].items()},
        {Envelope(name): area for name, area in document["taken_m2"].items()},
        epci,
        {VerdictCode(name): count for name, count in document["left_out"].items()},
    )
