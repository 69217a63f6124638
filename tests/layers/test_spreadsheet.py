"""Sites in a workbook, as spreadsheets hold them: titles above, blank rows, typed cells."""

import datetime as dt
import random
import zipfile
from xml.sax.saxutils import escape

import pandas as pd
import pytest
import xlsxwriter

from layers.errors import LayerError
from layers.files import layer_names, open_file
from layers.recognition import file_columns
from layers.sites import read_sites

HEADER = ["Identifiant", "Nom", "Longitude", "Latitude", "surface_ha", "available_from", "friche"]
ROWS = [
    ["A1", "Zone nord", -1.5534, 47.2184, 12.5, dt.date(2027, 12, 31), True],
    ["A2", "Zone « sud »", -1.2, "47,3", "3,5", "01/01/2028", "non"],
]
NOTICE = [["Explications"], ["Une notice, sans tableau."]]
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def xlsx(path, sheets):
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for i, row in enumerate(rows):
                for j, cell in enumerate(row):
                    if isinstance(cell, dt.date):
                        sheet.write_datetime(i, j, dt.datetime.combine(cell, dt.time()), day)
                    elif cell is not None:
                        sheet.write(i, j, cell)
    return path


def ods_cell(cell):
    if cell is None:
        return "<table:table-cell/>"
    kind, value = "string", ""
    if isinstance(cell, bool):
        kind, value = "boolean", f' office:boolean-value="{str(cell).lower()}"'
    elif isinstance(cell, dt.date):
        kind, value = "date", f' office:date-value="{cell.isoformat()}"'
    elif isinstance(cell, float | int):
        kind, value = "float", f' office:value="{cell}"'
    told = f"<text:p>{escape(str(cell))}</text:p>"
    return f'<table:table-cell office:value-type="{kind}"{value}>{told}</table:table-cell>'


def ods(path, sheets, *, more=""):
    tables = "".join(
        f'<table:table table:name="{name}">'
        + "".join(
            f"<table:table-row>{''.join(map(ods_cell, row)) or ods_cell(None)}</table:table-row>"
            for row in rows
        )
        + f"{more}</table:table>"
        for name, rows in sheets.items()
    )
    spaces = " ".join(f'xmlns:{one}="{OFFICE}:{one}:1.0"' for one in ("office", "table", "text"))
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", kind)
        file.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{OFFICE}:manifest:1.0">'
            f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
            "</manifest:manifest>",
        )
        file.writestr(
            "content.xml",
            f"<office:document-content {spaces}><office:body><office:spreadsheet>{tables}"
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return path


WRITERS = {".xlsx": xlsx, ".ods": ods}
each = pytest.mark.parametrize("suffix", WRITERS)


def sites(path):
    return WRITERS[path.suffix](path, {"Notice": NOTICE, "Sites": [["Titre"], HEADER, *ROWS]})


def make(folder, suffix, **sheets):
    return WRITERS[suffix](folder / f"sites{suffix}", sheets)


def found_in(error):
    (told,) = error.value.problems
    return told.code, told.found


@each
def test_sites_are_read_as_from_a_csv_of_the_same_cells(tmp_path, suffix):
    titled = [["Sites de la communauté, septembre"], [None], HEADER, *ROWS]
    path = make(tmp_path, suffix, Sites=titled, Notice=NOTICE)
    csv = tmp_path / "sites.csv"
    text = pd.DataFrame(
        [
            ["A1", "Zone nord", "-1.5534", "47.2184", "12.5", "2027-12-31", "oui"],
            ["A2", "Zone « sud »", "-1.2", "47.3", "3.5", "01/01/2028", "non"],
        ],
        columns=HEADER,
    )
    text.to_csv(csv, index=False, sep=";")
    got, expected = (read_sites(one).layer.geo.drop(columns="source") for one in (path, csv))
    pd.testing.assert_frame_equal(pd.DataFrame(got), pd.DataFrame(expected))
    assert got["declared_area_m2"].tolist() == [125_000, 35_000]
    assert got["available_from"].tolist() == ["2027-12-31", "2028-01-01"]
    assert got["is_brownfield"].tolist() == [True, False]


@each
def test_row_1_is_the_first_under_the_header_and_a_blank_row_is_none(tmp_path, suffix):
    path = make(tmp_path, suffix, Sites=[HEADER, ROWS[0], [None], ["A3", "Sans lieu"]])
    assert open_file(path).rows.tolist() == [1, 2]
    found = read_sites(path)
    assert {one.row for one in found.rejected} == {2}
    assert found.row_count == 2


@each
def test_the_sheet_is_the_one_with_places_or_the_one_asked(tmp_path, suffix):
    path = make(tmp_path, suffix, Notice=NOTICE, Sites=[HEADER, ROWS[0]], Vide=[])
    assert layer_names(path) == ["Notice", "Sites", "Vide"]
    assert len(open_file(path).data) == 1
    assert len(open_file(path, layer="Sites").data) == 1
    with pytest.raises(LayerError) as error:
        open_file(path, layer="Autre")
    assert found_in(error) == ("layer-missing", "Autre")
    with pytest.raises(LayerError) as error:
        open_file(path, layer="Notice")
    assert found_in(error) == ("geometry-column", "Explications")


@each
def test_two_sheets_with_places_are_a_choice_to_make(tmp_path, suffix):
    path = make(tmp_path, suffix, Nord=[HEADER, ROWS[0]], Sud=[HEADER, ROWS[1]])
    with pytest.raises(LayerError) as error:
        open_file(path)
    assert found_in(error) == ("layer-choice", "Nord, Sud")
    assert open_file(path, layer="Sud").data["Identifiant"].tolist() == ["A2"]


@each
def test_a_column_without_a_title_is_told_not_lost(tmp_path, suffix):
    rows = [[*HEADER, None], [*ROWS[0], "voir notice"]]
    told = read_sites(make(tmp_path, suffix, Sites=rows)).notes
    assert ("column-unknown", "#8") in {(one.code, one.field) for one in told}


@each
@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "no-rows"),
        ([HEADER], "no-rows"),
        ([["nom", "surface_ha"], ["A", 2]], "geometry-column"),
    ],
)
def test_what_holds_no_site_is_told(tmp_path, suffix, rows, code):
    with pytest.raises(LayerError) as error:
        open_file(make(tmp_path, suffix, Sites=rows))
    assert code in {one.code for one in error.value.problems}


