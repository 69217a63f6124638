"""Repeatable draws: a value depends on the seed and on keys, never on row order."""

from __future__ import annotations

import zlib

import numpy as np
import numpy.typing as npt

from layers.demonstration import SEED

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def keys_of(codes: object) -> Keys:
    """Turn codes into integer keys, by reading them in base 36.

    Parameters
    ----------
    codes
        One-dimensional sequence of codes made of digits and letters (``2A004``).

    Returns
    -------
    ndarray
        Keys, uint64, shape (codes,).

    Examples
    --------
    >>> keys_of(["44109", "2A004"])
    array([6906393, 3825796], dtype=uint64)
    """
    return np.array([int(str(code), 36) for code in np.asarray(codes).ravel()], dtype=np.uint64)


def uniform(*keys: Keys | int | str, seed: int = SEED) -> Floats:
    """Draw uniform numbers in [0, 1) that depend on ``seed`` and ``keys`` alone.

    Parameters
    ----------
    *keys
        Integers, arrays of keys (broadcast together) or a text that names the draw.
    seed
        Seed of the family of draws.

    Returns
    -------
    ndarray
        Draws with 53 random bits, of the broadcast shape of the keys.

    Notes
    -----
    Each key goes through the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).

    Examples
    --------
    >>> codes = keys_of(["44109", "49007", "85191"])
    >>> bool((uniform("area", codes)[::-1] == uniform("area", codes[::-1])).all())
    True
    """
    with np.errstate(over="ignore"):  # arithmetic modulo 2**64 is what is wanted
        state = _mixed(np.asarray(seed, dtype=np.uint64))
        for key in keys:
            number = zlib.crc32(key.encode()) if isinstance(key, str) else key
            state = _mixed(state ^ (np.asarray(number, dtype=np.uint64) + _GOLDEN))
    return (state >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normal(*keys: Keys | int | str, seed: int = SEED) -> Floats:
    """Draw numbers close to a standard normal law, bounded by ±6.

    Parameters
    ----------
    *keys, seed
        As in :func:`uniform`.

    Returns
    -------
    ndarray
        Sums of twelve uniform draws, less six: mean 0, variance 1. No transcendental
        function is used, so that every machine finds the same bits.
    """
    total = uniform(*keys, 0, seed=seed)
    for draw in range(1, 12):
        total = total + uniform(*keys, draw, seed=seed)
    return total - 6.0


def _mixed(state: Keys) -> Keys:
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _MIX_1
    state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return state ^ (state >> np.uint64(31))
