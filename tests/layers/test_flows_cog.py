"""The ENAF flows of any file on the communes of a territory."""

import pandas as pd
import pytest

from layers.artificialised_land import ENAF_FLOWS, USES
from layers.cog import Passage
from layers.errors import LayerError
from layers.flows_cog import flows_on_communes
from layers.spec import Provenance, Status, make_layer

SOURCE = Provenance("Cerema", "ENAF", "2011-2013", "LO 2.0", Status.OBSERVED, file="enaf.csv")


def flows(areas):
    """Flows of 2011 and 2012 by commune."""
    rows = [(code, 2011 + n, area) for code, pair in areas.items() for n, area in enumerate(pair)]
    table = pd.DataFrame(rows, columns=["code", "year", "area_m2"])
    table = table.assign(**{f"{use}_m2": pd.NA for use in USES})
    return make_layer(
        ENAF_FLOWS,
        table.astype(dict.fromkeys(["area_m2", *(f"{use}_m2" for use in USES)], "Int64")),
        SOURCE,
    )


def by_code(layer):
    return layer.data.groupby("code")["area_m2"].agg(list).to_dict()


FRANCE = flows({"44109": [10, 20], "49069": [3, 4], "67482": [5, 6], "49144": [1, 2]})


def test_a_file_of_france_keeps_its_communes_and_tells_what_is_lost():
    kept = flows_on_communes(FRANCE, ["44109", "49126"], None)
    assert by_code(kept) == {"44109": [10, 20]}
    assert [(n.code, n.found, n.expected) for n in kept.notes] == [
        ("cog-unmatched", "49069, 49144 (2)", "COG"),
        ("code-missing", "1", "2"),
    ]
    assert all(note.severity == "warning" and note.file == "enaf.csv" for note in kept.notes)


def test_merged_communes_are_summed_through_the_passage_table():
    passage = Passage({"49069": ("49126",), "49144": ("49126",)}, 2025)
    kept = flows_on_communes(FRANCE, ["44109", "49126"], passage)
    assert by_code(kept) == {"44109": [10, 20], "49126": [4, 6]}
    assert kept.notes == ()
    assert "2 merged into 1" in kept.provenance.method


def test_flows_already_in_the_right_cog_are_as_they_were():
    passage = Passage({"49069": ("49126",)}, 2025)
    kept = flows_on_communes(flows({"44109": [1, 2]}), ["44109"], passage)
    assert (by_code(kept), kept.provenance) == ({"44109": [1, 2]}, SOURCE)


def test_a_split_without_weights_is_refused_not_guessed():
    passage = Passage({"49069": ("49126", "49127")}, 2025)
    with pytest.raises(LayerError, match="cog-weight"):
        flows_on_communes(FRANCE, ["49126", "49127"], passage)
