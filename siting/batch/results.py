"""What is told of a run in batches once its parts are written: ranks, rejected rows, manifest."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from layers.errors import Problem
from layers.sites import listed
from siting.batch.folder import identity_at_start
from siting.batch.job import Job, drafted, write_json
from siting.batch.overlaps import first_overlap
from siting.batch.staging import Staged, lost_of, restored
from siting.batch.worker import by_code, ground_of, sites_in
from siting.documents import manifest_document, tally_plan_document
from siting.export import harmless
from siting.i18n import translator
from siting.notes import missing_notes, overlap_note, priority_notes
from siting.pipeline import manifest
from siting.roles import WITHHELD, Role
from siting.zan.tally import added, read_tally

RANKS: Final = "_ranks.parquet"
REJECTED: Final = "_rejected.csv"
MANIFEST: Final = "_manifest.json"
_COUNTED: Final = ("friche-left-out", "planning-from-zones", WITHHELD)
"""Notes that tell of a whole file how many sites they are about: each partition tells its own."""


def write_ranks(job: Job, reports: Sequence[Mapping[str, Any]]) -> None:
    """Rank all the sites by their scores, read again from the parts.

    Holds the scores in memory (8 bytes a site) and a part at once. The columns are ``site_id``,
    ``row``, ``score`` and ``rank``; the sites are in the order of the parts.

    Parameters
    ----------
    job
        The run.
    reports
        Reports of the partitions, in order.
    """
    parts = [job.part(report["number"]) for report in reports if report["sites"]]
    names = ["site_id", "row", "score"]
    scores = [parquet.read_table(part, columns=["score"])["score"].to_numpy() for part in parts]
    whole = pd.Series(np.concatenate(scores)) if scores else pd.Series(dtype="float64")
    ranks = whole.rank(method="min", ascending=False).astype("Int64")
    fields = [("site_id", pa.string()), ("row", pa.int64()), ("score", pa.float64())]
    schema = pa.schema([*fields, ("rank", pa.int64())])
    start = 0
    with (
        drafted(job.folder / RANKS) as draft,
        parquet.ParquetWriter(draft, schema) as writer,
    ):
        for part in parts:
            table = parquet.read_table(part, columns=names).replace_schema_metadata()
            own = ranks.iloc[start : start + table.num_rows]
            start += table.num_rows
            column = pa.array(own, type=pa.int64(), from_pandas=True)
            writer.write_table(table.append_column("rank", column).cast(schema))


def write_rejected(job: Job, staged: Staged, reports: Iterable[Mapping[str, Any]]) -> int:
    """Write the rows that are no site, one line a reason, in the order of the file.

    Parameters
    ----------
    job
        The run.
    staged
        The file.
    reports
        Reports of the partitions.

    Returns
    -------
    int
        Number of rows rejected.
    """
    translate = translator(job.language)
    # Who may not see all the sites is not told of wrong rows either: they may hold one of those.
    found = [*lost_of(staged)] if job.role is Role.STRATEGIST else []
    found += [restored(values) for report in reports for values in report["rejected"]]
    found.sort(key=lambda one: (one.row or 0, one.code, one.field or ""))
    with (
        drafted(job.folder / REJECTED) as draft,
        draft.open("w", encoding="utf-8-sig", newline="") as stream,
    ):
        lines = csv.writer(stream)
        lines.writerow(["row", "field", "code", "message"])
        for one in found:
            cells = (one.row, one.field, one.code, one.text(translate))
            lines.writerow([harmless(cell) for cell in cells])
    return len({one.row for one in found})


def write_manifest(
    job: Job,
    staged: Staged,
    reports: Sequence[Mapping[str, Any]],
    *,
    rejected: int,
    overlaps: int,
) -> dict[str, Any]:
    """Write what the result was made with, what was found, and the verdict on the set.

    Parameters
    ----------
    job
        The run.
    staged
        The file.
    reports
        Reports of the partitions, in order.
    rejected
        Rows rejected.
    overlaps
        Pairs of sites that overlap.

    Returns
    -------
    dict
        The document: ``manifest`` (as that of ``siting score``), ``role`` of who may read it,
        ``origins`` (sites by source, one of the layers of the manifest), ``rows``, ``sites``,
        ``rejected``, ``left_out``, ``overlaps``, ``plan``, ``notes``, ``parts``,
        ``partitions`` (their number, those without a site included) and ``identity``.
    """
    translate = translator(job.language)
    world, bench = ground_of(job)
    layer = sites_in(job, world, 0).layer
    made_with = manifest(job.scenario, world, bench.account, sites=layer)
    taken = added(read_tally(report["tally"]) for report in reports if report["sites"])
    chosen = {site for report in reports if report["sites"] for site in report["chosen"]}
    notes = [*bench.account.notes, *missing_notes(job.scenario, chosen)]
    notes += priority_notes(job.scenario)
    if overlaps:
        pair = first_overlap(job)
        row, area_m2 = pair["second_row"], pair["area_m2"]
        notes.append(overlap_note(pair["first"], pair["second"], row=row, area_m2=area_m2))
    document = {
        "manifest": manifest_document(made_with, translate),
        "role": job.role.value,
        "origins": dict(sum((Counter(report.get("origins", {})) for report in reports), Counter())),
        "rows": _row_count(job, staged, reports),
        "sites": sum(report["sites"] for report in reports),
        "rejected": rejected,
        "left_out": sum(report["left_out"] for report in reports),
        "overlaps": overlaps,
        "plan": tally_plan_document(taken, bench.rules, translate),
        "notes": _notes(job, staged, reports, notes, overlaps=overlaps),
        "parts": [job.part(report["number"]).name for report in reports if report["sites"]],
        "partitions": len(reports),
        "identity": identity_at_start(job),
    }
    write_json(job.folder / MANIFEST, document)
    return document


def _row_count(job: Job, staged: Staged, reports: Sequence[Mapping[str, Any]]) -> int:
    """Return the rows told: of who may not see all the sites, only those seen."""
    if job.role is Role.STRATEGIST:
        return staged.row_count
    return sum(report["rows"] for report in reports)


def _notes(
    job: Job,
    staged: Staged,
    reports: Sequence[Mapping[str, Any]],
    of_set: Sequence[Problem],
    *,
    overlaps: int,
) -> dict[str, dict[str, Any]]:
    """Add the notes up by code; one on the file, met in every partition, counts once."""
    translate = translator(job.language)
    found: dict[str, dict[str, Any]] = {}
    of_file = staged.notes if job.role is Role.STRATEGIST else ()
    given = [{n["code"]: {"count": 1, "example": n}} for n in of_file]
    whole = by_code(tuple(of_set))
    if "sites-overlap" in whole:
        whole["sites-overlap"]["count"] = overlaps
    for notes in (*given, whole, *(report["notes"] for report in reports)):
        for code, told in notes.items():
            known = found.get(code)
            found[code] = told if known is None else _both(known, told)
    return {
        code: {"count": told["count"], "example": restored(told["example"]).line(translate)}
        for code, told in sorted(found.items())
    }


def _both(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Put together what two partitions tell: of their rows, or of the file as each sees it."""
    first, second = one["example"], other["example"]
    if second["row"] is not None:
        example = min(first, second, key=lambda note: note["row"] or 0)
        return {"count": one["count"] + other["count"], "example": example}
    if first["code"] in _COUNTED:
        counts = _counts(first["expected"]) + _counts(second["expected"])
        first = first | {"found": str(int(first["found"]) + int(second["found"]))}
        if counts:
            first["expected"] = listed(counts)
    return {"count": one["count"], "example": first}


def _counts(text: str) -> Counter[str]:
    """Read the numbers of a list by label.

    Examples
    --------
    >>> _counts("3 × friche potentielle, 1 × friche reconvertie").total()
    4
    >>> _counts("zoning.gpkg")
    Counter()
    """
    parts = [part.split(" × ", 1) for part in text.split(", ") if " × " in part]
    return Counter({label: int(count) for count, label in parts})
