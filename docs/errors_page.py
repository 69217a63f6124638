"""Write ``docs/errors.md``: every code a user can meet, in French and English.

``make locale`` runs it after the catalogue is compiled; ``tests/test_project.py``
fails when the page is not what :func:`render` returns.
"""  # noqa: INP001 - a folder of documentation, not a package

from __future__ import annotations

from pathlib import Path

from siting.errors import (
    EXIT_DONE,
    EXIT_INTERNAL,
    EXIT_REJECTED_ROWS,
    EXIT_UNUSABLE,
    MESSAGES,
)
from siting.i18n import translator

PAGE = Path(__file__).with_name("errors.md")

_HEAD = f"""\
<!-- Page écrite par docs/errors_page.py (make locale) : ne pas modifier à la main. -->

# Messages et codes

Chaque message porte entre crochets un code stable, le même en français et en
anglais et d'une version à l'autre : un script peut s'y fier. `{{found}}` est ce qui a
été trouvé, `{{expected}}` ce qui était attendu.

## État de sortie de la commande

| État | Sens |
| ---: | --- |
| {EXIT_DONE} | terminé |
| {EXIT_REJECTED_ROWS} | terminé, des lignes ont été rejetées et sont listées avec leur motif |
| {EXIT_UNUSABLE} | entrée inutilisable, rien n'a été calculé |
| {EXIT_INTERNAL} | erreur interne |

## Messages

| Code | Français | English |
| --- | --- | --- |
"""


def render() -> str:
    """Return the text of the page."""
    french = translator("fr")
    rows = (
        f"| `{code}` | {_cell(french(message))} | {_cell(message)} |\n"
        for code, message in sorted(MESSAGES.items())
    )
    return _HEAD + "".join(rows)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
