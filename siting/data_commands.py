"""What each command of ``siting data`` does, heavy imports included."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import typer

from layers.acquisition import Acquired, import_file, is_readable, pull
from layers.assembly import assemble_parts, region_in_use, take_region
from layers.data_errors import data_problem
from layers.errors import LayerError, Problem, SitingError
from layers.polite import PoliteClient
from layers.road_network import write_network
from layers.roads import read_roads
from layers.sources import DataSource, Sources
from layers.store import Store
from layers.territory import COMMUNES
from siting.data_document import (
    acquired_document,
    assembled_document,
    source_document,
    status_document,
)
from siting.data_terminal import (
    print_acquired,
    print_assembled,
    print_check,
    print_sources,
    print_statuses,
)
from siting.documents import dumps, problem_document
from siting.errors import EXIT_DONE, EXIT_REJECTED_ROWS, EXIT_UNUSABLE, problem
from siting.i18n import Translate, labelled
from siting.local_data import (
    READERS,
    check_store,
    local_sources,
    statuses,
)
from siting.region import assemble
from siting.scenario import load_scenario
from siting.terminal import grouped


def list_command(*, form: str, translate: Translate) -> int:
    """List the sources.

    Parameters
    ----------
    form
        ``table`` or ``json``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the user's own file of sources is not valid.
    """
    sources = local_sources(Store())
    if form == "json":
        documents = [source_document(name, one) for name, one in sources.sources.items()]
        typer.echo(dumps({"sources": documents}))
    else:
        print_sources(sources, READERS, translate)
    return EXIT_DONE


def status_command(*, form: str, translate: Translate) -> int:
    """Show what is known of each layer in use.

    Parameters
    ----------
    form
        ``table`` or ``json``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status: 2 when a local file cannot be used.

    Raises
    ------
    SitingError
        If the store or the user's own file of sources cannot be read.
    """
    store = Store()
    found = statuses(store, local_sources(store))
    if form == "json":
        documents = [status_document(one, translate) for one in found]
        typer.echo(dumps({"folder": str(store.folder), "layers": documents}))
    else:
        print_statuses(found, store, translate)
    _tell([told for one in found for told in (*one.problems, *one.notes)], translate)
    return EXIT_UNUSABLE if any(one.problems for one in found) else EXIT_DONE


def pull_command(
    names: Sequence[str],
    *,
    region: str,
    unverified: bool,
    form: str,
    translate: Translate,
    progress: Callable[[str, float], None] | None,
    client: PoliteClient | None = None,
) -> int:
    """Download sources; what fails leaves the data in use as they were.

    Parameters
    ----------
    names
        Sources or layers; all that can be pulled and used if none is named.
    region
        Code of the region, for the sources cut by region.
    unverified
        Whether addresses that were never checked may be tried.
    form
        ``table`` or ``json``.
    translate
        Language of the result.
    progress
        Told the source at hand and the share of it done.
    client
        The client; a polite one by default.

    Returns
    -------
    int
        Exit status: 1 when some failed, 2 when all did.

    Raises
    ------
    SitingError
        If a name is no source and no layer, or the list of sources is not valid.
    """
    store = Store()
    sources = local_sources(store)
    region = _region(region, store)
    chosen = _chosen(names, sources, region, unverified=unverified)
    client = client or PoliteClient(sources.hosts)

    def told(name: str, received: int, total: int | None) -> None:
        if progress is not None:
            progress(name, received / total if total else 0.0)

    done: list[Acquired] = []
    for name in chosen:
        try:
            one = pull(
                name, store, READERS, sources, client=client, region=region,
                unverified=unverified, progress=told,
            )  # fmt: skip
        except LayerError as error:
            one = Acquired(name, problems=_of_source(name, error.problems))
        done.append(one)
        if form != "json":
            print_acquired(one, translate)
            _tell((*one.problems, *one.notes), translate)
    for one in _put_together(chosen, done, region, store, sources):
        done.append(one)
        if form != "json":
            print_acquired(one, translate)
            _tell((*one.problems, *one.notes), translate)
    if form == "json":
        typer.echo(dumps({"pulled": [acquired_document(one, translate) for one in done]}))
    failed = [one for one in done if one.problems]
    if not failed:
        return EXIT_DONE
    return EXIT_UNUSABLE if len(failed) == len(done) else EXIT_REJECTED_ROWS


def import_command(
    file: Path, *, layer: str, source: str, vintage: str, form: str, translate: Translate
) -> int:
    """Recognise a file, check it with its reader and use it.

    Parameters
    ----------
    file
        The file.
    layer
        The layer, where the user tells it.
    source
        The source it was taken from, where the user tells it.
    vintage
        What it describes, where the user tells it.
    form
        ``table`` or ``json``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the file is no layer, could be several, or its reader refuses it.
    """
    store = Store()
    sources = local_sources(store)
    done = import_file(file, store, READERS, sources, layer=layer, source=source, vintage=vintage)
    if form == "json":
        typer.echo(dumps(acquired_document(done, translate)))
    else:
        print_acquired(done, translate)
    found = {one.layer: one for one in statuses(store, sources)}
    layer_status = found[done.entry.layer] if done.entry is not None else None
    told = (*layer_status.problems, *layer_status.notes) if layer_status is not None else ()
    _tell((*done.notes, *told), translate)
    return EXIT_REJECTED_ROWS if layer_status is not None and layer_status.problems else EXIT_DONE


def roads_command(file: Path, output: Path, *, vintage: str, translate: Translate) -> int:
    """Make a road network of the road segments of BD TOPO.

    Parameters
    ----------
    file
        GeoPackage or Shapefile of the segments.
    output
        The Parquet file made, to be imported.
    vintage
        Edition of the segments, where the name of the file does not tell it.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the segments cannot be used, or the result cannot be written.
    """
    if output.suffix != ".parquet":
        raise SitingError(problem("output-format", found=output.suffix, expected=".parquet"))
    if not output.parent.is_dir():
        raise SitingError(problem("output-folder", found=output.parent))
    network = read_roads(file, vintage=vintage)
    try:
        write_network(network, output)
    except OSError as error:
        raise SitingError(problem("output-unwritable", found=error.strerror)) from error
    nodes = int(network.data["tail"].max()) + 1
    told = translate("{file}: {edges} directed edges, {nodes} nodes, edition {vintage}")
    vintage = translate(network.provenance.vintage)
    typer.echo(told.format(file=output.name, edges=len(network.data), nodes=nodes, vintage=vintage))
    typer.echo(translate("To use it: siting data import {file}").format(file=output.name))
    _tell(network.notes, translate)
    return EXIT_DONE


def build_command(region: str, *, scenario: str, form: str, translate: Translate) -> int:
    """Assemble the territory of a region, and tell what it lacks and what that costs.

    Parameters
    ----------
    region
        INSEE code of the region.
    scenario
        Name of a scenario, or a file: its weights tell the cost.
    form
        ``table`` or ``json``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status: 1 when no site can be scored yet.

    Raises
    ------
    SitingError
        If the communes of the region are not in the local data, or a file cannot be read.
    """
    store = Store()
    region = _region(region, store)
    made = assemble(region, store, local_sources(store), load_scenario(scenario))
    if form == "json":
        typer.echo(dumps(assembled_document(made, translate)))
    else:
        print_assembled(made, translate)
    _tell((*made.problems, *made.notes), translate)
    return EXIT_DONE if made.scores else EXIT_REJECTED_ROWS


def check_command(*, form: str, translate: Translate) -> int:
    """Check that local files are those recorded, and read every layer again.

    Parameters
    ----------
    form
        ``table`` or ``json``.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status: 2 when something is wrong.

    Raises
    ------
    SitingError
        If the record of the local data cannot be read.
    """
    found = check_store(Store())
    if form == "json":
        problems = {
            name: [problem_document(one, translate) for one in told]
            for name, told in found.problems.items()
        }
        typer.echo(dumps({"checked": list(found.checked), "problems": problems}))
    else:
        print_check(found, translate)
    _tell([one for told in found.problems.values() for one in told], translate)
    return EXIT_UNUSABLE if found.problems else EXIT_DONE


def forget_command(layer: str, *, translate: Translate) -> int:
    """Stop using a local file.

    Parameters
    ----------
    layer
        Name of the layer, or of a source whose file no reader takes.
    translate
        Language of the result.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If no local file has this name.
    """
    Store().forget(layer)
    typer.echo(translate("{layer}: local file no longer used").format(layer=layer))
    return EXIT_DONE


def where_command() -> int:
    """Tell the folder of local data.

    Returns
    -------
    int
        Exit status.
    """
    typer.echo(str(Store().folder))
    return EXIT_DONE


def _chosen(
    names: Sequence[str], sources: Sources, region: str, *, unverified: bool
) -> dict[str, DataSource]:
    """Return the sources that are named, else those of the layers that can be read.

    Those cut by region included, to be told without one; communes only for a region: those of
    the whole country would make it the territory.
    """
    if names:
        return sources.to_pull(list(names), unverified=unverified)
    return {
        name: one
        for name, one in sources.sources.items()
        if one.pullable and is_readable(one, READERS)
        if unverified or one.evidence == "verified"
        if region or one.by_region or one.layer != COMMUNES.name
    }


def _region(code: str, store: Store) -> str:
    """Return the region asked for, else the one in use; refuse what is no code of a region."""
    if code and not re.fullmatch(r"\d{2}", code):
        raise LayerError(data_problem("region-code", found=code))
    return code or region_in_use(store)


def _of_source(name: str, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Name the source in what is told of its server."""
    return tuple(
        replace(one, file=f"{name}, {one.file}")
        if one.file and one.code.startswith("download-") and name not in one.file else one
        for one in problems
    )  # fmt: skip


def _put_together(
    chosen: Mapping[str, DataSource],
    done: Sequence[Acquired],
    region: str,
    store: Store,
    sources: Sources,
) -> Iterator[Acquired]:
    """Put together the parts that were pulled, and take the communes of the region."""
    if any(one.part for one in chosen.values()):
        yield from assemble_parts(store, READERS, sources)
    if region and any(one.used and chosen[one.name].layer == COMMUNES.name for one in done):
        try:
            taken = take_region(store, region)
        except LayerError as error:
            yield Acquired(COMMUNES.name, problems=error.problems)
        else:
            entry = store.manifest().layers.get(COMMUNES.name)
            yield Acquired(COMMUNES.name, entry, used=True, notes=taken.notes)


def _tell(problems: Sequence[Problem], translate: Translate) -> None:
    for severity, word in (("error", translate("error")), ("warning", translate("note"))):
        alike = list(dict.fromkeys(one for one in problems if one.severity == severity))
        for line in grouped(alike, translate):
            typer.echo(labelled(word, line, translate), err=True)
