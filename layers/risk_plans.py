"""Regulated zones of risk prevention plans (PPR), as the CNIG standard PPR has them.

A zone says what is done there (``TYPEREG``); its risk is in another table of the standard, so
that a file is told by a column of risk or by its name (``PPRI…``, ``PPRT…``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import as_text
from layers.errors import LayerError, Problem, problem
from layers.official import column, official_provenance
from layers.raw_table import RawTable, fold, in_file, row_problems
from layers.spec import Layer, LayerSpec, Provenance, make_layer

RISKS: Final = ("inondation", "submersion marine", "mouvement de terrain", "feu de forêt",
                "minier", "technologique")  # fmt: skip
"""Risks of prevention plans: natural and mining (PPRN, PPRM), technological (PPRT)."""

CLOSED_ZONES: Final = ("interdiction", "interdiction stricte", "délaissement", "expropriation")
"""Zones of a risk plan where building is forbidden in general (“red” zones)."""

RISK_ZONES: Final = ("prescriptions hors zone d'aléa", "prescriptions", *CLOSED_ZONES)
"""Zones of a risk plan: TYPEREG 01 to 06 of the CNIG standard PPR."""

ZONE_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {f"{rank:02d}": zone for rank, zone in enumerate(RISK_ZONES, start=1)}
)
"""Zones by ``TYPEREG``: 01 prescriptions hors zone d'aléa, 02 prescriptions, 03 interdiction,
04 interdiction stricte, 05 délaissement possible, 06 expropriation possible."""

# The first that a code of GASPAR begins with; others are no risk of this list.
_CODES: Final = (
    ("117", "submersion marine"),
    ("11", "inondation"),
    ("12", "mouvement de terrain"),
    ("16", "feu de forêt"),
    ("2", "technologique"),
    ("3", "minier"),
)
_CODE: Final = re.compile(r"\d{2,3}")
# The first that a text meets.
_WORDS: Final = (
    (re.compile(r"submersion|littora|\bpprl|marine"), "submersion marine"),
    (re.compile(r"inond|\bppri|crue"), "inondation"),
    (re.compile(r"mouvement|glissement|argile|cavite|\bpprmt|\bpprmvt"),
     "mouvement de terrain"),
    (re.compile(r"\bfeux?\b|incendie|\bpprif"), "feu de forêt"),
    (re.compile(r"techno|industriel|\bpprt"), "technologique"),
    (re.compile(r"minier|\bpprm"), "minier"),
)  # fmt: skip


def risk_of(text: str) -> str | None:
    """Return the risk that a text names.

    Parameters
    ----------
    text
        A label, a code of GASPAR or the name of a file.

    Returns
    -------
    str or None
        One of :data:`RISKS`; ``None`` if it names none.

    Examples
    --------
    >>> risk_of("PPRI_Loire_zones"), risk_of("112"), risk_of("Par submersion marine")
    ('inondation', 'inondation', 'submersion marine')
    >>> risk_of("N_ZONE_REG_PPRT_20100001_S_044"), risk_of("zones") is None
    ('technologique', True)

    A number in the name of a file is that of a département: only a code alone is one.

    >>> risk_of("zones_012") is None, risk_of("12"), risk_of("14") is None
    (True, 'mouvement de terrain', True)
    """
    words = re.sub(r"[_\-.]+", " ", fold(text))
    if _CODE.fullmatch(words):
        return next((risk for code, risk in _CODES if words.startswith(code)), None)
    return next((risk for pattern, risk in _WORDS if pattern.search(words)), None)


def read_risk_plans(
    spec: LayerSpec, raw: RawTable, *, provenance: Provenance | None = None
) -> Layer:
    """Read the regulated zones of plans.

    Parameters
    ----------
    spec
        Contract of the risk plans.
    raw
        Rows with ``TYPEREG``; a column of risk (``coderisque``, ``risque``, ``alea``…) or the
        name of the file tells the risk.
    provenance
        Provenance, if it is known.

    Returns
    -------
    Layer
        Polygons in EPSG:2154.

    Raises
    ------
    LayerError
        With the values that no standard lists, the rows whose risk nothing tells, a CRS that is
        missing.
    """
    if raw.crs is None or raw.geometry is None:
        raise LayerError(problem("crs-missing", file=raw.name, expected=spec.crs or ""))
    field = column(raw, "typereg") or "typereg"
    codes = as_text(raw.data[field]).str.removesuffix(".0").str.zfill(2)
    zones = codes.map(ZONE_CODES)
    told = column(raw, "(code_?|lib_?|libelle_?|nom_?)?(risque|alea)s?", "codrisque")
    by_name = risk_of(raw.name)
    risks = pd.Series(by_name, index=raw.data.index, dtype=object)
    if told is not None:
        risks = as_text(raw.data[told]).map(risk_of).astype(object)
        risks = risks.where(risks.notna(), by_name)
    errors = row_problems(
        zones.isna().to_numpy(), raw.rows, "value-choice", field=field,
        found=as_text(raw.data[field]).to_numpy(dtype=object), expected="01 – 06",
    )  # fmt: skip
    errors += row_problems(
        risks.isna().to_numpy(), raw.rows, "value-choice", field=told or "risque",
        found=np.full(len(risks), raw.name, dtype=object), expected=", ".join(RISKS),
    )  # fmt: skip
    if errors:
        raise LayerError(in_file(errors, raw.name))
    name = column(raw, "nom", "name", "codezone", "libelle")
    table = gpd.GeoDataFrame(
        {
            "name": as_text(raw.data[name]) if name else None,
            "risk": risks.to_numpy(),
            "zone": zones.to_numpy(),
        },
        geometry=np.asarray(raw.geometry, dtype=object), crs=raw.crs,
    )  # fmt: skip
    return zones_layer(spec, table, raw.name, provenance=provenance, notes=raw.notes)


def zones_layer(
    spec: LayerSpec,
    zones: gpd.GeoDataFrame,
    file: str,
    *,
    provenance: Provenance | None = None,
    notes: Sequence[Problem] = (),
) -> Layer:
    """Make the layer of zones: polygons repaired, those without area left out and told.

    Parameters
    ----------
    spec
        Contract of the risk plans.
    zones
        ``name``, ``risk``, ``zone`` and a geometry, in any CRS.
    file
        Name of the file.
    provenance
        Provenance, if it is known.
    notes
        What reading told.

    Returns
    -------
    Layer
        Polygons in EPSG:2154.
    """
    shapes = np.asarray(shapely.force_2d(zones.geometry.to_numpy()), dtype=object)
    broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    drawn = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    table = zones.set_geometry(gpd.GeoSeries(shapes, index=zones.index, crs=zones.crs))[drawn]
    told = list(notes)
    if not drawn.all():
        left = int((~drawn).sum())
        told.append(problem("places-left-out", found=left, severity="warning"))
    source = official_provenance(
        "DDT(M), DREAL (standard CNIG PPR)", "Zones réglementées des PPR", ""
    )
    return make_layer(
        spec, table.to_crs(spec.crs).reset_index(drop=True),
        provenance or replace(source, file=file), notes=in_file(told, file),
    )  # fmt: skip
