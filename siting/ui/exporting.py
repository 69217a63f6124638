"""Results to take away: a file of sites with its manifest, as the command line writes it."""

from __future__ import annotations

import io
import zipfile
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import streamlit as st

from layers.errors import N_
from siting.export import WRITERS, write
from siting.i18n import Language, translator
from siting.pipeline import Run
from siting.ui.context import Context
from siting.ui.frame import heading

FORMAT_NAMES = {
    ".gpkg": N_("GeoPackage (QGIS)"),
    ".csv": N_("CSV (spreadsheet)"),
    ".xlsx": N_("XLSX (spreadsheet)"),
    ".geojson": N_("GeoJSON"),
    ".parquet": N_("GeoParquet"),
}


def export(context: Context) -> None:
    """Offer the results as files; only the sites that the role may see are in them.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    heading(
        _("Export"),
        _("All the sites of the session, with verdicts, scores, measures and a manifest."),
    )
    endings = [ending for ending in FORMAT_NAMES if ending in WRITERS]
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        ending = st.selectbox(
            _("Format"), endings, format_func=lambda one: _(FORMAT_NAMES[one]),
            key=f"page-export-{context.lang}",
        )  # fmt: skip
    name = f"siting-{context.run.manifest.scenario}-{context.run.manifest.scenario_hash[:8]}"
    with right:
        st.download_button(
            _("Download the sites"), partial(archive, context.run, ending, name, context.lang),
            file_name=f"{name}.zip", mime="application/zip", on_click="ignore",
            icon=":material/download:",
        )  # fmt: skip


def archive(run: Run, ending: str, name: str, lang: Language) -> bytes:
    """Return a run as a ZIP archive of a file and its manifest.

    Parameters
    ----------
    run
        The run.
    ending
        Ending of the file, one of :data:`siting.export.WRITERS`.
    name
        Name of the file, without its ending.
    lang
        Language of the sentences.

    Returns
    -------
    bytes
        The archive.
    """
    packed = io.BytesIO()
    with TemporaryDirectory(prefix="siting-") as folder:
        path = Path(folder, f"{name}{ending}")
        manifest = write(run, path, translator(lang))
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
            for one in (path, manifest):
                opened.write(one, one.name)
    return packed.getvalue()
