"""Regulated zones of risk prevention plans (PPR), as the CNIG standard PPR has them.

A zone says what is done there (``TYPEREG``); its risk is in another table of the standard, so
that a file is told by a column of risk or by its name (``PPRI…``, ``PPRT…``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from layers.cells import as_text
from layers.errors import LayerError, problem
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

# The first that a text meets; 11 and 12 are the codes of GASPAR.
_WORDS: Final = (
    (re.compile(r"submersion|littora|\bpprl|marine"), "submersion marine"),
    (re.compile(r"inond|\bppri|crue|\b11\d*\b"), "inondation"),
    (re.compile(r"mouvement|glissement|argile|cavite|\bpprmt|\bpprmvt|\b12\d*\b"),
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
    """
    words = re.sub(r"[_\-.]+", " ", fold(text))
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
    shapes = np.asarray(shapely.force_2d(np.asarray(raw.geometry, dtype=object)), dtype=object)
    broken = ~(shapely.is_valid(shapes) | shapely.is_missing(shapes))
    shapes[broken] = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    drawn = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    name = column(raw, "nom", "name", "codezone", "libelle")
    table = gpd.GeoDataFrame(
        {
            "name": as_text(raw.data[name]) if name else None,
            "risk": risks.to_numpy(),
            "zone": zones.to_numpy(),
        },
        geometry=shapes, crs=raw.crs,
    )[drawn].to_crs(spec.crs)  # fmt: skip
    notes = list(raw.notes)
    if not drawn.all():
        left = int((~drawn).sum())
        notes.append(problem("places-left-out", found=left, severity="warning"))
    source = official_provenance(
        "DDT(M), DREAL (standard CNIG PPR)", "Zones réglementées des PPR", ""
    )
    return make_layer(
        spec, table.reset_index(drop=True), provenance or source, notes=in_file(notes, raw.name)
    )
