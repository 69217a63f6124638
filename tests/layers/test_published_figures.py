"""Census, permits and social housing in the layouts of INSEE and SDES."""

import zipfile

import pandas as pd
import pytest

from layers.commune_figures import COMMUNE_FIGURES, load_commune_figures
from layers.errors import LayerError
from layers.housing import load_housing
from layers.spec import Status

CENSUS = (
    "CODGEO;P16_POP;P22_POP;P22_H0019;P22_F0019;P22_H2064;P22_F2064;P22_H65P;P22_F65P;"
    "P16_LOG;P22_LOG;P22_RP;P22_RSECOCC;P22_LOGVAC;P22_EMPLT;C22_EMPLT_INDUS;P22_ACTOCC15P;"
    "C22_ACTOCC15P_PAS;C22_ACTOCC15P_MAR;C22_ACTOCC15P_VELO;C22_ACTOCC15P_2ROUESMOT;"
    "C22_ACTOCC15P_VOIT;C22_ACTOCC15P_TCOM\n"
    "01001;700;800;100.4;99.2;220;230;75;75.4;300;350;320;10;20;150.5;40.25;380;"
    "20;15;5;10;310;20\n"
    "44109;1;2;s;s;s;s;s;s;3;4;s;s;s;s;s;s;s;s;s;s;s;s\n"
)
PERMITS = "ANNEE;COMM;TYPE_LGT;LOG_AUT;LOG_COM\n" + "".join(
    f"{year};44109;Tous Logements;9;{count}\n{year};44109;Individuel pur;9;{count}\n"
    for year, count in zip(range(2018, 2025), (900, 900, 100, 200, 300, 400, "500.0"), strict=True)
)


def write(tmp_path, text, name="table.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path / name


def load(tmp_path, layer, text):
    return load_commune_figures(COMMUNE_FIGURES[layer], write(tmp_path, text))


def test_dwellings_and_ages_of_the_census(tmp_path):
    layer = load_housing(write(tmp_path, CENSUS))
    town, hidden = layer.data.drop(columns=["code", "status"]).astype("Int64").to_numpy()
    assert town.tolist() == [800, 200, 450, 150, 350, 320, 10, 20]
    assert pd.isna(hidden[1:4]).all()  # secrecy is unknown
    assert layer.provenance.vintage == "RP 2022"
    assert layer.provenance.status is Status.OBSERVED


def test_a_later_vintage_gives_the_same_layer(tmp_path):
    ours = load_housing(write(tmp_path, CENSUS))
    theirs = load_housing(write(tmp_path, CENSUS.replace("22_", "23_")))
    assert ours.data.equals(theirs.data)
    assert theirs.provenance.vintage == "RP 2023"


def test_jobs_at_the_workplace(tmp_path):
    layer = load(tmp_path, "workplace_jobs", CENSUS)
    assert layer.data.iloc[0].tolist() == ["01001", 150.5, 40.25, 380]
    assert layer.data.iloc[1, 1:].isna().all()


def test_commuters_are_those_who_travel(tmp_path):
    layer = load(tmp_path, "commute_modes", CENSUS)
    assert layer.data.iloc[0].tolist() == ["01001", 360, 40]  # 20 work at home


def test_an_archive_with_its_dictionary(tmp_path):
    path = tmp_path / "dossier_complet.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta_dossier_complet.csv", "COD_VAR;LIB_VAR\nP22_POP;Population\n")
        archive.writestr("dossier_complet.csv", CENSUS)
    assert load_housing(path).data.equals(load_housing(write(tmp_path, CENSUS)).data)


def test_permits_are_a_mean_and_never_added_to_their_parts(tmp_path):
    layer = load(tmp_path, "housing_permits", PERMITS)
    assert layer.data.to_dict("records") == [{"code": "44109", "dwellings_year": 300.0}]
    assert layer.provenance.vintage == "2020-2024"


def test_a_year_without_a_figure_makes_the_mean_unknown(tmp_path):
    layer = load(tmp_path, "housing_permits", PERMITS.replace(";300\n", ";\n"))
    assert layer.data["dwellings_year"].isna().all()


def test_social_housing_of_the_last_year(tmp_path):
    text = "DEPCOM_ARM;LIBCOM_DEP;nb_loues;nb_ls2023;nb_ls2024\n44109;Nantes;9;40 000;41000\n"
    layer = load(tmp_path, "social_housing", text)
    assert layer.data.to_dict("records") == [{"code": "44109", "social_dwellings": 41_000}]
    assert layer.provenance.vintage == "2024"


@pytest.mark.parametrize(
    ("layer", "text", "code", "field"),
    [
        ("workplace_jobs", CENSUS.replace("P22_EMPLT;", "EMPLOI;"), "column-missing", "PYY_EMPLT"),
        ("workplace_jobs", CENSUS.replace("150.5", "beaucoup"), "value-type", "P22_EMPLT"),
        ("housing_permits", PERMITS.replace("Tous Lo", "Lo"), "column-missing", "Tous Logements"),
        ("housing_permits", PERMITS.replace("2023;", "2024;"), "id-duplicate", "COMM"),
        ("housing_permits", PERMITS.replace("2023;", "MMXX;"), "value-type", "ANNEE"),
        ("social_housing", "DEPCOM_ARM;nb\n44109;1\n", "column-missing", "nb_lsYYYY"),
        ("fibre_coverage", "code;taux\n44109;1\n", "column-missing", "fibre_share"),
    ],
)
def test_a_damaged_file_is_told(tmp_path, layer, text, code, field):
    with pytest.raises(LayerError) as error:
        load(tmp_path, layer, text)
    assert (error.value.problems[0].code, error.value.problems[0].field) == (code, field)
