"""The scenarios of a session: save, rename, duplicate, delete, download, upload."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import partial

import streamlit as st

from layers.errors import SitingError
from siting.i18n import Translate
from siting.scenario import (
    Scenario,
    read_scenario,
    scenario_hash,
    scenario_names,
    scenario_toml,
    with_values,
)
from siting.ui import data, workspace
from siting.ui.context import Context
from siting.ui.edits import forget, origin, saved_name, shipped, use
from siting.ui.frame import told
from siting.ui.html import alert

_MOST, _LONGEST = 50, 80
_UPLOADED = "scenario-uploaded"


def choices(context: Context) -> dict[str, Scenario]:
    """Return the scenarios that may be compared: one that is edited, those saved, those shipped.

    Parameters
    ----------
    context
        What the page is given.

    Returns
    -------
    dict
        Scenarios by the name shown.
    """
    _ = context.translate
    current = _("Current: {title}").format(title=title_of(context.scenario, context.lang))
    found = {} if shipped() else {current: context.scenario}
    found |= dict(workspace.current().saved)
    for name in scenario_names():
        one = data.scenario(name)
        found[title_of(one, context.lang)] = one
    return found


def title_of(scenario: Scenario, lang: str) -> str:
    """Return the title of a scenario.

    Parameters
    ----------
    scenario
        The scenario.
    lang
        The language.

    Returns
    -------
    str
        The title; the French one where there is no other.
    """
    return scenario.title if lang == "fr" else scenario.title_en or scenario.title


def slug(title: str) -> str:
    """Return the identifier that a title makes.

    Parameters
    ----------
    title
        The title.

    Returns
    -------
    str
        Small letters and digits.

    Examples
    --------
    >>> slug("Ma région, été 2030 !"), slug("«»")
    ('ma-region-ete-2030', 'scenario')
    """
    letters = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-") or "scenario"


def shelf(context: Context) -> None:
    """Show the saved scenarios, and what may be done with the current one.

    Parameters
    ----------
    context
        What the page is given.
    """
    _, scenario = context.translate, context.scenario
    name = saved_name(scenario)
    left, middle, right = st.columns([1.7, 1, 1.15], vertical_alignment="bottom")
    with left:
        title = st.text_input(
            _("Name of the scenario"), value=name or title_of(scenario, context.lang),
            max_chars=_LONGEST, key=f"page-name-{scenario_hash(scenario)}-{context.lang}",
        )  # fmt: skip
    with middle:
        if st.button(_("Save"), type="primary", width="stretch", icon=":material/save:"):
            _save(context, title)
            st.rerun()
    with right:
        st.download_button(
            _("Download (TOML)"), partial(scenario_toml, scenario, base=origin()),
            file_name=f"{scenario.id}.toml", mime="application/toml", width="stretch",
            icon=":material/download:", on_click="ignore",
        )  # fmt: skip
    _upload(context)
    _saved(context, name)


def _save(context: Context, title: str) -> None:
    """Save the current scenario under a name; a name already taken is used again."""
    wanted = title.strip() or context.scenario.title
    saved = _named(context.scenario, wanted)
    kept = dict(workspace.current().saved)
    kept[wanted] = saved
    workspace.change(saved=dict(list(kept.items())[-_MOST:]))
    workspace.edit(saved)
    forget()


def _saved(context: Context, current: str | None) -> None:
    _ = context.translate
    kept = workspace.current().saved
    if not kept:
        return
    names = list(kept)
    place = names.index(current) if current is not None and current in names else 0
    chosen = st.selectbox(_("Saved scenarios"), names, key="page-saved", index=place) or names[0]
    columns = st.columns(4)
    if columns[0].button(_("Open"), width="stretch"):
        use(context, kept[chosen])
        st.rerun()
    if columns[1].button(_("Duplicate"), width="stretch"):
        copy = free_name(_("{name} (copy)").format(name=chosen), kept)
        workspace.change(saved={**kept, copy: _named(kept[chosen], copy)})
        st.rerun()
    with columns[2].popover(_("Rename"), width="stretch"):
        new = (st.text_input(_("New name"), value=chosen, max_chars=_LONGEST) or "").strip()
        if st.button(_("Rename"), key="rename") and new and new != chosen:
            _rename(chosen, free_name(new, kept))
            st.rerun()
    if columns[3].button(_("Delete"), width="stretch"):
        workspace.change(saved={key: one for key, one in kept.items() if key != chosen})
        st.rerun()


def _rename(old: str, new: str) -> None:
    kept = workspace.current().saved
    renamed = {new: _named(kept[old], new)}
    others = {name: one for name, one in kept.items() if name != old}
    workspace.change(saved={**others, **renamed})


def _named(scenario: Scenario, title: str) -> Scenario:
    return with_values(scenario, {("id",): slug(title), ("title",): title, ("title_en",): ""})


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken.

    Parameters
    ----------
    wanted
        The name wanted.
    taken
        Names taken.

    Returns
    -------
    str
        The name, with a number where it is taken.

    Examples
    --------
    >>> free_name("a", {"a", "a 2"})
    'a 3'
    """
    names = set(taken)
    number = 1
    name = wanted
    while name in names:
        number += 1
        name = f"{wanted} {number}"
    return name


def _upload(context: Context) -> None:
    _ = context.translate

    def uploaded() -> None:
        given = st.session_state.get("page-scenario-file")
        st.session_state[_UPLOADED] = None if given is None else _read(context, given, _)

    st.file_uploader(
        _("Open a scenario (TOML)"), key="page-scenario-file", on_change=uploaded, max_upload_size=1
    )
    found = st.session_state.get(_UPLOADED)
    if isinstance(found, SitingError):
        told(_("This scenario cannot be used; nothing was changed."), found, _)
    elif found:
        st.html(alert(found, style="sg-info"))


def _read(context: Context, given: object, _: Translate) -> str | SitingError:
    name, content = given.name, given.getvalue()  # type: ignore[attr-defined] # of Streamlit
    try:
        scenario = read_scenario(content, name=name)
        data.scored(context.sites, scenario, context.world)
    except SitingError as error:
        return error
    kept = workspace.current().saved
    shown = free_name(title_of(scenario, context.lang), kept)
    workspace.change(saved=dict([*kept.items(), (shown, scenario)][-_MOST:]))
    workspace.edit(scenario)
    forget()
    text = _("Opened: {name} ({hash})")
    return text.format(name=shown, hash=scenario_hash(scenario))
