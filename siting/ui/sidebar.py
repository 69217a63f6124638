"""The part of the side bar that pages share: language, search, scenario, file of sites."""

from __future__ import annotations

from typing import Final

import streamlit as st

from layers.errors import LayerError, SitingError
from layers.territory import Level
from siting.i18n import LANGUAGES, Translate
from siting.labels import LEVEL_LABELS
from siting.pipeline import Run
from siting.roles import ROLE_LABELS, Role
from siting.scenario import Scenario, scenario_names
from siting.ui import data, view, workspace
from siting.ui.context import Context
from siting.ui.edits import EDITED
from siting.ui.filters import filters
from siting.ui.html import alert, paragraph, typeset
from siting.world import World
from siting.zan.ruleset import load_rulesets

__all__ = ["chosen_sites", "filters", "sidebar"]

# A widget whose options are named in the language has a key of its own in each: Streamlit
# keeps the chosen name, not the option.
SEARCHED: Final = {level: LEVEL_LABELS[level] for level in Level}
LANGUAGE_NAMES = {"fr": "Français", "en": "English"}
FILE_KEY = "file"
_PROBLEM_KEY = "file-problem"
_RULESET_PROBLEM_KEY = "ruleset-problem"


def chosen_sites(world: World) -> data.Sites:
    """Return the sites of the uploaded file, else the demonstration ones.

    Parameters
    ----------
    world
        The world.

    Returns
    -------
    Sites
        The sites; when the file cannot be used, why is kept for :func:`sidebar`.
    """
    st.session_state[_PROBLEM_KEY] = None
    uploaded = st.session_state.get(FILE_KEY)
    if uploaded is not None:
        try:
            layer = _layers().get(uploaded.file_id)
            return data.uploaded_sites(world, uploaded.name, uploaded.getvalue(), layer)
        except LayerError as error:
            st.session_state[_PROBLEM_KEY] = error
    return data.demonstration_sites(world)


def bare_sidebar(translate: Translate) -> None:
    """Show what the side bar may tell without any result: the language and the file.

    Parameters
    ----------
    translate
        The language.
    """
    with st.sidebar:
        _language()
        _file(translate)


def sidebar(context: Context) -> None:
    """Show the part of the side bar that all pages share.

    Parameters
    ----------
    context
        What pages are given.
    """
    with st.sidebar:
        _language()
        _search(context, context.translate)
        _scenario(context.scenario, context.translate)
        _ruleset(context.scenario, context.translate)
        _file(context.translate)
        _role(context.role, context.translate)


def _language() -> None:
    lang = view.current().lang

    def changed() -> None:
        view.change(lang=st.session_state["w-lang"])

    st.radio(
        "Langue / Language", LANGUAGES, index=LANGUAGES.index(lang), key="w-lang",
        format_func=LANGUAGE_NAMES.__getitem__, horizontal=True, on_change=changed,
        label_visibility="collapsed",
    )  # fmt: skip


@st.cache_data(show_spinner=False, max_entries=8)
def _options(
    digest: str,  # noqa: ARG001 - part of the key
    run_hash: str,  # noqa: ARG001 - part of the key
    _run: Run,
) -> dict[tuple[str, str], str]:
    """Return what may be searched, with its name: sites, then territories from the largest."""
    names = {("site", str(key)): f"{name} ({key})" for key, name in _run.sites["name"].items()}
    territory = _run.account.territory
    for level in (Level.EPCI, Level.SCOT, Level.ZONE_EMPLOI, Level.DEPARTEMENT, Level.COMMUNE):
        if level in territory.levels:
            own = territory.names(level).items()
            names |= {(level.value, str(code)): f"{name} ({code})" for code, name in own}
    return names


def _search(context: Context, _: Translate) -> None:
    names = _options(context.sites.digest, context.run.manifest.scenario_hash, context.run)
    key = f"w-search-{view.current().lang}"
    kinds = {level.value: _(label) for level, label in SEARCHED.items()}

    def text(option: tuple[str, str]) -> str:
        kind = kinds.get(option[0], _("Site"))
        return f"{names[option]} · {kind}"

    def changed() -> None:
        found = st.session_state[key]
        if found is not None:
            view.go_to(*found)
        st.session_state[key] = None

    st.selectbox(
        _("Find a commune, an EPCI or a site"), list(names), index=None, key=key,
        format_func=text, placeholder=_("Name or code"), on_change=changed,
    )  # fmt: skip


