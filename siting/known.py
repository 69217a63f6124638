"""Figures out of a table, where the unknown stays unknown: ``None``, never zero."""

from __future__ import annotations

from typing import Any

import pandas as pd


def known_whole(value: Any) -> int | None:
    """Return a whole figure of a table.

    Parameters
    ----------
    value
        The figure; ``nan``, ``None`` or :data:`pandas.NA` where it is not known.

    Returns
    -------
    int or None
        The same; ``None`` where it is not known.

    Examples
    --------
    >>> known_whole(12.0), known_whole(float("nan"))
    (12, None)
    """
    return None if pd.isna(value) else int(value)


def known_number(value: Any) -> float | None:
    """Return a figure of a table.

    Parameters
    ----------
    value
        The figure; ``nan``, ``None`` or :data:`pandas.NA` where it is not known.

    Returns
    -------
    float or None
        The same; ``None`` where it is not known.

    Examples
    --------
    >>> known_number(12), known_number(pd.NA)
    (12.0, None)
    """
    return None if pd.isna(value) else float(value)
