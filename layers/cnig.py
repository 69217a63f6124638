"""Registers of the CNIG standard *Sites économiques*: the four classes, linked into one table.

A register holds sites (``site_eco``), their plots (``terrain_eco``), poles and
establishments, as layers of a GeoPackage or files of an archive. The site table has one row
a site: what only plots tell (holder of the land, servicing, sale, turnkey) is brought to
their site here, before any cell is read. Where the plots of a site differ, the least ready
counts; where one of them does not say, the site does not either: unknown is not ready.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from layers.cells import UNKNOWN_WORDS, as_text
from layers.cnig_fields import CLASSES, ESTABLISHMENT, FIELDS, PLOT, POLE, SITE
from layers.errors import N_, LayerError, Problem, problem
from layers.files import LIMIT_BYTES, layer_names, open_file
from layers.raw_table import Bools, RawTable, field_key, fold, row_problems
from layers.site_table import COMMERCIAL_STAGES, ENVIRONMENT_STAGES, SERVICING_STAGES

# From the least to the most ready.
_STAGES: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {"terr_stade_amngt": SERVICING_STAGES, "terr_stade_comm": COMMERCIAL_STAGES}
)
# What must be the same on every plot to be that of the site.
_SHARED: Final = ("terr_maitrise_fonc", "terr_etat_occup", "terr_cle_en_main")
# What a plot has from its site.
_INHERITED: Final = (
    "site_vocadomi", "site_comm_insee", "site_epci_siren", "source_producteur",
    "reseau_assainissement", "reseau_gaz", "reseau_fibre_optique", "reseau_fret_ferroviaire",
    "reseau_fluvial",
)  # fmt: skip
# "Terrain purgé de tout recours et directement prêt à l'implantation d'activité" (standard).
_TURNKEY: Final = ENVIRONMENT_STAGES[-1]
_ENVIRONMENT: Final = "readiness_environment"
_EMPTY: Final = frozenset({"no-rows"})
_SHOWN: Final = 4  # labels of plots that differ, in a message


def open_register(
    path: Path | str, *, layer: str | None = None, limit_bytes: int = LIMIT_BYTES
) -> RawTable:
    """Open a file of sites; of a register, the sites with the stages of their plots.

    Parameters
    ----------
    path
        The file: a register, or any other file of :func:`layers.files.open_file`.
    layer
        Layer to read; of a register, the sites by default, ``terrain_eco`` for the plots.
    limit_bytes
        Largest size accepted.

    Returns
    -------
    RawTable
        Sites with the fields of their plots, or plots with those of their site.

    Raises
    ------
    LayerError
        If the file cannot be used; ``classes-empty`` for an empty template.
    """
    path = Path(path)
    classes = _classes(path, limit_bytes)
    asked = next((name for name, known in classes.items() if known == layer), None)
    if not {SITE, PLOT} & classes.keys() or (layer is not None and asked is None):
        return alone(open_file(path, layer=layer, limit_bytes=limit_bytes))
    if asked in (POLE, ESTABLISHMENT):
        return open_file(path, layer=layer, limit_bytes=limit_bytes)
    tables = {name: _rows(path, known, limit_bytes) for name, known in classes.items()}
    sites, plots = tables.get(SITE), tables.get(PLOT)
    notes = _left_out(tables, classes)
    if sites is not None and asked != PLOT:
        read = sites if plots is None else _with_plots(sites, plots)
    elif plots is not None and asked != SITE:
        read = _with_site(plots, sites)
        if asked is None:
            notes.append(problem("class-empty", found=SITE, expected=PLOT, severity="warning"))
    else:
        found = layer or ", ".join(classes[name] for name in CLASSES if name in classes)
        raise LayerError(problem("classes-empty", file=path.name, found=found))
    return replace(read, notes=(*notes, *read.notes))


def is_register(path: Path, *, layer: str | None = None, limit_bytes: int = LIMIT_BYTES) -> bool:
    """Tell whether a file holds classes of the standard, to be linked to one another.

    Parameters
    ----------
    path
        The file.
    layer
        Layer asked for, if any.
    limit_bytes
        Largest size accepted.

    Returns
    -------
    bool
        False for a file whose rows are read as they are.
    """
    classes = _classes(path, limit_bytes)
    return bool({SITE, PLOT} & classes.keys()) and (layer is None or layer in classes.values())


def _classes(path: Path, limit_bytes: int) -> dict[str, str]:
    """Return the layers of a file that are classes of the standard, by class."""
    found: dict[str, str] = {}
    for name in layer_names(path, limit_bytes=limit_bytes):
        key = field_key(name)
        known = next((c for c in CLASSES if key == c or key.endswith(f"_{c}")), None)
        if known is not None:
            found.setdefault(known, name)
    return found


def _rows(path: Path, layer: str, limit_bytes: int) -> RawTable | None:
    """Open one class; ``None`` if it holds no row."""
    try:
        return open_file(path, layer=layer, limit_bytes=limit_bytes)
    except LayerError as error:
        if {p.code for p in error.problems} <= _EMPTY:
            return None
        raise


def _left_out(tables: Mapping[str, RawTable | None], classes: Mapping[str, str]) -> list[Problem]:
    """Tell of the classes that the site table has no room for."""
    return [
        problem(
            "class-left-out", field=classes[name], found=table.row_count, severity="warning"
        )
        for name in (POLE, ESTABLISHMENT)
        if (table := tables.get(name)) is not None
    ]  # fmt: skip


def alone(table: RawTable) -> RawTable:
    """Read rows that are linked to no other.

    Parameters
    ----------
    table
        The rows.

    Returns
    -------
    RawTable
        The same, but for plots that come without their sites: their identifier is that of
        the plot.
    """
    keys = {field_key(str(c)) for c in table.data.columns}
    is_plots = bool({"terr_id", "terrid"} & keys and {"terr_surf_brute", "tesurfbrut"} & keys)
    return _with_site(table, None) if is_plots else table


def _field(table: RawTable, name: str, *, of: str) -> str | None:
    """Return the column of a table that holds a field, under its long or short name."""
    by_key = {field_key(str(c)): str(c) for c in reversed(table.data.columns)}
    return by_key.get(name) or by_key.get(FIELDS[of][name])


def _text(table: RawTable, name: str, *, of: str) -> pd.Series:
    """Return a field as text, empty where the table does not have it."""
    column = _field(table, name, of=of)
    if column is None:
        return pd.Series([""] * len(table.data), dtype=object)
    return as_text(table.data[column])


def _with_site(plots: RawTable, sites: RawTable | None) -> RawTable:
    """Give each plot what its site tells."""
    own = _field(plots, "site_id", of=PLOT)
    keys = _text(plots, "site_id", of=PLOT)
    added: dict[str, pd.Series] = {_ENVIRONMENT: _environment(plots)}
    if sites is not None:
        first = ~_text(sites, "site_id", of=SITE).duplicated().to_numpy()
        index = _text(sites, "site_id", of=SITE)[first]
        for name in _INHERITED:
            values = _text(sites, name, of=SITE)[first].set_axis(pd.Index(index))
            added[name] = keys.map(values).fillna("")
    turnkey = _field(plots, "terr_cle_en_main", of=PLOT)
    data = plots.data.drop(columns=[own] if own else [])
    used = (*plots.used_fields, *([turnkey] if turnkey else []))
    return replace(plots, data=_joined(data, added), used_fields=used)


def _environment(plots: RawTable) -> pd.Series:
    turnkey = _text(plots, "terr_cle_en_main", of=PLOT).map(fold) == "oui"
    return turnkey.map({True: _TURNKEY, False: ""})


def _joined(data: pd.DataFrame, added: Mapping[str, Any]) -> pd.DataFrame:
    """Add columns a file does not have itself."""
    known = {field_key(str(c)) for c in data.columns}
    new = {name: list(values) for name, values in added.items() if name not in known}
    return pd.concat([data, pd.DataFrame(new, index=data.index)], axis=1)


def _with_plots(sites: RawTable, plots: RawTable) -> RawTable:
    """Bring to each site what all its plots tell; say where they differ."""
    keys = _text(sites, "site_id", of=SITE)
    owners = _text(plots, "site_id", of=PLOT)
    lost = ~owners.isin(keys[keys != ""]).to_numpy(dtype=bool)
    notes = row_problems(
        lost, plots.rows, "plot-orphan", field=f"{PLOT}.site_id", severity="warning",
        found=owners.to_numpy(dtype=object),
    )  # fmt: skip
    # Roads and basins of a zone are plots that nobody will build on.
    counted = ~lost & (_text(plots, "terr_utile", of=PLOT).map(fold) != "non").to_numpy()
    added: dict[str, Any] = {}
    for name in (*_STAGES, *_SHARED):
        labels = _text(plots, name, of=PLOT)
        notes += _unlisted(labels, name, plots, counted)
        by_site = labels[counted].groupby(owners[counted], sort=False).agg(list).to_dict()
        found = [_of_plots(by_site.get(key, []), name) for key in keys]
        added[name] = [label for label, _ in found]
        differ = np.array([told != "" for _, told in found], dtype=bool)
        notes += row_problems(
            differ, sites.rows, "plots-differ", field=f"{PLOT}.{name}", severity="warning",
            found=[told for _, told in found],
            expected=[label or N_("unknown") for label, _ in found],
        )  # fmt: skip
    turnkey = [_TURNKEY if fold(label) == "oui" else "" for label in added.pop(_SHARED[-1])]
    told = [replace(p, severity="warning", field=f"{PLOT}.{p.field or ''}") for p in plots.rejected]
    return replace(
        sites,
        data=_joined(sites.data, {**added, _ENVIRONMENT: turnkey}),
        notes=(*sites.notes, *plots.notes, *told, *notes),
    )


def _of_plots(labels: list[str], name: str) -> tuple[str, str]:
    """Return the label of a site, and the labels of its plots where they differ."""
    distinct: dict[str, str] = {}
    for label in labels:
        word = fold(label)
        distinct.setdefault("" if word in UNKNOWN_WORDS else word, label)
    if len(distinct) < 2:
        return next(iter(distinct.values()), ""), ""
    shown = ", ".join(f"“{text or 'inconnu'}”" for text in list(distinct.values())[:_SHOWN])
    shown += "…" if len(distinct) > _SHOWN else ""
    ranks = {fold(stage): rank for rank, stage in enumerate(_STAGES.get(name, ()))}
    if not distinct.keys() <= ranks.keys():
        return "", shown
    return distinct[min(distinct, key=lambda word: ranks[word])], shown


def _unlisted(labels: pd.Series, name: str, plots: RawTable, counted: Bools) -> list[Problem]:
    """Tell of stages that the standard does not list; its files are not checked for them."""
    if name not in _STAGES:
        return []
    words = labels.map(fold)
    listed = {fold(stage) for stage in _STAGES[name]} | UNKNOWN_WORDS
    strange = counted & ~words.isin(listed).to_numpy(dtype=bool)
    return row_problems(
        strange, plots.rows, "value-unmapped", field=f"{PLOT}.{name}", severity="warning",
        found=labels.to_numpy(dtype=object),
    )  # fmt: skip
