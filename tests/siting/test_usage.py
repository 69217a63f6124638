"""What the command line says of its use: in the language of the user, status 2."""

import pytest
import typer

from siting.cli import main
from siting.errors import MESSAGES
from siting.usage import usage_problem

ENGLISH = (
    "Usage:", "Error", "Missing", "Invalid", "Show this message", "Commands", "required",
    "default:", "Try", "No such", "Input should", "COMMAND ", "<str>", "<bool>", "<int", "<path>",
    "FILE", "list[",
)  # fmt: skip


def siting(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code, out.out, out.err


@pytest.mark.parametrize(
    ("words", "code", "french", "english"),
    [
        (["check"], "usage-missing", "FICHIER est requis", "FILE is required"),
        (["trajectory"], "usage-missing", "--territory est requis", "--territory is required"),
        (["chek"], "usage-command", "commande « chek »", "command “chek”"),
        (["score", "--lyer", "x"], "usage-option-close", "proche : --layer",
         "close to it: --layer"),
        (["data", "pull", "--nope"], "usage-option", "option « --nope »", "option “--nope”"),
        (["check", "a", "b"], "usage-extra", "trouvé b", "found b"),
        (["check", "a", "--layer"], "usage-value", "--layer attend une valeur",
         "--layer needs a value"),
        (["check", "a", "--all-friches=1"], "usage-flag", "ne prend pas de valeur",
         "takes no value"),
        (["check", "a", "--format", "x"], "value-choice", "table, json", "one of table, json"),
        (["sensitivity", "--draws", "x"], "value-type", "nombre entier", "a whole number"),
        (["sensitivity", "--draws", "0"], "value-range", "≥ 1", "≥ 1"),
        (["sensitivity", "--concentration", "y"], "value-type", "un nombre", "a number"),
    ],
)  # fmt: skip
def test_a_wrong_use_is_told_in_the_language_asked_for(capsys, words, code, french, english):
    assert code in MESSAGES
    status, out, err = siting(capsys, "--lang", "fr", *words)
    assert (status, out) == (2, "")
    last = err.replace("\xa0", " ").splitlines()[-1]
    assert french in last
    assert last.endswith(f"[{code}]")
    assert not [word for word in ENGLISH if word in err]
    status, out, err = siting(capsys, "--lang", "en", *words)
    assert (status, out) == (2, "")
    assert english in err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--help"],
        ["serve", "--help"],
        ["sensitivity", "--help"],
        ["data", "--help"],
        ["data", "pull", "--help"],
        ["--help"],
    ],
)
def test_the_help_is_in_the_language_asked_for(capsys, words):
    status, french, _ = siting(capsys, "--lang", "fr", *words)
    assert status == 0
    assert not [word for word in ENGLISH if word in french]
    assert "Usage\xa0: siting" in french
    assert "Afficher cette aide" in french
    # The words of the library are its own again.
    status, english, _ = siting(capsys, "--lang", "en", *words)
    assert status == 0
    assert "Usage: siting" in english
    assert "Show this help" in english
    assert "aide" not in english


@pytest.mark.parametrize("words", [[], ["data"]])
def test_without_a_command_the_help_is_shown_and_the_status_is_that_of_a_wrong_use(capsys, words):
    status, out, err = siting(capsys, "--lang", "fr", *words)
    assert (status, err) == (2, "")
    assert "Commandes" in out


def test_what_the_library_says_otherwise_is_passed_on():
    told = usage_problem(typer.TyperException("as it is"))
    assert (told.code, told.found) == ("usage", "as it is")
