"""Small pieces of HTML for the panels; every value of a file is escaped.

:class:`markupsafe.Markup` does it: ``Markup("<b>{}</b>").format(name)`` escapes ``name``,
and only what is already :class:`~markupsafe.Markup` is taken as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from markupsafe import Markup

from siting.domain import VerdictCode
from siting.maps import verdict_symbol


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar.

    Parameters
    ----------
    label
        What it is.
    share
        Part of the whole bar, 0 to 1.
    style
        Class of the style sheet that colours it.
    """

    label: str
    share: float
    style: str


def joined(parts: Iterable[Markup]) -> Markup:
    """Put pieces one after the other.

    Parameters
    ----------
    parts
        Pieces of HTML.

    Returns
    -------
    Markup
        One piece.
    """
    return Markup().join(parts)


def paragraph(text: object, style: str = "") -> Markup:
    """Return a paragraph.

    Parameters
    ----------
    text
        Its text, escaped.
    style
        Class of the style sheet.

    Returns
    -------
    Markup
        HTML.

    Examples
    --------
    >>> paragraph("5 < 6")
    Markup('<p class="">5 &lt; 6</p>')
    """
    return Markup('<p class="{}">{}</p>').format(style, text)


def badge(text: object, style: str = "") -> Markup:
    """Return a small label.

    Parameters
    ----------
    text
        Its text, escaped.
    style
        Class of the style sheet.

    Returns
    -------
    Markup
        HTML.
    """
    return Markup('<span class="sg-badge {}">{}</span>').format(style, text)


def verdict_badge(code: VerdictCode, label: str) -> Markup:
    """Return the sign and the name of a verdict.

    Parameters
    ----------
    code, label
        The verdict.

    Returns
    -------
    Markup
        HTML.
    """
    sign = Markup('<span class="sg-sign sg-sign-{}"></span>').format(code.value)
    return Markup('<span class="sg-verdict">{}<span>{}</span></span>').format(sign, label)


def verdict_signs() -> str:
    """Return the style of the signs of verdicts: markup of panels may not hold SVG.

    Returns
    -------
    str
        CSS.

    Examples
    --------
    >>> verdict_signs().count("data:image/svg+xml")
    5
    """
    rule = '.sg-sign-{} {{ background-image: url("data:image/svg+xml,{}"); }}'
    return "".join(rule.format(code.value, quote(verdict_symbol(code))) for code in VerdictCode)


def section(title: str, *content: Markup, aside: str = "") -> Markup:
    """Return a titled part of a panel.

    Parameters
    ----------
    title
        Its title.
    *content
        Its content.
    aside
        Text at the right of the title.

    Returns
    -------
    Markup
        HTML.
    """
    return Markup(
        '<section class="sg-section"><h3><span>{}</span><small>{}</small></h3>{}</section>'
    ).format(title, aside, joined(content))


def facts(rows: Iterable[tuple[object, object]], *, strong: Sequence[int] = ()) -> Markup:
    """Return a two-column table of figures.

    Parameters
    ----------
    rows
        Label and value.
    strong
        Positions of the rows that matter most.

    Returns
    -------
    Markup
        HTML.
    """
    row = Markup('<tr class="{}"><th scope="row">{}</th><td>{}</td></tr>')
    body = joined(
        row.format("sg-strong" if position in strong else "", label, value)
        for position, (label, value) in enumerate(rows)
    )
    return Markup('<table class="sg-facts">{}</table>').format(body)


def bar(segments: Iterable[Segment], *, marks: Iterable[tuple[float, str]] = ()) -> Markup:
    """Return a horizontal bar made of segments.

    Parameters
    ----------
    segments
        Its parts, from left to right.
    marks
        Places (0 to 1) and labels of vertical marks.

    Returns
    -------
    Markup
        HTML; the figures stand beside it, in a table.
    """
    part = Markup('<span class="{}" style="width:{}%" title="{}"></span>')
    mark = Markup('<i style="left:{}%" title="{}"></i>')
    parts = [part.format(s.style, round(100 * s.share, 2), s.label) for s in segments]
    marked = [mark.format(round(100 * place, 2), label) for place, label in marks]
    return Markup('<div class="sg-bar" aria-hidden="true">{}{}</div>').format(
        joined(parts), joined(marked)
    )


def alert(title: object, lines: Iterable[object] = (), *, style: str = "sg-error") -> Markup:
    """Return a message with its details.

    Parameters
    ----------
    title
        What is told.
    lines
        Details, one a line.
    style
        ``sg-error``, ``sg-warning`` or ``sg-info``.

    Returns
    -------
    Markup
        HTML.
    """
    items = joined(Markup("<li>{}</li>").format(line) for line in lines)
    listed = Markup("<ul>{}</ul>").format(items) if items else Markup()
    role = "alert" if style == "sg-error" else "note"
    return Markup('<div class="sg-alert {}" role="{}"><strong>{}</strong>{}</div>').format(
        style, role, title, listed
    )


def typeset(text: str) -> str:
    """Set the apostrophes of a text that was typed: l'État is l’État.

    Parameters
    ----------
    text
        The text, such as the title of a rule set.

    Returns
    -------
    str
        The text, a curved apostrophe between letters.

    Examples
    --------
    >>> typeset("consommation d'ENAF, art. 'x'")
    "consommation d’ENAF, art. 'x'"
    """
    return re.sub(r"(?<=\w)'(?=\w)", "\u2019", text)


def plain(text: str) -> str:
    r"""Escape a text that Streamlit would read as Markdown.

    Parameters
    ----------
    text
        Any text, such as a name of a file.

    Returns
    -------
    str
        Markdown that shows the text as it is.

    Examples
    --------
    >>> plain("ZA [nord] *2*")
    'ZA \\[nord\\] \\*2\\*'
    """
    special = set("\\`*_{}[]()<>#+-.!|~:$&")
    return "".join(f"\\{sign}" if sign in special else sign for sign in text)
