"""A Dask cluster as an engine: the only module of the product that imports Dask.

The workers run the same version of ``siting`` and see the same paths: the file of sites, the
folder of the result and the local layers lie on a shared disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from siting.errors import SitingError, problem
from siting.execution.engines import WorkersLostError, unbroken

Result = TypeVar("Result")

TIMEOUT_S: Final = 10


@dataclass(frozen=True, slots=True)
class Cluster:
    """Does the tasks on the workers of a Dask cluster.

    Parameters
    ----------
    address
        Address of its scheduler, ``tcp://host:port``.
    """

    address: str

    def run(self, function: Callable[[int], Result], tasks: Sequence[int]) -> Iterator[Result]:
        """Do tasks: see :meth:`siting.execution.engines.Engine.run`.

        The scheduler gives the tasks of a lost worker to the others; one that loses several
        workers is given up (``distributed.scheduler.allowed-failures``).

        Parameters
        ----------
        function, tasks
            As there.

        Yields
        ------
        Result
            As they come.

        Raises
        ------
        SitingError
            ``dask-missing`` if Dask is not installed, ``dask-unreachable`` if no scheduler
            answers.
        WorkersLostError
            If the scheduler is lost, or a task ends worker after worker.
        """
        try:
            from distributed import Client, KilledWorker, as_completed  # noqa: PLC0415 - optional
        except ImportError:
            wanted = "pip install 'siting[dask]'"
            raise SitingError(problem("dask-missing", expected=wanted)) from None
        try:
            client = Client(  # type: ignore[no-untyped-call,unused-ignore]
                self.address, timeout=TIMEOUT_S, set_as_default=False
            )
        except (OSError, TimeoutError, ValueError):
            raise SitingError(problem("dask-unreachable", found=self.address)) from None
        with unbroken(), client:
            futures = client.map(function, list(tasks), pure=False, batch_size=1)
            try:
                for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call,unused-ignore]
                    if future.cancelled():
                        raise WorkersLostError(problem("dask-unreachable", found=self.address))
                    yield future.result()
            except KilledWorker as error:
                raise WorkersLostError(problem("workers-lost", found="3")) from error
            finally:
                client.cancel(futures)  # type: ignore[no-untyped-call,unused-ignore]
