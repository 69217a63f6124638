"""Every command that tells of sites, for every role: what a role may not see is nowhere."""

import json

import pandas as pd
import pytest
from pyarrow import parquet

from siting import roles
from siting.batch import worker
from siting.cli import main
from siting.roles import Role, shared_with

COMMANDS = {
    "table": ("score",),
    "json": ("score", "--format", "json"),
    "file": ("score", "--out", "sites.csv"),
    "sensitivity": ("sensitivity", "--draws", "20", "--format", "json"),
    "balance": ("balance", "--format", "json"),
    "batches": ("score", "--partition-size", "8", "--out", "folder"),
}


@pytest.fixture
def said(monkeypatch, world, tmp_path, capsys):
    """Run a command; return its status, and all that it tells and writes."""
    monkeypatch.setattr("siting.commands.load_world", lambda **_options: world)
    monkeypatch.setattr(worker, "load_world", lambda **_options: world)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "600")  # no name is cut

    def run(*words):
        with pytest.raises(SystemExit) as left:
            main([*words, "--lang", "en"])
        out = capsys.readouterr()
        texts = [out.out, out.err]
        for path in tmp_path.rglob("*"):
            if path.suffix == ".parquet":
                table = pd.read_parquet(path) if "overlaps" not in path.name else pd.DataFrame()
                texts += [table.to_csv(), str(parquet.read_schema(path).metadata)]
            elif path.is_file():
                texts.append(path.read_text("utf-8-sig", errors="replace"))
        return left.value.code or 0, "\n".join(texts)

    return run


@pytest.mark.parametrize("who", Role)
@pytest.mark.parametrize("command", COMMANDS)
def test_a_role_is_told_of_no_site_that_it_may_not_see(said, demo_file, command, who):
    table = demo_file.layer.data
    seen = table["confidentiality"].isin(roles.SEEN[who])
    status, text = said(*COMMANDS[command], "--role", who.value)
    assert status == 0
    hidden = table[~seen]
    assert [name for name in (*hidden["site_id"], *hidden["name"]) if name in text] == []
    if command != "balance":
        pairs = zip(table.loc[seen, "site_id"], table.loc[seen, "name"], strict=True)
        assert all(site_id in text or name in text for site_id, name in pairs)
    told = f"{len(hidden)} sites that this role may not see were left out"
    assert (told in text) == (who is not Role.STRATEGIST)


def test_the_environment_sets_the_role_where_the_option_does_not(said, demo_file, monkeypatch):
    monkeypatch.setenv(roles.VARIABLE, "public")
    public = demo_file.layer.data["confidentiality"].eq("public")
    for words in (COMMANDS["json"], COMMANDS["batches"]):
        _, text = said(*words)
        assert not any(name in text for name in demo_file.layer.data.loc[~public, "site_id"])
    _, text = said(*COMMANDS["json"], "--role", "regional_strategist")
    assert all(name in text for name in demo_file.layer.data["site_id"])


def test_the_count_is_told_with_the_role(said, demo_file):
    count = int((~demo_file.layer.data["confidentiality"].isin(roles.SEEN[Role.PLANNER])).sum())
    _, text = said("score", "--format", "json", "--role", "epci_planner")
    (note,) = (one for one in json.loads(text)["notes"] if one["code"] == roles.WITHHELD)
    assert note["message"].startswith(f"{count} sites")
    assert "EPCI planner" in note["message"]
    assert shared_with(Role.STRATEGIST, demo_file) is demo_file
