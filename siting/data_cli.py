"""The words of ``siting data``: list, status, pull, import, build, roads, check, forget, where."""

# Annotations are evaluated here on purpose: typer reads them, with texts already in the
# user's language.
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import typer

from siting.i18n import Translate

Format = Literal["table", "json"]


def data_app(translate: Translate) -> typer.Typer:
    """Return the commands of local data, in a language.

    Parameters
    ----------
    translate
        Language of the help and of the results.

    Returns
    -------
    typer.Typer
        The commands.
    """
    _ = translate
    app = typer.Typer(
        no_args_is_help=True,
        help=_("Local data: official files in place of the embedded layers."),
    )
    format_option = Annotated[Format, typer.Option("--format", help=_("Form of the result."))]
    region_option = Annotated[
        str, typer.Option("--region", help=_("Code of the region, for sources cut by region."))
    ]

    @app.command("list", help=_("List the sources: licence, evidence, whether they can be pulled."))
    def list_(form: format_option = "table") -> None:
        from siting.data_commands import list_command  # noqa: PLC0415 - heavy, see siting.cli

        raise typer.Exit(list_command(form=form, translate=_))

    @app.command(help=_("Show the layers in use: vintage, status, coverage, age, what is newer."))
    def status(form: format_option = "table") -> None:
        from siting.data_commands import status_command  # noqa: PLC0415

        raise typer.Exit(status_command(form=form, translate=_))

    @app.command(help=_("Download sources, all that can be pulled when none is named."))
    def pull(
        names: Annotated[
            list[str] | None,
            typer.Argument(show_default=False, help=_("Sources or layers.")),
        ] = None,
        region: region_option = "",
        unverified: Annotated[
            bool, typer.Option("--unverified", help=_("Try addresses that were never checked."))
        ] = False,
        form: format_option = "table",
    ) -> None:
        from siting.data_commands import pull_command  # noqa: PLC0415

        with progress_bar(_) as progress:
            left = pull_command(
                names or [], region=region, unverified=unverified, form=form, translate=_,
                progress=progress,
            )  # fmt: skip
        raise typer.Exit(left)

    @app.command("import", help=_("Recognise a file, check it and use it."))
    def import_(
        file: Annotated[Path, typer.Argument(help=_("The file, or a folder of files."))],
        layer: Annotated[
            str, typer.Option("--as", help=_("Layer it is, where the file does not tell."))
        ] = "",
        source: Annotated[
            str, typer.Option("--source", help=_("Source it was taken from, see the list."))
        ] = "",
        vintage: Annotated[
            str, typer.Option("--vintage", help=_("What it describes: a year, a date, a COG."))
        ] = "",
        form: format_option = "table",
    ) -> None:
        from siting.data_commands import import_command  # noqa: PLC0415

        raise typer.Exit(
            import_command(
                file, layer=layer, source=source, vintage=vintage, form=form, translate=_
            )
        )

    @app.command(
        help=_("Assemble the territory of a region from local data, and tell what it lacks.")
    )
    def build(
        region: Annotated[str, typer.Option("--region", help=_("INSEE code of the region."))],
        scenario: Annotated[
            str, typer.Option("--scenario", "-s", help=_("Scenario whose weights tell the cost."))
        ] = "base",
        form: format_option = "table",
    ) -> None:
        from siting.data_commands import build_command  # noqa: PLC0415

        raise typer.Exit(build_command(region, scenario=scenario, form=form, translate=_))

    @app.command(help=_("Make a road network of the road segments of BD TOPO, once."))
    def roads(
        file: Annotated[Path, typer.Argument(help=_("GeoPackage or Shapefile of the segments."))],
        output: Annotated[Path, typer.Option("--output", "-o", help=_("The Parquet file made."))],
        vintage: Annotated[
            str, typer.Option("--vintage", help=_("Edition: the day, where the name has none."))
        ] = "",
    ) -> None:
        from siting.data_commands import roads_command  # noqa: PLC0415

        raise typer.Exit(roads_command(file, output, vintage=vintage, translate=_))

    @app.command(help=_("Check that local files are those recorded, and read them all again."))
    def check(form: format_option = "table") -> None:
        from siting.data_commands import check_command  # noqa: PLC0415

        raise typer.Exit(check_command(form=form, translate=_))

    @app.command(help=_("Stop using a local file: its layer is the embedded one again."))
    def forget(
        layer: Annotated[str, typer.Argument(help=_("Name of the layer."))],
    ) -> None:
        from siting.data_commands import forget_command  # noqa: PLC0415

        raise typer.Exit(forget_command(layer, translate=_))

    @app.command(help=_("Tell the folder of local data."))
    def where() -> None:
        from siting.data_commands import where_command  # noqa: PLC0415

        raise typer.Exit(where_command())

    return app


@contextmanager
def progress_bar(translate: Translate) -> Iterator[Callable[[str, float], None] | None]:
    """Show a bar on a terminal; stay silent in a pipe.

    Parameters
    ----------
    translate
        Language of the steps.

    Yields
    ------
    Callable or None
        Told the step and the share done.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)

        def told(step: str, share: float) -> None:
            bar.update(task, description=translate(step), completed=share)

        yield told
