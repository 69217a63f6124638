"""Score a file of sites of any size, partition by partition, with bounded memory.

The folder of the result holds one GeoParquet part a partition (readers open the folder as one
table), ``_ranks.parquet``, ``_overlaps.parquet``, ``_rejected.csv`` and ``_manifest.json``. Parts
can be read while others are being written; a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import errno
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from layers.errors import N_
from siting.batch.folder import differing, held, prepare, sweep
from siting.batch.identity import bench_identity
from siting.batch.job import PARTITION_SIZE, Job
from siting.batch.overlaps import forget, pairs_inside, write_overlaps
from siting.batch.results import MANIFEST, write_manifest, write_ranks, write_rejected
from siting.batch.staging import Staged, stage
from siting.batch.worker import score_partition
from siting.errors import SitingError, problem
from siting.execution import Engine, InProcess

__all__ = ["PARTITION_SIZE", "Job", "Pace", "score_in_batches"]

READING = N_("Reading the file and sorting its sites by place")
SCORING = N_("Scoring")
OVERLAPPING = N_("Looking for sites that overlap")
_UNWRITABLE: Final = (
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
    errno.ENOTDIR,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pace:
    """How far a run is.

    Parameters
    ----------
    step
        The step at hand (an English gettext identifier).
    done, total
        Rows done, those found done already included, and rows in all; of the reading, in
        hundredths.
    rate
        Rows a second since the start; 0 before the first.
    left_s
        Seconds left at this rate; ``None`` before the first.
    """

    step: str
    done: int
    total: int
    rate: float = 0.0
    left_s: float | None = None


def score_in_batches(
    job: Job,
    *,
    engine: Engine | None = None,
    resume: bool = False,
    told: Callable[[Pace], None] = lambda _pace: None,
) -> dict[str, Any]:
    """Read, measure, score, account and write the sites of a file, partition by partition.

    Parameters
    ----------
    job
        What to score, with what, and where to write it.
    engine
        Where partitions are scored; in this process by default. The result is the same.
    resume
        Whether to go on with a run that was interrupted.
    told
        Told how far the run is.

    Returns
    -------
    dict
        The document of ``_manifest.json``.

    Raises
    ------
    SitingError
        If the file, the scenario or the folder cannot be used, or workers are lost again and
        again. What is finished is kept.
    """
    try:
        with held(job):
            return _run(job, engine or InProcess(), resume=resume, told=told)
    except _UnusableError as error:
        shutil.rmtree(job.folder, ignore_errors=True)  # the file can be mended, and given again
        raise error.found from None
    except OSError as error:
        if error.errno not in _UNWRITABLE:
            raise
        found = problem("output-stopped", file=job.folder.name, found=error, expected="--resume")
        raise SitingError(found) from error


class _UnusableError(Exception):
    """The file of sites cannot be used, and nothing was done yet."""

    def __init__(self, found: SitingError) -> None:
        self.found = found
        super().__init__(str(found))


def _run(job: Job, engine: Engine, *, resume: bool, told: Callable[[Pace], None]) -> dict[str, Any]:
    """Do what is left of a run; its folder is held."""
    fresh = prepare(job, resume=resume)
    document = _finished_before(job)
    if document is not None:
        return document
    try:
        staged = stage(job, told=lambda share: told(Pace(READING, round(100 * share), 100)))
    except SitingError as error:
        if fresh:
            raise _UnusableError(error) from None
        raise
    reports = _scored(job, staged, engine, told)
    write_ranks(job, reports)
    rejected = write_rejected(job, staged, reports)
    told(Pace(OVERLAPPING, 0, 1))
    pairs = write_overlaps(job, reports)
    changed = differing(job, bench_identity(job))
    if changed:  # what was read last is of other layers than what was read first
        found = ", ".join(changed)
        raise SitingError(problem("output-other-run", file=job.folder.name, found=found))
    document = write_manifest(job, staged, reports, rejected=rejected, overlaps=pairs)
    _clean(job)
    return document


def _finished_before(job: Job) -> dict[str, Any] | None:
    """Return the manifest of a run that was finished; what was lost of it since is done again."""
    path = job.folder / MANIFEST
    if not path.is_file():
        return None
    document: dict[str, Any] = json.loads(path.read_text("utf-8"))
    numbers = range(document["partitions"])
    if all(_finished(job, number) is not None for number in numbers):
        _clean(job)  # the run may have been ended before it was done
        return document
    path.unlink()
    return None


def _clean(job: Job) -> None:
    forget(job)
    sweep(job)


def _scored(
    job: Job, staged: Staged, engine: Engine, told: Callable[[Pace], None]
) -> list[dict[str, Any]]:
    """Score the partitions that are not done yet; return the reports of all of them."""
    reports = {number: _finished(job, number) for number in range(len(staged.sizes))}
    left = [number for number, report in reports.items() if report is None]
    total = sum(staged.sizes)
    before = total - sum(staged.sizes[number] for number in left)
    told(Pace(SCORING, before, total))
    done, start = 0, time.monotonic()
    for report in engine.run(partial(score_partition, job), left) if left else ():
        reports[report["number"]] = report
        done += staged.sizes[report["number"]]
        rate = done / max(time.monotonic() - start, 1e-9)
        told(Pace(SCORING, before + done, total, rate, (total - before - done) / rate))
    return [report for report in reports.values() if report is not None]


def _finished(job: Job, number: int) -> dict[str, Any] | None:
    """Return the report of a partition that is done, its part whole."""
    path, part = job.done(number), job.part(number)
    if not path.is_file():
        return None
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except ValueError:  # the machine stopped before the disk had it
        return None
    size = part.stat().st_size if part.is_file() else 0
    whole = size == report["bytes"] and (not size or pairs_inside(job, number).is_file())
    return report if whole else None
