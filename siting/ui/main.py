"""The frame of the app: style, language, loading, navigation, footer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

import streamlit as st
from markupsafe import Markup

from layers.errors import SitingError
from layers.spec import Status
from siting.domain import Manifest
from siting.i18n import Translate, translator
from siting.labels import STATUS_LABELS
from siting.maps import Ground
from siting.roles import role
from siting.ui import data, view, workspace
from siting.ui.assets import icon_path, style_sheet
from siting.ui.context import Context
from siting.ui.html import alert, verdict_signs
from siting.ui.navigation import PAGES, PageSpec
from siting.ui.sidebar import bare_sidebar, chosen_sites, sidebar
from siting.ui.work import watched
from siting.world import World
from siting.zan.ruleset import IN_FORCE

_HOME = "accueil"
_LOGGER = logging.getLogger(__name__)


def main() -> None:
    """Show the app; Streamlit calls it at each run of the script."""
    _ = translator(view.current().lang)
    st.set_page_config(
        page_title=_("Industrial siting and ZAN"), page_icon=icon_path(), layout="wide"
    )
    view.remember()
    st.html(f"<style>{style_sheet()}{verdict_signs()}{_words(_)}</style>")
    try:
        _show(_)
    except SitingError as error:
        st.html(alert(_("This cannot be shown"), [found.line(_) for found in error.problems]))
    except Exception as error:
        _LOGGER.exception("the page could not be shown")
        text = _("{kind}: {text}").format(kind=type(error).__name__, text=error)
        st.html(alert(_("Internal error: nothing was changed. Please report it."), [text]))


def _show(_: Translate) -> None:
    made: list[Context] = []
    pages = {
        spec.key: st.Page(
            partial(_render, spec, made), title=_(spec.title), default=rank == 0,
            url_path=spec.url_path if rank else _HOME,
        )
        for rank, spec in enumerate(PAGES)
    }  # fmt: skip
    # Streamlit serves the first page at the bare address only: its own one leads there.
    first = PAGES[0]
    own = st.Page(
        partial(st.switch_page, pages[first.key]), title=_(first.title), visibility="hidden",
        url_path=first.url_path,
    )  # fmt: skip
    page = st.navigation([*pages.values(), own], position="top")
    loaded = _load(_)
    if loaded is None:
        return
    context = _context(*loaded, pages, _)
    if context is None:  # stopped: another file may be chosen
        bare_sidebar(_)
        return
    made.append(context)
    run = context.run
    sidebar(made[0])
    banner(run.manifest, _)
    page.run()
    footer(run.manifest, _)


def _render(spec: PageSpec, made: list[Context]) -> None:
    spec.render(made[0])


def _context(
    world: World, ground: Ground, pages: Mapping[str, st.Page], translate: Translate
) -> Context | None:
    """Gather what pages are given; sites that the role may not see go no further.

    ``None`` while the judgement of the sites stays stopped.
    """
    who = role()
    added = workspace.current().added
    sites = data.visible(data.together(chosen_sites(world), added), who)
    scenario = workspace.scenario()
    run = watched(
        lambda told: data.scored(sites, scenario, world, progress=told),
        title=translate("Judging the sites"), translate=translate, key=f"judging-{sites.digest}",
    )  # fmt: skip
    if run is None:
        return None
    return Context(
        world=world,
        ground=ground,
        sites=sites,
        scenario=scenario,
        run=run,
        translate=translate,
        lang=view.current().lang,
        role=who,
        pages=pages,
    )


def _load(_: Translate) -> tuple[World, Ground] | None:
    """Wait for the territory, with a bar; on failure say why and let one try again."""
    loader = data.world_loader()
    place = st.empty()
    opening = Markup('<div class="sg-opening"><h1>{}</h1><p>{}</p></div>').format(
        _("Industrial siting and land sobriety"),
        _("The territory is being opened. The first time on a machine takes about a minute."),
    )

    def watch(step: str, share: float) -> None:
        text = _(step) if step else _("Reading the territory")
        with place.container():
            st.html(opening)
            st.progress(share, text=f"{text}…")

    try:
        loaded = loader.wait(watch)
    except SitingError as error:
        lines = [found.line(_) for found in error.problems]
    except Exception as error:
        _LOGGER.exception("the territory could not be loaded")
        lines = [f"{type(error).__name__}: {error}"]
    else:
        place.empty()
        return loaded
    place.html(alert(_("The territory cannot be loaded"), lines))
    if st.button(_("Try again")):
        data.world_loader.clear()
        st.rerun()
    return None


def _words(_: Translate) -> str:
    """Return the words of Streamlit's own widgets that only CSS can put in a language."""
    words = {"--sg-browse": _("Choose a file"), "--sg-drop": _("or drop it here")}
    # A style sheet text: no quote, no backslash, no line end may come from a translation.
    quoted = {name: "".join(c for c in word if c not in '"\\\n<') for name, word in words.items()}
    return ":root{" + "".join(f'{name}:"{word}";' for name, word in quoted.items()) + "}"


def banner(manifest: Manifest, translate: Translate) -> None:
    """Tell which layers are made up, while any is in use.

    Parameters
    ----------
    manifest
        What the result was made with.
    translate
        The language.
    """
    _ = translate
    if manifest.demonstration:
        names = ", ".join(
            _(layer.title) for layer in manifest.layers if layer.status is Status.DEMONSTRATION
        )
        text = Markup('<div class="sg-banner" role="note"><strong>{}</strong> {}</div>').format(
            _("Demonstration data: not for decisions."),
            _("Synthetic layers: {names}.").format(names=names),
        )
        st.html(text)
    if manifest.ruleset_status != IN_FORCE:
        told = _(
            "NOT THE LAW: rule set {ruleset} ({status}). These figures are a simulation and "
            "give no right to consume land."
        ).format(ruleset=manifest.ruleset, status=_(STATUS_LABELS[manifest.ruleset_status]))
        box = Markup('<div class="sg-alert sg-error" role="note"><strong>{}</strong></div>')
        st.html(box.format(told))


def footer(manifest: Manifest, translate: Translate) -> None:
    """Tell what the page was made with.

    Parameters
    ----------
    manifest
        What the result was made with.
    translate
        The language.
    """
    _ = translate
    text = _(
        "siting {version} · scenario {scenario} ({hash}) · rule set {ruleset} ({status}) · {day}"
    ).format(
        version=manifest.version,
        scenario=manifest.scenario,
        hash=manifest.scenario_hash[:12],
        ruleset=manifest.ruleset,
        status=_(STATUS_LABELS[manifest.ruleset_status]),
        day=manifest.created.isoformat(),
    )
    st.html(Markup('<footer class="sg-footer">{}</footer>').format(text))
