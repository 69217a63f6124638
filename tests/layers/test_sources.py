"""The list of sources: whole, honest, and the user's to change."""

import re

import pytest

from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import load_sources, user_sources


@pytest.fixture(scope="module")
def sources():
    return load_sources()


@pytest.fixture
def own(tmp_path):
    def write(text):
        path = tmp_path / "sources.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_source_has_its_publisher_licence_and_a_page(sources):
    assert len(sources.sources) >= 25
    for name, one in sources.sources.items():
        assert all((one.publisher, one.title, one.licence, one.page)), name
        assert re.fullmatch("[a-z_]+", one.layer), name


def test_every_shipped_address_is_encrypted(sources):
    found = [(n, a) for n, s in sources.sources.items() for a in (s.url, s.page) if a]
    assert [item for item in found if not item[1].startswith("https://")] == []


def test_the_layers_that_official_files_feed_are_those_of_the_registry(sources):
    known = {"communes", "zonings", "enaf_flows", "housing", "stations", "land_cover"}
    assert known <= set(sources.layers) & set(READERS)


def test_the_enaf_source_is_the_one_of_the_catalogue(sources):
    enaf = sources.sources["cerema-enaf"]
    assert enaf.url.endswith("/b258feec-f8ff-4e0a-93b3-baf1fe46ef66")
    assert (enaf.unit, enaf.cog_year, enaf.rows[0] <= 34_856 <= enaf.rows[1]) == ("m²", 2025, True)
    assert enaf.witnesses[0].total == 151_186_579


def test_an_unverified_source_is_listed_last(sources):
    found = [one.evidence for one in sources.of_layer("communes").values()]
    assert found == ["verified", "unverified"]


def test_a_user_changes_an_address_and_nothing_else(sources, own):
    mine = load_sources(own('[sources.cerema-enaf]\nurl = "http://miroir.local/enaf.csv"\n'))
    before, after = sources.sources["cerema-enaf"], mine.sources["cerema-enaf"]
    assert after.url == "http://miroir.local/enaf.csv"
    assert after == before.model_copy(update={"url": after.url})
    assert set(mine.sources) == set(sources.sources)


def test_a_user_adds_a_source(own):
    mine = load_sources(
        own(
            '[sources.mes-ports]\nlayer = "ports"\npublisher = "Région"\ntitle = "Ports"\n'
            'licence = "interne"\nkind = "file"\nformat = "gpkg"\nurl = "https://r.fr/p.gpkg"\n'
            'evidence = "verified"\n'
        )
    )
    assert list(mine.of_layer("ports")) == ["mes-ports", "bdtopo-ports"]


def test_everything_wrong_in_the_users_file_is_told_at_once(own):
    text = (
        '[sources.cerema-enaf]\nurl = "ftp://a"\n'
        '[sources.sncf-gares]\nkind = "torrent"\nplublisher = "x"\n'
        '[sources.seule]\nlayer = "ports"\n'
        '[sources.zonage-abc]\ncolumns = ["("]\n'
        '[hosts."a.fr"]\ninterval_s = -1\n'
    )
    with pytest.raises(LayerError) as error:
        load_sources(own(text))
    found = {(p.code, p.field) for p in error.value.problems}
    assert {code for code, _ in found} == {"sources-invalid"}
    assert {
        "sources.cerema-enaf", "sources.sncf-gares.kind", "sources.sncf-gares.plublisher",
        "sources.seule.publisher", "sources.zonage-abc", "hosts.a.fr.interval_s",
    } <= {field for _, field in found}  # fmt: skip


@pytest.mark.parametrize("text", ["[sources", "a = \xff"])
def test_what_is_not_toml_is_told(tmp_path, text):
    path = tmp_path / "sources.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(LayerError, match="sources-syntax"):
        load_sources(path)


def test_the_users_file_is_the_one_named_else_the_one_of_the_folder(own, tmp_path, monkeypatch):
    monkeypatch.delenv("SITING_SOURCES", raising=False)
    assert user_sources(tmp_path) is None
    beside = own("")
    assert user_sources(tmp_path) == beside
    monkeypatch.setenv("SITING_SOURCES", str(tmp_path / "other.toml"))
    with pytest.raises(LayerError, match="sources-syntax"):  # named, hence expected there
        load_sources(user_sources(tmp_path))


def test_words_name_sources_or_layers_and_the_rest_is_told(sources):
    assert list(sources.named(["enaf_flows"])) == ["cerema-enaf"]
    assert list(sources.named(["zonage-abc", "enaf_flows"])) == ["zonage-abc", "cerema-enaf"]
    with pytest.raises(LayerError) as error:
        sources.named(["enaf_flow", "enaf_flows", "x"])
    assert [p.found for p in error.value.problems] == ["enaf_flow", "x"]
