"""The page of a new site: draw it, type it or bring a file; verdict and sheet at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import shapely
import streamlit as st
from markupsafe import Markup

from layers.errors import LayerError, SitingError
from layers.site_table import (
    COMMERCIAL_STAGES,
    CONFIDENTIALITY,
    ENVIRONMENT_STAGES,
    LAND_STAGES,
    PLANNING_STAGES,
    SERVICING_STAGES,
    VOCATIONS,
)
from layers.typed_site import DEGREES, parse_outline, site_geojson
from siting.i18n import Translate
from siting.labels import UNKNOWN, VERDICT_LABELS, number
from siting.roles import SEEN
from siting.ui import data, workspace
from siting.ui.context import Context
from siting.ui.drawing import begin_draft, draft, drawn_outline
from siting.ui.edits import apply
from siting.ui.frame import heading, opening, told
from siting.ui.html import alert, plain
from siting.ui.measures import rows_of
from siting.ui.scenario_shelf import free_name
from siting.ui.site_panel import site_sheet

LIMIT_MB = 50
"""Largest file taken on this page."""
_PROPOSED, _MESSAGE = "proposed-site", "proposed-site-told"
_FORMED = "new-site-formed"
"""Whether what is proposed comes from the form: once it is added, the next one begins empty."""
_LAMBERT = "EPSG:2154"
_CHOICES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("readiness_land", LAND_STAGES),
    ("readiness_planning", PLANNING_STAGES),
    ("readiness_environment", ENVIRONMENT_STAGES),
    ("readiness_servicing", SERVICING_STAGES),
    ("readiness_commercial", COMMERCIAL_STAGES),
    ("vocation", VOCATIONS),
)


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    opening(
        _("New site"),
        _("Draw a site, type its outline or bring a file: verdict and sheet at once."),
    )
    message = st.session_state.pop(_MESSAGE, None)
    if message:
        st.html(alert(message, style="sg-info"))
    with st.container(key="split"):
        left, right = st.columns([1.3, 1], gap="medium")
    with left:
        drawing, typing, file = st.tabs([_("Draw on the map"), _("Type the outline"), _("File")])
        with drawing:
            outline: shapely.Geometry | None = drawn_outline(context)
            crs = DEGREES
        with typing:
            typed = _typed(_)
            if typed is not None:
                outline, crs = typed
        with file:
            _file(context)
    with right:
        _form(context, outline, crs)
    _verdict(context)
    _added(context)


# --- Outline ------------------------------------------------------------------------------


def _typed(_: Translate) -> tuple[shapely.Geometry, str] | None:
    text = st.text_area(
        _("Outline"), height=190, key=f"page-outline-{draft()}", placeholder="-1,5540 ; 47,2180\n…",
        help=_("WKT, GeoJSON, or a corner a line: longitude and latitude, or x and y."),
        persist_state="session",
    )  # fmt: skip
    names = {DEGREES: _("longitude, latitude (WGS 84)"), _LAMBERT: _("x, y in metres (Lambert-93)")}
    crs = st.radio(
        _("Coordinates"), list(names), format_func=names.__getitem__, key="page-outline-crs",
        horizontal=True, persist_state="session",
    )  # fmt: skip
    if not text.strip():
        return None
    try:
        return parse_outline(text, name=_("Outline")), crs or DEGREES
    except LayerError as error:
        told(_("This outline cannot be read."), error, _)
        return None


# --- What is known ------------------------------------------------------------------------


def _form(context: Context, outline: shapely.Geometry | None, crs: str) -> None:
    _ = context.translate
    with st.form("new-site", border=True):
        title = _("What is known of the site drawn or typed")
        st.html(Markup('<h2 class="sg-title">{}</h2>').format(title))
        said = _fields(context)
        asked = st.form_submit_button(_("Get the verdict"), type="primary", width="stretch")
    if not asked:
        return
    if outline is None:
        st.session_state[_PROPOSED] = None
        text = _("Draw the outline and finish it, or type it: there is none yet.")
        st.html(alert(text, style="sg-error"))
        return
    content = site_geojson(outline, said, crs=crs)
    _propose(context, f"{said['site_id']}.geojson", content, None, source=str(said["source"]))


def _fields(context: Context) -> dict[str, Any]:
    _ = context.translate
    said: dict[str, Any] = {}
    cells = _cells()

    def kept(name: str) -> dict[str, Any]:
        """Keep what a field says while another page is looked at."""
        return {"key": f"page-new-{draft()}-{name}", "persist_state": "session"}

    said["name"] = next(cells).text_input(_("Name"), max_chars=100, **kept("name"))
    taken = [str(key) for key in context.run.sites.index]
    said["site_id"] = next(cells).text_input(
        _("Identifier"), value=free_name("NOUVEAU", taken).replace(" ", "-"), max_chars=40,
        **kept("site_id"),
    )  # fmt: skip
    seen = [one for one in CONFIDENTIALITY if one in SEEN[context.role]]
    said["confidentiality"] = next(cells).selectbox(
        _("Who may see it"), seen, format_func=_level(_), **kept("confidentiality")
    )
    said["source"] = next(cells).text_input(
        _("Source"), value=_("entered by hand"), max_chars=200, **kept("source")
    )
    titles = _titles(_)
    for name, options in _CHOICES:
        said[name] = next(cells).selectbox(
            titles[name], options, index=None, placeholder=_("not known"), format_func=_,
            **kept(name),
        )  # fmt: skip
    numbers = (("works_start_year", 2011, 2060), ("expected_jobs", 0, 100_000),
               ("power_mw", 0, 10_000), ("water_m3_day", 0, 1_000_000))  # fmt: skip
    for name, low, high in numbers:
        said[name] = next(cells).number_input(
            titles[name], min_value=low, max_value=high, value=None, placeholder=_("not known"),
            **kept(name),
        )  # fmt: skip
    yes_no = {True: _("yes"), False: _("no")}
    for name in ("is_brownfield", "gas", "fibre", "sewer"):
        said[name] = next(cells).selectbox(
            titles[name], [True, False], index=None, placeholder=_("not known"),
            format_func=yes_no.__getitem__, **kept(name),
        )  # fmt: skip
    return said


def _cells() -> Iterator[Any]:
    """Give the places of fields, two a row: those of a row stand level whatever their labels."""
    while True:
        yield from st.columns(2, vertical_alignment="bottom")


def _titles(_: Translate) -> Mapping[str, str]:
    return {
        "readiness_land": _("Land control"),
        "readiness_planning": _("Planning zone"),
        "readiness_environment": _("Environment and archaeology"),
        "readiness_servicing": _("Servicing"),
        "readiness_commercial": _("Commercialisation"),
        "vocation": _("Vocation"),
        "works_start_year": _("Works start (year)"),
        "expected_jobs": _("Jobs expected"),
        "power_mw": _("Power available (MW)"),
        "water_m3_day": _("Water available (m³/day)"),
        "is_brownfield": _("Brownfield"),
        "gas": _("Gas at the site"),
        "fibre": _("Optical fibre at the site"),
        "sewer": _("Sewer at the site"),
    }


def _level(_: Translate) -> Any:
    names = {
        "public": _("public"),
        "restricted": _("restricted circulation"),
        "confidential": _("confidential"),
    }
    return names.__getitem__


# --- File ---------------------------------------------------------------------------------


def _file(context: Context) -> None:
    _ = context.translate
    uploaded = st.file_uploader(
        _("File of sites to add"), key="page-new-file", max_upload_size=LIMIT_MB,
        help=_("GeoPackage, GeoJSON, zipped Shapefile, GeoParquet, FlatGeobuf, CSV, XLSX or ODS."),
    )  # fmt: skip
    layer = st.text_input(_("Layer of the file, where it has several"), key="page-new-layer")
    if uploaded is not None and st.button(_("Get the verdicts"), type="primary"):
        _propose(context, uploaded.name, uploaded.getvalue(), layer.strip() or None)


def _propose(
    context: Context, name: str, content: bytes, layer: str | None, *, source: str | None = None
) -> None:
    """Read what is proposed, through the one reader; keep it or tell why it cannot be used."""
    _ = context.translate
    st.session_state[_PROPOSED] = None
    st.session_state[_FORMED] = source is not None
    try:
        sites = data.uploaded_sites(context.world, name, content, layer)
        if source is not None:
            sites = data.entered(sites, source)
        found = sites.file
        if found.rejected:
            lines = [one.line(_) for one in found.rejected[:20]]
            count = number(rows_of(found.rejected), _)
            st.html(alert(_("Rejected rows: {count}").format(count=count), lines))
        if found.layer.data.empty:
            return
        data.together(context.sites, (sites,))
    except SitingError as error:
        told(_("This cannot be used; nothing was changed."), error, _)
        return
    st.session_state[_PROPOSED] = sites


# --- Verdict ------------------------------------------------------------------------------


def _verdict(context: Context) -> None:
    _ = context.translate
    proposed: data.Sites | None = st.session_state.get(_PROPOSED)
    if proposed is None:
        return
    try:
        sites = data.visible(data.together(context.sites, (proposed,)), context.role)
        run = data.scored(sites, context.scenario, context.world)
    except SitingError as error:
        told(_("This cannot be used; nothing was changed."), error, _)
        return
    own = [str(key) for key in proposed.file.layer.data["site_id"] if key in run.sites.index]
    if not own:
        st.html(alert(_("Your role may not see the sites of this file."), style="sg-info"))
        return
    names = run.sites["name"].to_dict()
    heading(_("Verdict"))
    if proposed.file.notes:
        with st.expander(_("Notes: {count}").format(count=number(len(proposed.file.notes), _))):
            lines = [one.line(_) for one in proposed.file.notes[:50]]
            st.html(alert(_("What was repaired, assumed or left out"), lines, style="sg-info"))
    left, right = st.columns([1.3, 1], vertical_alignment="bottom")
    with left:
        shown = st.selectbox(
            _("Site"), own,
            format_func=lambda k: f"{names[k]} · {_(VERDICT_LABELS[run.verdicts[k].code])}",
        )  # fmt: skip
    with right:
        text = _("Add to the sites of the scenario ({count})").format(count=number(len(own), _))
        if st.button(text, type="primary", width="stretch", icon=":material/add_location:"):
            _add(context, proposed, own)
    with st.container(key="sheet"):
        st.html(site_sheet(run, shown or own[0], _))


def _add(context: Context, proposed: data.Sites, own: list[str]) -> None:
    """Add sites to the session, and to the choice of the scenario."""
    _ = context.translate
    workspace.change(added=(*workspace.current().added, proposed))
    selected = context.scenario.sites.selected
    if selected != "all":
        apply(context, {("sites", "selected"): [*selected, *own]})
    st.session_state[_PROPOSED] = None
    if st.session_state.get(_FORMED):
        begin_draft()
    st.session_state[_MESSAGE] = _("Added to the sites of the session: {names}.").format(
        names=", ".join(own)
    )
    st.rerun()


def _added(context: Context) -> None:
    _ = context.translate
    added = workspace.current().added
    if not added:
        return
    heading(_("Sites added in this session"))
    for place, one in enumerate(added):
        left, right = st.columns([4, 1], vertical_alignment="center")
        names = ", ".join(map(str, one.file.layer.data["name"].head(5))) or UNKNOWN
        left.markdown(plain(names))
        if right.button(_("Remove"), key=f"remove-{place}", width="stretch"):
            workspace.change(added=(*added[:place], *added[place + 1 :]))
            st.rerun()
