"""The page of the data: layers in use, what is made up and how to replace it, glossary."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Final

import pandas as pd
import streamlit as st
from markupsafe import Markup

from layers.errors import N_
from layers.sources import Sources
from layers.spec import Status
from layers.status import LayerStatus
from layers.store import Store
from siting.i18n import Translate
from siting.labels import STATUS_LABELS, UNKNOWN, percent
from siting.local_data import local_sources, statuses
from siting.ui.context import Context
from siting.ui.glossary import GLOSSARY, METHODS
from siting.ui.html import badge, joined, paragraph
from siting.ui.measures import day_text

ORIGINS: Final[Mapping[str, str]] = {
    "embedded": N_("embedded"),
    "import": N_("local file"),
    "pull": N_("downloaded"),
    "build": N_("assembled"),
    "absent": N_("absent"),
}
"""Where a layer comes from."""
_KEPT_S: Final = 300
_HOST: Final = r"^https?://(?:www\.)?([^/]+)"
"""What is shown of the address of a page."""
_NAME_PX, _HOST_PX = 340, 170


def page(context: Context) -> None:
    """Show the page.

    Parameters
    ----------
    context
        What the page is given.
    """
    _ = context.translate
    sources, found, checked = _known()
    used = [one for one in found if one.status is not None]
    made_up = [one for one in used if one.status is Status.DEMONSTRATION]
    st.html(
        Markup('<header class="sg-header"><div><h1>{}</h1><p>{}</p></div></header>').format(
            _("Data, methods and words"),
            _("Layers in use: {count}, of which demonstration: {made_up}.").format(
                count=len(used), made_up=len(made_up)
            ),
        )
    )
    layers, replace, methods, words = st.tabs(
        [_("Layers"), _("Replace a layer"), _("Methods"), _("Glossary")]
    )
    with layers:
        st.html(layers_sheet(used, _, checked=checked))
        _problems(used, _)
    with replace:
        _replacing(found, sources, _)
    with methods:
        st.html(definitions(((_(title), _(text)) for title, text in METHODS)))
    with words:
        st.html(definitions((term, _(text)) for term, text in GLOSSARY))


@st.cache_resource(show_spinner=False, ttl=_KEPT_S)
def _known() -> tuple[Sources, tuple[LayerStatus, ...], date]:
    """Return what is known of each layer, read and checked again after some minutes, and when."""
    store = Store()
    sources = local_sources(store)
    return sources, statuses(store, sources), datetime.now(tz=UTC).date()


def layers_sheet(found: Iterable[LayerStatus], translate: Translate, *, checked: date) -> Markup:
    """Return the table of the layers in use.

    Parameters
    ----------
    found
        What is known of each.
    translate
        The language.
    checked
        Day on which each layer was last read and checked against its contract.

    Returns
    -------
    Markup
        HTML: title, status, publisher, vintage, licence, coverage, origin, last check.
    """
    _ = translate
    titles = (
        _("Layer"), _("Status"), _("Publisher"), _("Vintage"), _("Licence"), _("Coverage"),
        _("Origin"), _("Last check"),
    )  # fmt: skip
    head = joined(Markup('<th scope="col">{}</th>').format(title) for title in titles)
    row = (
        Markup('<tr><th scope="row">{}</th>')
        + Markup("<td>{}</td>") * 6
        + Markup('<td class="sg-day">{}</td>')
        + Markup("</tr>")
    )
    rows = joined(
        row.format(
            _(one.title),
            badge(_(STATUS_LABELS[str(one.status)]), f"sg-status-{one.status}"),
            _said(one.publisher, _),
            _said(one.vintage, _),
            _said(one.licence, _),
            UNKNOWN if one.coverage is None else percent(one.coverage, _),
            _origin(one, _),
            _("refused") if one.problems else day_text(checked, _),
        )
        for one in found
    )
    return Markup(
        '<article class="sg-sheet"><p class="sg-note">{}</p><div class="sg-scroll">'
        '<table class="sg-wide"><thead><tr>{}</tr></thead><tbody>{}</tbody></table></div></article>'
    ).format(
        _("Coverage: share of the communes with a known value, for layers that are by commune."),
        head,
        rows,
    )


def _said(text: str, _: Translate) -> str:
    return _(text) if text else UNKNOWN


def _origin(one: LayerStatus, _: Translate) -> str:
    origin = _(ORIGINS[one.origin])
    day = "" if one.recorded is None else day_text(one.recorded, _)
    newer = _("newer: {vintage}").format(vintage=one.newer) if one.newer else ""
    return " · ".join(filter(None, (origin, day, newer)))


def _problems(found: Iterable[LayerStatus], _: Translate) -> None:
    """Tell what reading the layers told."""
    lines = [
        {_("Layer"): _(one.title), _("Note"): told.line(_)}
        for one in found
        for told in (*one.problems, *one.notes)
    ]
    if lines:
        with st.expander(_("What reading the layers told ({count})").format(count=len(lines))):
            st.dataframe(pd.DataFrame(lines), hide_index=True, width="stretch")


def _replacing(found: Iterable[LayerStatus], sources: Sources, _: Translate) -> None:
    """Tell how to replace what is made up, and to add what is absent."""
    st.html(
        paragraph(
            _(
                "Demonstration layers are synthetic. With the network, “siting data pull” "
                "downloads the official files; without it, “siting data import FILE” uses one "
                "that was fetched by hand. Start the app again afterwards."
            )
        )
    )
    rows = replacing_table(found, sources, _)
    if rows.empty:
        st.html(paragraph(_("Nothing to replace: no layer is made up or absent.")))
    else:
        config = {
            _("Layer"): st.column_config.TextColumn(width=_NAME_PX),
            _("Page"): st.column_config.LinkColumn(display_text=_HOST, width=_HOST_PX),
        }
        st.dataframe(
            rows, hide_index=True, width="stretch", placeholder=UNKNOWN, column_config=config
        )


def replacing_table(
    found: Iterable[LayerStatus], sources: Sources, translate: Translate
) -> pd.DataFrame:
    """Return what may replace the layers that are made up or absent.

    Parameters
    ----------
    found
        What is known of each layer.
    sources
        What publishers have.
    translate
        The language.

    Returns
    -------
    DataFrame
        One row a layer: the layer, its status, who publishes it, the command, the page.
    """
    _ = translate
    rows = []
    for one in found:
        if one.status not in (None, Status.DEMONSTRATION):
            continue
        known = sources.of_layer(one.layer)
        published = [known[name] for name in known]
        pulled = any(source.pullable for source in published)
        command = f"siting data pull {one.layer}" if pulled else ""
        rows.append(
            {
                _("Layer"): _(one.title),
                _("Status"): _(STATUS_LABELS[str(one.status)]) if one.status else _("absent"),
                _("Publisher"): ", ".join(dict.fromkeys(each.publisher for each in published)),
                _("Command"): command or _by_hand(one.layer, _),
                _("Page"): next(filter(None, (source.page for source in published)), None),
            }
        )
    return pd.DataFrame(rows)


def _by_hand(layer: str, _: Translate) -> str:
    file = _("FILE")
    return f"siting data import {file} --as {layer}"


def definitions(rows: Iterable[tuple[str, str]]) -> Markup:
    """Return a list of terms with what they mean.

    Parameters
    ----------
    rows
        Term and meaning.

    Returns
    -------
    Markup
        HTML.
    """
    row = Markup("<dt>{}</dt><dd>{}</dd>")
    items = joined(row.format(term, text) for term, text in rows)
    return Markup('<article class="sg-sheet"><dl class="sg-words">{}</dl></article>').format(items)
