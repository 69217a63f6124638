"""Second opinions: published examples to the digits printed, formulas written out, edge cases."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pymcdm.methods import PROMETHEE_II, VIKOR

from siting.criteria import CRITERIA
from siting.i18n import translator
from siting.opinions import (
    INDIFFERENCE,
    METHODS,
    PREFERENCE,
    _index,
    _left_out,
    net_flows,
    rank_agreement,
    second_opinions,
    topsis,
    vikor,
)
from siting.scenario import weights
from siting.scoring import values

# --- Published examples ---------------------------------------------------------------


def vector_normalised(matrix):
    return matrix / np.sqrt((matrix**2).sum(axis=0))


def test_topsis_of_hwang_and_yoon_1981():
    """Hwang & Yoon (1981), Multiple Attribute Decision Making: the fighter aircraft problem.

    The book divides distances rounded to four decimals: 0.0920 ÷ 0.1500 gives its 0.613.
    """
    matrix = np.array(
        [
            [2.0, 1500, 20000, 5.5, 5, 9],
            [2.5, 2700, 18000, 6.5, 3, 5],
            [1.8, 2000, 21000, 4.5, 7, 7],
            [2.2, 1800, 20000, 5.0, 5, 5],
        ]
    )
    normalised = vector_normalised(matrix) * [1, 1, 1, -1, 1, 1]  # the fourth is a cost
    found = topsis(normalised, np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3]))
    assert found == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=0.6e-3)
    assert found[2] == pytest.approx(0.0920 / 0.1500, abs=0.3e-3)


TZENG_HUANG = np.array([[5, 8, 4], [7, 6, 8], [8, 8, 6], [7, 4, 6]], dtype="float64")


def test_topsis_of_tzeng_and_huang_2011():
    """Tzeng & Huang (2011), Multiple Attribute Decision Making, CRC Press."""
    found = topsis(vector_normalised(TZENG_HUANG), np.array([0.3, 0.4, 0.3]))
    assert found.round(4).tolist() == pytest.approx([0.5037, 0.6581, 0.7482, 0.3340], abs=1e-4)


def vikor_parts(values, weights):
    """Index, group utility and regret: the two last as the library explains them."""
    ones = np.ones(len(weights))
    explained = VIKOR()(values, weights, ones, validation=False, verbose=True).results
    parts = {table.desc.label: table.data for table in explained}
    return vikor(values, weights), parts["s"], parts["r"]


def test_vikor_of_tzeng_and_huang_2011():
    index, utility, regret = vikor_parts(TZENG_HUANG, np.array([0.3, 0.4, 0.3]))
    assert index.round(3).tolist() == [0.75, 0.25, 0, 1]
    assert utility.round(3).tolist() == [0.6, 0.3, 0.15, 0.65]
    assert regret.round(3).tolist() == [0.3, 0.2, 0.15, 0.4]


def test_vikor_of_opricovic_and_tzeng_2004():
    """Opricovic & Tzeng (2004), EJOR 156(2), 445-455: climbing a mountain, risk and altitude."""
    matrix = np.array([[-1.0, 3000], [-2, 3750], [-5, 4500]])
    index, utility, regret = vikor_parts(matrix, np.array([0.5, 0.5]))
    assert index.tolist() == [1, 0, 1]
    assert utility.tolist() == [0.5, 0.375, 0.5]
    assert regret.tolist() == [0.5, 0.25, 0.5]


DRINA = np.array(
    [
        [4184.3, 2914.0, 407.2, 251.0, 195, 244, 15, 2.41],
        [5211.9, 3630.0, 501.7, 308.3, 282, 346, 21, 1.41],
        [5021.3, 3920.5, 504.0, 278.6, 12, 56, 3, 4.42],
        [5566.1, 3957.9, 559.5, 335.3, 167, 268, 16, 3.36],
        [5060.5, 3293.5, 514.1, 284.2, 69, 90, 7, 4.04],
        [4317.9, 2925.9, 432.8, 239.3, 12, 55, 3, 4.36],
    ]
)


@pytest.mark.parametrize(
    ("own", "utility", "regret", "index"),
    [
        (
            [1, 1, 1, 1, 1, 1, 1, 1],
            [0.692, 0.700, 0.290, 0.423, 0.280, 0.346],
            [0.125, 0.125, 0.121, 0.125, 0.067, 0.125],
            [0.991, 1.000, 0.473, 0.670, 0.000, 0.578],
        ),
        (
            [2, 2, 2, 2, 1, 1, 1, 1],
            [0.701, 0.600, 0.386, 0.365, 0.317, 0.459],
            [0.167, 0.114, 0.161, 0.167, 0.089, 0.167],
            [1.000, 0.533, 0.552, 0.563, 0.000, 0.686],
        ),
        (
            [1, 1, 1, 1, 2, 2, 2, 2],
            [0.683, 0.800, 0.193, 0.480, 0.243, 0.232],
            [0.113, 0.167, 0.080, 0.122, 0.044, 0.083],
            [0.684, 1.000, 0.147, 0.554, 0.041, 0.191],
        ),
    ],
)
def test_vikor_of_opricovic_and_tzeng_2007(own, utility, regret, index):
    """Opricovic & Tzeng (2007), EJOR 178(2), 514-529: reservoirs on the Drina.

    The figures are printed with three decimals and some are cut, not rounded.
    """
    signs = np.array([1, -1, 1, 1, -1, -1, -1, 1])
    found = vikor_parts(DRINA * signs, np.array(own) / sum(own))
    for ours, printed in zip(found, (index, utility, regret), strict=True):
        assert ours == pytest.approx(printed, abs=1.01e-3)


def test_promethee_of_brans_vincke_and_mareschal_1986():
    """Brans, Vincke & Mareschal (1986), EJOR 24(2), 228-238: sites of a power station.

    A preference of every type, of which the library has all but the last, Gaussian, added here
    by its formula. Flows of the criteria add up. They are printed as sums, from preferences cut
    to three decimals, hence the tolerance.
    """
    matrix = np.array(
        [
            [80, 90, 600, 54, 8, 5],
            [65, 58, 200, 97, 1, 1],
            [83, 60, 400, 72, 4, 7],
            [40, 80, 1000, 75, 7, 10],
            [52, 72, 600, 20, 3, 8],
            [94, 96, 700, 36, 5, 6],
        ],
        dtype="float64",
    ) * [-1, 1, -1, -1, -1, 1]
    kinds = [
        PROMETHEE_II("ushape", q=[10], p=[10]),
        PROMETHEE_II("vshape", q=[0], p=[30]),
        PROMETHEE_II("vshape_2", q=[50], p=[500]),
        PROMETHEE_II("level", q=[10], p=[60]),
        PROMETHEE_II("usual"),
    ]
    one = np.ones(1)
    found = [kind(matrix[:, [j]], one, one, validation=False) for j, kind in enumerate(kinds)]
    lead = matrix[:, 5][:, np.newaxis] - matrix[:, 5]
    gaussian = np.sign(lead) * (1 - np.exp(-(lead**2) / (2 * 5**2)))
    sums = (5 * np.sum(found, axis=0) + gaussian.sum(axis=1)) / 6
    printed = [-0.728, 0.085, -0.447, -0.102, 1.466, -0.274]
    assert sums == pytest.approx(printed, abs=2.1e-3)
    assert np.argsort(-sums).tolist() == np.argsort([-x for x in printed]).tolist()


def test_promethee_by_hand():
    # Leads of 0.10 and 0.40: (0.10 - 0.05) / 0.25 = 0.2, then 1 from 0.30 on.
    found = net_flows(np.array([[0.5], [0.4], [0.1]]), np.array([1.0]))
    assert found == pytest.approx([(0.2 + 1) / 2, (1 - 0.2) / 2, (-1 - 1) / 2])


# --- The formulas written out, against the library as it is called ------------------------

SHARES = st.integers(0, 20).map(lambda v: v / 20)
MATRICES = st.tuples(st.integers(2, 8), st.integers(1, 5)).flatmap(
    lambda shape: arrays("float64", shape, elements=SHARES)
)


def own_weights(matrix):
    raw = np.arange(1.0, matrix.shape[1] + 1)
    return raw / raw.sum()


def indices(matrix):
    """Every index of the sites, as second opinions work them out."""
    return {method: _index(method, matrix, own_weights(matrix)) for method in METHODS}


@given(MATRICES)
def test_topsis_is_its_formula(matrix):
    weighted = matrix * own_weights(matrix)
    best, worst = (((weighted - end) ** 2).sum(axis=1) ** 0.5
                   for end in (weighted.max(axis=0), weighted.min(axis=0)))  # fmt: skip
    if np.ptp(matrix, axis=0).any():
        assert indices(matrix)["topsis"] == pytest.approx(worst / (best + worst), abs=1e-12)


def paired_flows(matrix, own):
    """Every pair, one by one."""
    lead = matrix[:, np.newaxis, :] - matrix[np.newaxis, :, :]
    preferred = np.clip((lead - INDIFFERENCE) / (PREFERENCE - INDIFFERENCE), 0, 1)
    net = preferred - preferred.transpose(1, 0, 2)
    return (net.sum(axis=1) @ own) / (len(matrix) - 1)


@given(MATRICES)
def test_promethee_is_its_formula(matrix):
    expected = paired_flows(matrix, own_weights(matrix))
    assert indices(matrix)["promethee_ii"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("sites", [2, 29, 400])
@pytest.mark.parametrize("decimals", [1, 2, 17])
def test_flows_by_sorting_are_those_of_the_library(sites, decimals):
    """Ties and leads of exactly a threshold included, when values are rounded."""
    matrix = np.random.default_rng(sites).random((sites, 4)).round(decimals)
    own, count = own_weights(matrix), matrix.shape[1]
    method = PROMETHEE_II("vshape_2", p=[PREFERENCE] * count, q=[INDIFFERENCE] * count)
    theirs = method(matrix, own, np.ones(count), validation=False)
    assert net_flows(matrix, own) == pytest.approx(theirs, abs=1e-12)


def test_flows_of_many_sites_add_up_to_zero():
    """What one site wins another loses; and so many sites would make 10¹⁰ pairs."""
    matrix = np.random.default_rng(5).random((100_000, 3))
    flows = net_flows(matrix, own_weights(matrix))
    assert abs(flows.sum()) < 1e-6
    some = np.random.default_rng(6).choice(len(matrix), 20, replace=False)
    lead = matrix[some][:, np.newaxis, :] - matrix[np.newaxis, :, :]
    width = PREFERENCE - INDIFFERENCE
    won, lost = (np.clip((d - INDIFFERENCE) / width, 0, 1) for d in (lead, -lead))
    expected = (won - lost).sum(axis=1) @ own_weights(matrix) / (len(matrix) - 1)
    assert flows[some] == pytest.approx(expected, abs=1e-12)


@given(MATRICES)
def test_vikor_is_its_formula_and_has_no_answer_where_it_divides_by_zero(matrix):
    apart = np.ptp(matrix, axis=0) > 0
    if not apart.any():
        return
    own, told = own_weights(matrix)[apart], matrix[:, apart]
    terms = own * (told.max(axis=0) - told) / np.ptp(told, axis=0)
    utility, regret = terms.sum(axis=1), terms.max(axis=1)
    found = indices(matrix)["vikor"]
    assert np.isfinite(found).all() or np.isnan(found).all()
    if min(np.ptp(utility), np.ptp(regret)) > 2e-9:
        parts = [(one - one.min()) / np.ptp(one) for one in (utility, regret)]
        assert -found == pytest.approx(np.mean(parts, axis=0), abs=1e-9)
    else:
        assert np.isnan(found).all()


def test_a_linear_preference_over_the_whole_scale_is_the_weighted_sum():
    # Why the default thresholds are not 0 and 1: the opinion would be no second one.
    matrix = np.random.default_rng(1).random((9, 3))
    own, ones = own_weights(matrix), np.ones(3)
    flows = PROMETHEE_II("vshape_2", p=ones, q=0 * ones)(matrix, own, ones)
    centred = matrix @ own - (matrix @ own).mean()
    assert flows == pytest.approx(centred * 9 / 8)


# --- Edges ----------------------------------------------------------------------------


def opinions(rows, rank=None):
    table = pd.DataFrame(rows, columns=list("abc")[: len(rows[0])], dtype="float64")
    own = pd.Series(1 / table.shape[1], index=table.columns)
    order = (table * own).sum(axis=1, skipna=False).rank(method="min", ascending=False)
    return second_opinions(table, own, order.astype("Int64") if rank is None else rank)


def codes(found):
    return [reason.code for reason in found.reasons]


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_edges_are_told_without_warning(lang):
    cases = {
        "one site": [[0.2, 0.4]],
        "a constant column": [[0.2, 0.4], [0.6, 0.4]],
        "identical sites": [[0.2, 0.4]] * 3,
        "nothing known": [[np.nan, np.nan]] * 2,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = {name: opinions(rows) for name, rows in cases.items()}
    for one in found.values():
        assert list(one.ranks.columns) == list(METHODS)
        assert set(one.ranks.dtypes.astype(str)) == {"Int64"}
        assert all("{" not in reason.text(translator(lang)) for reason in one.reasons)
    assert codes(found["one site"]) == ["opinion-undetermined"] * 3
    assert found["one site"].ranks.to_numpy().tolist() == [[1, 1, 1]]
    assert found["a constant column"].agreement == {"topsis": 1, "promethee_ii": 1, "vikor": 1}
    assert found["identical sites"].ranks.to_numpy().tolist() == [[1, 1, 1]] * 3
    assert found["nothing known"].judged == 0
    assert found["nothing known"].ranks.isna().all(axis=None)
    assert codes(found["nothing known"])[3:] == [
        "opinion-sites-left-out", "opinion-criteria-left-out",
    ]  # fmt: skip


def test_vikor_without_an_answer_is_told_and_ranks_nothing():
    """Each site is the worst of a criterion of the same weight: equal regrets, 0 ÷ 0."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = opinions([[0.0, 1.0], [1.0, 0.0]])
    assert found.ranks["vikor"].isna().all()
    assert found.ranks["topsis"].tolist() == [1, 1]
    assert (found.judged, codes(found)) == (2, ["opinion-undetermined"] * 3)


