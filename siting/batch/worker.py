"""One partition: rows → sites → measures, score and verdict of each → one GeoParquet file."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import geopandas as gpd

from layers.errors import Problem
from layers.sites import SiteFile, sites_of
from layers.spec import Status
from siting.appraisal import Bench, appraise
from siting.batch.folder import differing, identity_at_start
from siting.batch.identity import OF_GROUND, bench_identity
from siting.batch.job import Job, drafted, write_json
from siting.batch.overlaps import write_inside
from siting.batch.staging import plain, read_partition, read_staged
from siting.errors import SitingError, problem
from siting.export import flat_table, with_statuses
from siting.i18n import translator
from siting.notes import site_notes
from siting.origins import uses_of_sites
from siting.pipeline import (
    DEMONSTRATION_SITES_SOURCE,
    account_of,
    bench_of,
    chosen_of,
    with_zones,
)
from siting.roles import shared_with
from siting.world import World, load_world
from siting.zan.tally import tally, tally_document

_Ground = tuple[World, Bench]


def score_partition(job: Job, number: int) -> dict[str, Any]:
    """Score a partition and write its sites; then tell that it is finished.

    Doing it twice writes the same files: a partition whose worker was lost is done again.

    Parameters
    ----------
    job
        The run.
    number
        The partition.

    Returns
    -------
    dict
        ``number``, ``rows``, ``sites``, ``left_out``, ``rejected``, ``notes`` (number and
        example by code), ``bytes`` of the part, ``last_row``; where there are sites, their
        ``tally``, the ``chosen`` ones that a scenario names, the number of ``overlaps``, the
        ``bounds`` and how many come from each source (``origins``).
    """
    world, bench = ground_of(job)
    file = sites_in(job, world, number)
    sites, notes = file.layer.geo, file.notes
    part = job.part(number)
    told: dict[str, Any] = {"last_row": 0}
    if len(sites):
        found = appraise(sites, bench)
        notes = (*notes, *site_notes(found.sites, found.land, world, job.scenario))
        chosen = chosen_of(job.scenario, found.sites)
        taken = (account for account in found.accounts if account.site_id in chosen)
        told = {
            "tally": tally_document(tally(taken, found.verdicts, bench.rules)),
            "chosen": [] if job.scenario.sites.selected == "all" else sorted(chosen),
            "overlaps": write_inside(job, number, found.sites),
            "bounds": found.sites.total_bounds.tolist(),
            "last_row": int(found.sites["row"].max()),
        }
        origins = uses_of_sites(file, map(str, found.sites.index))
        told["origins"] = Counter(origin.name for origin in origins.values())
        table = with_statuses(flat_table(found, translator(job.language)), origins)
        with drafted(part) as draft:
            _write(table, draft)
    report = {
        "number": number,
        "rows": file.row_count,
        "sites": len(sites),
        "left_out": len(file.left_out),
        "rejected": [plain(found) for found in file.rejected],
        "notes": by_code(notes),
        **told,
        "bytes": part.stat().st_size if len(sites) else 0,
    }
    write_json(job.done(number), report)
    return report


def _write(table: gpd.GeoDataFrame, path: Any) -> None:
    table.to_parquet(path, index=False, row_group_size=10_000, write_covering_bbox=True)


def sites_in(job: Job, world: World, number: int) -> SiteFile:
    """Read the sites of a partition.

    Parameters
    ----------
    job
        The run.
    world
        The territory.
    number
        The partition.

    Returns
    -------
    SiteFile
        As :func:`siting.pipeline.read` returns them for the whole file; those that the role of
        the run may see.
    """
    staged = read_staged(job)
    table, identifiers = read_partition(job, staged, number)
    file = sites_of(
        table,
        extent=world.territory.outline,
        names=world.territory.commune_names,
        status=Status.DEMONSTRATION if job.source is None else Status.DECLARED,
        all_friches=job.all_friches,
        of_file=identifiers,
    )
    if job.source is None:
        file = replace(file, layer=replace(file.layer, provenance=DEMONSTRATION_SITES_SOURCE))
    return shared_with(job.role, with_zones(file, world))


def ground_of(job: Job) -> _Ground:
    """Open the territory, its layers and the account, once in each process.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    World, Bench
        Opened from the files of this machine.

    Raises
    ------
    SitingError
        ``worker-differs`` if the program, its libraries, the layers or the tables that this
        process sees are not those that the run began with: figures would be of another run.
    """
    known = identity_at_start(job)
    told = json.dumps([known[key] for key in OF_GROUND])
    return _ground(_Key(told, job.data, tuple(sorted(job.files.items())), job))


@dataclass(frozen=True)
class _Key:
    """What a ground is opened with: the same for jobs of other files, not for other layers."""

    told: str
    data: Path
    files: tuple[tuple[str, Path], ...]
    job: Job = field(compare=False)


@lru_cache(maxsize=1)
def _ground(key: _Key) -> _Ground:
    job = key.job
    changed = differing(job, bench_identity(job))
    if changed:
        found = ", ".join(changed)
        raise SitingError(problem("worker-differs", file=job.folder.name, found=found))
    world = load_world(files=job.files, data=job.data)
    account = account_of(job.scenario, world)
    return world, bench_of(job.scenario, world, account)


def by_code(notes: tuple[Problem, ...]) -> dict[str, dict[str, Any]]:
    """Count notes, with the first of each code.

    Parameters
    ----------
    notes
        The notes.

    Returns
    -------
    dict
        ``count`` and ``example`` by code.
    """
    counts = Counter(note.code for note in notes)
    first: dict[str, Problem] = {}
    for note in sorted(notes, key=lambda note: note.row or 0):
        first.setdefault(note.code, note)
    return {code: {"count": n, "example": plain(first[code])} for code, n in counts.items()}
