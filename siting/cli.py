"""The ``siting`` command: one function for each thing it can be asked.

Exit status: 0 done, 1 done with rejected rows, 2 unusable input, 3 internal error.
Heavy imports happen inside the commands, so that ``--help`` answers at once.
"""

# Annotations are evaluated here on purpose: typer reads them, with texts already in the
# user's language.
import errno
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from siting import __version__
from siting.data_cli import Format, data_app, progress_bar
from siting.errors import EXIT_INTERNAL, EXIT_UNUSABLE, SitingError, problem
from siting.i18n import LANGUAGES, Language, Translate, labelled, language, translator
from siting.usage import run_app

# What a standard output that nothing can be written to says; files tell their own name.
_OUTPUT_LOST = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EBADF}
SECONDS_BETWEEN_LINES = 10
RowsFormat = Literal["table", "json", "csv"]
BalanceLevel = Literal["epci", "departement", "zone_emploi"]
DATA_VARIABLE = "SITING_DATA"  # that of layers.store, too heavy to be imported here
RoleName = Literal["public", "epci_planner", "regional_strategist"]
LevelName = Literal["commune", "epci", "scot", "departement", "region", "zone_emploi"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its status.

    Parameters
    ----------
    arguments
        Words of the command; those of the process by default.
    """
    if arguments is None:
        _settle_streams()
    words = list(sys.argv[1:] if arguments is None else arguments)
    _ = translator(language())
    try:
        lang, words = _take_language(words)
        _ = translator(lang)
        with _taken_data(words) as left:
            status = run_app(build_app(lang), left, _)
    except SitingError as error:
        word = _("error")
        for found in error.problems:
            typer.echo(labelled(word, found.line(_), _), err=True)
        raise SystemExit(error.exit_status) from None
    except Exception as error:
        if isinstance(error, OSError) and error.filename is None and error.errno in _OUTPUT_LOST:
            lost = problem("output-unwritable", found=error.strerror)
            typer.echo(labelled(_("error"), lost.line(_), _), err=True)
            raise SystemExit(EXIT_UNUSABLE) from None
        if os.environ.get("SITING_DEBUG"):
            raise
        text = _(
            "internal error ({kind}: {text}). Nothing was changed. Set SITING_DEBUG=1 to see "
            "the details, and please report it."
        )
        typer.echo(text.format(kind=type(error).__name__, text=error), err=True)
        raise SystemExit(EXIT_INTERNAL) from None
    raise SystemExit(status)


def _settle_streams() -> None:
    """Write any character whatever the locale, and end quietly with the reader of a pipe."""
    if sys.stdout is None:  # closed by who started the command: nothing is wanted of it
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _take_language(words: list[str]) -> tuple[Language, list[str]]:
    """Take ``--lang XX`` out of the words: the texts of the help depend on it."""
    for position, word in enumerate(words):
        if word == "--lang":
            asked = words[position + 1] if position + 1 < len(words) else ""
            return _known(asked), words[:position] + words[position + 2 :]
        if word.startswith("--lang="):
            return _known(word[7:]), words[:position] + words[position + 1 :]
    return language(), words


@contextmanager
def _taken_data(words: list[str]) -> Iterator[list[str]]:
    """Take ``--data DIR`` out of the words: it is ``SITING_DATA`` for one command.

    Written one way for every command, those that start another process included.
    """
    folder, left = None, list(words)
    for position, word in enumerate(words):
        if word == "--":
            break
        if word == "--data":
            folder = words[position + 1] if position + 1 < len(words) else ""
            left = words[:position] + words[position + 2 :]
        elif word.startswith("--data="):
            folder, left = word[7:], words[:position] + words[position + 1 :]
    if folder is not None and (not folder or folder.startswith("-")):
        raise SitingError(problem("data-folder", field="--data"))
    before = os.environ.get(DATA_VARIABLE)
    if folder is not None:
        os.environ[DATA_VARIABLE] = str(Path(folder).absolute())
    try:
        yield left
    finally:
        if folder is not None:
            os.environ.pop(DATA_VARIABLE)
            if before is not None:
                os.environ[DATA_VARIABLE] = before


def _known(asked: str) -> Language:
    if asked[:2].lower() not in LANGUAGES:
        expected = ", ".join(LANGUAGES)
        raise SitingError(
            problem("language-unknown", field="--lang", found=asked, expected=expected)
        )
    return language(asked)


def build_app(lang: Language) -> typer.Typer:
    """Return the command line in a language.

    Parameters
    ----------
    lang
        Language of the help and of the results.

    Returns
    -------
    typer.Typer
        The application.
    """
    _ = translator(lang)
    app = typer.Typer(
        add_completion=False,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        help=_("Siting of industry on scarce land, within ZAN budgets."),
        epilog=_(
            "--lang fr|en, or SITING_LANG, sets the language; --data DIR, or SITING_DATA, the "
            "folder of local data."
        ),
    )
    app.add_typer(data_app(_), name="data")
    scenario_help = _("Scenario: the name of a shipped one or a TOML file.")
    scenario_option = Annotated[str, typer.Option("--scenario", "-s", help=scenario_help)]
    ruleset_help = _("Rule set, in place of the scenario's; “siting rulesets” lists them.")
    ruleset_option = Annotated[str | None, typer.Option("--ruleset", "-r", help=ruleset_help)]
    layer_option = Annotated[
        str | None, typer.Option("--layer", help=_("Layer of a file that holds several."))
    ]
    friches_help = _("Keep the friches of an inventory that are unconfirmed or used again.")
    friches_option = Annotated[bool, typer.Option("--all-friches", help=friches_help)]
    format_option = Annotated[Format, typer.Option("--format", help=_("Form of the result."))]
    role_option = Annotated[RoleName | None, _role_option(_)]

    def version(value: bool) -> None:  # noqa: FBT001 - the form typer asks for
        if value:
            typer.echo(f"siting {__version__}")
            raise typer.Exit

    @app.callback()
    def options(
        show: Annotated[
            bool,
            typer.Option(
                "--version", callback=version, is_eager=True, help=_("Show the version and leave.")
            ),
        ] = False,
    ) -> None:
        pass

    @app.command(help=_("Score the sites of a file and tell whose ZAN budget they take from."))
    def score(  # noqa: PLR0913 - one parameter an option
        file: Annotated[
            Path | None,
            typer.Argument(
                show_default=False,
                help=_("File of sites; the embedded demonstration sites when it is left out."),
            ),
        ] = None,
        *,
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        out: Annotated[
            Path | None,
            typer.Option(
                "--out", "-o", help=_("File to write: .gpkg, .parquet, .xlsx, .csv, .geojson.")
            ),
        ] = None,
        form: format_option = "table",
        layer: layer_option = None,
        all_friches: friches_option = False,
        role: role_option = None,
        partition_size: Annotated[
            int | None,
            typer.Option(
                "--partition-size",
                min=1,
                help=_("Score in batches of so many sites; --out is then a folder of parts."),
            ),
        ] = None,
        workers: Annotated[
            int | None,
            typer.Option("--workers", min=1, help=_("Score in batches, in so many processes.")),
        ] = None,
        dask: Annotated[
            str | None,
            typer.Option(
                "--dask", help=_("Score in batches, on the Dask cluster at this address (tcp://…).")
            ),
        ] = None,
        resume: Annotated[
            bool, typer.Option("--resume", help=_("Go on with batches that were interrupted."))
        ] = False,
    ) -> None:
        from siting.commands import Reading, score_command  # noqa: PLC0415 - heavy, see the module

        reading = Reading(layer, all_friches, role)
        if resume or any(option is not None for option in (partition_size, workers, dask)):
            from siting.batch_command import Batches, batch_command  # noqa: PLC0415 - heavy

            batches = Batches(partition_size, workers or 1, dask, resume)
            with _paces(_) as told:
                status = batch_command(
                    file, scenario=scenario, ruleset=ruleset, out=out, form=form,
                    reading=reading, batches=batches, lang=lang, told=told,
                )  # fmt: skip
            raise typer.Exit(status)
        with progress_bar(_) as progress:
            status = score_command(
                file, scenario=scenario, ruleset=ruleset, out=out, form=form,
                reading=reading, translate=_, progress=progress,
            )  # fmt: skip
        raise typer.Exit(status)

    _add_sensitivity(app, _)

    @app.command(help=_("Check a file of sites and say everything that is wrong in it."))
    def check(
        file: Annotated[Path, typer.Argument(help=_("File of sites."))],
        layer: layer_option = None,
        form: format_option = "table",
        all_friches: friches_option = False,
    ) -> None:
        from siting.commands import Reading, check_command  # noqa: PLC0415

        reading = Reading(layer, all_friches)
        raise typer.Exit(check_command(file, reading=reading, form=form, translate=_))

    _add_export(app, _)

    @app.command(help=_("Open the map app in the browser, on this machine only."))
    def serve(
        port: Annotated[
            int, typer.Option("--port", min=1, max=65535, help=_("Port to listen on."))
        ] = 8501,
        address: Annotated[
            str, typer.Option("--address", help=_("Address to listen on."))
        ] = "127.0.0.1",
        browser: Annotated[
            bool, typer.Option("--browser/--no-browser", help=_("Open the browser."))
        ] = True,
    ) -> None:
        from siting.commands import serve_command  # noqa: PLC0415

        raise typer.Exit(serve_command(port=port, address=address, browser=browser, lang=lang))

    _add_accounts(app, lang)
    _add_territory_commands(app, _)
    return app


def _role_option(_: Translate) -> Any:
    """Return the option that tells who will read a result."""
    help_text = _("Who will read it: only the sites that this role may see are told.")
    return typer.Option("--role", show_default=False, help=help_text)


def _add_accounts(app: typer.Typer, lang: Language) -> None:
    """Add the commands of the ZAN accounts: budget, ledger, trajectory, rulesets."""
    _ = translator(lang)
    scenario_help = _("Scenario: the name of a shipped one or a TOML file.")
    scenario_option = Annotated[str, typer.Option("--scenario", "-s", help=scenario_help)]
    ruleset_help = _("Rule set, in place of the scenario's; “siting rulesets” lists them.")
    ruleset_option = Annotated[str | None, typer.Option("--ruleset", "-r", help=ruleset_help)]
    format_option = Annotated[Format, typer.Option("--format", help=_("Form of the result."))]
    rows_option = Annotated[RowsFormat, typer.Option("--format", help=_("Form of the result."))]

    @app.command(help=_("Show ZAN budgets: reference, used, remaining."))
    def budget(
        level: Annotated[
            LevelName, typer.Option("--level", help=_("Level of the territories."))
        ] = "epci",
        territory: Annotated[
            str | None, typer.Option("--territory", help=_("Code of one territory."))
        ] = None,
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        until: Annotated[
            int | None,
            typer.Option("--until", help=_("Count the observed consumption up to this year.")),
        ] = None,
        form: rows_option = "table",
    ) -> None:
        from siting.account_commands import budget_command  # noqa: PLC0415

        raise typer.Exit(
            budget_command(
                level, territory=territory, scenario=scenario, ruleset=ruleset, until=until,
                form=form, translate=_,
            )
        )  # fmt: skip

    @app.command(help=_("List the rule sets: status, dates, figures, sources."))
    def rulesets(form: format_option = "table") -> None:
        from siting.account_commands import rulesets_command  # noqa: PLC0415

        raise typer.Exit(rulesets_command(form=form, lang=lang, translate=_))

    @app.command(help=_("Show a ZAN budget year by year, and the pace that would hold it."))
    def trajectory(
        territory: Annotated[str, typer.Option("--territory", help=_("Code of one territory."))],
        level: Annotated[
            LevelName, typer.Option("--level", help=_("Level of the territories."))
        ] = "epci",
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        form: rows_option = "table",
    ) -> None:
        from siting.account_commands import trajectory_command  # noqa: PLC0415

        raise typer.Exit(
            trajectory_command(
                territory, level=level, scenario=scenario, ruleset=ruleset, form=form, translate=_
            )
        )

    @app.command(help=_("Show every line of the ZAN account of one territory."))
    def ledger(
        territory: Annotated[str, typer.Option("--territory", help=_("Code of one territory."))],
        level: Annotated[
            LevelName, typer.Option("--level", help=_("Level of the territories."))
        ] = "epci",
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        form: rows_option = "table",
    ) -> None:
        from siting.account_commands import ledger_command  # noqa: PLC0415

        raise typer.Exit(
            ledger_command(
                territory, level=level, scenario=scenario, ruleset=ruleset, form=form, translate=_
            )
        )


def _add_export(app: typer.Typer, _: Translate) -> None:
    """Add the command that writes a register of sites."""

    @app.command(help=_("Write the sites of a file as a register in a published standard."))
    def export(
        out: Annotated[Path, typer.Option("--out", "-o", help=_("File to write: .gpkg, .zip."))],
        file: Annotated[
            Path | None,
            typer.Argument(
                show_default=False,
                help=_("File of sites; the embedded demonstration sites when it is left out."),
            ),
        ] = None,
        form: Annotated[
            Literal["cnig"],
            typer.Option("--format", help=_("Standard: cnig, the CNIG's Sites économiques.")),
        ] = "cnig",
        layer: Annotated[
            str | None, typer.Option("--layer", help=_("Layer of a file that holds several."))
        ] = None,
    ) -> None:
        from siting.commands import export_command  # noqa: PLC0415

        raise typer.Exit(export_command(file, out=out, form=form, layer=layer, translate=_))


def _add_territory_commands(app: typer.Typer, _: Translate) -> None:
    """Add the commands that judge an allocation and tell of a territory."""
    role_option = Annotated[RoleName | None, _role_option(_)]
    scenario_help = _("Scenario: the name of a shipped one or a TOML file.")
    scenario_option = Annotated[str, typer.Option("--scenario", "-s", help=scenario_help)]
    ruleset_help = _("Rule set, in place of the scenario's; “siting rulesets” lists them.")
    ruleset_option = Annotated[str | None, typer.Option("--ruleset", "-r", help=ruleset_help)]
    layer_option = Annotated[
        str | None, typer.Option("--layer", help=_("Layer of a file that holds several."))
    ]
    format_option = Annotated[Format, typer.Option("--format", help=_("Form of the result."))]

    @app.command(help=_("Judge the balance of the chosen sites: shared out fairly, for whom?"))
    def balance(
        file: Annotated[
            Path | None,
            typer.Argument(
                show_default=False,
                help=_("File of sites; the embedded demonstration sites when it is left out."),
            ),
        ] = None,
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        level: Annotated[
            BalanceLevel,
            typer.Option("--level", help=_("Level of the territories compared in the table.")),
        ] = "epci",
        form: format_option = "table",
        layer: layer_option = None,
        role: role_option = None,
    ) -> None:
        from siting.commands import Reading, balance_command  # noqa: PLC0415

        with progress_bar(_) as progress:
            status = balance_command(
                file, scenario=scenario, ruleset=ruleset, level=level, form=form,
                reading=Reading(layer, looking=role), translate=_, progress=progress,
            )  # fmt: skip
        raise typer.Exit(status)

    @app.command(help=_("Show what is known of a territory: its CV, each figure with its source."))
    def territory(
        code: Annotated[str, typer.Argument(help=_("Code of one territory."))],
        level: Annotated[
            LevelName, typer.Option("--level", help=_("Level of the territories."))
        ] = "zone_emploi",
        sites: Annotated[
            Path | None,
            typer.Option(
                "--sites",
                show_default=False,
                help=_("File of sites; the embedded demonstration sites when it is left out."),
            ),
        ] = None,
        scenario: scenario_option = "base",
        ruleset: ruleset_option = None,
        role: role_option = None,
        form: format_option = "table",
    ) -> None:
        from siting.commands import territory_command  # noqa: PLC0415

        with progress_bar(_) as progress:
            status = territory_command(
                code, level=level, sites=sites, scenario=scenario, ruleset=ruleset, looking=role,
                form=form, translate=_, progress=progress,
            )  # fmt: skip
        raise typer.Exit(status)


def _add_sensitivity(app: typer.Typer, _: Translate) -> None:
    """Add the command that tells how far ranks hold."""
    role_option = Annotated[RoleName | None, _role_option(_)]

    @app.command(help=_("Tell how far the ranks of sites depend on weights, thresholds, method."))
    def sensitivity(  # noqa: PLR0913 - one parameter an option
        file: Annotated[
            Path | None,
            typer.Argument(
                show_default=False,
                help=_("File of sites; the embedded demonstration sites when it is left out."),
            ),
        ] = None,
        *,
        scenario: Annotated[
            str,
            typer.Option(
                "--scenario", "-s", help=_("Scenario: the name of a shipped one or a TOML file.")
            ),
        ] = "base",
        ruleset: Annotated[
            str | None,
            typer.Option(
                "--ruleset",
                "-r",
                help=_("Rule set, in place of the scenario's; “siting rulesets” lists them."),
            ),
        ] = None,
        draws: Annotated[
            int, typer.Option("--draws", min=1, max=1_000_000, help=_("Draws of weights."))
        ] = 10_000,
        top: Annotated[
            int, typer.Option("--top", min=1, help=_("Ranks that count as the first ones."))
        ] = 10,
        concentration: Annotated[
            float,
            typer.Option(
                "--concentration",
                min=1.0,
                help=_("How close the weights drawn stay to the scenario's; more is closer."),
            ),
        ] = 100.0,
        seed: Annotated[
            int, typer.Option("--seed", min=0, help=_("Same seed, same draws."))
        ] = 20_261_123,
        form: Annotated[
            RowsFormat, typer.Option("--format", help=_("Form of the result."))
        ] = "table",
        layer: Annotated[
            str | None, typer.Option("--layer", help=_("Layer of a file that holds several."))
        ] = None,
        all_friches: Annotated[
            bool,
            typer.Option(
                "--all-friches",
                help=_("Keep the friches of an inventory that are unconfirmed or used again."),
            ),
        ] = False,
        role: role_option = None,
    ) -> None:
        from siting.commands import Reading, sensitivity_command  # noqa: PLC0415 - heavy

        drawing = {"draws": draws, "top": top, "concentration": concentration, "seed": seed}
        with progress_bar(_) as progress:
            status = sensitivity_command(
                file, scenario=scenario, ruleset=ruleset, form=form,
                reading=Reading(layer, all_friches, role), drawing=drawing, translate=_,
                progress=progress,
            )  # fmt: skip
        raise typer.Exit(status)


@contextmanager
def _paces(_: Translate) -> Iterator[Callable[[str, int, int, float, float | None], None]]:
    """Show the pace of batches: a bar on a terminal, a line every few seconds elsewhere."""
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn  # noqa: PLC0415

    text = _("{rate} sites/s, {left} left")
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[pace]}"))
    last = time.monotonic()
    live = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not live) as bar:
        task = bar.add_task("", total=1, pace="")

        def told(step: str, done: int, total: int, rate: float, left_s: float | None) -> None:
            nonlocal last
            pace = ""
            if left_s is not None:
                left = str(timedelta(seconds=round(left_s)))
                pace = text.format(rate=round(rate), left=left)
            bar.update(task, description=_(step), completed=done, total=total, pace=pace)
            if not live and pace and time.monotonic() - last > SECONDS_BETWEEN_LINES:
                last = time.monotonic()
                typer.echo(f"{_(step)}: {done}/{total}, {pace}", err=True)

        yield told


if __name__ == "__main__":
    main()
