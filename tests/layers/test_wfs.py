"""Layers of a WFS: every feature once, or nothing."""

import json
from urllib.parse import parse_qs

import geopandas as gpd
import pytest

from layers.errors import LayerError
from layers.sources import DataSource
from layers.wfs import fetch_features


def feature(number):
    return {
        "type": "Feature",
        "id": f"sic.fid-{number}-volatile",
        "geometry": {"type": "Point", "coordinates": [355_000.0 + number, 6_689_000.0]},
        "properties": {"cleabs": f"C{number:04}", "nom": f"Élément {number}"},
    }


FEATURES = [feature(number) for number in range(23)]


class Service:
    """A WFS with a ceiling of 10 features a page, and the faults a test asks for."""

    def __init__(self, features=FEATURES, ceiling=10):
        self.features, self.ceiling, self.fault = features, ceiling, lambda page, _nth: page

    def __call__(self, handler, nth):
        asked = {k: v[0] for k, v in parse_qs(handler.path.partition("?")[2]).items()}
        assert (asked["SERVICE"], asked["VERSION"], asked["REQUEST"]) == (
            "WFS", "2.0.0", "GetFeature",
        )  # fmt: skip
        assert asked["SORTBY"] == "cleabs"
        start, count = int(asked["STARTINDEX"]), min(int(asked["COUNT"]), self.ceiling)
        some = self.features[start : start + count]
        page = {
            "type": "FeatureCollection",
            "features": some,
            "numberMatched": len(self.features),
            "numberReturned": len(some),
            "crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}},
        }
        body = self.fault(page, nth)
        handler.send(body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.fixture
def service(server):
    found = Service()
    server.routes["/wfs"] = found
    return found


@pytest.fixture
def source(server):
    return DataSource(
        layer="protected_areas", publisher="P", title="T", licence="L", kind="wfs",
        format="geojson", url=f"{server.url}/wfs", typename="t:sic", sort_by="cleabs",
        key="cleabs", crs="EPSG:2154", page_size=1000, evidence="verified",
    )  # fmt: skip


def refused(source, tmp_path, client):
    target = tmp_path / "a.geojson"
    target.write_bytes(b"last good data")
    with pytest.raises(LayerError) as error:
        fetch_features(source, target, client)
    assert target.read_bytes() == b"last good data"
    assert [p.name for p in tmp_path.iterdir()] == ["a.geojson"]
    return [found.code for found in error.value.problems]


def test_every_page_is_fetched_though_the_service_cuts_them_without_a_word(
    service, source, tmp_path, client, server
):
    told = []
    target = tmp_path / "a.geojson"
    found = fetch_features(source, target, client, told=lambda *now: told.append(now))
    table = gpd.read_file(target)
    assert list(table["cleabs"]) == [f["properties"]["cleabs"] for f in FEATURES]
    assert table["nom"].iloc[3] == "Élément 3"
    assert table.crs == "EPSG:2154"
    assert table.geometry.x.iloc[5] == 355_005
    assert len(server.asked) == 3
    assert told[-1] == (23, 23)
    assert found.size == target.stat().st_size
    assert "volatile" not in target.read_text(encoding="utf-8")


def test_the_filter_is_sent(service, source, tmp_path, client, server):
    fetch_features(source, tmp_path / "a.geojson", client, cql="code='52'")
    assert all("CQL_FILTER=code%3D%2752%27" in path for path, _ in server.asked)


def test_features_repeated_between_pages_are_never_accepted(service, source, tmp_path, client):
    def fault(page, nth):
        if nth % 3 == 2:  # the second page begins with the last of the first
            page["features"] = [FEATURES[9], *page["features"][:-1]]
        return page

    service.fault = fault
    assert refused(source, tmp_path, client) == ["features-repeated"]


def test_a_layer_that_changes_between_two_pages_is_fetched_again(service, source, tmp_path, client):
    def fault(page, nth):
        if nth == 2:
            page["numberMatched"] = 24
        return page

    service.fault = fault
    fetch_features(source, tmp_path / "a.geojson", client)
    assert len(gpd.read_file(tmp_path / "a.geojson")) == 23


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (lambda page, nth: {**page, "numberMatched": 24 + nth}, "download-changed"),
        (lambda page, _nth: {**page, "numberReturned": 11}, "features-incomplete"),
        (lambda page, _nth: {**page, "numberMatched": 30}, "features-incomplete"),
        (lambda page, _nth: {**page, "numberMatched": "unknown"}, "download-unproved"),
        (lambda _page, _nth: {"exceptions": []}, "content-format"),
        (lambda _page, _nth: b"<ows:ExceptionReport/>", "file-html"),
        (lambda page, _nth: json.dumps(page).encode()[:-20], "content-truncated"),
        (lambda _page, _nth: b"[1, 2]", "content-format"),
        (lambda page, _nth: {**page, "numberMatched": 0, "numberReturned": 0, "features": []},
         "no-rows"),
        (lambda page, _nth: {**page, "features": [
            {"type": "Feature", "properties": {"nom": "a"}, "geometry": None}
            for _ in page["features"]]}, "column-missing"),
        (lambda page, _nth: {**page, "crs": {"properties": {"name": "EPSG:4326"}}},
         "crs-mismatch"),
    ],
)  # fmt: skip
def test_what_is_not_every_feature_is_refused(service, source, tmp_path, client, fault, code):
    service.fault = fault
    assert refused(source, tmp_path, client) == [code]


def test_a_page_that_fails_once_is_asked_for_again(
    server, service, source, tmp_path, client, waits
):
    def answer(handler, nth):
        if nth == 2:
            handler.send(status=429, Retry_After="3")
        else:
            service(handler, nth)

    server.routes["/wfs"] = answer
    fetch_features(source, tmp_path / "a.geojson", client)
    assert len(gpd.read_file(tmp_path / "a.geojson")) == 23
    assert (len(server.asked), waits) == (4, [5])  # 429: 5 s at least


def test_too_large_a_layer_is_refused(service, source, tmp_path, client):
    small = source.model_copy(update={"max_bytes": 500})
    assert refused(small, tmp_path, client) == ["file-too-large"]
