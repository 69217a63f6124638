"""Results as files that QGIS and spreadsheets open."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from layers.territory import Level
from siting.criteria import CRITERIA
from siting.criteria.employment import JOBS_BOUNDS
from siting.documents import AREA_DECIMALS, dumps, score_document
from siting.domain import LandClass, LayerUse, Manifest, Reason, Scores, Verdict
from siting.eligibility import Eligibility
from siting.errors import SitingError, problem
from siting.export_xlsx import write_workbook
from siting.i18n import Translate
from siting.labels import STATUS_LABELS
from siting.measure import LandTake
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
        EPSG:2154: identity, verdict and its sentence, important gaps, limits of what is known
        near the edge of the territory, score, reliability, rank, areas
        (``area_<class>_m2``), points (``points_<criterion>``), measures
        (``measure_<criterion>``), EPCI, status of the source of the site.
    """
    table = with_statuses(flat_table(run, translate), run.origins)
    after = table.columns.get_loc("reliability") + 1
    table.insert(after, "rank", run.scores.rank.astype("Int64").to_numpy())
    return table


def with_statuses(table: gpd.GeoDataFrame, origins: Mapping[str, LayerUse]) -> gpd.GeoDataFrame:
    """Tell the status of each site of a table: declared, observed, estimated or demonstration.

    Parameters
    ----------
    table
        Sites, as :func:`flat_table` gives them.
    origins
        Where each comes from, by ``site_id``.

    Returns
    -------
    GeoDataFrame
        With ``status`` after ``source``.
    """
    told = table.copy(deep=False)
    statuses = _texts([origins[site].status.value for site in table["site_id"]])
    told.insert(told.columns.get_loc("source") + 1, "status", statuses)
    return told


def source_table(found: Manifest, translate: Translate) -> pd.DataFrame:
    """Return what a result was made with as a table, for files.

    Parameters
    ----------
    found
        The manifest.
    translate
        Language of the titles.

    Returns
    -------
    DataFrame
        One row a layer, then the rule set, the scenario and the program: ``name``, ``title``,
        ``publisher``, ``vintage``, ``licence``, ``status``, ``file``.
    """
    _ = translate
    rows = [
        {
            "name": one.name,
            "title": _(one.title),
            "publisher": _(one.publisher),
            "vintage": _(one.vintage) if one.vintage else "",
            "licence": _(one.licence) if one.licence else "",
            "status": _(STATUS_LABELS[one.status]),
            "file": one.file,
        }
        for one in found.layers
    ]
    status = _(STATUS_LABELS[found.ruleset_status])
    rows += [
        {"name": "ruleset", "title": found.ruleset, "status": status},
        {"name": "scenario", "title": found.scenario, "vintage": found.scenario_hash},
        {"name": "siting", "title": found.version, "vintage": found.created.isoformat()},
    ]
    return pd.DataFrame(rows).fillna("")


