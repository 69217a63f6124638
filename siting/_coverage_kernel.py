"""The compiled part of :mod:`siting.coverage`: the functions of :mod:`siting._coverage_steps`.

Importing this module imports numba (most of a second); import it when first used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
from numba.extending import register_jitable

from siting import _coverage_steps as steps


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile ``function`` on first call, with a cache on disk where one can be written.

    Parameters
    ----------
    function
        Function of scalars and arrays.

    Returns
    -------
    Callable
        The compiled function; it releases the GIL.
    """
    try:
        return numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # neither the package's folder nor the user's cache is writable
        return numba.njit(nogil=True)(function)


for _step in (steps.add_piece, steps.add_edge, steps.add_cells, steps.band_rows):
    register_jitable(_step)  # may be called from compiled code

ring_signs = compiled(steps.ring_signs)
add_coverage = compiled(steps.add_coverage)
