"""``siting score`` in batches, as it is called."""

import json

import geopandas as gpd
import pandas as pd
import pytest

from siting.cli import main
from siting.errors import EXIT_DONE, EXIT_REJECTED_ROWS, EXIT_UNUSABLE


def called(*words):
    with pytest.raises(SystemExit) as error:
        main([*map(str, words), "--lang", "fr"])
    return error.value.code


def test_the_demonstration_sites_in_batches(tmp_path, capsys):
    out = tmp_path / "out"
    assert called("score", "--out", out, "--partition-size", 20, "--format", "json") == EXIT_DONE
    told = json.loads(capsys.readouterr().out)
    assert (told["sites"], told["rejected"], len(told["parts"])) == (30, 0, 2)
    assert len(gpd.read_parquet(out)) == 30
    assert pd.read_parquet(out / "_ranks.parquet")["rank"].min() == 1
    assert told["plan"]["posted"] + sum(told["plan"]["left_out"].values()) == told["sites"]
    assert called("score", "--out", out, "--partition-size", 20) == EXIT_UNUSABLE
    assert "--resume" in capsys.readouterr().err
    assert called("score", "--out", out, "--partition-size", 20, "--resume") == EXIT_DONE
    assert "out\N{NO-BREAK SPACE}: sites 30, lignes écartées 0, lots 2" in capsys.readouterr().out


def test_rejected_rows_are_told_by_the_exit_status(tmp_path, capsys, demo_file):
    path = tmp_path / "sites.gpkg"
    sites = demo_file.layer.geo[["site_id", "name", "geometry"]].copy()
    sites.loc[3, "site_id"] = sites.loc[4, "site_id"]
    sites.to_file(path)
    assert called("score", path, "--out", tmp_path / "out", "--workers", 1) == EXIT_REJECTED_ROWS
    assert "lignes écartées 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--workers", "2"], "batch-folder"),
        (["--workers", "2", "--out", "result.gpkg"], "batch-format"),
        (["--resume", "--out", "nowhere/out"], "output-folder"),
    ],
)
def test_a_result_that_is_no_folder_is_refused(tmp_path, monkeypatch, capsys, words, code):
    monkeypatch.chdir(tmp_path)
    assert called("score", *words) == EXIT_UNUSABLE
    assert f"[{code}]" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
