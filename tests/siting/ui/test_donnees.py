"""The page of the data: every layer told with its provenance, how to replace it, words."""

from datetime import date

import pytest

from layers.sources import load_sources
from layers.spec import Status
from layers.status import LayerStatus
from siting.i18n import translator
from siting.ui.donnees import ORIGINS, definitions, layers_sheet, replacing_table
from siting.ui.glossary import GLOSSARY, METHODS

FRENCH, ENGLISH = translator("fr"), translator("en")
EVIL = "<img src=x onerror=alert(1)>"
FLOWS = LayerStatus(
    "enaf_flows", "ENAF consumption per commune and year", Status.DEMONSTRATION, "embedded",
    publisher="siting", vintage="2011-2025", licence="EUPL-1.2", coverage=0.5,
)  # fmt: skip
HOUSING = LayerStatus(
    "housing", EVIL, Status.OBSERVED, "pull", publisher=EVIL, vintage="2022", licence="LO 2.0",
    recorded=date(2026, 11, 2), newer="2023",
)  # fmt: skip
ABSENT = LayerStatus("job_seekers", "Registered job seekers per commune", None, "absent")


def test_a_layer_is_told_with_its_provenance():
    sheet = layers_sheet([FLOWS, HOUSING], ENGLISH, checked=date(2026, 11, 23))
    for told in ("2011-2025", "EUPL-1.2", "50\u00a0%", "demonstration", "LO 2.0", "2026-11-02"):
        assert told in sheet
    assert "newer: 2023" in sheet
    assert sheet.count('<td class="sg-day">2026-11-23</td>') == 2
    assert "<img" not in sheet
    assert "23/11/2026" in layers_sheet([FLOWS], FRENCH, checked=date(2026, 11, 23))


def test_what_is_made_up_or_absent_is_told_how_to_be_replaced():
    rows = replacing_table([FLOWS, HOUSING, ABSENT], load_sources(), ENGLISH)
    assert len(rows) == 2
    commands = list(rows["Command"])
    assert all(
        command.startswith(("siting data pull ", "siting data import ")) for command in commands
    )
    assert "Cerema" in rows["Publisher"].iloc[0]
    assert rows["Page"].iloc[0].startswith("https://")
    assert rows["Status"].to_list() == ["demonstration", "absent"]


def test_every_origin_has_its_words():
    assert set(ORIGINS) >= {"embedded", "import", "pull", "absent"}


@pytest.mark.parametrize("_", [FRENCH, ENGLISH])
def test_the_glossary_holds_the_words_of_the_field_in_order(_):
    terms = [term for term, _text in GLOSSARY]
    assert terms == sorted(terms, key=str.lower)
    assert {"ENAF", "ZAN", "EPCI", "SCoT", "Friche", "PENE", "PER"} <= set(terms)
    told = definitions((term, _(text)) for term, text in (*GLOSSARY, *METHODS))
    assert told.count("<dt>") == told.count("<dd>") == len(GLOSSARY) + len(METHODS)
    if _ is FRENCH:
        assert all(_(text) != text for _term, text in (*GLOSSARY, *METHODS))