class Appraised(Protocol):
    """What a flat table is made of: a run, or the appraisal of a batch."""

    @property
    def sites(self) -> gpd.GeoDataFrame:
        """The site table, indexed by ``site_id``."""

    @property
    def land(self) -> LandTake:
        """Land of each site."""

    @property
    def shares(self) -> pd.DataFrame:
        """Land of each site in each territory."""

    @property
    def matrix(self) -> pd.DataFrame:
        """Table of measures, sites × criteria."""

    @property
    def jobs(self) -> pd.DataFrame:
        """Table of the jobs expected on each site: bounds and status."""

    @property
    def scores(self) -> Scores:
        """Total and points of each site."""

    @property
    def gaps(self) -> Mapping[str, tuple[Reason, ...]]:
        """What is important and not known of each site."""

    @property
    def limits(self) -> Mapping[str, tuple[Reason, ...]]:
        """What the edge of the territory bounds of each site."""

    @property
    def eligibility(self) -> Mapping[str, Eligibility]:
        """What the rules say of each site."""

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Verdict of each site alone."""


def flat_table(found: Appraised, translate: Translate) -> gpd.GeoDataFrame:
    """Return sites as one flat table, without what depends on the others: their rank.

    Parameters
    ----------
    found
        The sites.
    translate
        Language of the sentences.

    Returns
    -------
    GeoDataFrame
        As :func:`result_table`; the types of its columns do not depend on the sites.
    """
    verdicts = [found.verdicts[site] for site in found.sites.index]
    pairs = zip(verdicts, (found.eligibility[site] for site in found.sites.index), strict=True)
    reasons = [(*verdict.reasons, *eligible.conditions) for verdict, eligible in pairs]
    said = cache(translate)  # the same few messages, site after site
    epci = _by_site(found, Level.EPCI)
    columns: dict[str, Any] = {
        "site_id": _texts(found.sites["site_id"]),
        "name": _texts(found.sites["name"]),
        "verdict": _texts([verdict.code.value for verdict in verdicts]),
        "score": found.scores.total.to_numpy(),
        "reliability": found.scores.reliability.to_numpy(),
        "gross_area_m2": _areas(found.sites["gross_area_m2"]),
        "enaf_m2": found.land.enaf_m2.astype("Int64").to_numpy(),
        "reasons": _texts([_sentences(told, said) for told in reasons]),
        "gaps": _texts(_same_sentences([found.gaps[site] for site in found.sites.index], said)),
        "limits": _texts(_same_sentences([found.limits[site] for site in found.sites.index], said)),
        "epci": _texts(["|".join(code for code, _ in own) for own in epci]),
        "epci_name": _texts([" | ".join(name for _, name in own) for own in epci]),
    }
    for bound in JOBS_BOUNDS:
        columns[f"jobs_{bound}"] = found.jobs[bound].to_numpy(dtype="float64")
    columns["jobs_status"] = _texts(found.jobs["status"])
    for land_class in LandClass:
        columns[f"area_{land_class.value}_m2"] = _areas(found.land.areas_m2[land_class.value])
    for criterion, points in found.scores.contributions.items():
        columns[f"points_{criterion}"] = points.to_numpy()
    columns["row"] = found.sites["row"].to_numpy(dtype="int64")
    for name in ("source", "geometry_origin", "confidentiality"):
        columns[name] = _texts(found.sites[name])
    for criterion, measures in found.matrix.items():
        is_label = bool(CRITERIA[str(criterion)].labels)
        columns[f"measure_{criterion}"] = _texts(measures) if is_label else measures.to_numpy()
    flat = pd.DataFrame(columns)
    return gpd.GeoDataFrame(flat, geometry=found.sites.geometry.to_numpy(), crs=found.sites.crs)


def _by_site(found: Appraised, level: Level) -> list[list[tuple[str, str]]]:
    """List the codes and names of the territories of each site, in the order of their codes."""
    shares = found.shares[found.shares["level"] == level.value]
    shares = shares.sort_values("code", kind="stable")
    of_site: dict[str, list[tuple[str, str]]] = {site: [] for site in found.sites.index.tolist()}
    rows = zip(*(shares[key].tolist() for key in ("site_id", "code", "name")), strict=True)
    for site, code, name in rows:
        of_site[site].append((code, name))
    return list(of_site.values())


def _sentences(reasons: Iterable[Reason], translate: Translate) -> str:
    return " ; ".join(reason.text(translate) for reason in reasons)


def _same_sentences(told: Iterable[tuple[Reason, ...]], translate: Translate) -> list[str]:
    """Write the reasons of sites; those that share the very same reasons share the text."""
    known: dict[tuple[int, ...], str] = {}
    texts: list[str] = []
    for reasons in told:
        key = tuple(map(id, reasons))
        if key not in known:
            known[key] = _sentences(reasons, translate)
        texts.append(known[key])
    return texts


def _texts(values: Iterable[Any]) -> Any:
    """Return texts of one type, whatever they hold: all missing, or none."""
    listed = values.tolist() if isinstance(values, pd.Series) else list(values)
    return pd.array(listed, dtype=pd.StringDtype(na_value=np.nan))


def _areas(values: pd.Series) -> Any:
    return np.array([round(value, AREA_DECIMALS) for value in values.tolist()], dtype="float64")


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


def _harmless_cells(table: pd.DataFrame) -> pd.DataFrame:
    cells: pd.DataFrame = table.apply(lambda column: column.map(harmless))
    return cells


def _write_csv(table: gpd.GeoDataFrame, _sources: pd.DataFrame, path: Path) -> None:
    text = _harmless_cells(pd.DataFrame(table.drop(columns="geometry"))).assign(
        geometry=table.geometry.to_wkt(), crs=table.crs.to_string()
    )
    text.to_csv(path, index=False, encoding="utf-8-sig")


def _write_xlsx(table: gpd.GeoDataFrame, sources: pd.DataFrame, path: Path) -> None:
    # An outline may be longer than a cell may be: a point inside it stands for it.
    points = table.geometry.representative_point()
    cells = _harmless_cells(pd.DataFrame(table.drop(columns="geometry")))
    placed = cells.assign(x_m=points.x.round(1), y_m=points.y.round(1), crs=table.crs.to_string())
    write_workbook({"sites": placed, "sources": _harmless_cells(sources)}, path)


WRITERS: Mapping[str, Callable[[gpd.GeoDataFrame, pd.DataFrame, Path], None]] = MappingProxyType(
    {
        ".gpkg": lambda table, _, path: table.to_file(path, layer="sites", driver="GPKG"),
        # RFC 7946 has longitudes and latitudes only.
        ".geojson": lambda table, _, path: table.to_crs(4326).to_file(
            path, driver="GeoJSON", layer="sites", RFC7946="YES"
        ),
        ".parquet": lambda table, _, path: table.to_parquet(path, index=False),
        ".csv": _write_csv,
        ".xlsx": _write_xlsx,
    }
)
"""Writes sites, with their sources where the format has a place for them, by ending. A workbook
has a point for each site in place of its outline; the other formats are read as sites again."""


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
    document = score_document(run, translate, sites=False)
    table = result_table(run, translate)
    sidecar = path.with_name(f"{path.name}.manifest.json")
    drafts = {
        path.with_name(f".{path.stem}.draft{path.suffix.lower()}"): path,
        sidecar.with_name(f".{sidecar.name}.draft"): sidecar,
    }
    data, told = drafts
    try:
        data.unlink(missing_ok=True)
        WRITERS[path.suffix.lower()](table, source_table(run.manifest, translate), data)
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
