"""GDAL as it is called here: quiet, precise on curves, its messages fit to be shown."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyogrio

from layers.errors import Problem, problem

_OPTIONS: Final = {"OGR_ARC_STEPSIZE": "1"}  # degrees: a circle loses 0.005 % of its area


@contextmanager
def quiet_gdal() -> Iterator[list[warnings.WarningMessage]]:
    """Keep the warnings of GDAL to tell them, and cut arcs finely.

    Yields
    ------
    list of WarningMessage
        Filled as warnings come.
    """
    before = {key: pyogrio.get_gdal_config_option(key) for key in _OPTIONS}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        pyogrio.set_gdal_config_options(_OPTIONS)
        try:
            yield told
        finally:
            pyogrio.set_gdal_config_options(before)


def told_warnings(told: list[warnings.WarningMessage], path: Path) -> list[Problem]:
    """Return what GDAL warned of, each once.

    Parameters
    ----------
    told
        What :func:`quiet_gdal` kept.
    path
        The file that was read.

    Returns
    -------
    list of Problem
        Warnings, code ``file-warning``.
    """
    texts = dict.fromkeys(plain_message(str(w.message), path) for w in told)
    return [problem("file-warning", found=text, severity="warning") for text in texts]


def plain_message(message: str, path: Path) -> str:
    """Return a message of GDAL without the folder of the file nor its advice on drivers.

    Parameters
    ----------
    message
        The message.
    path
        The file it is about.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> plain_message("'sites/a.gpkg' not recognized; It might help to", Path("sites/a.gpkg"))
    "'a.gpkg' not recognized"
    """
    message = message.partition("; It might help")[0]
    return " ".join(message.replace(f"{path.parent}/", "").split())