def test_what_rounding_parts_is_level():
    """0.1 + 0.2 is not 0.3: utilities that differ by that would be told apart by VIKOR."""
    third = 0.1 + 0.2
    for rows in ([[third, 0.5], [0.3, 0.5]], [[third, 0.7, 0.0], [0.3, 0.0, 0.7]]):
        found = opinions(rows).ranks
        assert found["topsis"].tolist() == [1, 1]
        assert found["promethee_ii"].tolist() == [1, 1]
        assert found["vikor"].isna().all() or found["vikor"].eq(1).all()


def test_the_library_is_imported_for_opinions_only(root):
    """With it comes matplotlib: seconds that no other command should take."""
    check = "import sys, siting.sensitivity, siting.pipeline; print('pymcdm' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", check], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_an_unknown_value_is_never_read_as_zero():
    found = opinions([[0.9, 0.1], [0.5, 0.5], [1.0, np.nan]])
    assert found.ranks.loc[2].isna().all()
    assert found.judged == 2
    assert codes(found)[-1] == "opinion-sites-left-out"
    without = opinions([[0.9, 0.1], [0.5, 0.5]])
    assert found.ranks.loc[:1].equals(without.ranks)


def test_a_criterion_unknown_everywhere_is_left_out_and_told():
    found = opinions([[0.9, np.nan], [0.5, np.nan]], rank=pd.Series([1, 2], dtype="Int64"))
    assert found.criteria == ("a",)
    assert found.judged == 2
    assert codes(found)[-1] == "opinion-criteria-left-out"
    assert "b" in found.reasons[-1].text()


