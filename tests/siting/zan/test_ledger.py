import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siting.domain import EntryKind, Envelope, Measure, Period
from siting.errors import MeasureMismatchError
from siting.zan.ledger import Entry, Ledger


def entry(territory="44109", year=2024, area_m2=100, kind=EntryKind.PLANNED, evidence="x"):
    return Entry(
        territory, Measure.ENAF, year, area_m2, Envelope.LOCAL, kind, evidence, "a test"
    )  # fmt: skip


entries = st.builds(
    entry,
    territory=st.sampled_from(["01001", "44109", "85113"]),
    year=st.integers(2011, 2035),
    area_m2=st.integers(0, 10**9),
    kind=st.sampled_from([EntryKind.OBSERVED, EntryKind.COMMITTED, EntryKind.PLANNED]),
)


def test_posting_returns_a_new_ledger_and_leaves_the_first_alone():
    before = Ledger.empty(Measure.ENAF).post([entry(area_m2=10)])
    after = before.post([entry(area_m2=5)])
    assert before.area_m2().to_dict() == {"44109": 10}
    assert after.area_m2().to_dict() == {"44109": 15}


@given(st.lists(entries), st.integers(0, 30))
def test_nothing_is_lost_however_the_entries_are_posted(posted, cut):
    whole = Ledger.empty(Measure.ENAF).post(posted)
    parts = Ledger.empty(Measure.ENAF).post(posted[cut:]).post(posted[:cut])
    assert int(whole.area_m2().sum()) == sum(e.area_m2 for e in posted)
    pd.testing.assert_series_equal(whole.area_m2(), parts.area_m2())


@given(st.lists(entries))
def test_periods_partition_the_ledger(posted):
    ledger = Ledger.empty(Measure.ENAF).post(posted)
    parts = [Period(2011, 2020), Period(2021, 2030), Period(2031, 2035)]
    total = sum(int(ledger.area_m2(period=p).sum()) for p in parts)
    assert total == int(ledger.area_m2().sum())


def test_two_measures_never_mix():
    ledger = Ledger.empty(Measure.NET_ARTIFICIALISATION)
    with pytest.raises(MeasureMismatchError, match="never mix"):
        ledger.post([entry()])
    with pytest.raises(MeasureMismatchError):
        ledger.post_table(pd.DataFrame({"area_m2": []}), Measure.ENAF)


def test_a_credit_needs_evidence_and_a_negative_area():
    assert entry(kind=EntryKind.CREDIT, area_m2=-5).area_m2 == -5
    with pytest.raises(ValueError, match="evidence"):
        entry(kind=EntryKind.CREDIT, area_m2=-5, evidence="")
    with pytest.raises(ValueError, match="credit"):
        entry(kind=EntryKind.CREDIT, area_m2=5)
    with pytest.raises(ValueError, match="planned"):
        entry(kind=EntryKind.PLANNED, area_m2=-5)
    with pytest.raises(ValueError, match="whole"):
        entry(area_m2=1.5)


def test_a_table_of_flows_is_posted_whole():
    rows = pd.DataFrame(
        {
            "territory": ["44109", "44109"], "year": [2023, 2011], "area_m2": [3, 4],
            "envelope": "local", "kind": "observed", "evidence": "", "source": "Cerema",
        }
    )  # fmt: skip
    ledger = Ledger.empty(Measure.ENAF).post_table(rows, Measure.ENAF)
    assert ledger.area_m2(period=Period(2021, 2030)).to_dict() == {"44109": 3}
    assert ledger.last_year(EntryKind.OBSERVED) == 2023
    assert ledger.last_year(EntryKind.PLANNED) is None
    with pytest.raises(ValueError, match="negative"):
        ledger.post_table(rows.assign(area_m2=-1), Measure.ENAF)
