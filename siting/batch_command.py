"""What ``siting score`` does in batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from siting.batch import PARTITION_SIZE, Job, Pace, score_in_batches
from siting.commands import Reading, chosen_scenario, role_of
from siting.documents import dumps
from siting.domain import VerdictCode
from siting.errors import EXIT_DONE, EXIT_REJECTED_ROWS, SitingError, problem
from siting.execution import engine_of
from siting.export import WRITERS
from siting.i18n import Language, Translate, labelled, translator
from siting.labels import VERDICT_LABELS

Told = Callable[[str, int, int, float, float | None], None]


@dataclass(frozen=True, slots=True)
class Batches:
    """How to score in batches.

    Parameters
    ----------
    partition_size
        Sites of a batch; a default of the product where ``None``.
    workers
        Processes of this machine.
    dask
        Address of a Dask scheduler, instead.
    resume
        Whether to go on with an interrupted run.
    """

    partition_size: int | None = None
    workers: int = 1
    dask: str | None = None
    resume: bool = False


def batch_command(  # noqa: PLR0913 - one parameter an option
    file: Path | None,
    *,
    scenario: str,
    ruleset: str | None,
    out: Path | None,
    form: str,
    reading: Reading,
    batches: Batches,
    lang: Language,
    told: Told,
) -> int:
    """Score a file of sites in batches, into a folder.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    out
        Folder to write.
    form
        ``table`` (a summary) or ``json`` (the manifest).
    reading
        What to read of the file, and for whom.
    batches
        How.
    lang
        Language of the result.
    told
        Told the step, the rows done and in all, the rate and the seconds left.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the file, the scenario, the folder or the workers cannot be used.
    """
    job = Job(
        source=None if file is None else file.resolve(),
        folder=_folder(out, file).resolve(),
        scenario=chosen_scenario(scenario, ruleset),
        language=lang,
        layer=reading.layer,
        all_friches=reading.all_friches,
        role=role_of(reading.looking),
        partition_size=batches.partition_size or PARTITION_SIZE,
    )

    def paced(pace: Pace) -> None:
        told(pace.step, pace.done, pace.total, pace.rate, pace.left_s)

    engine = engine_of(workers=batches.workers, dask=batches.dask)
    document = score_in_batches(job, engine=engine, resume=batches.resume, told=paced)
    if form == "json":
        typer.echo(dumps(document))
    else:
        _print(document, job, translator(lang))
    return EXIT_REJECTED_ROWS if document["rejected"] else EXIT_DONE


def _folder(out: Path | None, file: Path | None) -> Path:
    """Check the folder of the result: a file of another format would not be one."""
    if out is None:
        raise SitingError(problem("batch-folder", field="--out"))
    if out.suffix.lower() in WRITERS and out.suffix.lower() != ".parquet":
        raise SitingError(problem("batch-format", file=out.name, found=out.suffix))
    if file is not None and out.resolve() == file.resolve():
        raise SitingError(problem("output-input", file=out.name))
    if not out.parent.is_dir():
        raise SitingError(problem("output-folder", file=out.name, found=str(out.parent)))
    return out


def _print(document: dict[str, Any], job: Job, _: Translate) -> None:
    text = _("{folder}: sites {sites}, rows rejected {rejected}, parts {parts}")
    typer.echo(
        text.format(
            folder=job.folder.name, sites=document["sites"], rejected=document["rejected"],
            parts=len(document["parts"]),
        )
    )  # fmt: skip
    for found in document["notes"].values():
        more = _(" (and {count} more)").format(count=found["count"] - 1)
        tail = more if found["count"] > 1 else ""
        typer.echo(labelled(_("note"), f"{found['example']}{tail}", _), err=True)
    plan = document["plan"]
    text = _("Chosen sites together (posted: {posted}, left out: {left_out}): {verdict}")
    left_out = sum(plan["left_out"].values())
    verdict = _(VERDICT_LABELS[VerdictCode(plan["verdict"])])
    typer.echo(text.format(posted=plan["posted"], left_out=left_out, verdict=verdict))
    for part in plan["territories"]:
        if part["verdict"] != VerdictCode.COMPATIBLE.value:
            before_m2 = part["remaining_before_m2"] or 0
            year = part["first_overshoot_year"] if before_m2 >= 0 else None
            when = _(" (from {year})").format(year=year) if year else ""
            typer.echo(f"  {part['reasons'][0]['message']}{when}")
    if plan["region"] is not None:
        verdict = _(VERDICT_LABELS[VerdictCode(plan["region"]["verdict"])])
        reasons = " ; ".join(reason["message"] for reason in plan["region"]["reasons"])
        text = _("On the budget of the region: {verdict} – {reasons}")
        typer.echo(text.format(verdict=verdict, reasons=reasons))
