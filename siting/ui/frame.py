"""What the pages that work on sites and scenarios share: style, heading, tables, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from importlib.resources import files

import streamlit as st
from markupsafe import Markup

from layers.errors import SitingError
from siting.i18n import Translate
from siting.ui.html import alert, joined


@cache
def _style() -> str:
    return files("siting.ui").joinpath("pages.css").read_text(encoding="utf-8")


def page_style() -> None:
    """Put the style of the parts of this module in the page."""
    st.html(f"<style>{_style()}</style>")


def opening(title: str, text: str) -> None:
    """Show the head of a page.

    Parameters
    ----------
    title
        Its title.
    text
        What it is for, in one sentence.
    """
    page_style()
    head = Markup('<header class="sg-page"><h1>{}</h1><p>{}</p></header>')
    st.html(head.format(title, text))


def heading(text: str, note: str = "") -> None:
    """Show the title of a part of a page.

    Parameters
    ----------
    text
        The title.
    note
        What is said under it.
    """
    shown = Markup('<h2 class="sg-part">{}</h2>').format(text)
    st.html(shown + (Markup('<p class="sg-note">{}</p>').format(note) if note else Markup()))


def told(title: str, error: SitingError, translate: Translate) -> None:
    """Tell why something cannot be done, problem by problem.

    Parameters
    ----------
    title
        What cannot be done.
    error
        Why.
    translate
        The language.
    """
    st.html(alert(title, [found.line(translate) for found in error.problems]))


def several(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    most: int,
    translate: Translate,
    shown: Callable[[str], str] = str,
    placeholder: str = "",
) -> list[str]:
    """Show a choice of a few options; one too many is not taken, and told so.

    What is chosen stays from one page to another.

    Parameters
    ----------
    label
        What is chosen.
    options
        The options.
    key
        Key of the choice in the session.
    most
        How many may be chosen.
    translate
        The language: Streamlit tells its own limit in English only.
    shown
        Text of an option.
    placeholder
        What is shown where none is chosen.

    Returns
    -------
    list of str
        The options chosen, in order.
    """
    _, full = translate, f"{key}-full"

    def changed() -> None:
        chosen = st.session_state[key]
        st.session_state[full] = len(chosen) > most
        st.session_state[key] = chosen[:most]

    chosen = st.multiselect(
        label, options, key=key, on_change=changed, format_func=shown, placeholder=placeholder,
        select_all=False, persist_state="session",
    )  # fmt: skip
    if st.session_state.get(full):
        text = _("{count} at most: take one away before you choose another.").format(count=most)
        st.html(alert(text, style="sg-info"))
    return chosen


def grid(
    columns: Sequence[object],
    rows: Iterable[Sequence[object]],
    *,
    numbers: int = 0,
    texts: int = 0,
    label: str = "",
) -> Markup:
    """Return a table.

    Parameters
    ----------
    columns
        Names of the columns.
    rows
        Cells, the first of a row being its heading.
    numbers
        Position of the first column of numbers, which align to the right; 0 for none.
    texts
        Columns of texts after those of numbers.
    label
        What the table is, for who does not see it.

    Returns
    -------
    Markup
        HTML, every text escaped; it scrolls sideways where it is too wide.

    Examples
    --------
    >>> "<td>&lt;b&gt;</td>" in grid(["Site", "Nom"], [["A", "<b>"]])
    True
    """
    last = len(columns) - texts
    kinds = [
        "sg-number" if numbers and numbers <= place < last else "" for place in range(len(columns))
    ]
    cell = Markup('<td class="{}">{}</td>')
    plain = Markup("<td>{}</td>")
    head = joined(
        Markup('<th scope="col" class="{}">{}</th>').format(kind, column)
        for kind, column in zip(kinds, columns, strict=True)
    )
    body = joined(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            row[0],
            joined(
                cell.format(kind, value) if kind else plain.format(value)
                for kind, value in zip(kinds[1:], row[1:], strict=True)
            ),
        )
        for row in rows
    )
    return Markup(
        '<div class="sg-scroll" role="region" aria-label="{}" tabindex="0"><table class="sg-grid">'
        "<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>"
    ).format(label, head, body)
