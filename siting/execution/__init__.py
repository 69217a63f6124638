"""Where the batches of a run are done: in this process, in several, on a Dask cluster.

An engine does tasks in any order and gives their results as they come. What it is given must
be picklable, and small: the tasks open their files themselves.
"""

from __future__ import annotations

from siting.execution.choice import engine_of
from siting.execution.engines import (
    Engine,
    InProcess,
    Processes,
    WorkersLostError,
)

__all__ = ["Engine", "InProcess", "Processes", "WorkersLostError", "engine_of"]
