"""Names of communes given where their codes are expected: resolved where nothing is in doubt.

A name leads to a code only where it is that of one commune of the territory, case, accents,
hyphens, apostrophes and *St* for *Saint* aside; a part of a name, or a likeness, leads to none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd

from layers.raw_table import fold

_LIGATURES: Final = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "Æ": "ae"})
_SAINTS: Final[Mapping[str, str]] = {"st": "saint", "ste": "sainte", "sts": "saints"}
_ARTICLE: Final = re.compile(r"(?P<name>.+?)\s*\((?P<article>le|la|les|l['’])\)", re.IGNORECASE)
_QUALIFIED: Final = re.compile(r"(?P<name>.+?)\s*(?:\((?P<in>[^()]+)\)|,\s*(?P<after>[^,]+))")


@dataclass(frozen=True, slots=True)
class NamedCommune:
    """A commune that a name may mean.

    Parameters
    ----------
    code, name
        Its INSEE code and its name.
    departement, departement_name
        Code and name of its département.
    """

    code: str
    name: str
    departement: str
    departement_name: str

    @property
    def label(self) -> str:
        """How to tell it from its namesakes: ``Changé (53) 53054``."""
        return f"{self.name} ({self.departement}) {self.code}"


@dataclass(frozen=True, slots=True)
class CommuneNames:
    """The communes of a territory by name.

    Parameters
    ----------
    by_key
        Communes of each name, as :func:`name_key` returns it, sorted by code.
    """

    by_key: Mapping[str, tuple[NamedCommune, ...]]

    def of(self, text: str) -> tuple[NamedCommune, ...]:
        """Return the communes that a text may mean: none, one, or several namesakes.

        Parameters
        ----------
        text
            A name, alone or with its département: ``Changé (53)``, ``Changé, Mayenne``.

        Returns
        -------
        tuple of NamedCommune
            Sorted by code.

        Examples
        --------
        >>> names = commune_names(pd.DataFrame({"code": ["53054", "72058"], "name": "Changé",
        ...     "departement": ["53", "72"], "departement_name": ["Mayenne", "Sarthe"]}))
        >>> [one.code for one in names.of("CHANGE")]
        ['53054', '72058']
        >>> [one.code for one in names.of("Changé (Sarthe)")], names.of("Chang")
        (['72058'], ())
        """
        plain = self.by_key.get(name_key(text), ())
        match = None if plain else _QUALIFIED.fullmatch(text.strip())
        if match is None:
            return plain
        place = match["in"] or match["after"]
        wanted = name_key(place)
        return tuple(
            one for one in self.by_key.get(name_key(match["name"]), ())
            if wanted in {one.departement.lower(), name_key(one.departement_name)}
        )  # fmt: skip


def name_key(name: str) -> str:
    """Return the name of a commune as it is compared.

    Parameters
    ----------
    name
        The name.

    Returns
    -------
    str
        Lower case, without accents nor punctuation, *st* and *ste* written out, the article
        of an index (``Mans (Le)``) put back in front.

    Examples
    --------
    >>> name_key("SAINT-MARS DU DESERT"), name_key("St-Mars-du-Désert")
    ('saint mars du desert', 'saint mars du desert')
    >>> name_key("Mans (Le)"), name_key("L’Île-d’Elle"), name_key("Paimbœuf")
    ('le mans', 'l ile d elle', 'paimboeuf')
    """
    article = _ARTICLE.fullmatch(name.strip())
    if article:
        name = f"{article['article']} {article['name']}"
    words = re.sub(r"[^a-z0-9]+", " ", fold(name.translate(_LIGATURES))).split()
    return " ".join(_SAINTS.get(word, word) for word in words)


def commune_names(communes: pd.DataFrame) -> CommuneNames:
    """Return the communes of a territory by name.

    Parameters
    ----------
    communes
        Contract :data:`layers.territory.COMMUNES`; ``code``, ``name``, ``departement`` and
        ``departement_name`` are read.

    Returns
    -------
    CommuneNames
        Their names.
    """
    columns = ["code", "name", "departement", "departement_name"]
    found: dict[str, list[NamedCommune]] = {}
    for row in communes[columns].sort_values("code").itertuples(index=False):
        one = NamedCommune(*map(str, row))
        found.setdefault(name_key(one.name), []).append(one)
    return CommuneNames({key: tuple(rows) for key, rows in found.items()})
