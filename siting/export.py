"""Results as files that QGIS and spreadsheets open."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from layers.territory import Level
from siting.documents import dumps, score_document, site_documents
from siting.domain import LandClass
from siting.errors import SitingError, problem
from siting.i18n import Translate
from siting.pipeline import Run


def result_table(run: Run, translate: Translate) -> gpd.GeoDataFrame:
    """Return a run as one flat table, a row a site, for files.

    Parameters
    ----------
    run
        The run.
    translate
        Language of the sentences.

    Returns
    -------
    GeoDataFrame
        EPSG:2154: identity, verdict and its sentence, important gaps, score, reliability,
        rank, areas
        (``area_<class>_m2``), points (``points_<criterion>``), measures
        (``measure_<criterion>``), EPCI.
    """
    return _table(run, site_documents(run, translate))


def _table(run: Run, documents: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    rows = [_flat(document) for document in documents]
    table = pd.DataFrame(rows, index=run.sites.index)
    measures = run.matrix.add_prefix("measure_")
    origin = run.sites[["row", "source", "geometry_origin", "confidentiality"]]
    flat = pd.concat([table, origin, measures], axis=1).reset_index(drop=True)
    return gpd.GeoDataFrame(flat, geometry=run.sites.geometry.to_numpy(), crs=run.sites.crs)


def _flat(document: Mapping[str, Any]) -> dict[str, Any]:
    epci = [share for share in document["shares"] if share["level"] == Level.EPCI.value]
    flat = {
        key: document[key]
        for key in (
            "site_id", "name", "verdict", "score", "reliability", "rank", "gross_area_m2",
            "enaf_m2",
        )
    }  # fmt: skip
    flat["reasons"] = " ; ".join(reason["message"] for reason in document["reasons"])
    flat["gaps"] = " ; ".join(gap["message"] for gap in document["gaps"])
    flat["epci"] = "|".join(share["code"] for share in epci)
    flat["epci_name"] = " | ".join(share["name"] for share in epci)
    for land_class in LandClass:
        flat[f"area_{land_class.value}_m2"] = document["areas_m2"][land_class.value]
    for criterion, points in document["contributions"].items():
        flat[f"points_{criterion}"] = points
    return flat


FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet take a text for a formula."""


def harmless(value: object) -> object:
    """Put an apostrophe before a text that a spreadsheet would run.

    Parameters
    ----------
    value
        A cell.

    Returns
    -------
    object
        The cell.

    Examples
    --------
    >>> harmless("=1+1"), harmless(-1)
    ("'=1+1", -1)
    """
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _write_csv(table: gpd.GeoDataFrame, path: Path) -> None:
    columns = pd.DataFrame(table.drop(columns="geometry"))
    text = columns.apply(lambda column: column.map(harmless)).assign(
        geometry=table.geometry.to_wkt(), crs=table.crs.to_string()
    )
    text.to_csv(path, index=False, encoding="utf-8-sig")


WRITERS: Mapping[str, Callable[[gpd.GeoDataFrame, Path], None]] = MappingProxyType(
    {
        ".gpkg": lambda table, path: table.to_file(path, layer="sites", driver="GPKG"),
        # RFC 7946 has longitudes and latitudes only.
        ".geojson": lambda table, path: table.to_crs(4326).to_file(
            path, driver="GeoJSON", layer="sites", RFC7946="YES"
        ),
        ".parquet": lambda table, path: table.to_parquet(path, index=False),
        ".csv": _write_csv,
    }
)


def write(run: Run, path: Path, translate: Translate) -> Path:
    """Write a run to a file, with its manifest beside it.

    The file is written under another name, then renamed: a reader never sees half of
    it, and a failure leaves the old one. The manifest, the rejected rows and the plan go
    to ``<file>.manifest.json``.

    Parameters
    ----------
    run
        The run.
    path
        The file; its suffix is one of :data:`WRITERS`.
    translate
        Language of the sentences.

    Returns
    -------
    Path
        The manifest's path.

    Raises
    ------
    SitingError
        If the suffix is not a known format, or the file cannot be written.
    """
    check_output(path)
    document = score_document(run, translate)
    table = _table(run, document["sites"])
    del document["sites"]
    sidecar = path.with_name(f"{path.name}.manifest.json")
    drafts = {
        path.with_name(f".{path.stem}.draft{path.suffix.lower()}"): path,
        sidecar.with_name(f".{sidecar.name}.draft"): sidecar,
    }
    data, told = drafts
    try:
        data.unlink(missing_ok=True)
        WRITERS[path.suffix.lower()](table, data)
        told.write_text(dumps(document) + "\n", encoding="utf-8")
        for draft, final in drafts.items():
            draft.replace(final)
    except (OSError, DataSourceError, DataLayerError) as error:
        raise SitingError(problem("output-unwritable", file=path.name, found=str(error))) from None
    finally:
        for draft in drafts:
            with contextlib.suppress(OSError):
                draft.unlink(missing_ok=True)
    return sidecar


def check_output(path: Path, *, source: Path | None = None) -> None:
    """Check that a file can be written to, before the work is done.

    Parameters
    ----------
    path
        The file.
    source
        File of sites it must not replace.

    Raises
    ------
    SitingError
        If its suffix is not a known format, its folder does not exist, or it is the
        file of sites itself.
    """
    if path.suffix.lower() not in WRITERS:
        found, expected = path.suffix or path.name, ", ".join(WRITERS)
        raise SitingError(problem("output-format", file=path.name, found=found, expected=expected))
    if source is not None and path.resolve() == source.resolve():
        raise SitingError(problem("output-input", file=path.name))
    if not path.parent.is_dir():
        found = str(path.parent)
        raise SitingError(problem("output-folder", file=path.name, found=found))
