"""Workbooks of INSEE: the header of the sixth row, names of zones of another sheet, damage."""

import random
import zipfile
from xml.sax.saxutils import escape

import pytest

from layers.acquisition import import_file
from layers.errors import LayerError
from layers.jobs import load_zonings
from layers.registry import READERS
from layers.sources import load_sources
from layers.store import Store
from layers.workbook import is_workbook, read_workbook

HEADER = ["CODGEO", "LIBGEO", "DEP", "REG", "EPCI", "ZE2020", "AAV2020", "CATEAAV2020"]
COM = [
    ["Table d'appartenance géographique des communes"], ["Mise en ligne"], ["Source"], [],
    ["Code géographique", "Libellé"], HEADER,
    ["44109", "Nantes", "44", "52", "244400404", "5216", "007", "11"],
    ["01001", "L'Abergement", "01", "84", "200069193", "0051", "002", "20"],
]  # fmt: skip
ZONES = [
    ["Zones supra-communales"], [], [], [], ["Niveau", "Code", "Libellé"],
    ["NIVGEO", "CODGEO", "LIBGEO"], ["ZE2020", "5216", "Nantes"], ["ZE2020", "0051", "Mâcon"],
    ["AAV2020", "007", "Nantes"], ["AAV2020", "002", "Lyon"],
]  # fmt: skip
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def sheet(rows):
    lines = []
    for rank, row in enumerate(rows, start=1):
        cells = "".join(
            f'<c r="{chr(65 + i)}{rank}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for i, text in enumerate(row)
        )
        lines.append(f'<row r="{rank}">{cells}</row>')
    return f'<worksheet xmlns="{MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def workbook(path, **sheets):
    """Write a workbook by hand: the format is a ZIP archive of XML."""
    listed = "".join(
        f'<sheet name="{name}" sheetId="{i}" r:id="rId{i}"/>' for i, name in enumerate(sheets, 1)
    )
    links = "".join(
        f'<Relationship Id="rId{i}" Type="{RELS}/worksheet" Target="worksheets/sheet{i}.xml"/>'
        for i, _ in enumerate(sheets, 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{PACKAGE}/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/></Types>',
        )
        file.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{RELS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        file.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets>{listed}</sheets></workbook>',
        )
        file.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>',
        )
        for i, rows in enumerate(sheets.values(), 1):
            file.writestr(f"xl/worksheets/sheet{i}.xml", sheet(rows))
    return path


@pytest.fixture
def appartenance(tmp_path):
    return workbook(
        tmp_path / "table-appartenance-geo-communes-2026.xlsx", COM=COM, Zones_supra=ZONES
    )


def test_the_table_of_insee_gives_zones_with_their_names(appartenance, tmp_path):
    archive = tmp_path / "table-appartenance-geo-communes-2026.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(appartenance, appartenance.name)
    for path in (appartenance, archive):
        layer = load_zonings(path)
        assert layer.data.drop(columns="frr_2025").to_numpy().tolist() == [
            ["44109", "5216", "Nantes", "11", "Nantes"], ["01001", "0051", "Mâcon", "20", "Lyon"],
        ]  # fmt: skip
        assert (layer.provenance.publisher, layer.provenance.vintage) == ("INSEE", "2026")
        done = import_file(path, Store(tmp_path / "data"), READERS, load_sources())
        assert (done.entry.layer, done.entry.source) == ("zonings", "insee-appartenance")


def test_a_workbook_without_communes_and_what_is_none_are_told(tmp_path):
    with pytest.raises(LayerError, match="layer-missing"):
        read_workbook(workbook(tmp_path / "a.xlsx", Feuille=[["a", "b"], ["1", "2"]]))
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(LayerError, match="file-unreadable"):
        read_workbook(tmp_path / "b.xlsx")
    (tmp_path / "c.csv").write_text("a")
    assert not is_workbook(tmp_path / "c.csv")


def test_a_damaged_workbook_is_read_or_told(appartenance, tmp_path):
    raw, rng = appartenance.read_bytes(), random.Random(0)  # noqa: S311
    path = tmp_path / "x.xlsx"
    for _ in range(60):
        data = bytearray(raw)
        for _ in range(rng.choice([1, 5, 50])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
        try:
            assert len(load_zonings(path).data) == 2
        except LayerError as error:
            assert all(problem.line() for problem in error.problems)  # noqa: PT017
