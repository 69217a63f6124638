"""What a role sees: the one filter, in every place that shows or counts sites."""

from dataclasses import replace

import pandas as pd
import pytest

from layers.site_table import CONFIDENTIALITY
from siting import roles
from siting.roles import Role, role, seen_by, sees


def test_a_role_sees_the_rows_that_it_may_see_and_no_other(demo_file):
    table = demo_file.layer.data
    assert set(table["confidentiality"]) == set(CONFIDENTIALITY)
    for who in Role:
        kept = seen_by(who, demo_file).layer.data
        assert set(kept["confidentiality"]) == roles.SEEN[who]
        expected = table.loc[table["confidentiality"].isin(roles.SEEN[who]), "site_id"]
        assert kept["site_id"].tolist() == expected.tolist()
    assert seen_by(Role.STRATEGIST, demo_file) is demo_file


def test_messages_about_rows_may_tell_of_a_hidden_one(demo_file):
    told = replace(demo_file, notes=("a note",), rejected=("a row",))
    seen = seen_by(Role.PUBLIC, told)
    assert (seen.notes, seen.rejected, seen.left_out) == ((), (), ())
    assert seen.row_count == len(seen.layer.data)


def test_what_is_missing_is_seen_by_nobody():
    for who in Role:
        assert sees(who, pd.Series([None, "secret", float("nan")])).tolist() == [False] * 3


def test_a_value_that_is_not_known_is_seen_by_no_role():
    assert all("secret" not in seen for seen in roles.SEEN.values())
    assert roles.SEEN[Role.PUBLIC] < roles.SEEN[Role.PLANNER] < roles.SEEN[Role.STRATEGIST]


@pytest.mark.parametrize(
    ("told", "expected"),
    [(None, Role.STRATEGIST), *((one.value, one) for one in Role), ("admin", Role.PUBLIC)],
)
def test_the_environment_sets_the_role_and_an_unknown_one_sees_least(monkeypatch, told, expected):
    monkeypatch.delenv(roles.VARIABLE, raising=False)
    if told is not None:
        monkeypatch.setenv(roles.VARIABLE, told)
    assert role() is expected
