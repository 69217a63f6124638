"""Language of what users see: French by default, English by a switch.

English is the language of the message identifiers; the French catalogue is
``locale/fr/LC_MESSAGES/siting.po`` and its compiled ``.mo``.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Literal, get_args

Language = Literal["fr", "en"]
Translate = Callable[[str], str]

LANGUAGES: tuple[Language, ...] = get_args(Language)
DEFAULT_LANGUAGE: Language = "fr"
_LOCALE_DIR = Path(__file__).parent / "locale"


def language(choice: str | None = None) -> Language:
    """Return the language to use: ``choice``, else ``SITING_LANG``, else French.

    Parameters
    ----------
    choice
        What the user asked for; a regional form such as ``en_GB`` is accepted.

    Returns
    -------
    Language
        ``fr`` or ``en``; French for anything else.

    Examples
    --------
    >>> language("en_GB.UTF-8"), language("de")
    ('en', 'fr')
    """
    asked = (choice or os.environ.get("SITING_LANG", "")).lower()[:2]
    return next((known for known in LANGUAGES if known == asked), DEFAULT_LANGUAGE)


@cache
def translator(lang: Language) -> Translate:
    """Return the function that turns a message identifier into ``lang``.

    Parameters
    ----------
    lang
        Language of the result.

    Returns
    -------
    Translate
        A gettext function; a message without translation comes back as it is.

    Examples
    --------
    >>> translator("fr")("the file holds no row")
    'le fichier ne contient aucune ligne'
    """
    if lang == "en":
        return gettext.NullTranslations().gettext
    return gettext.translation("siting", _LOCALE_DIR, languages=[lang]).gettext


def labelled(word: str, text: str, translate: Translate) -> str:
    """Return a text behind the word that says what it is.

    Parameters
    ----------
    word
        The word, translated.
    text
        The text, translated.
    translate
        Language, whose typography sets the colon apart.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> labelled("error", "the file is empty", translator("en"))
    'error: the file is empty'
    """
    return translate("{word}: {text}").format(word=word, text=text)
