"""The folder of a run: held by one process, begun or gone on with, swept at the end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from filelock import FileLock, Timeout

from siting.batch.identity import identity_of
from siting.batch.job import DRAFT, Job, write_json
from siting.errors import SitingError, problem

_LOCK: Final = "lock"


@contextmanager
def held(job: Job) -> Iterator[None]:
    """Hold the folder of a run: two processes never write into one.

    The folder is made where it is not there. A process that ends, however it does, lets go.

    Parameters
    ----------
    job
        The run.

    Yields
    ------
    None
        While the folder is held.

    Raises
    ------
    SitingError
        ``output-batch`` for a file or a folder of something else, ``output-busy`` for one that
        another process holds.
    """
    _refuse_other(job)
    job.inside.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(job.inside / _LOCK, timeout=0):
            yield
    except Timeout:
        raise SitingError(problem("output-busy", file=job.folder.name)) from None


def _refuse_other(job: Job) -> None:
    """Refuse a file, or a folder that holds anything but a run."""
    if job.folder.is_dir():
        strange = not job.inside.is_dir() and any(job.folder.iterdir())
    else:
        strange = job.folder.exists()
    if strange:
        raise SitingError(problem("output-batch", found=job.folder.name))


def prepare(job: Job, *, resume: bool) -> bool:
    """Begin a run in its folder, or check that it holds the beginning of this one.

    Parameters
    ----------
    job
        The run; its folder is held.
    resume
        Whether to go on with what is there.

    Returns
    -------
    bool
        Whether the folder is new.

    Raises
    ------
    SitingError
        ``output-batch`` for a folder of something else, ``output-exists`` for a run begun where
        ``resume`` is not asked, ``output-other-run`` for one of another input, scenario, program
        or partition size.
    """
    identity = identity_of(job)
    if job.begun.is_file():
        differ = differing(job, identity)
        if differ:
            found = ", ".join(differ)
            raise SitingError(problem("output-other-run", file=job.folder.name, found=found))
        if not resume:
            name = job.folder.name
            raise SitingError(problem("output-exists", file=name, expected="--resume"))
        return False
    if any(path != job.inside for path in job.folder.iterdir()):
        raise SitingError(problem("output-batch", found=job.folder.name))
    for folder in (job.done(0).parent, job.staged(0).parent, job.overlaps):
        folder.mkdir(parents=True, exist_ok=True)
    write_json(job.begun, identity)  # the last: without it, a run has not begun
    return True


def differing(job: Job, identity: Mapping[str, Any]) -> list[str]:
    """Return what differs from what the run began with.

    Parameters
    ----------
    job
        The run.
    identity
        Some of what its result depends on.

    Returns
    -------
    list of str
        Keys.
    """
    known = identity_at_start(job)
    return [key for key, value in identity.items() if known.get(key) != value]


def identity_at_start(job: Job) -> dict[str, Any]:
    """Return what the result of a run depends on, as it was when it began.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    dict
        As :func:`siting.batch.identity.identity_of`.
    """
    known: dict[str, Any] = json.loads(job.begun.read_text("utf-8"))
    return known


def sweep(job: Job) -> None:
    """Remove what only the work needed: the rows as they were read, drafts of lost workers.

    Parameters
    ----------
    job
        The run, its manifest written.
    """
    job.read.unlink(missing_ok=True)
    shutil.rmtree(job.staged(0).parent, ignore_errors=True)
    for folder in (job.folder, job.inside, job.done(0).parent, job.overlaps):
        for draft in folder.glob(f".*{DRAFT}"):
            draft.unlink(missing_ok=True)
