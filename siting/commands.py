"""What each command of the command line does, heavy imports included."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

import siting
from layers.sites import SiteFile, read_sites
from layers.tables import embedded_file
from layers.territory import Level
from siting.balance_document import balance_document
from siting.documents import dumps, problem_document, score_document
from siting.errors import EXIT_DONE, EXIT_REJECTED_ROWS, SitingError, problem
from siting.export import check_output, write
from siting.export_cnig import write_cnig
from siting.i18n import Language, Translate, translator
from siting.pipeline import DEMONSTRATION_SITES, balance, read, run
from siting.roles import WITHHELD, Role, role, shared_with
from siting.scenario import Scenario, load_scenario, with_changes
from siting.sensitivity import analyse
from siting.sensitivity.document import csv_text, sensitivity_document
from siting.terminal import print_check, print_scores, tell, tell_notes
from siting.terminal_sensitivity import print_sensitivity
from siting.terminal_territory import print_balance, print_territory
from siting.territory_cv import territory_cv, territory_document
from siting.world import World, load_world
from siting.zan.ruleset import load_ruleset


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read of a file of sites.

    Parameters
    ----------
    layer
        Layer of the file, where it has several.
    all_friches
        As in :func:`layers.sites.read_sites`.
    looking
        Role of who will read the result: only the sites that it may see are in it; ``None`` for
        that of the environment.
    """

    layer: str | None = None
    all_friches: bool = False
    looking: str | None = None


def read_for(file: Path | None, world: World, reading: Reading) -> SiteFile:
    """Read the sites of a file that the reader of the result may see.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    world
        The territory.
    reading
        What to read of it, and for whom.

    Returns
    -------
    SiteFile
        The sites; a note tells how many are withheld.

    Raises
    ------
    SitingError
        If the file cannot be used.
    """
    sites = read(file, world, layer=reading.layer, all_friches=reading.all_friches)
    return shared_with(role_of(reading.looking), sites)


def role_of(looking: str | None) -> Role:
    """Return the role that an option names.

    Parameters
    ----------
    looking
        Its value; ``None`` for the role of the environment.

    Returns
    -------
    Role
        The role.
    """
    return role() if looking is None else Role(looking)


def score_command(
    file: Path | None,
    *,
    scenario: str,
    ruleset: str | None,
    out: Path | None,
    form: str,
    reading: Reading,
    translate: Translate,
    progress: Callable[[str, float], None] | None,
) -> int:
    """Score a file of sites, print the result and write it.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    out
        File to write, if any.
    form
        ``table`` or ``json``.
    reading
        What to read of the file.
    translate
        Language of the result.
    progress
        Told how far the work is.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the file, the scenario or the rule set cannot be used.
    """
    if out is not None:
        check_output(out, source=file)
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(progress=progress)
    result = run(chosen, world, read_for(file, world, reading), progress=progress)
    beside = None if out is None else write(result, out, translate)
    if form == "json":
        typer.echo(dumps(score_document(result, translate)))
    else:
        print_scores(result, translate)
        if beside is not None:
            text = translate("Written: {file}, and beside it {manifest}")
            typer.echo(text.format(file=out, manifest=beside.name))
        tell_notes(result.notes, translate)
    tell(result.rejected, translate)
    return EXIT_REJECTED_ROWS if result.rejected else EXIT_DONE


def sensitivity_command(
    file: Path | None,
    *,
    scenario: str,
    ruleset: str | None,
    form: str,
    reading: Reading,
    drawing: Mapping[str, Any],
    translate: Translate,
    progress: Callable[[str, float], None] | None,
) -> int:
    """Score a file of sites and tell how far their ranks hold.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    form
        ``table``, ``json`` or ``csv``.
    reading
        What to read of the file.
    drawing
        ``draws``, ``top``, ``concentration`` and ``seed``: see
        :func:`siting.sensitivity.analyse`.
    translate
        Language of the result.
    progress
        Told how far the work is.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the file, the scenario or the rule set cannot be used.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(progress=progress)
    result = run(chosen, world, read_for(file, world, reading), progress=progress)
    found = analyse(result, **drawing)
    if form == "table":
        print_sensitivity(result, found, translate)
        tell_notes(result.notes, translate)
    else:
        document = sensitivity_document(result, found, translate)
        typer.echo(dumps(document) if form == "json" else csv_text(document), nl=form == "json")
    tell(result.rejected, translate)
    return EXIT_REJECTED_ROWS if result.rejected else EXIT_DONE


def check_command(file: Path, *, reading: Reading, form: str, translate: Translate) -> int:
    """Check a file of sites against the territory, without scoring it.

    Parameters
    ----------
    file
        The file.
    reading
        What to read of the file.
    form
        ``table`` or ``json``.
    translate
        Language of the messages.

    Returns
    -------
    int
        Exit status: 1 when rows would be rejected.

    Raises
    ------
    SitingError
        If the file cannot be used at all.
    """
    territory = load_world(land_cover=False).territory
    found = read_sites(
        file, layer=reading.layer, extent=territory.outline, names=territory.commune_names,
        all_friches=reading.all_friches,
    )  # fmt: skip
    if form == "json":
        document = {
            "rows": found.row_count,
            "accepted": len(found.layer.data),
            "left_out": len(found.left_out),
            "rejected": [problem_document(p, translate) for p in found.rejected],
            "notes": [problem_document(p, translate) for p in found.notes],
        }
        typer.echo(dumps(document))
    else:
        print_check(found, file, translate)
    return EXIT_REJECTED_ROWS if found.rejected else EXIT_DONE


def export_command(
    file: Path | None, *, out: Path, form: str, layer: str | None, translate: Translate
) -> int:
    """Write the sites of a file as a register in a published standard.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    out
        File to write.
    form
        The standard: ``cnig``.
    layer
        Layer of the file.
    translate
        Language of the messages.

    Returns
    -------
    int
        Exit status: 1 when rows were rejected.

    Raises
    ------
    SitingError
        If the file cannot be used or written.
    """
    if form != "cnig":
        raise ValueError(form)
    if file is not None and out.resolve() == file.resolve():
        raise SitingError(problem("output-input", file=out.name))
    found = read_sites(file or embedded_file(DEMONSTRATION_SITES), layer=layer)
    told = write_cnig(found.layer.geo, out)
    typer.echo(translate("Written: {file}").format(file=out))
    tell_notes((*found.notes, *told), translate)
    tell(found.rejected, translate)
    return EXIT_REJECTED_ROWS if found.rejected else EXIT_DONE


def balance_command(
    file: Path | None,
    *,
    scenario: str,
    ruleset: str | None,
    level: str,
    form: str,
    reading: Reading,
    translate: Translate,
    progress: Callable[[str, float], None] | None,
) -> int:
    """Judge the balance of the chosen sites of a file.

    Parameters
    ----------
    file
        The file; ``None`` for the embedded demonstration sites.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    level
        Level of the territories compared in the table.
    form
        ``table`` or ``json``.
    reading
        What to read of the file, and for whom.
    translate
        Language of the result.
    progress
        Told how far the work is.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the file, the scenario or the rule set cannot be used.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(progress=progress)
    result = run(chosen, world, read_for(file, world, reading), progress=progress)
    document = balance_document(balance(result, world), result, translate)
    if form == "json":
        typer.echo(dumps(document))
    else:
        print_balance(document["balance"], result.manifest, level, translate)
        tell_notes(result.notes, translate)
    tell(result.rejected, translate)
    return EXIT_REJECTED_ROWS if result.rejected else EXIT_DONE


