"""What a user types or draws: read as an outline, written as a file, read as a site."""

import json
from pathlib import Path

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.errors import LayerError
from layers.sites import read_sites
from layers.typed_site import LIMIT_CHARACTERS, parse_outline, site_geojson

SQUARE = shapely.box(-1.5, 47.2, -1.495, 47.205)
CORNERS = "-1.5 47.2\n-1.495 47.2\n-1.495 47.205\n-1.5 47.205"


@pytest.mark.parametrize(
    "text",
    [
        CORNERS,
        CORNERS.replace(".", ","),
        CORNERS.replace(" ", " ; ").replace(".", ","),
        CORNERS.replace(" ", ", "),
        CORNERS.replace(" ", "\t").replace("-", "\u2212"),
        CORNERS + "\n\n",
        SQUARE.wkt,
        SQUARE.wkt.lower(),
        shapely.to_geojson(SQUARE),
        json.dumps({"type": "Feature", "geometry": json.loads(shapely.to_geojson(SQUARE))}),
    ],
)
def test_an_outline_may_be_typed_in_many_ways(text):
    assert parse_outline(text).equals(SQUARE)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "{", "{}", "[]", "1 2\n3 4", "1 2\n3 4\nbonjour", "1\n2\n3", "<svg>",
        "1 2 3\n1 2 3\n1 2 3", "nan nan\n" * 3, "1" + " " * 900_000 + "x", "POLYGON ((1 2, 3",
        '{"type": "Feature"}', '{"type": "FeatureCollection", "features": []}', '{"a": ' * 5_000,
        '{"type": "Polygon"}', '{"type": "Polygon", "coordinates": "x"}',
        " " * (LIMIT_CHARACTERS + 1),
    ],
)  # fmt: skip
def test_what_is_no_outline_is_told(text):
    with pytest.raises(LayerError) as caught:
        parse_outline(text, name="contour")
    [told] = caught.value.problems
    assert told.field == "contour"
    assert len(told.line()) < 300


@given(st.text(max_size=80))
def test_any_text_is_an_outline_or_a_problem(text):
    try:
        outline = parse_outline(text)
    except LayerError:
        return
    assert isinstance(outline, shapely.Geometry)


def typed(folder: Path, outline, attributes, crs="EPSG:4326"):
    path = folder / "typed.geojson"
    path.write_bytes(site_geojson(outline, attributes, crs=crs))
    return read_sites(path)


def test_what_is_typed_is_read_as_a_site(tmp_path):
    said = {
        "site_id": "N1", "name": "<b>ZA</b> « été »", "power_mw": 12.5, "gas": False, "fibre": True,
        "readiness_land": "maîtrisé", "works_start_year": 2028, "source": "délibération",
        "confidentiality": "public", "commune": "44109", "water_m3_day": None, "vocation": "",
    }  # fmt: skip
    found = typed(tmp_path, SQUARE, said)
    assert (found.rejected, found.row_count) == ((), 1)
    [row] = found.layer.data.to_dict("records")
    for name, value in said.items():
        if value not in (None, ""):
            assert row[name] == value
    assert row["water_m3_day"] != row["water_m3_day"]
    assert row["geometry_origin"] == "drawn"
    # 379 m × 556 m at this latitude, on the ellipsoid.
    assert row["gross_area_m2"] == pytest.approx(379 * 556, rel=0.01)


def test_an_outline_in_lambert_93_keeps_its_area(tmp_path):
    square = shapely.box(350_000, 6_700_000, 350_200, 6_700_300)
    found = typed(tmp_path, square, {"name": "Carré"}, crs="EPSG:2154")
    [row] = found.layer.data.to_dict("records")
    assert row["gross_area_m2"] == pytest.approx(60_000, abs=0.01)


def test_wrong_values_are_told_by_the_reader(tmp_path):
    found = typed(tmp_path, SQUARE, {"site_id": "N1", "power_mw": -3, "vocation": "magie"})
    assert len(found.layer.data) == 0
    assert {one.field for one in found.rejected} == {"power_mw", "vocation"}


@pytest.mark.parametrize("name", ["gross_area_m2", "row", "password"])
def test_only_columns_of_the_table_can_be_typed(name):
    with pytest.raises(ValueError, match=name):
        site_geojson(SQUARE, {name: 1}, crs="EPSG:4326")