@each
def test_a_workbook_in_an_archive_is_read_where_nothing_else_is_a_layer(tmp_path, suffix):
    path = make(tmp_path, suffix, Sites=[HEADER, ROWS[0]])
    archive = tmp_path / "envoi.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(path, path.name)
    assert len(open_file(archive).data) == 1
    with zipfile.ZipFile(archive, "a") as file:  # beside a table, it is its documentation
        file.writestr("sites.csv", "lon;lat\n-1.5;47.2\n-1.6;47.2\n")
    assert len(open_file(archive).data) == 2


@each
def test_a_register_of_sites_is_recognised_as_one(tmp_path, suffix):
    path = make(tmp_path, suffix, Sites=[["Titre"], HEADER, *ROWS])
    assert file_columns(path) == tuple(HEADER)


@each
def test_a_cell_lost_far_away_is_told_before_it_fills_the_memory(tmp_path, suffix):
    # One cell in XFD1048576: 17 thousand million places between it and the table.
    path = tmp_path / f"sites{suffix}"
    if suffix == ".xlsx":
        with xlsxwriter.Workbook(path) as book:
            sheet = book.add_worksheet("Sites")
            sheet.write_row(0, 0, ["site_id", "lon", "lat"])
            sheet.write(1_048_575, 16_383, "x")
    else:
        far = (
            '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/>'
            "</table:table-row><table:table-row><table:table-cell "
            f'table:number-columns-repeated="16000"/>{ods_cell("x")}</table:table-row>'
        )
        ods(path, {"Sites": [HEADER, ROWS[0]]}, more=far)
    with pytest.raises(LayerError) as error:
        open_file(path)
    assert [one.code for one in error.value.problems] == ["sheet-too-large"]


def test_the_blank_rows_and_columns_that_libreoffice_writes_are_nothing(tmp_path):
    blank = (
        '<table:table-row table:number-rows-repeated="1048573"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    path = ods(tmp_path / "sites.ods", {"Sites": [HEADER, *ROWS]}, more=blank)
    assert len(open_file(path).data) == 2


@each
def test_a_blank_sheet_of_a_register_is_a_class_without_rows(tmp_path, suffix):
    header = ["site_id", "site_nom", "lon", "lat", "surface_ha"]
    path = make(tmp_path, suffix, site_eco=[header, ["S1", "Zone", -1.5, 47.2, 2]], terrain_eco=[])
    assert read_sites(path).layer.data["site_id"].tolist() == ["S1"]


def test_a_hidden_sheet_is_read_only_where_it_is_asked_for(tmp_path):
    path = tmp_path / "sites.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for name, site in (("Sites", ROWS[0]), ("Avant", ROWS[1])):
            sheet = book.add_worksheet(name)
            for i, row in enumerate([HEADER[:4], site[:4]]):
                sheet.write_row(i, 0, row)
        sheet.hide()
    assert open_file(path).data["Identifiant"].tolist() == ["A1"]
    assert open_file(path, layer="Avant").data["Identifiant"].tolist() == ["A2"]


@each
def test_what_is_no_workbook_is_told(tmp_path, suffix):
    path = tmp_path / f"sites{suffix}"
    for content in (b"PK\x03\x04 broken", b"\xd0\xcf\x11\xe0 protected", b"lon;lat\n1;2\n"):
        path.write_bytes(content)
        with pytest.raises(LayerError) as error:
            open_file(path)
        assert [one.code for one in error.value.problems] == ["file-unreadable"]


@each
def test_a_damaged_workbook_is_read_or_told(tmp_path, suffix):
    path = make(tmp_path, suffix, Sites=[HEADER, *ROWS])
    raw, rng = path.read_bytes(), random.Random(0)  # noqa: S311 - the same at each run
    for _ in range(60):
        data = bytearray(raw)
        for _ in range(rng.choice([1, 5, 50])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(bytes(data[: rng.choice([len(data), rng.randrange(1, len(data))])]))
        try:
            assert len(open_file(path).data) == 2
        except LayerError as error:
            assert all(one.line() for one in error.problems)  # noqa: PT017
