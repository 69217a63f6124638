"""One hand-worked case a rule of land sobriety, each citing its rule.

``docs/rules.md`` is written from these marks: the figures are in the comments, to be contested
line by line.
"""

from fractions import Fraction

import pandas as pd
import pytest

from siting.domain import EntryKind, Envelope, Measure, Period, VerdictCode
from siting.errors import MeasureMismatchError, ScenarioError
from siting.zan.account import Rules, SiteAccount, observed_ledger, site_verdict
from siting.zan.budget import Target, commune_budgets, sum_budgets
from siting.zan.corrections import Correction, CorrectionType, correction_entries
from siting.zan.envelopes import SetAside
from siting.zan.ledger import Entry, Ledger, Pocket, Transfer
from siting.zan.local_figures import LocalFigure, local_entries
from siting.zan.pene import regional_rates
from siting.zan.ruleset import load_ruleset
from siting.zan.verdict import Demand, Pool, Standing, assess
from siting.zan.zac import Zac, zac_entries

HA = 10_000
LAW = load_ruleset("zan-50")
PARENTS = pd.DataFrame(
    {"epci": ["E1", "E1", "E2"], "departement": ["44"] * 3, "region": ["52"] * 3},
    index=pd.Index(["44001", "44002", "44003"], name="code"),
)


def flows(reference_ha=10, observed_ha=4, last=2024):
    """Each commune consumes 10 ha a year in the reference, 4 ha a year since."""
    rows = [
        (code, year, (reference_ha if year <= 2020 else observed_ha) * HA)
        for code in PARENTS.index
        for year in range(2011, last + 1)
    ]
    return pd.DataFrame(rows, columns=["code", "year", "area_m2"])


def observed(table=None, rules=LAW):
    return observed_ledger(
        flows() if table is None else table,
        source="Cerema",
        reference=rules.reference,
        period=rules.period,
    )


SEEN = {(r.territory, r.year): int(r.area_m2) for r in observed().entries.itertuples()}


def account(*entries, rules=LAW, **options):
    return commune_budgets(observed().post(entries), PARENTS, rules, **options)


def region(table, envelopes=()):
    pools = {"52": sum(one.area_m2 for one in envelopes)}
    return sum_budgets(table, PARENTS["region"], level="region", pools=pools).loc["52"]


def corrected(kind, area_ha, year, **options):
    one = Correction(kind, "44001", area_ha * HA, year, "evidence", "source", **options)
    return correction_entries(
        [one], SEEN, period=LAW.period, last_observed=2024, region="52", state="FR"
    )


def codes_of(error):
    return [found.code for found in error.value.problems]


@pytest.mark.rule("R1")
def test_the_reference_is_ten_years_and_the_period_ten_more():
    # 10 ha × 2011..2020 = 100 ha, not 11 × 10; used: 4 ha × 2021..2024 = 16 ha.
    row = account().loc["44001"]
    assert len(LAW.reference) == len(LAW.period) == 10
    assert (row["reference_m2"], row["observed_m2"]) == (100 * HA, 16 * HA)


@pytest.mark.rule("R2")
def test_the_two_measures_never_mix():
    net = Ledger.empty(Measure.NET_ARTIFICIALISATION)
    with pytest.raises(MeasureMismatchError):
        commune_budgets(net, PARENTS, LAW)
    with pytest.raises(MeasureMismatchError):
        net.post([Entry("44001", Measure.ENAF, 2024, 1, Envelope.LOCAL, EntryKind.PLANNED, "", "")])


@pytest.mark.rule("R2")
def test_a_local_figure_is_kept_beside_the_national_one():
    # National: 4 ha × 2021..2023 = 12 ha. Local: 9 ha, so − 3 ha; 16 − 3 = 13 ha counted.
    # Budget 50 ha: 50 − 13 = 37 ha remain.
    figure = LocalFigure("44001", Period(2021, 2023), 9 * HA, "MOS 2023", "EPCI")
    entries = local_entries(
        [figure], SEEN, measure=Measure.ENAF, reference=LAW.reference, period=LAW.period,
        last_observed=2024,
    )  # fmt: skip
    row = account(*entries).loc["44001"]
    assert (row["observed_m2"], row["correction_m2"]) == (16 * HA, -3 * HA)
    assert (row["used_m2"], row["remaining_m2"]) == (13 * HA, 37 * HA)
    # Over the reference: 110 ha instead of 100, hence 55 ha instead of 50.
    longer = LocalFigure("44001", Period(2011, 2020), 110 * HA, "MOS", "EPCI")
    entries = local_entries(
        [longer], SEEN, measure=Measure.ENAF, reference=LAW.reference, period=LAW.period,
        last_observed=2024,
    )  # fmt: skip
    row = account(*entries).loc["44001"]
    assert (row["reference_national_m2"], row["reference_m2"]) == (100 * HA, 110 * HA)
    assert row["budget_m2"] == 55 * HA