def _scenario(chosen: Scenario, _: Translate) -> None:
    looked = view.current()
    names = scenario_names()
    edited = () if looked.scenario in names else (looked.scenario,)
    key = f"w-scenario-{looked.lang}"

    def title(name: str) -> str:
        scenario = chosen if name in edited else data.scenario(name)
        own = scenario.title if looked.lang == "fr" else scenario.title_en or scenario.title
        if name not in edited or own.endswith(_(EDITED).format(title="").strip()):
            return own
        return _(EDITED).format(title=own)

    def changed() -> None:
        workspace.choose(st.session_state[key])

    def counted() -> None:
        view.change(planned=st.session_state["w-planned"])

    # The scenario may be changed elsewhere: the widget is told it at each run.
    st.session_state[key] = looked.scenario
    st.selectbox(_("Scenario"), [*edited, *names], key=key, format_func=title, on_change=changed)
    st.toggle(
        _("Count its sites in the budgets of the map"), value=looked.planned, key="w-planned",
        on_change=counted,
    )  # fmt: skip


def _ruleset(chosen: Scenario, _: Translate) -> None:
    """Show the choice of the rule set; one that the scenario cannot be told under is told."""
    lang, own = view.current().lang, chosen.zan.ruleset
    rules = {one.id: one for one in load_rulesets()}
    key = f"w-ruleset-{lang}"

    def title(name: str) -> str:
        if name not in rules:
            return name
        one = rules[name]
        return typeset(one.title if lang == "fr" else one.title_en)

    def changed() -> None:
        st.session_state[_RULESET_PROBLEM_KEY] = None
        try:
            workspace.set_ruleset(st.session_state[key])
        except SitingError as error:
            st.session_state[_RULESET_PROBLEM_KEY] = error

    st.session_state[key] = own
    options = [*rules] if own in rules else [own, *rules]
    st.selectbox(_("Rule set"), options, key=key, format_func=title, on_change=changed)
    st.html(paragraph(title(own), "sg-note"))  # whole: the field above may cut it
    error = st.session_state.get(_RULESET_PROBLEM_KEY)
    if error is not None:
        lines = [found.line(_) for found in error.problems]
        st.html(alert(_("The scenario cannot be told under this rule set."), lines))


def _file(_: Translate) -> None:
    st.file_uploader(
        _("File of sites"), key=FILE_KEY,
        help=_("GeoPackage, GeoJSON, zipped Shapefile, GeoParquet, FlatGeobuf, CSV, XLSX or ODS."),
    )  # fmt: skip
    uploaded = st.session_state.get(FILE_KEY)
    error = st.session_state.get(_PROBLEM_KEY)
    if error is not None:
        lines = [found.line(_) for found in error.problems]
        st.html(alert(_("This file cannot be used; the demonstration sites are shown."), lines))
    several = error is not None and any(p.code == "layer-choice" for p in error.problems)
    if uploaded is not None and (several or uploaded.file_id in _layers()):
        _layer(uploaded.file_id, _)


def _role(role: Role, _: Translate) -> None:
    """Tell which role looks, and that it may not see every site."""
    if role is not Role.STRATEGIST:
        text = _("Role: {role}. Only the sites that it may see are shown.")
        st.caption(text.format(role=_(ROLE_LABELS[role])))


def _layers() -> dict[str, str]:
    """Return the layers named in this session, by file."""
    layers: dict[str, str] = st.session_state.setdefault("layers", {})
    return layers


def _layer(file_id: str, _: Translate) -> None:
    key = f"w-layer-{file_id}"

    def named() -> None:
        if st.session_state[key]:
            _layers()[file_id] = st.session_state[key]
        else:
            _layers().pop(file_id, None)

    chosen = _layers().get(file_id, "")
    st.text_input(_("Layer of the file"), value=chosen, key=key, on_change=named)
