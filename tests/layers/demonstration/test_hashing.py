"""Draws that depend on keys alone."""

import numpy as np

from layers.demonstration.hashing import keys_of, normal, uniform

KEYS = np.arange(200_000, dtype=np.uint64)


def test_draws_are_uniform_and_independent_of_the_company():
    draws = uniform("test", KEYS)
    assert draws.min() >= 0
    assert draws.max() < 1
    # Standard errors: mean 6.5e-4, correlation of neighbours 2.2e-3.
    assert abs(draws.mean() - 0.5) < 3e-3
    assert abs(np.corrcoef(draws[1:], draws[:-1])[0, 1]) < 0.01
    np.testing.assert_array_equal(uniform("test", KEYS[7:9]), draws[7:9])


def test_names_seeds_and_order_of_keys_make_other_draws():
    assert not np.array_equal(uniform("a", KEYS[:9]), uniform("b", KEYS[:9]))
    assert not np.array_equal(uniform("a", KEYS[:9], seed=1), uniform("a", KEYS[:9], seed=2))
    assert uniform(1, 2) != uniform(2, 1)


def test_normal_draws_have_mean_0_and_variance_1():
    draws = normal("test", KEYS)
    assert abs(draws.mean()) < 0.01
    assert abs(draws.std() - 1) < 0.01


def test_corsican_codes_have_keys():
    assert len(set(keys_of(["2A004", "2B004", "20004"]).tolist())) == 3
