"""Score a file of sites of any size, partition by partition, with bounded memory.

The folder of the result holds one GeoParquet part a partition (readers open the folder as one
table), ``_ranks.parquet``, ``_overlaps.parquet``, ``_rejected.csv`` and ``_manifest.json``. Parts
can be read while others are being written; a run that was interrupted goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from layers.errors import N_
from siting.batch.job import PARTITION_SIZE, Job, prepare
from siting.batch.overlaps import forget, write_overlaps
from siting.batch.results import MANIFEST, write_manifest, write_ranks, write_rejected
from siting.batch.staging import Staged, stage
from siting.batch.worker import score_partition
from siting.errors import SitingError
from siting.execution import Engine, InProcess

__all__ = ["PARTITION_SIZE", "Job", "Pace", "score_in_batches"]

READING = N_("Reading the file and sorting its sites by place")
SCORING = N_("Scoring")
OVERLAPPING = N_("Looking for sites that overlap")


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
    fresh = prepare(job, resume=resume)
    finished = job.folder / MANIFEST
    if finished.is_file():
        document: dict[str, Any] = json.loads(finished.read_text("utf-8"))
        return document
    try:
        staged = stage(job, told=lambda share: told(Pace(READING, round(100 * share), 100)))
    except SitingError:
        if fresh:
            shutil.rmtree(job.folder)  # the file can be mended, and given again
        raise
    reports = _scored(job, staged, engine or InProcess(), told)
    write_ranks(job, reports)
    rejected = write_rejected(job, staged, reports)
    told(Pace(OVERLAPPING, 0, 1))
    pairs = write_overlaps(job, reports)
    document = write_manifest(job, staged, reports, rejected=rejected, overlaps=pairs)
    shutil.rmtree(job.staged(0).parent)
    forget(job)
    return document


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
        done += report["rows"]
        rate = done / max(time.monotonic() - start, 1e-9)
        told(Pace(SCORING, before + done, total, rate, (total - before - done) / rate))
    return [report for report in reports.values() if report is not None]


def _finished(job: Job, number: int) -> dict[str, Any] | None:
    """Return the report of a partition that is done, its part whole."""
    path, part = job.done(number), job.part(number)
    if not path.is_file():
        return None
    report: dict[str, Any] = json.loads(path.read_text("utf-8"))
    size = part.stat().st_size if part.is_file() else 0
    return report if size == report["bytes"] else None
