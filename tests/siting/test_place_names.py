"""What is said of a territory that was not named by its code."""

import pytest

from layers.territory import Level
from siting.place_names import SHOWN, unknown_territory


@pytest.mark.parametrize(
    ("level", "asked", "code", "told"),
    [
        (Level.EPCI, "Nantes Métropole", "territory-name", "244400404 (Nantes Métropole)"),
        (Level.EPCI, "nantes metropole", "territory-name", "244400404 (Nantes Métropole)"),
        (Level.COMMUNE, "La Flèche", "territory-name", "72154 (La Flèche)"),
        (Level.EPCI, "44109", "territory-level", "Nantes (--level commune)"),
        (Level.COMMUNE, "52", "territory-level", "Pays de la Loire (--level region)"),
        (Level.EPCI, "999999999", "territory-unknown", ""),
        (Level.EPCI, "", "territory-unknown", ""),
    ],
)
def test_what_was_likely_meant_is_told(world, level, asked, code, told):
    found = unknown_territory(world.territory, level, asked)
    assert (found.code, found.field, found.found) == (code, level.value, asked)
    assert found.expected == told


def test_the_territory_of_that_very_name_comes_first_and_few_are_told(world):
    found = unknown_territory(world.territory, Level.COMMUNE, "nantes")
    assert found.expected.startswith("44109 (Nantes)")
    many = unknown_territory(world.territory, Level.COMMUNE, "saint")
    assert (many.expected.count("("), many.expected[-1]) == (SHOWN, "…")