def test_criteria_left_out_are_told_by_their_titles_in_the_language():
    names = ["interchange", "port"]
    keys = [name for name, one in CRITERIA.items() if any(word in name for word in names)]
    weighted = pd.Series(1.0, index=[*keys, "other"])
    (reason,) = _left_out([*keys, "other"][:-1], weighted)
    for language in ("fr", "en"):
        titles = [translator(language)(CRITERIA[key].title) for key in keys]
        assert len(titles) > 1
        assert ", ".join(titles) in reason.text(translator(language))


def test_what_is_read_makes_sites_times_weight_the_largest():
    # All three: 1 site × 1; without c, the most unknown: 4 × 0.9; without b either: 5 × 0.6.
    table = pd.DataFrame(
        {
            "a": [0.1, 0.2, 0.3, 0.4, 0.5],
            "b": [0.5, 0.4, 0.3, 0.2, np.nan],
            "c": [0.5, np.nan, np.nan, np.nan, np.nan],
        }
    )
    own = pd.Series({"a": 0.6, "b": 0.3, "c": 0.1})
    found = second_opinions(table, own, pd.Series([5, 4, 3, 2, 1]))
    assert (found.criteria, found.judged) == (("a", "b"), 4)
    assert found.reasons[-1].figures == {"criteria": ("c",), "percent": 90}
    heavy = second_opinions(
        table, pd.Series({"a": 0.1, "b": 0.1, "c": 0.8}), pd.Series([5, 4, 3, 2, 1])
    )
    assert (heavy.criteria, heavy.judged) == (("a", "b", "c"), 1)


