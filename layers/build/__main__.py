"""Command line of the build: ``python -m layers.build [--out DIR]``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from layers.build import __doc__ as about
from layers.build.census import build_housing
from layers.build.communes import build_communes
from layers.build.sources import TABLES, BuildError, read_table
from layers.jobs import load_zonings
from layers.tables import embedded_file
from layers.transport import load_stations


def check_sources(codes: pd.Series) -> None:
    """Check the embedded files that are sources themselves.

    Parameters
    ----------
    codes
        The codes of the communes.

    Raises
    ------
    BuildError
        If ``zonings.csv`` does not cover the communes.
    LayerError
        If a file breaks its contract.
    """
    zoned = set(load_zonings().data["code"])
    if zoned != set(codes):
        raise BuildError(f"zonings.csv and the communes differ: {sorted(zoned ^ set(codes))}")
    load_stations()


def main(arguments: Sequence[str] | None = None) -> None:
    """Build every file of the embedded territory.

    Parameters
    ----------
    arguments
        Command line arguments; ``None`` takes those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="python -m layers.build",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    default = embedded_file("communes.parquet").parent
    parser.add_argument("--out", type=Path, default=default, help="folder written to")
    out: Path = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    tables = {name: read_table(name) for name in TABLES}
    communes = build_communes(tables)
    check_sources(communes["code"])
    housing = build_housing(tables, communes["code"])
    communes.to_parquet(
        out / "communes.parquet", index=False, compression="zstd", compression_level=19
    )
    housing.to_csv(out / "housing.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    try:
        main()
    except BuildError as error:
        raise SystemExit(f"error: {error}") from error