@pytest.mark.rule("R3")
def test_only_the_start_of_works_consumes():
    # Available since 2021, no works declared: charged from 2025, the first year not observed.
    rules = Rules(
        LAW.period, 2024, {"E1": Standing(50 * HA, 34 * HA)}, Pool(0, ""), Fraction("0.2")
    )
    site = SiteAccount("s", (Demand("E1", "E1", 5 * HA),), None, available_year=2021)
    assert rules.year_of(site) == 2025
    assert site_verdict(site, rules).code is VerdictCode.COMPATIBLE


@pytest.mark.rule("R6")
def test_the_budget_is_the_reference_less_the_closest_rate():
    # 100 ha each. Commune of a PLUi at −40 %: 60 ha; of the SRADDET at −54.5 %: 45.5 ha.
    targets = {
        "52": Target("region", Fraction("0.545"), "own", "SRADDET"),
        "E1": Target("epci", Fraction("0.4"), "own", "PLUi"),
    }
    budgets = account(targets=targets)["budget_m2"]
    assert budgets.to_dict() == {"44001": 60 * HA, "44002": 60 * HA, "44003": 455_000}
    # Without any: −50 %, 50 ha.
    assert account()["budget_m2"].tolist() == [50 * HA] * 3


@pytest.mark.rule("R7")
def test_the_national_envelope_is_shared_pro_rata_of_the_objectives():
    # Objectives of 9,700 and 102,200 ha add up to 111,900: 10,000 × 9,700 / 111,900 = 866.845 ha,
    # and ρ = 1 − 0.5 × (1 − 10,000 / 111,900) = 54.468 %.
    found = regional_rates({"52": 19_400 * HA, "rest": 204_400 * HA}, shared_m2=10_000 * HA)
    assert found["52"].share_m2 == 8_668_454
    assert float(found["52"].rate) == pytest.approx(0.544683, abs=1e-6)
    # The law's set keeps 45.5 ha of 100; the budget is told as the region's, never as a right.
    assert account(rules=load_ruleset("zan-54-5"))["budget_m2"].tolist() == [455_000] * 3


@pytest.mark.rule("R8")
def test_a_listed_national_project_is_charged_to_the_state():
    # 3 of the 4 ha observed in 2023 are those of a listed project: 16 − 3 = 13 ha used.
    entries = corrected(CorrectionType.PENE, 3, 2023)
    ledger = observed().post(entries)
    row = account(*entries).loc["44001"]
    assert (row["observed_m2"], row["credit_m2"]) == (16 * HA, -3 * HA)
    assert row["remaining_m2"] == 37 * HA
    assert ledger.paid_m2(Envelope.NATIONAL, LAW.period) == 3 * HA
    # Not a square metre more than what is observed.
    with pytest.raises(ScenarioError) as error:
        corrected(CorrectionType.PENE, 5, 2023)
    assert codes_of(error) == ["correction-exceeds"]


@pytest.mark.rule("R10")
def test_what_the_region_pools_is_taken_from_its_communes_and_never_added():
    # Budget of the region: 3 × 50 = 150 ha. Pooled: 15 ha, 5 ha from each: 45 + 45 + 45 + 15.
    pooled = [SetAside(Envelope.REGIONAL, "52", 15 * HA, "SRADDET")]
    table = account(envelopes=pooled)
    assert table["budget_m2"].tolist() == [45 * HA] * 3
    assert region(table, pooled)["budget_m2"] == 150 * HA
    # A project of regional scope of 3 ha observed in 2023: given back to the commune, charged to
    # the region, hence not to zero: 150 − 3 × 16 = 102 ha remain in the region all the same.
    entries = corrected(CorrectionType.PER, 3, 2023)
    table = account(*entries, envelopes=pooled)
    assert table.loc["44001", "remaining_m2"] == (45 - 16 + 3) * HA
    assert region(table, pooled)["remaining_m2"] == 102 * HA