def test_a_criterion_without_weight_does_not_keep_a_site_out():
    table = pd.DataFrame({"a": [0.1, 0.2], "b": [np.nan, np.nan]})
    found = second_opinions(table, pd.Series({"a": 1.0, "b": 0.0}), pd.Series([2, 1]))
    assert (found.judged, found.criteria) == (2, ("a",))


@given(st.permutations(range(6)))
def test_the_order_of_the_sites_does_not_matter(order):
    table = pd.DataFrame(np.random.default_rng(5).random((6, 3)), columns=list("abc"))
    own = pd.Series({"a": 0.5, "b": 0.3, "c": 0.2})
    rank = pd.Series([3, 1, 2, 6, 5, 4])
    first = second_opinions(table, own, rank)
    shuffled = second_opinions(table.iloc[order], own, rank.iloc[order])
    assert shuffled.ranks.sort_index().equals(first.ranks)


def test_sentences_tell_how_far_the_methods_agree():
    table = pd.DataFrame({"a": [0.9, 0.6, 0.3, 0.0]})
    own = pd.Series({"a": 1.0})
    cases = {(1, 2, 3, 4): "agrees", (1, 3, 2, 4): "partly-agrees", (4, 3, 2, 1): "differs"}
    for rank, code in cases.items():
        found = second_opinions(table, own, pd.Series(rank))
        assert codes(found) == [f"opinion-{code}"] * 3
    assert "−1.00" in found.reasons[0].text()
    assert "−1,00" in found.reasons[0].text(translator("fr"))


def test_agreement_by_hand():
    # 6 pairs; 4 in the same order, 1 not, 1 tied in the first: 3 / √(5 × 6).
    found = rank_agreement(pd.Series([1, 1, 3, 4]), pd.Series([1, 2, 4, 3]))
    assert found == pytest.approx(3 / 30**0.5)


def test_the_embedded_sites(demo_run):
    scenario = demo_run.scenario
    found = second_opinions(
        values(demo_run.matrix, scenario), weights(scenario), demo_run.scores.rank
    )
    assert 0 < found.judged <= len(demo_run.sites)
    assert found.ranks.index.equals(demo_run.sites.index)
    assert all(tau > 0.3 for tau in found.agreement.values())
