"""Tables on terminals of several widths, and outputs that nothing can be written to."""

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from siting.i18n import translator
from siting.terminal import print_table, text_table

COLUMNS = (
    ("Code", "left"), ("Territoire", "left"), ("Budget (ha)", "right"), ("Origine", "left"),
    ("Consommé (ha)", "right"), ("Statut", "left"),
)  # fmt: skip
ROW = (
    "244400404", "Communauté de communes du Pays", "1 234,56", "valeur par défaut", "-7 890,12",
    "[red]démonstration[/]",
)  # fmt: skip


def printed(width):
    table = text_table(COLUMNS)
    table.add_row(*ROW)
    screen = Console(width=width, file=io.StringIO(), highlight=False)
    print_table(screen, table, translator("en"))
    return screen.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 70, 80, 100, 120, 240])
def test_no_figure_is_cut_and_no_line_is_longer_than_the_terminal(width):
    lines = printed(width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert all(whole in text for whole in ("1 234,56", "-7 890,12", "244400404", "Communauté"))


def test_what_a_narrow_terminal_has_no_room_for_is_told():
    assert any("démonstration" in line for line in printed(100))
    narrow = printed(40)
    assert not any("démonstration" in line for line in narrow)
    assert "Too narrow a terminal for: Origine, Statut." in " ".join(" ".join(narrow).split())


def test_a_wide_output_keeps_a_title_on_one_line():
    assert "Consommé (ha)" in printed(240)[0]


def test_a_terminal_too_narrow_for_the_figures_folds_them():
    lines = printed(25)
    assert max(map(len, lines)) <= 25
    assert any(line.startswith("2444") for line in lines)


def budget(**options):
    words = [sys.executable, "-m", "siting.cli", "--lang", "fr", "budget", "--level", "region"]
    env = {**os.environ, **options.pop("env", {})}
    return subprocess.run(
        words, stderr=subprocess.PIPE, text=True, encoding="utf-8", check=False, env=env,
        timeout=300, **options,
    )  # fmt: skip


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is full")
def test_a_full_disk_behind_the_output_is_no_internal_error():
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = budget(stdout=full)
    assert done.returncode == 2
    assert "[output-unwritable]" in done.stderr
    assert "SITING_DEBUG" not in done.stderr


@pytest.mark.skipif(os.name != "posix", reason="descriptors are closed in the shell of POSIX")
def test_a_closed_output_does_not_stop_a_command():
    words = f"{sys.executable} -m siting.cli budget --level region >&-"
    done = subprocess.run(
        ["/bin/sh", "-c", words], capture_output=True, text=True, check=False, timeout=300
    )
    assert (done.returncode, done.stderr) == (0, "")
