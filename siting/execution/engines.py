"""Engines of one machine."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from siting.errors import SitingError, problem

Result = TypeVar("Result")

ATTEMPTS: Final = 3
"""Times that workers may be lost one after another without a single task done."""


class WorkersLostError(SitingError):
    """Workers were lost again and again: what is done is kept."""


class Engine(Protocol):
    """Does tasks, somewhere."""

    def run(self, function: Callable[[int], Result], tasks: Sequence[int]) -> Iterator[Result]:
        """Do tasks.

        Parameters
        ----------
        function
            What to do of each; a picklable function without side effect but the files it
            writes, which doing twice does not change.
        tasks
            Numbers of the tasks.

        Yields
        ------
        Result
            Of each task, as they come.
        """
        ...


@dataclass(frozen=True, slots=True)
class InProcess:
    """Does the tasks one after another, here."""

    def run(self, function: Callable[[int], Result], tasks: Sequence[int]) -> Iterator[Result]:
        """Do tasks: see :meth:`Engine.run`.

        Parameters
        ----------
        function, tasks
            As in :meth:`Engine.run`.

        Yields
        ------
        Result
            In the order of the tasks.
        """
        for task in tasks:
            yield function(task)


@dataclass(frozen=True, slots=True)
class Processes:
    """Does the tasks in several processes of this machine.

    Parameters
    ----------
    workers
        Number of processes. They are new ones ("spawn"): nothing of this process is shared.
    """

    workers: int

    def run(self, function: Callable[[int], Result], tasks: Sequence[int]) -> Iterator[Result]:
        """Do tasks: see :meth:`Engine.run`.

        Parameters
        ----------
        function, tasks
            As in :meth:`Engine.run`.

        Yields
        ------
        Result
            As they come.

        Raises
        ------
        WorkersLostError
            If processes end :data:`ATTEMPTS` times in a row (killed, out of memory) and no
            task gets done in between.
        """
        left, failures = list(tasks), 0
        while left:
            done: set[int] = set()
            try:
                with unbroken():
                    for task, result in self._some(function, left):
                        done.add(task)
                        yield result
            except BrokenProcessPool as error:
                failures = 0 if done else failures + 1
                if failures == ATTEMPTS:
                    raise WorkersLostError(problem("workers-lost", found=failures)) from error
            left = [task for task in left if task not in done]

    def _some(
        self, function: Callable[[int], Result], tasks: Sequence[int]
    ) -> Iterator[tuple[int, Result]]:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(
            min(self.workers, len(tasks)), mp_context=context, initializer=_end_with_parent
        ) as pool:
            futures = {pool.submit(function, task): task for task in tasks}
            try:
                for future in as_completed(futures):
                    yield futures[future], future.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)


@contextmanager
def unbroken() -> Iterator[None]:
    """Outlive the workers that this process writes to.

    The command line ends with the reader of its pipe (``SIGPIPE``); a worker that is killed
    closes one too, and must end nothing but itself.

    Yields
    ------
    None
        While writing to a process that is no more is an error, not the end.
    """
    here = threading.current_thread() is threading.main_thread()
    if not (here and hasattr(signal, "SIGPIPE")):
        yield
        return
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGPIPE, before)


def _end_with_parent() -> None:
    """End this process when the one that started it does: killed, it cannot tell its workers."""
    parent = multiprocessing.parent_process()

    def wait() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
