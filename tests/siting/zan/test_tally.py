"""Sums of the parts of a set are those of the whole: same verdict, same budgets."""

import json
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from siting.domain import Envelope, Period, VerdictCode
from siting.zan.account import Rules, SiteAccount, site_verdict
from siting.zan.plan import judged, plan
from siting.zan.tally import added, read_tally, tally, tally_document
from siting.zan.verdict import Demand, Pool, Standing

RULES = Rules(
    period=Period(2021, 2030),
    last_observed=2024,
    standings={"A": Standing(500_000, 300_000), "B": Standing(100_000, 100_000)},
    pool=Pool(40_000, "SRADDET"),
    tolerance=Fraction("0.2"),
)

SITES = st.lists(
    st.builds(
        lambda a, b, year, envelope: (
            (Demand("A", "CC A", a), *((Demand("B", "CC B", b),) if b != 1 else ())),
            year,
            envelope,
        ),
        st.one_of(st.none(), st.integers(0, 120_000)),
        st.one_of(st.just(1), st.integers(0, 60_000)),
        st.one_of(st.none(), st.integers(2019, 2033)),
        st.sampled_from([Envelope.LOCAL] * 4 + [Envelope.REGIONAL, Envelope.NATIONAL]),
    ),
    max_size=12,
)


def of(drawn):
    sites = [
        SiteAccount(f"s{i:02}", demands, year, envelope=envelope, evidence="decree")
        for i, (demands, year, envelope) in enumerate(drawn)
    ]
    return sites, {site.site_id: site_verdict(site, RULES) for site in sites}


@given(SITES, st.integers(1, 5))
def test_the_parts_of_a_set_are_judged_as_the_whole(drawn, size):
    sites, verdicts = of(drawn)
    parts = [sites[start : start + size] for start in range(0, len(sites), size)]
    tallies = [tally(part, verdicts, RULES) for part in parts[::-1]]
    kept = [read_tally(json.loads(json.dumps(tally_document(one)))) for one in tallies]
    assert kept == tallies
    whole = added(kept)
    assert whole == tally(sites, verdicts, RULES)
    expected = plan(sites, verdicts, RULES)
    verdict, territories = judged(whole, RULES)
    assert verdict == expected.verdict
    assert [part.code for part in territories] == [part.code for part in expected.territories]
    for found, told in zip(territories, expected.territories, strict=True):
        assert found.planned_m2 == told.planned_m2
        assert found.remaining_after_m2 == told.remaining_after_m2
        assert found.first_overshoot_year == told.first_overshoot_year
        assert (found.pooled_m2, found.verdict) == (told.pooled_m2, told.verdict)
        assert whole.epci[found.code].sites == len(told.sites)
    assert sum(whole.posted.values()) == len(expected.posted)
    assert sum(whole.left_out.values()) == len(expected.left_out)


def test_sums_worked_by_hand():
    drawn = [
        ((Demand("A", "CC A", 100),), 2026, Envelope.LOCAL),
        ((Demand("A", "CC A", 20), Demand("B", "CC B", 3)), 2026, Envelope.LOCAL),
        ((Demand("A", "CC A", 7),), None, Envelope.LOCAL),
        ((Demand("A", "CC A", 50),), 2027, Envelope.NATIONAL),
        ((Demand("A", "CC A", None),), 2027, Envelope.LOCAL),
        ((Demand("B", "CC B", 9),), 2020, Envelope.LOCAL),
    ]
    sites, verdicts = of(drawn)
    found = tally(sites, verdicts, RULES)
    assert dict(found.epci["A"].by_year) == {2026: 120, None: 7}
    assert (found.epci["A"].sites, found.epci["A"].area_m2) == (3, 127)
    assert dict(found.epci["B"].by_year) == {2026: 3}
    assert found.posted == {Envelope.LOCAL: 3, Envelope.NATIONAL: 1}
    assert found.taken_m2 == {Envelope.LOCAL: 130, Envelope.NATIONAL: 50}
    assert found.left_out == {VerdictCode.UNDETERMINED: 1, VerdictCode.COMPATIBLE: 1}