@pytest.mark.rule("R10")
def test_a_pool_that_the_rates_leave_aside_must_lie_inside_the_region():
    # Rates of −55 % leave 3 × 45 = 135 of the 150 ha of the region: 15 ha can be pooled, not 16.
    targets = {code: Target("commune", Fraction("0.55"), "own", "PLU") for code in PARENTS.index}

    def pooled(area_ha):
        one = SetAside(Envelope.REGIONAL, "52", area_ha * HA, "SRADDET", "targets")
        return region(account(targets=targets, envelopes=[one]), [one])

    assert pooled(15)["budget_m2"] == 150 * HA
    with pytest.raises(ScenarioError) as error:
        pooled(16)
    assert codes_of(error) == ["envelope-exceeds"]


@pytest.mark.rule("R14")
def test_the_band_is_told_and_never_granted():
    # Budget 50 ha, 10 remain, 20 ha asked: 10 ha too many is exactly 20 % of 50; 1 m² more is not.
    standing = {"E1": Standing(50 * HA, 10 * HA)}

    def decide(area_m2):
        demand = Demand("E1", "E1", area_m2)
        return assess([demand], standing, pool=Pool(0, ""), tolerance=LAW.tolerance.value)

    assert decide(20 * HA).code is decide(20 * HA + 1).code is VerdictCode.OVER_BUDGET
    assert "band" in [reason.code for reason in decide(20 * HA).reasons]
    assert "band" not in [reason.code for reason in decide(20 * HA + 1).reasons]


@pytest.mark.rule("R17")
def test_effective_renaturation_is_deducted_before_2031():
    # 16 ha used, 2 ha renatured in 2027: 14 ha used, 36 ha remain.
    row = account(*corrected(CorrectionType.RENATURATION, 2, 2027)).loc["44001"]
    assert (row["used_m2"], row["remaining_m2"]) == (14 * HA, 36 * HA)
    with pytest.raises(ScenarioError) as error:
        corrected(CorrectionType.RENATURATION, 2, 2031)
    assert codes_of(error) == ["correction-year"]


@pytest.mark.rule("R17")
def test_a_deduction_above_consumption_is_no_budget_to_hand_over():
    # 16 ha used, 20 renatured: −4 ha, 54 of 50 ha remain, and only the budget of 50 can be given.
    entries = corrected(CorrectionType.RENATURATION, 20, 2027)
    assert account(*entries).loc["44001", "remaining_m2"] == 54 * HA
    giver, receiver = (Pocket(Envelope.LOCAL, "commune", code) for code in ("44001", "44003"))
    given = Transfer(giver, receiver, Measure.ENAF, 2026, 50 * HA, "deliberation", "source")
    table = account(*entries, given)
    # 50 − 50 − (16 − 20) = 4 ha; 50 + 50 − 16 = 84 ha.
    assert table.loc["44001", "remaining_m2"] == 4 * HA
    assert table.loc["44003", "remaining_m2"] == 84 * HA
    more = Transfer(giver, receiver, Measure.ENAF, 2026, 50 * HA + 1, "deliberation", "source")
    with pytest.raises(ScenarioError) as error:
        account(*entries, more)
    assert codes_of(error) == ["transfer-exceeds"]


@pytest.mark.rule("R26")
def test_what_is_not_observed_is_never_told_as_zero():
    kept = frozenset({"reversible", "permeable"})
    options = {"land": "natural", "conditions": kept}
    with pytest.raises(ScenarioError) as error:  # 2025 is not observed: not “0 m² observed”
        corrected(CorrectionType.PHOTOVOLTAIC, 1, 2025, **options)
    assert codes_of(error) == ["correction-year"]
    elsewhere = Correction(
        CorrectionType.PHOTOVOLTAIC, "44999", HA, 2022, "evidence", "source", **options
    )
    with pytest.raises(ScenarioError) as error:  # a commune whose consumption is unknown
        correction_entries(
            [elsewhere], SEEN, period=LAW.period, last_observed=2024, region="52", state="FR"
        )
    assert codes_of(error) == ["correction-unknown"]
    zone = Zac("Z", "44999", 10 * HA, 2019, "whole", {2022: HA}, "evidence", "source")
    with pytest.raises(ScenarioError) as error:
        zac_entries([zone], SEEN, last_observed=2024)
    assert codes_of(error) == ["correction-unknown"]