def territory_command(  # noqa: PLR0913 - one parameter an option
    code: str,
    *,
    level: str,
    sites: Path | None,
    scenario: str,
    ruleset: str | None,
    looking: str | None,
    form: str,
    translate: Translate,
    progress: Callable[[str, float], None] | None,
) -> int:
    """Show the CV of a territory.

    Parameters
    ----------
    code, level
        The territory.
    sites
        File of sites; ``None`` for the embedded demonstration sites.
    scenario
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.
    looking
        Role of who will read it; ``None`` for that of the environment.
    form
        ``table`` or ``json``.
    translate
        Language of the result.
    progress
        Told how far the work is.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    SitingError
        If the territory is unknown, or a file, the scenario or the rule set cannot be used.
    """
    chosen = chosen_scenario(scenario, ruleset)
    world = load_world(progress=progress)
    who = role_of(looking)
    result = run(chosen, world, read_for(sites, world, Reading(looking=looking)), progress=progress)
    cv = territory_cv(result, world, Level(level), code, role=who)
    document = territory_document(cv, result, translate)
    if form == "json":
        typer.echo(dumps(document))
    else:
        print_territory(document["territory"], result.manifest, translate)
    tell_notes([note for note in result.notes if note.code == WITHHELD], translate)
    tell(result.rejected, translate)
    return EXIT_REJECTED_ROWS if result.rejected else EXIT_DONE


def chosen_scenario(name: str, ruleset: str | None) -> Scenario:
    """Load a scenario, and replace its rule set if another is asked for.

    Parameters
    ----------
    name
        Name or path of the scenario.
    ruleset
        Rule set that replaces the scenario's, if any.

    Returns
    -------
    Scenario
        The scenario.

    Raises
    ------
    SitingError
        If either cannot be used.
    """
    chosen = load_scenario(name)
    if ruleset is None:
        return chosen
    load_ruleset(ruleset)  # told as a rule set, not as a key of the scenario
    return with_changes(chosen, {"zan": {"ruleset": ruleset}})


def serve_command(*, port: int, address: str, browser: bool, lang: Language) -> int:
    """Serve the app with Streamlit until it is stopped.

    Parameters
    ----------
    port, address
        Where it listens; the loopback address by default.
    browser
        Whether to open the browser.
    lang
        Language the app opens in.

    Returns
    -------
    int
        Exit status of Streamlit.
    """
    words = [
        sys.executable, "-m", "streamlit", "run", str(app_path()),
        f"--server.port={port}", f"--server.address={address}",
        f"--server.headless={str(not browser).lower()}",
        "--browser.gatherUsageStats=false", "--server.fileWatcherType=none",
        "--server.maxUploadSize=200", "--client.toolbarMode=minimal",
        "--client.showErrorDetails=none", "--server.showEmailPrompt=false",
        # Else Streamlit may offer, on the map and in English, to install what helps programmers.
        "--logger.hideWelcomeMessage=true",
    ]  # fmt: skip
    _ = translator(lang)
    typer.echo(_("The map: {address} (Ctrl+C stops it)").format(address=f"http://{address}:{port}"))
    sys.stdout.flush()
    env = {**os.environ, "SITING_LANG": lang}
    if os.name == "posix":
        # The server takes this process's place: what stops one stops the other.
        os.execve(sys.executable, words, env)  # noqa: S606 - fixed words, our own interpreter
    try:
        return subprocess.run(words, check=False, env=env).returncode  # noqa: S603 - same words
    except KeyboardInterrupt:
        return EXIT_DONE


def app_path() -> Path:
    """Return the app's script: in the installed package, else at the root of the repository.

    Returns
    -------
    Path
        The script.
    """
    package = Path(siting.__file__).parent
    installed = package / "_app" / "app.py"
    return installed if installed.exists() else package.parent / "app.py"
