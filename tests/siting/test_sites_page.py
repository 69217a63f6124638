"""The page of the columns of files of sites, held to the code."""

import importlib.util

import pytest

from layers.site_columns import REMADE
from layers.site_table import SITES
from siting.export import result_table
from siting.i18n import translator


@pytest.fixture(scope="module")
def page(root):
    spec = importlib.util.spec_from_file_location("sites_page", root / "docs" / "sites_page.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_the_one_its_script_writes(page):
    assert page.PAGE.read_text(encoding="utf-8") == page.render(), "run docs/sites_page.py"


def test_every_column_that_a_file_may_hold_is_described(page):
    assert set(page.INPUTS) == {column.name for column in SITES.columns} - REMADE


def test_every_column_of_a_result_is_described(page, demo_run):
    told = [name for names in page.RESULTS for name in names.split(", ")]
    stems = tuple(name.split("…")[0] for name in told if "…" in name)
    columns = [str(name) for name in result_table(demo_run, translator("fr")).columns]
    others = {name for name in columns if not name.startswith(stems)}
    assert others == {name for name in told if "…" not in name} | {"geometry"}
