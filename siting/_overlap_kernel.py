"""The compiled part of :mod:`siting.overlap`: the functions of :mod:`siting._overlap_steps`.

Importing this module imports numba (most of a second); import it when first used.
"""

from __future__ import annotations

from numba.extending import register_jitable

from siting import _overlap_steps as steps
from siting._coverage_kernel import compiled

_STEPS = (
    steps.gathered, steps.height, steps.ends, steps.cuts, steps.crossed, steps.in_strips,
)  # fmt: skip
for _step in _STEPS:
    register_jitable(_step)  # may be called from compiled code

shared_areas = compiled(steps.shared_areas)
