"""The French catalogue: complete, compiled, well typeset."""

import io
import re
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from layers.errors import problem
from siting.i18n import translator

KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "translate": None}
MAPPING = [("**.py", "python")]
NO_BREAK = "\u00a0\u202f"

# A space that may break, or no space at all, before a French double sign.
BAD_SPACE = re.compile(r" [:;?!%»]|«[^\u00a0\u202f]|[^\u00a0\u202f]»|\w[;?!](?:\s|$)|\w:(?:\s|$)")


@pytest.fixture(scope="module")
def po_path(root: Path) -> Path:
    return root / "siting" / "locale" / "fr" / "LC_MESSAGES" / "siting.po"


@pytest.fixture(scope="module")
def catalog(po_path: Path) -> Catalog:
    with po_path.open("rb") as file:
        return read_po(file, locale="fr", abort_invalid=True)


@pytest.fixture(scope="module")
def messages(catalog: Catalog) -> list[Message]:
    return [message for message in catalog if message.id]


def _forms(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_catalogue_holds_the_messages_of_the_code_and_no_other(root, messages):
    found = set()
    for package in ("siting", "layers"):
        extracted = extract_from_dir(root / package, MAPPING, keywords=KEYWORDS)
        found |= {message for _, _, message, _, _ in extracted}
    app = root / "app.py"
    if app.exists():
        found |= {m for _, m, _, _ in extract_from_file("python", app, keywords=KEYWORDS)}
    assert {message.id for message in messages} == found, "run `make locale`"


def test_every_message_is_translated_and_reviewed(messages):
    missing = [m.id for m in messages if not all(_forms(m.string))]
    fuzzy = [m.id for m in messages if m.fuzzy]
    assert (missing, fuzzy) == ([], [])


def test_placeholders_are_those_of_the_english_message(messages):
    differing = {
        form: m.id
        for m in messages
        for form in _forms(m.string)
        if form and _fields(form) != set().union(*map(_fields, _forms(m.id)))
    }
    assert differing == {}


def test_the_compiled_catalogue_is_the_one_of_the_source(po_path, catalog):
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    assert po_path.with_suffix(".mo").read_bytes() == compiled.getvalue(), "run `make locale`"


def test_the_source_merges_quietly(po_path, messages):
    ids = [m.id for m in messages]
    assert ids == sorted(ids, key=lambda id_: _forms(id_)[0])
    assert not any(m.locations for m in messages)
    assert "#~" not in po_path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("trouvé\u00a0: «\u00a0a\u00a0»\u202f; 5\u202f%", True),
        ("trouvé : a", False),
        ("trouvé: a", False),
        ("« a »", False),
        ("à 10:30, vu", True),
    ],
)
def test_the_rule_of_typography_tells_good_from_bad(text, good):
    assert (BAD_SPACE.search(text) is None) is good


def test_french_messages_are_typeset_in_french(messages):
    forms = [form for m in messages for form in _forms(m.string)]
    assert [form for form in forms if BAD_SPACE.search(form)] == []
    assert [form for form in forms if re.search(r"[“”]|\w'\w", form)] == []


def test_a_problem_is_told_in_french_with_its_place_and_code():
    found = problem("value-type", file="sites.csv", row=3, field="surface", found="douze")
    line = found.line(translator("fr"))
    assert line.startswith("sites.csv, ligne 3, champ «\u00a0surface\u00a0»")
    assert "«\u00a0douze\u00a0» n’est pas" in line
    assert line.endswith("[value-type]")
