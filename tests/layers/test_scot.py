"""Perimeters of SCoT: opposable ones only, one a commune."""

import pandas as pd
import pytest

from layers.errors import LayerError
from layers.scot import SCOT_COLUMNS, read_scot_perimeters
from siting.scenario.tables import read_scot

SCOTS = """annee_cog,scot_code_region,pa_id,pa_nom_schema,pa_date_approbation,pc_id,pc_nom_schema
2024,52,11,SCoT Nantes Saint-Nazaire,2016-12-19,12,SCoT en révision
2024,52,21,SCoT du Pays de Retz,2013-06-28,,
2024,52,,,,31,SCoT en cours
2024,52,41,SCoT sans commune,2010-01-01,,
"""
PERIMETERS = """annee_cog,collectivite_code,collectivite_type,procedure_id,type_document,opposable
2024,44109,COM,11,SCOT,true
2024,44109,COM,12,SCOT,false
2024,244400404,METRO,11,SCOT,true
2024,44143,COM,21,SCOT,True
2024,01004,COM,21,SCOT,true
2024,44002,COM,11,SCOT,true
2024,44002,COM,21,SCOT,true
2024,44003,COM,31,SCOT,true
2023,44999,COM,11,SCOT,true
"""


@pytest.fixture
def files(tmp_path):
    (tmp_path / "scots.csv").write_text(SCOTS)
    (tmp_path / "perimetres.csv").write_text(PERIMETERS)
    return tmp_path / "scots.csv", tmp_path / "perimetres.csv"


def test_communes_are_in_the_opposable_scot(files):
    table = read_scot_perimeters(*files)
    assert list(table.data.columns) == list(SCOT_COLUMNS)
    assert table.data[["code", "scot", "name"]].to_numpy().tolist() == [
        ["01004", "21", "SCoT du Pays de Retz"],
        ["44109", "11", "SCoT Nantes Saint-Nazaire"],
        ["44143", "21", "SCoT du Pays de Retz"],
    ]
    assert [(p.code, p.found) for p in table.notes] == [
        ("scot-several", "44002"), ("scot-nowhere", "SCoT sans commune"),
    ]  # fmt: skip


def test_a_scenario_reads_the_table(files, tmp_path):
    path = tmp_path / "scot.csv"
    read_scot_perimeters(*files).data.to_csv(path, index=False, sep=";")
    assert read_scot(path)["scot"].to_dict() == {"01004": "21", "44109": "11", "44143": "21"}


@pytest.mark.parametrize("which", [0, 1])
def test_columns_that_are_missing_are_told(files, which):
    table = pd.read_csv(files[which], dtype=str)
    table.rename(columns={"pa_id": "id", "opposable": "statut"}).to_csv(files[which], index=False)
    with pytest.raises(LayerError) as caught:
        read_scot_perimeters(*files)
    assert [p.code for p in caught.value.problems] == ["column-missing"]


def test_no_opposable_perimeter_is_an_error(files):
    files[1].write_text(PERIMETERS.replace("true", "false").replace("True", "false"))
    with pytest.raises(LayerError, match="no-rows"):
        read_scot_perimeters(*files)