@pytest.mark.rule("R18", "R20")
def test_photovoltaics_that_keep_the_land_are_given_back():
    # 4 ha observed in 2022, 3 of them a plant on farm land that keeps all three conditions.
    kept = frozenset({"reversible", "permeable", "farming"})
    entries = corrected(CorrectionType.PHOTOVOLTAIC, 3, 2022, land="agricultural", conditions=kept)
    assert account(*entries).loc["44001", "remaining_m2"] == (50 - 16 + 3) * HA
    with pytest.raises(ScenarioError) as error:
        corrected(
            CorrectionType.PHOTOVOLTAIC, 3, 2022, land="agricultural",
            conditions=kept - {"farming"},
        )  # fmt: skip
    assert codes_of(error) == ["correction-refused"]


@pytest.mark.rule("R19")
def test_photovoltaics_on_forest_are_counted():
    # Nothing is given back: 50 − 16 = 34 ha remain, and the deduction is refused.
    kept = frozenset({"reversible", "permeable", "farming"})
    with pytest.raises(ScenarioError) as error:
        corrected(CorrectionType.PHOTOVOLTAIC, 3, 2022, land="forest", conditions=kept)
    assert codes_of(error) == ["correction-refused"]
    assert account().loc["44001", "remaining_m2"] == 34 * HA


@pytest.mark.rule("R21", "R23")
def test_neither_quarries_nor_temporary_works_can_be_deducted():
    # The only deductions there are; 34 ha remain whatever was dug or laid for a time.
    assert {one.value for one in CorrectionType} == {
        "renaturation", "photovoltaic", "coastal_erosion", "pene", "per", "farm_building",
    }  # fmt: skip
    assert account().loc["44001", "remaining_m2"] == 34 * HA


@pytest.mark.rule("R22")
def test_a_farm_building_that_was_missed_is_added():
    # 16 ha used and 1 ha missed in 2023: 17 ha, 33 ha remain.
    row = account(*corrected(CorrectionType.FARM_BUILDING, 1, 2023)).loc["44001"]
    assert (row["observed_m2"], row["correction_m2"]) == (16 * HA, 1 * HA)
    assert row["remaining_m2"] == 33 * HA


@pytest.mark.rule("R24")
def test_land_to_be_renatured_after_coastal_retreat_is_deducted_early():
    # 16 ha used, 5 ha to be renatured from 2028: 11 ha, 39 ha remain.
    row = account(*corrected(CorrectionType.COASTAL_EROSION, 5, 2028)).loc["44001"]
    assert (row["credit_m2"], row["remaining_m2"]) == (-5 * HA, 39 * HA)


def zac(counting, by_year, start=2019, area_ha=10):
    by_year = {year: area * HA for year, area in by_year.items()}
    zone = Zac("Z", "44001", area_ha * HA, start, counting, by_year, "DOC", "mairie")
    return zac_entries([zone], SEEN, last_observed=2024)


@pytest.mark.rule("R25")
def test_a_zac_started_before_2021_may_be_counted_whole_in_its_decade():
    # 10 ha started in 2019; the observatory saw 3 ha of it in 2019, 4 in 2022 and 1 in 2023.
    # Whole in 2019: reference 100 + 10 − 3 = 107 ha, budget 53.5 ha; used 16 − 4 − 1 = 11 ha.
    row = account(*zac("whole", {2019: 3, 2022: 4, 2023: 1})).loc["44001"]
    assert (row["reference_m2"], row["budget_m2"]) == (107 * HA, 535_000)
    assert (row["used_m2"], row["remaining_m2"]) == (11 * HA, 425_000)


