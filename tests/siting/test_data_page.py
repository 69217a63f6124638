"""The page on data: its commands run, the names it gives exist."""

import re
import shlex

import pytest

from layers.registry import READERS
from layers.sources import load_sources
from siting.cli import main


def blocks(root, kind):
    text = (root / "docs" / "data.md").read_text("utf-8")
    found = re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)
    return [line.partition("#")[0].strip() for block in found for line in block.splitlines()]


def status(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    return left.value.code or 0, capsys.readouterr()


def test_commands_without_network_nor_file_run(root, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("SITING_DATA", str(tmp_path / "data"))
    commands = blocks(root, "console")
    assert len(commands) == 5
    for command in commands:
        name, *words = shlex.split(command)
        assert name == "siting"
        assert status(capsys, *words)[0] == 0


def test_other_commands_have_words_and_options_that_exist(root, capsys):
    commands = [shlex.split(one) for one in blocks(root, "text")]
    known = {*load_sources().sources, *READERS}
    for _, *words in commands:
        depth = 2 if words[0] == "data" else 1
        code, told = status(capsys, *words[:depth], "--help")
        assert code == 0
        assert all(one in told.out for one in words if one.startswith("--"))
        if words[:2] == ["data", "pull"]:
            names = [one for one in words[2:] if "-" in one and not one.startswith("--")]
            assert set(names) <= known
        if "--as" in words:
            assert words[words.index("--as") + 1] in READERS


def test_layers_of_the_table_exist(root):
    text = (root / "docs" / "data.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)`", text, re.MULTILINE)) <= set(READERS)
