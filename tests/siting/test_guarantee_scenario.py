"""R9 in a scenario: what is asked, read, refused and shown."""

import re
from datetime import date

import pytest

from layers.territory import NO_EPCI, Level
from siting.account import open_account
from siting.account_commands import budget_command
from siting.errors import LayerError, ScenarioError
from siting.i18n import translator
from siting.scenario import load_scenario, scenario_hash, with_changes
from siting.scenario.tables import read_documents

HEADER = "code;type;stage;date;source\n"


@pytest.fixture
def table(tmp_path):
    """Write a CSV file and return its path."""

    def written(text):
        path = tmp_path / "documents.csv"
        path.write_text(text, "utf-8")
        return path

    return written


def changed(**guarantee):
    return with_changes(load_scenario(), {"zan": {"guarantee": guarantee}})


def problems_of(call, *args):
    with pytest.raises((ScenarioError, LayerError)) as caught:
        call(*args)
    return [(found.code, found.row, found.field) for found in caught.value.problems]


def test_r9_outside_its_decade_is_told_to_be_no_law(world):
    flows = world.layers["enaf_flows"]
    applied = changed(applies=True)
    later = with_changes(applied, {"zan": {"ruleset": "trace-2024-2034"}})
    codes = [
        [n.code for n in open_account(s, world.territory, flows).notes] for s in (applied, later)
    ]
    assert [told.count("guarantee-period") for told in codes] == [0, 1]


def test_the_base_scenario_does_not_apply_the_guarantee(world, base):
    account = open_account(base, world.territory, world.layers["enaf_flows"])
    assert account.guarantee is None
    assert account.budgets(Level.REGION)["guarantee_added_m2"].isna().all()


def test_r9_floors_and_pools_leave_the_total_of_the_region_as_it_is(world, base, table):
    territory, flows = world.territory, world.layers["enaf_flows"]
    before = open_account(base, territory, flows)
    communes = before.communes
    codes = territory.codes(Level.COMMUNE)
    path = table(HEADER + "".join(f"{c};PLU;approuvé;2020-01-01;GPU\n" for c in codes))
    with_epci = territory.parents()["epci"]
    small = communes["budget_m2"].idxmin()
    assert communes.loc[small, "budget_m2"] < 10_000
    asks = [small] if with_epci[small] != NO_EPCI else []
    chosen = changed(applies=True, documents_file=str(path), pooled_at_epci=asks)
    after = open_account(chosen, territory, flows)
    table_after = after.communes
    own = table_after["budget_m2"] + table_after["guarantee_pooled_m2"]
    assert (own >= 10_000).all()
    assert own.sum() == communes["budget_m2"].sum()
    for level in (Level.EPCI, Level.DEPARTEMENT, Level.REGION):
        assert after.budgets(level)["budget_m2"].sum() == communes["budget_m2"].sum()
    region = after.budgets(Level.REGION).iloc[0]
    assert region["guarantee_added_m2"] == region["guarantee_taken_m2"] > 0
    assert region["guarantee_unknown_communes"] == 0
    # A posted entry keeps the guarantee.
    assert after.post([]).guarantee is after.guarantee


def test_a_file_of_documents_is_read(table):
    path = table(HEADER + "44001;PLU;approuvé;2020-02-04;GPU\n44002;aucun;;;DDTM\n")
    found = read_documents(path)
    assert found["44001"].date == date(2020, 2, 4)
    assert found["44002"].stage is None


def test_every_bad_cell_of_a_file_of_documents_is_told_at_once(table):
    path = table(
        HEADER + "4001;PLU;approuvé;2020-02-04;GPU\n44002;POS;;;GPU\n44003;PLU;voté;04/02/2020;\n"
        "44004;aucun;;;DDTM\n44004;aucun;;;DDTM\n"
    )
    assert problems_of(read_documents, path) == [
        ("value-length", 1, "code"),
        ("value-choice", 2, "type"),
        ("value-choice", 3, "stage"),
        ("value-type", 3, "date"),
        ("value-missing", 3, "source"),
        ("id-duplicate", 5, "code"),
    ]
    assert problems_of(read_documents, table("code;type\n44001;PLU\n")) == [
        ("column-missing", None, "stage"),
        ("column-missing", None, "date"),
        ("column-missing", None, "source"),
    ]
    assert problems_of(read_documents, path.with_name("absent.csv")) == [
        ("file-missing", None, None)
    ]


@pytest.mark.parametrize(
    ("guarantee", "field"),
    [
        ({"cap_reading": "plafond"}, "cap_reading"),
        ({"applies": "oui"}, "applies"),
        ({"documents": {"44001": {"type": "PLU", "source": "s"}}}, "documents.44001.stage"),
        (
            {"documents": {"44001": {"type": "PLU", "stage": "prescrit", "date": "2020",
                                     "source": "s"}}},
            "documents.44001.date",
        ),
        (
            {"delegated_communes": {"44001": {"count": 2, "created": "2011-01-01", "source": "s"}}},
            "delegated_communes.44001.created",
        ),
    ],
)  # fmt: skip
def test_a_guarantee_that_is_not_sound_is_refused(guarantee, field):
    found = problems_of(lambda: changed(**guarantee))
    assert ("scenario-value", None, f"zan.guarantee.{field}") in found


def test_r9_the_command_line_tells_what_the_floors_add_and_take(world, table, capsys):
    codes = world.territory.codes(Level.COMMUNE)
    path = table(HEADER + "".join(f"{c};PLU;approuvé;2020-01-01;GPU\n" for c in codes[1:]))
    chosen = path.with_name("own.toml")
    guarantee = f"[zan.guarantee]\napplies = true\ndocuments_file = '{path}'\n"
    chosen.write_text(f'extends = "base"\n{guarantee}', "utf-8")
    budget_command(
        "region", territory=None, scenario=str(chosen), ruleset=None, until=None, form="table",
        translate=translator("en"),
    )  # fmt: skip
    out = " ".join(capsys.readouterr().out.split())
    told = re.search(r"floors add ([\d.,]+) ha and take ([\d.,]+) ha; 0.00 ha are pooled", out)
    assert told is not None
    assert told[1] == told[2] != "0.00"


def test_the_fingerprint_of_a_scenario_is_also_that_of_its_tables(table):
    path = table(HEADER + "44001;aucun;;;DDTM\n")
    chosen = changed(documents_file=str(path))
    before = scenario_hash(chosen)
    assert scenario_hash(changed(documents_file=str(path))) == before
    table(HEADER + "44001;aucun;;;GPU\n")
    assert scenario_hash(chosen) != before
    path.unlink()  # the reader tells it, not the fingerprint
    assert scenario_hash(chosen) != before


def test_communes_that_are_not_there_or_told_twice_are_refused(world, table):
    none = {"type": "aucun", "source": "DDTM"}
    island = next(
        code for code, epci in world.territory.parents()["epci"].items() if epci == NO_EPCI
    )
    chosen = changed(
        applies=True,
        documents_file=str(table(HEADER + "44001;aucun;;;DDTM\n")),
        documents={"44001": none, "99999": none},
        delegated_communes={"99998": {"count": 2, "created": "2016-01-01", "source": "s"}},
        pooled_at_epci=[island],
    )
    found = problems_of(open_account, chosen, world.territory, world.layers["enaf_flows"])
    assert found == [
        ("territory-unknown", None, "zan.guarantee.documents.99999"),
        ("territory-unknown", None, "zan.guarantee.delegated_communes.99998"),
        ("scenario-value", None, f"zan.guarantee.pooled_at_epci.{island}"),
        ("scenario-conflict", None, "zan.guarantee.documents.44001"),
    ]
