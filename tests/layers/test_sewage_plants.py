"""Treatment plants: the load is that of the agglomeration, what is left too."""

import geopandas as gpd
import pandas as pd
import pytest

from layers.errors import LayerError
from layers.registry import load_layers
from layers.sewage_plants import load_sewage_plants
from layers.territory import load_communes

HEADER = (
    "CdOuvrageDepollution,NomOuvrageDepollution,CoordXOuvrageDepollution,"
    "CoordYOuvrageDepollution,ProjCoordOuvrageDepollution,DateMiseServiceOuvrageDepollution,"
    "DateMiseHorServiceOuvrageDepollution,DateMAJSTEU,LatWGS84OuvrageDepollution,"
    "LongWGS84OuvrageDepollution,CdAgglomerationAssainissement,CdCommune,CapaciteNom,"
    "SomChrgMaxEntree,SomCapaNom\n"
)
PLACE = "488935.0,6768416.0,26"
DEGREES = "47.9820919,0.1702865"
ROWS = (
    # Two plants of one agglomeration: 365 000 + 28 500 for a load of 430 663.
    f"A1,Chauvinière,{PLACE},2003-06-01,,2017-10-31,{DEGREES},G1,72181,365000,430663,393500\n"
    f"A2,Étangs,{PLACE},1974-12-31,,2017-10-31,{DEGREES},G1,72181,28500,430663,393500\n"
    # Nobody measured; the sum was not filled in.
    f"B1,Tabarière,{PLACE},2005-05-01,,2017-10-31,{DEGREES},G2,72181,150,0,0\n"
    # Closed; and closed before it was opened: the date is that of the former plant.
    f"C1,Parennes,{PLACE},1975-01-01,2017-11-23,2017-11-23,{DEGREES},G3,72229,370,64,400\n"
    f"D1,Ruaudin,{PLACE},2014-01-01,2013-12-30,2017-10-31,{DEGREES},G4,72260,7500,3550,7500\n"
    f"E1,Lande,{PLACE},2001-01-01,,2017-10-31,{DEGREES},G5,72260,100,30,0\n"
)


def load(tmp_path, text=HEADER + ROWS, name="steu_2017.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return load_sewage_plants(tmp_path / name)


def test_what_is_left_is_that_of_the_agglomeration(tmp_path):
    plants = load(tmp_path).data.set_index("plant")
    assert plants.loc[["A1", "A2"], "residual_pe"].tolist() == [-37_163, -37_163]
    assert plants.loc["A1", "capacity_pe"] == 365_000
    assert plants.loc["D1", "residual_pe"] == 3_950
    assert plants.loc["E1", "residual_pe"] == 70  # its sum is empty: that of its plants


def test_a_load_of_zero_is_unknown_and_told(tmp_path):
    layer = load(tmp_path)
    tabariere = layer.data.set_index("plant").loc["B1"]
    assert tabariere["agglomeration_capacity_pe"] == 150
    assert pd.isna(tabariere["agglomeration_load_pe"])
    assert pd.isna(tabariere["residual_pe"])
    assert [(note.code, note.found) for note in layer.notes] == [("zero-unknown", "1")]


def test_plants_out_of_service(tmp_path):
    plants = load(tmp_path).data.set_index("plant")
    assert plants.index[~plants["in_service"]].tolist() == ["C1"]
    assert pd.isna(plants.loc["C1", "residual_pe"])  # the file has no plant that replaced it


def test_a_plant_of_unknown_capacity_leaves_the_sum_unknown_not_the_total(tmp_path):
    row = "{0},Lande,{place},2001-01-01,,2017-10-31,{degrees},{1},72260,{2},30,{3}\n"
    rows = [("F1", "G6", "100", "0"), ("F2", "G6", "", "0"),
            ("H1", "G7", "100", "250"), ("H2", "G7", "", "250")]  # fmt: skip
    text = "".join(row.format(*one, place=PLACE, degrees=DEGREES) for one in rows)
    plants = load(tmp_path, HEADER + text).data.set_index("plant")
    assert plants.loc[["F1", "F2"], "residual_pe"].isna().all()  # 100 less 30 at least, not 70
    assert plants.loc[["H1", "H2"], "residual_pe"].tolist() == [220, 220]


def test_places_from_degrees_or_from_lambert_93(tmp_path):
    degrees = load(tmp_path).geo
    text = (HEADER + ROWS).replace("LatWGS84", "Lat").replace("LongWGS84", "Long")
    metres = load(tmp_path, text).geo
    assert degrees.distance(metres).max() < 1
    with pytest.raises(LayerError, match="crs-missing"):
        load(tmp_path, text.replace(",26,", ",31,"))


def test_later_names_of_columns_and_a_vector_file_give_the_same_layer(tmp_path):
    ours = load(tmp_path)
    table = pd.read_csv(tmp_path / "steu_2017.csv", dtype=str)
    table = table.rename(columns={"CdCommune": "CdCommunePrincipale"})
    lon, lat = "LongWGS84OuvrageDepollution", "LatWGS84OuvrageDepollution"
    places = gpd.points_from_xy(table[lon].astype(float), table[lat].astype(float))
    gpd.GeoDataFrame(table, geometry=places, crs=4326).to_file(tmp_path / "steu.geojson")
    theirs = load_sewage_plants(tmp_path / "steu.geojson")
    pd.testing.assert_frame_equal(
        ours.data.drop(columns="geometry"), theirs.data.drop(columns="geometry")
    )


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("365000,", "énorme,", "value-type"),
        ("72229", "7222X", "value-type"),
        ("\nA2,", "\nA1,", "id-duplicate"),
        ("SomChrgMaxEntree", "Charge", "column-missing"),
        ("365000,", "-5,", "value-range"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, old, new, code):
    with pytest.raises(LayerError) as error:
        load(tmp_path, (HEADER + ROWS).replace(old, new))
    assert code in [p.code for p in error.value.problems]


def test_the_real_plants(open_data):
    folder = open_data / "pays-de-la-loire"
    files = {
        "sewage_plants": folder / "stations_epuration_2017.csv",
        "cog_passage": folder / "cog_passage_vers_2025.csv",
    }
    layer = load_layers(files)["sewage_plants"]
    plants = layer.geo.set_index("plant")
    assert len(plants) == 1554
    assert int((~plants["in_service"]).sum()) == 5
    assert int(plants["residual_pe"].isna().sum()) == 91  # 86 without a load, 5 closed
    # Communes of 2017 are now those of 2025.
    assert set(plants["commune"].dropna()) <= set(load_communes().data["code"])
    # Degrees, carried to Lambert 93, are the metres of the file.
    published = pd.read_csv(files["sewage_plants"], dtype=str).set_index("CdOuvrageDepollution")
    metres = gpd.points_from_xy(
        published["CoordXOuvrageDepollution"].astype(float),
        published["CoordYOuvrageDepollution"].astype(float),
    )
    gap = plants.distance(gpd.GeoSeries(metres, index=published.index, crs=2154))
    assert gap.quantile(0.99) < 1
