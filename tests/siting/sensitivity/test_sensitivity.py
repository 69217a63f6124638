"""The whole analysis: on a run, as a document, from the command line."""

import csv
import io
import json
import re

import pytest

from layers.errors import printable
from siting.cli import main
from siting.documents import dumps
from siting.export import FORMULA
from siting.i18n import translator
from siting.scenario import weights
from siting.sensitivity import analyse
from siting.sensitivity.document import csv_text, sensitivity_document

FR, EN = translator("fr"), translator("en")


@pytest.fixture(scope="module")
def found(demo_run):
    return analyse(demo_run, draws=200, top=5)


@pytest.fixture(scope="module")
def document(demo_run, found):
    return json.loads(dumps(sensitivity_document(demo_run, found, FR)))


def test_the_analysis_is_reproducible(demo_run, found):
    again = analyse(demo_run, draws=200, top=5)
    assert again.acceptability.shares.equals(found.acceptability.shares)
    other = analyse(demo_run, draws=200, top=5, seed=1)
    assert not other.acceptability.shares.equals(found.acceptability.shares)


def test_a_closer_draw_moves_the_ranks_less(demo_run, found):
    close = analyse(demo_run, draws=200, top=5, concentration=10_000)

    def width(one):
        return (one.acceptability.worst_rank - one.acceptability.best_rank).sum()

    assert width(close) < width(found) / 2


def test_every_part_is_on_the_sites_of_the_run(demo_run, found):
    sites = demo_run.sites.index
    for table in (
        found.acceptability.shares, found.criterion_change, found.theme_change,
        found.shifts.best_rank, found.opinions.ranks,
    ):  # fmt: skip
        assert table.index.equals(sites)
    assert found.weights.equals(weights(demo_run.scenario))
    assert set(found.theme_change["subject"].dropna()) <= set(demo_run.scenario.weights)
    assert set(found.criterion_change["subject"].dropna()) <= set(found.weights.index)


def test_the_page_of_the_interface_names_every_key(root, document):
    page = (root / "docs" / "json.md").read_text("utf-8")
    told = set(re.findall(r"`([a-z0-9_]+)`", page))

    def keys(value):
        if isinstance(value, dict):
            for key, inner in value.items():
                yield key
                yield from keys(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from keys(inner)

    plain = json.loads(json.dumps(document))
    plain["weights"] = None  # its keys are the criteria, told in docs/criteria.md
    for site in plain["sites"]:
        site["acceptability"] = None  # its keys are classes of ranks
    assert set(keys(plain)) - told == set()


def test_the_document_agrees_with_the_run(demo_run, document):
    assert [site["site_id"] for site in document["sites"]] == list(demo_run.sites.index)
    for site in document["sites"]:
        assert site["rank"] == demo_run.scores.rank[site["site_id"]]
        assert site["best_rank"] <= site["mean_rank"] <= site["worst_rank"]
        assert site["threshold_best_rank"] <= site["rank"] <= site["threshold_worst_rank"]
        assert sum(site["acceptability"].values()) == pytest.approx(1)
        change = site["criterion_change"]
        if change["change"] is not None:
            assert change["to_weight"] - change["weight"] == pytest.approx(change["change"])
    assert sum(document["weights"].values()) == pytest.approx(1)
    assert document["parameters"]["draws"] == 200
    assert {row["factor"] for row in document["thresholds"]} == {0.9, 1.1}
    assert None in {row["criterion"] for row in document["thresholds"]}


def test_only_sentences_change_with_the_language(demo_run, found, document):
    english = json.loads(dumps(sensitivity_document(demo_run, found, EN)))
    assert english["opinions"]["reasons"] != document["opinions"]["reasons"]
    for one in (english, document):
        one.pop("manifest")
        for reason in (*one["opinions"]["reasons"], *one["notes"]):
            reason.pop("message")
    assert english == document


def test_rows_hold_what_the_document_holds(document):
    rows = list(csv.DictReader(io.StringIO(csv_text(document))))
    assert [row["site_id"] for row in rows] == [site["site_id"] for site in document["sites"]]
    for row, site in zip(rows, document["sites"], strict=True):
        assert row["rank"] == str(site["rank"])
        vikor = site["opinions"]["vikor"]
        assert row["opinions_vikor"] == ("" if vikor is None else str(vikor))
        assert float(row["acceptability_1"]) == site["acceptability"]["1"]


@pytest.mark.parametrize("first", FORMULA)
def test_a_name_is_never_a_formula_in_a_spreadsheet(document, first):
    site = document["sites"][0] | {"name": f"{first}1+1"}
    text = csv_text({"sites": [site]})
    name = next(csv.DictReader(io.StringIO(text)))["name"]
    assert name == f"'{printable(first)}1+1"


def siting(capsys, *words):
    with pytest.raises(SystemExit) as left:
        main(list(words))
    out = capsys.readouterr()
    return left.value.code or 0, out.out, out.err


def test_the_command_line(capsys):
    words = ("sensitivity", "--draws", "50", "--top", "3")
    status, out, err = siting(capsys, *words, "--format", "json")
    document = json.loads(out)
    assert (status, err) == (0, "")
    assert document["parameters"] == {
        "draws": 50, "concentration": 100, "seed": 20_261_123, "top": 3, "threshold_share": 0.1,
    }  # fmt: skip
    status, out, _ = siting(capsys, *words, "--format", "csv")
    assert (status, len(out.splitlines())) == (0, 31)
    status, out, _ = siting(capsys, *words)
    assert status == 0
    assert "DONNÉES DE DÉMONSTRATION" in out
    assert "PROMETHEE II" in out
    assert "Rang moyen" in out
    status, out, _ = siting(capsys, "--lang", "en", *words)
    assert "Mean rank" in out


@pytest.mark.parametrize("words", [("--draws", "0"), ("--top", "0"), ("--concentration", "0")])
def test_what_cannot_be_drawn_is_refused(capsys, words):
    assert siting(capsys, "sensitivity", *words)[0] == 2
