"""What is written in the page of a map: files of this package, values as JSON."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """Return the text of a file of this package.

    Parameters
    ----------
    name
        Name of the file.

    Returns
    -------
    str
        Its text.
    """
    return files("siting.maps").joinpath(name).read_text(encoding="utf-8")


def page_json(value: object) -> str:
    r"""Return JSON that may stand inside a script of a page.

    Parameters
    ----------
    value
        Plain values.

    Returns
    -------
    str
        JSON in which no text can end the script or open a template.

    Examples
    --------
    >>> page_json({"name": "</script>", "n": 1})
    '{"name":"\\u003c/script>","n":1}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = text.replace("<", "\\u003c").replace("{{", "{\\u007b").replace("{%", "{\\u0025")
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