@pytest.mark.rule("R25")
def test_a_progressive_zac_counts_each_year_once():
    # 10 ha: 4 in 2024, which the observatory counts already, then 3 in 2026 and 3 in 2031.
    # In the period: 16 + 3 = 19 ha; 31 ha remain. The 3 ha of 2031 fall in the next one.
    row = account(*zac("progressive", {2024: 4, 2026: 3, 2031: 3}, start=2024)).loc["44001"]
    assert (row["committed_m2"], row["remaining_m2"]) == (3 * HA, 31 * HA)
    # Whole at a start that is not observed yet: all of it then. 16 + 10 = 26; 24 ha remain.
    row = account(*zac("whole", {}, start=2026)).loc["44001"]
    assert (row["committed_m2"], row["remaining_m2"]) == (10 * HA, 24 * HA)
    # Whole, started in 2023, 4 ha of it seen in 2024: 16 + 10 − 4 = 22; 28 ha remain.
    row = account(*zac("whole", {2024: 4}, start=2023)).loc["44001"]
    assert (row["correction_m2"], row["remaining_m2"]) == (6 * HA, 28 * HA)


@pytest.mark.rule("R25")
@pytest.mark.parametrize(
    ("counting", "by_year", "start", "codes"),
    [
        ("progressive", {2026: 3}, 2025, ["sum-mismatch"]),
        ("progressive", {2024: 4, 2026: 6}, 2026, ["correction-year"]),
        ("whole", {2023: 4, 2025: 4}, 2023, ["correction-year"]),
        ("whole", {2023: 5}, 2023, ["correction-exceeds"]),
        ("whole", {2015: 10, 2016: 1}, 2015, ["sum-mismatch"]),
    ],
)
def test_a_zac_that_does_not_add_up_is_refused(counting, by_year, start, codes):
    with pytest.raises(ScenarioError) as error:
        zac(counting, by_year, start)
    assert codes_of(error) == codes


@pytest.mark.rule("R26")
def test_what_remains_gross_and_adjusted():
    # B = 50. C = 16 observed; − 3 PV, − 2 PENE, − 1 renatured; + 5 works started since; 4 planned.
    # Gross: 50 − 16 = 34. Adjusted: 50 − (16 − 3 − 2 − 1 + 5) − 4 = 31 ha.
    kept = frozenset({"reversible", "permeable"})
    row = account(
        *corrected(CorrectionType.PHOTOVOLTAIC, 3, 2022, land="natural", conditions=kept),
        *corrected(CorrectionType.PENE, 2, 2023),
        *corrected(CorrectionType.RENATURATION, 1, 2026),
        Entry("44001", Measure.ENAF, 2025, 5 * HA, Envelope.LOCAL, EntryKind.COMMITTED, "DOC", ""),
        Entry("44001", Measure.ENAF, 2028, 4 * HA, Envelope.LOCAL, EntryKind.PLANNED, "s", ""),
    ).loc["44001"]
    assert row["budget_m2"] - row["observed_m2"] == 34 * HA
    assert (row["credit_m2"], row["used_m2"]) == (-6 * HA, 15 * HA)
    assert row["remaining_m2"] == 31 * HA


def test_a_territory_hands_a_part_of_its_budget_to_another():
    # E1 has 2 × 50 − 2 × 16 = 68 ha left, E2 34. E1 gives 10: 5 from each commune; E2 has 44 left.
    giver, receiver = (Pocket(Envelope.LOCAL, "epci", code) for code in ("E1", "E2"))
    given = Transfer(giver, receiver, Measure.ENAF, 2026, 10 * HA, "délibérations", "EPCI")
    table = account(given)
    assert table["transfer_m2"].tolist() == [-5 * HA, -5 * HA, 10 * HA]
    assert table["remaining_m2"].tolist() == [29 * HA, 29 * HA, 44 * HA]
    assert region(table)["remaining_m2"] == region(account())["remaining_m2"]
    for code, area_ha, wrong in (("E1", 69, "transfer-exceeds"), ("E9", 1, "territory-unknown")):
        bad = Transfer(
            Pocket(Envelope.LOCAL, "epci", code),
            receiver,
            Measure.ENAF,
            2026,
            area_ha * HA,
            "d",
            "",
        )
        with pytest.raises(ScenarioError) as error:
            account(bad)
        assert codes_of(error) == [wrong]
