"""The command line as a user types it."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from siting import __version__
from siting.cli import main
from siting.commands import serve_command


def siting(capsys, *words):
    """Run a command in this process; return its status, output and messages."""
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


def shell(*words, **options):
    """Run a command as a process of its own, its output in a pipe."""
    env = {**os.environ, "SITING_LANG": "fr"}
    return subprocess.run(
        [sys.executable, "-m", "siting.cli", *words],
        capture_output=True, text=True, encoding="utf-8", check=False, env=env, timeout=300,
        **options,
    )  # fmt: skip


@pytest.fixture
def square(tmp_path):
    """Write a GeoJSON with one 4 ha square near Nantes and, if asked, more rows."""

    def write(*more):
        ring = [
            [-1.60, 47.30],
            [-1.5974, 47.30],
            [-1.5974, 47.3018],
            [-1.60, 47.3018],
            [-1.60, 47.30],
        ]
        features = [
            {"type": "Feature", "properties": {"site_id": "a", "name": "Carré"},
             "geometry": {"type": "Polygon", "coordinates": [ring]}},
            *more,
        ]  # fmt: skip
        path = tmp_path / "sites.geojson"
        text = json.dumps({"type": "FeatureCollection", "features": features})
        path.write_text(text, encoding="utf-8")
        return path

    return write


EMPTY = {"type": "Feature", "properties": {"site_id": "b"}, "geometry": None}


def test_rejected_rows_alike_are_told_in_few_lines_and_written_all(capsys, square, tmp_path):
    wrong = {**EMPTY, "properties": {"site_id": "c"}, "type": "feature"}
    path = square(*[{**EMPTY, "properties": {"site_id": f"e{i}"}} for i in range(40)], wrong)
    status, out, _ = siting(capsys, "check", str(path))
    assert status == 1
    lines = [line for line in out.splitlines() if "geometry-empty" in line]
    assert all(f"ligne {row}" in line for row, line in zip((2, 3, 4), lines, strict=True))
    assert [line.endswith("(et 37 de plus)") for line in lines] == [False, False, True]
    assert sum("value-choice" in line for line in out.splitlines()) == 1
    status, out, _ = siting(capsys, "check", str(path), "--format", "json")
    assert len(json.loads(out)["rejected"]) == 41
    result = tmp_path / "result.gpkg"
    status, out, err = siting(capsys, "score", str(path), "--out", str(result))
    assert (status, err.count("geometry-empty")) == (1, 3)
    (beside,) = tmp_path.glob("result*.json")
    assert len(json.loads(beside.read_text(encoding="utf-8"))["rejected"]) == 41


def test_version(capsys):
    assert siting(capsys, "--version") == (0, f"siting {__version__}\n", "")


def test_score_of_the_embedded_sites_as_json(capsys):
    status, out, err = siting(capsys, "score", "--format", "json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert len(document["sites"]) == 30
    assert document["manifest"]["demonstration"] is True
    assert document["rejected"] == []


def test_the_table_is_french_by_default_and_says_demonstration(capsys):
    status, out, _ = siting(capsys, "score")
    assert status == 0
    assert "DONNÉES DE DÉMONSTRATION" in out
    assert "Démo" in out
    _, english, _ = siting(capsys, "--lang", "en", "score")
    assert "DEMONSTRATION DATA" in english


def test_a_good_file_is_done_and_a_rejected_row_is_told(capsys, square, tmp_path):
    out_file = tmp_path / "out.gpkg"
    assert siting(capsys, "score", str(square()), "--format", "json")[0] == 0
    status, out, err = siting(
        capsys, "score", str(square(EMPTY)), "--format", "json", "--out", str(out_file)
    )
    document = json.loads(out)
    assert status == 1
    assert [site["site_id"] for site in document["sites"]] == ["a"]
    assert [(r["row"], r["code"]) for r in document["rejected"]] == [(2, "geometry-empty")]
    assert "ligne 2" in err
    assert out_file.exists()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("vide.gpkg", b"", "file-empty"),
        ("image.geojson", b"\x89PNG\r\n\x1a\n....", "file-unreadable"),
        ("sites.docx", b"hello", "file-format"),
        ("sites.zip", b"PK\x03\x04 broken", "archive-broken"),
    ],
)  # fmt: skip
def test_an_unusable_file_is_status_2_and_one_clear_line(capsys, tmp_path, name, content, code):
    path = tmp_path / name
    path.write_bytes(content)
    status, out, err = siting(capsys, "score", str(path))
    assert (status, out) == (2, "")
    assert name in err
    assert f"[{code}]" in err
    assert "Traceback" not in err


def test_a_missing_file_and_a_missing_scenario(capsys, tmp_path):
    status, _, err = siting(capsys, "score", str(tmp_path / "nulle-part.gpkg"))
    assert (status, "[file-missing]" in err) == (2, True)
    status, _, err = siting(capsys, "score", "--scenario", "inconnu")
    assert (status, "[scenario-unknown]" in err) == (2, True)


def test_a_bad_scenario_tells_everything_at_once(capsys, tmp_path):
    path = tmp_path / "mien.toml"
    path.write_text(
        'extends = "base"\nid = "mien"\nsurprise = 1\n[weights]\nland = -1\n', encoding="utf-8"
    )
    status, _, err = siting(capsys, "score", "--scenario", str(path))
    assert status == 2
    assert "surprise" in err
    assert "weights.land" in err


def test_an_output_that_cannot_be_written_is_refused_before_the_work(capsys, square, tmp_path):
    status, _, err = siting(capsys, "score", str(square()), "--out", str(tmp_path / "r.xyz"))
    assert (status, "[output-format]" in err) == (2, True)


def test_an_internal_error_is_status_3_without_a_traceback(capsys, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("boom")

    monkeypatch.setattr("siting.account_commands.load_world", fail)
    status, out, err = siting(capsys, "budget")
    assert (status, out) == (3, "")
    assert "RuntimeError" in err
    assert "boom" in err
    assert "Traceback" not in err


def test_check_lists_what_is_wrong(capsys, square):
    status, out, _ = siting(capsys, "check", str(square(EMPTY)), "--format", "json")
    document = json.loads(out)
    assert status == 1
    assert (document["rows"], document["accepted"]) == (2, 1)
    assert document["rejected"][0]["code"] == "geometry-empty"
    status, out, _ = siting(capsys, "check", str(square()))
    assert status == 0
    assert "acceptées : 1" in out.replace("\u202f", " ").replace("\u00a0", " ")


def test_budget_of_the_region_gives_the_published_totals(capsys):
    """R29: 19,400 ha over 2011-2020; 24,258 ha from 1 January 2011 to 1 January 2024."""
    status, out, _ = siting(
        capsys, "budget", "--level", "region", "--until", "2023", "--format", "json"
    )
    (region,) = json.loads(out)["budgets"]
    assert status == 0
    assert region["reference_m2"] == pytest.approx(194_000_000, rel=0.005)
    assert region["reference_m2"] + region["observed_m2"] == pytest.approx(242_580_000, rel=0.005)
    assert region["budget_m2"] == pytest.approx(97_000_000, rel=0.005)
    assert region["status"] == "demonstration"


@pytest.mark.parametrize(
    ("words", "place"),
    [
        (["budget", "--level", "departement"], ("budgets",)),
        (["trajectory", "--territory", "244400404"], ("trajectory", "years")),
        (["ledger", "--territory", "244400404"], ("ledger", "lines")),
    ],
)
def test_accounts_as_csv_agree_with_their_json(capsys, words, place):
    status, out, err = siting(capsys, "--lang", "fr", *words, "--format", "csv")
    assert (status, err) == (0, "")
    rows = list(csv.DictReader(io.StringIO(out)))
    document = json.loads(siting(capsys, "--lang", "fr", *words, "--format", "json")[1])
    manifest, expected = document["manifest"], document
    for key in place:
        expected = expected[key]
    assert len(rows) == len(expected) > 1
    for row, known in zip(rows, expected, strict=True):
        assert {row["ruleset"], row["demonstration"]} == {manifest["ruleset"], "True"}
        for key, value in known.items():
            told = float(row[key]) if isinstance(value, float) else row[key]
            assert told == (
                value if isinstance(value, float) else "" if value is None else str(value)
            )


def test_what_was_written_is_told(capsys, square, tmp_path):
    out = tmp_path / "r.csv"
    status, text, _ = siting(capsys, "--lang", "en", "score", str(square()), "--out", str(out))
    assert status == 0
    assert text.splitlines()[-1] == f"Written: {out}, and beside it r.csv.manifest.json"


def test_budget_of_one_territory_and_an_unknown_one(capsys):
    status, out, _ = siting(capsys, "budget", "--territory", "244400404")
    assert status == 0
    assert "Nantes Métropole" in out
    status, _, err = siting(capsys, "budget", "--territory", "999999999")
    assert (status, "[territory-unknown]" in err) == (2, True)


def test_a_pipe_gets_the_result_alone():
    done = shell("score", "--format", "json")
    assert done.returncode == 0
    assert done.stderr == ""
    assert len(json.loads(done.stdout)["sites"]) == 30


def test_what_was_done_to_the_rows_is_told_once_a_kind(capsys, tmp_path):
    path = tmp_path / "points.csv"
    path.write_text(
        "site_id;lon;lat;surface_m2\na;-1,55;47,2;10000\nb;-1,56;47,2;20000\nc;-1,57;47,2;\n",
        encoding="utf-8",
    )
    status, out, err = siting(capsys, "--lang", "en", "score", str(path))
    assert status == 1
    assert err.count("[geometry-buffered]") == 1
    assert "(and 1 more)" in err
    assert "row 3" in err
    assert "[point-without-area]" in err
    assert "[geometry-buffered]" not in out


def test_names_never_act_on_the_terminal(capsys, square):
    hostile = {"site_id": "h", "name": "a\\[/b] [bold]x\x1b[2J"}
    ring = [[-1.50, 47.30], [-1.4974, 47.30], [-1.4974, 47.3018], [-1.50, 47.30]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    path = square({"type": "Feature", "properties": hostile, "geometry": geometry})
    status, out, err = siting(capsys, "score", str(path))
    assert status == 0
    assert "[/b] [bold]x" in out
    assert "\x1b" not in out + err


def test_the_file_of_sites_is_never_replaced_by_its_result(capsys, square):
    path = square()
    before = path.read_bytes()
    status, _, err = siting(capsys, "score", str(path), "--out", str(path))
    assert (status, "[output-input]" in err) == (2, True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("year", ["1999", "-5", "2030"])
def test_a_year_that_is_not_observed_is_refused(capsys, year):
    status, _, err = siting(capsys, "budget", "--level", "region", "--until", year)
    assert (status, "[until-range]" in err) == (2, True)
    assert "2021, 2022, 2023, 2024" in err


@pytest.mark.parametrize("words", [["--lang", "xx", "rulesets"], ["--lang"], ["--lang=", "score"]])
def test_a_language_that_is_not_there_is_refused(capsys, words):
    status, out, err = siting(capsys, *words)
    assert (status, out) == (2, "")
    assert "[language-unknown]" in err


def test_messages_begin_with_a_french_word(capsys, tmp_path):
    assert siting(capsys, "score", str(tmp_path / "nulle-part.gpkg"))[2].startswith("erreur")


def test_any_character_can_be_written_whatever_the_locale():
    env = {**os.environ, "PYTHONIOENCODING": "cp1252", "SITING_LANG": "fr"}
    words = [sys.executable, "-m", "siting.cli", "budget", "--level", "region"]
    done = subprocess.run(words, capture_output=True, check=False, env=env, timeout=300)
    assert done.returncode == 0
    assert "19\u202f400,00" in done.stdout.decode("utf-8")


def test_a_scenario_may_have_any_file_name_and_a_bom(capsys, tmp_path):
    path = tmp_path / "É t.toml"
    path.write_bytes(b'\xef\xbb\xbfextends = "base"\n[weights]\nland = 4\n')
    words = ("--scenario", str(path), "--level", "region", "--format", "json")
    status, out, _ = siting(capsys, "budget", *words)
    assert status == 0
    assert json.loads(out)["manifest"]["scenario"] == "e-t"


def test_help_is_in_the_language_asked_for():
    assert "Noter les sites" in shell("--help").stdout
    assert "Score the sites" in shell("--lang", "en", "--help").stdout


def test_serving_asks_nothing_at_the_terminal_and_nothing_from_outside(monkeypatch, capsys):
    words = []

    class Replaced(Exception):  # noqa: N818 - stands for the process that takes this one's place
        pass

    def replaced(path, given, env):
        words.extend(given)
        raise Replaced

    monkeypatch.setattr("siting.commands.os.execve", replaced)
    with pytest.raises(Replaced):
        serve_command(port=8501, address="127.0.0.1", browser=True, lang="fr")
    # Streamlit else asks for an e-mail address the first time, and waits for it.
    assert "--server.showEmailPrompt=false" in words
    # Nor an offer of Streamlit to programmers, on the map; the address is told in its place.
    assert "--logger.hideWelcomeMessage=true" in words
    assert "http://127.0.0.1:8501" in capsys.readouterr().out
    assert "--browser.gatherUsageStats=false" in words
