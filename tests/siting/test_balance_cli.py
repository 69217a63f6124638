"""The ``siting balance`` command, its document and its page."""

import json
import re

import pytest

from siting.balance import INDICATORS
from siting.balance_document import balance_document
from siting.cli import main
from siting.documents import dumps
from siting.i18n import translator
from siting.pipeline import balance

FR, EN = translator("fr"), translator("en")
SENTENCES = ("title", "unit", "reading_label", "formula")


def siting(capsys, *words):
    """Run a command in this process; return its status, output and messages."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


@pytest.fixture(scope="module")
def found(demo_run, world):
    return balance(demo_run, world)


def test_the_page_of_the_interface_names_every_key(root, found, demo_run):
    told = set(re.findall(r"`([a-z0-9_]+)`", (root / "docs" / "json.md").read_text("utf-8")))
    document = json.loads(dumps(balance_document(found, demo_run, FR)))["balance"]
    keys = set(document)
    for indicator in document["indicators"]:
        keys |= set(indicator)
        for use in indicator["inputs"]:
            keys |= set(use)
        for case, figure in indicator["values"].items():
            keys |= {case, *figure}
            keys |= {key for reason in figure["unknown"] for key in reason}
    assert keys - told == set()


def test_only_sentences_change_with_the_language(found, demo_run):
    documents = []
    for language in (FR, EN):
        document = balance_document(found, demo_run, language)["balance"]
        for indicator in document["indicators"]:
            for key in SENTENCES:
                assert indicator.pop(key)
            for figure in indicator["values"].values():
                for reason in figure["unknown"]:
                    assert "{" not in reason.pop("message")
        documents.append(document)
    assert documents[0] == documents[1]


def test_the_command_tells_every_indicator_in_json(capsys):
    status, out, err = siting(capsys, "balance", "--format", "json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert [row["name"] for row in document["balance"]["indicators"]] == list(INDICATORS)
    assert document["manifest"]["demonstration"]
    assert set(document) == {"manifest", "balance", "rejected", "notes"}


def test_the_table_is_told_in_french_at_the_level_asked_for(capsys):
    status, out, _ = siting(capsys, "balance", "--level", "departement")
    assert status == 0
    assert "DONNÉES DE DÉMONSTRATION" in out
    assert "Territoires\u00a0: Département" in out
    assert "Budget laissé où il est" in out
    assert "plus haut\u00a0: moins égal" in out
    assert "part au sein des départements" not in out
    assert "les arrêts de bus et de car ne sont pas connus" in out
    # What has no file is told once, not row by row.
    assert re.search(r"n’est pas chargée \(indicateurs\s:\s6\)", out)
    assert "recensement" not in out


def test_the_command_refuses_another_level(capsys):
    assert siting(capsys, "balance", "--level", "commune")[0] == 2
