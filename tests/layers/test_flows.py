"""Flows of a territory: no commune is lost, no square metre either."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.artificialised_land import ENAF_FLOWS, USES, load_enaf_flows
from layers.cog import Passage
from layers.errors import LayerError
from layers.flows import NET_FLOWS, flows_of_territory, load_net_flows, no_net_flows, yearly_flows
from layers.ocs_ge_diff import OCSGE_FLOWS
from layers.registry import load_layers
from layers.spec import Provenance, Status, make_layer
from layers.territory import load_communes

SOURCE = Provenance("Cerema", "ENAF", "2011", "LO 2.0", Status.OBSERVED, file="conso.csv")
COMMUNES = load_communes()


def enaf(*rows):
    table = pd.DataFrame(rows, columns=["code", "year", "area_m2"])
    table = table.assign(**{f"{use}_m2": pd.NA for use in USES})
    kinds = {"area_m2": "Int64", **{f"{use}_m2": "Int64" for use in USES}}
    return make_layer(ENAF_FLOWS, table.astype(kinds), SOURCE)


def areas(layer):
    return layer.data.set_index(["code", "year"])["area_m2"].to_dict()


def test_the_flows_of_the_territory_are_left_as_they_are():
    flows = load_enaf_flows()
    assert flows_of_territory(flows, COMMUNES) is flows


def test_the_rest_of_the_country_is_left_out():
    flows = enaf(("44109", 2011, 300), ("01001", 2011, 5), ("97105", 2011, 5))
    assert areas(flows_of_territory(flows, COMMUNES)) == {("44109", 2011): 300}


def test_a_commune_that_disappeared_raises_and_follows_its_passage():
    # Freigné (49144) joined Vallons-de-l'Erdre (44180): 300 + 200 = 500 m².
    flows = enaf(("49144", 2011, 300), ("44180", 2011, 200))
    with pytest.raises(LayerError) as error:
        flows_of_territory(flows, COMMUNES)
    (found,) = error.value.problems
    assert (found.code, found.file) == ("cog-unmatched", "conso.csv")
    assert "49144" in found.found
    passage = Passage({"49144": ("44180",)}, 2025)
    carried = flows_of_territory(flows, COMMUNES, passage=passage)
    assert [(note.code, note.found) for note in carried.notes] == [("code-missing", "1227")]
    assert areas(flows_of_territory(flows, COMMUNES, passage=passage)) == {("44180", 2011): 500}


def test_a_commune_split_since_is_shared_by_area_and_conserved():
    flows = enaf(("85084", 2011, 1_000_000))
    carried = flows_of_territory(flows, COMMUNES)
    found = areas(carried)
    assert set(found) == {(code, 2011) for code in ("85084", "85165", "85212")}
    assert sum(found.values()) == 1_000_000
    outlines = COMMUNES.geo.set_index("code").geometry.area
    parts = outlines[["85084", "85165", "85212"]]
    share = parts["85165"] / parts.sum()
    assert found["85165", 2011] == pytest.approx(1_000_000 * share, abs=2)
    assert carried.provenance.status is Status.ESTIMATED


def changes(*rows):
    columns = ["code", "year_from", "year_to", "artificialised_m2", "renatured_m2"]
    table = pd.DataFrame(rows, columns=columns)
    kinds = {"artificialised_m2": "Int64", "renatured_m2": "Int64"}
    return make_layer(OCSGE_FLOWS, table.astype(kinds), SOURCE)


@given(
    st.lists(st.tuples(st.integers(0, 10**8), st.integers(0, 10**8)), min_size=1, max_size=9),
    st.integers(1, 9),
)
def test_the_years_of_a_change_add_up_to_it(rows, years):
    table = [(f"{rank:05}", 2019, 2019 + years, *row) for rank, row in enumerate(rows)]
    found = yearly_flows([changes(*table)]).data
    sums = found.groupby("code")[["artificialised_m2", "renatured_m2", "area_m2"]].sum()
    assert sums["artificialised_m2"].tolist() == [gained for gained, _ in rows]
    assert sums["renatured_m2"].tolist() == [lost for _, lost in rows]
    assert (sums["area_m2"] == sums["artificialised_m2"] - sums["renatured_m2"]).all()
    assert set(found["year"]) == set(range(2019, 2019 + years))


def test_unknown_changes_stay_unknown_and_are_never_counted_twice():
    found = yearly_flows([changes(("44001", 2019, 2021, pd.NA, 4))]).data
    assert found["area_m2"].isna().all()
    assert found["renatured_m2"].tolist() == [2, 2]
    with pytest.raises(LayerError) as error:
        yearly_flows([changes(("44001", 2019, 2022, 1, 1)), changes(("44001", 2021, 2023, 1, 1))])
    assert error.value.problems[0].code == "net-overlap"


def test_nothing_known_is_an_empty_layer():
    assert no_net_flows().spec is NET_FLOWS
    assert no_net_flows().data.empty


def test_given_flows_are_carried_when_layers_are_loaded(tmp_path: Path):
    header = "idcom,idcomtxt,naf11art12,naf12art13,naf11art13"
    rows = ["49144,Freigné,300,200,500", "44109,Nantes,10,20,30"]
    path = tmp_path / "conso.csv"
    path.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    with pytest.raises(LayerError) as error:
        load_layers({"enaf_flows": path})
    assert error.value.problems[0].code == "cog-unmatched"
    passage = tmp_path / "cog_passage_vers_2025.csv"
    passage.write_text("DEPCOM_HIST,DEPCOM\n49144,44180\n", "utf-8")
    found = load_layers({"enaf_flows": path, "cog_passage": passage})["enaf_flows"]
    assert areas(found)["44180", 2011] == 300


def delivered(folder, code):
    """One polygon of 1 m² that was built, inside the first commune of the département."""
    ours = COMMUNES.geo[COMMUNES.geo["departement"] == code].geometry
    place = ours.iloc[0].representative_point() if len(ours) else shapely.Point(9e5, 6.5e6)
    built = shapely.box(place.x, place.y, place.x + 1, place.y + 1)
    table = gpd.GeoDataFrame({"artificialisation": [1]}, geometry=[built], crs=2154)
    path = folder / f"OCS-GE-ARTIFICIALISATION_2-0_DIFF-2020-2022_GPKG_LAMB93_D0{code}.gpkg"
    table.to_file(path, layer="zan_evol")
    return path


def test_of_a_folder_what_concerns_the_territory_is_kept_and_the_rest_told(tmp_path):
    for code in ("44", "85", "35"):
        path = delivered(tmp_path, code)
    flows = load_net_flows(tmp_path, COMMUNES)
    assert {code[:2] for code in flows.data["code"]} == {"44", "85"}
    assert flows.data["artificialised_m2"].sum() == 2
    (told,) = flows.notes
    assert (told.code, told.severity, told.found) == ("files-elsewhere", "warning", path.name)
    with pytest.raises(LayerError, match="departement-unclear"):
        load_net_flows(path, COMMUNES)  # a file alone is not nothing
    alone = tmp_path / "alone"
    alone.mkdir()
    path.rename(alone / path.name)
    with pytest.raises(LayerError, match="departement-unclear"):
        load_net_flows(alone, COMMUNES)
