"""The engine that options name."""

from __future__ import annotations

from siting.execution.cluster import Cluster
from siting.execution.engines import Engine, InProcess, Processes


def engine_of(*, workers: int = 1, dask: str | None = None) -> Engine:
    """Return the engine that options name.

    Parameters
    ----------
    workers
        Processes of this machine.
    dask
        Address of the scheduler of a Dask cluster (``tcp://…``), instead.

    Returns
    -------
    Engine
        The engine.
    """
    if dask is not None:
        return Cluster(dask)
    return InProcess() if workers == 1 else Processes(workers)
