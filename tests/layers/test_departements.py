"""OCS GE pulled for a region: one archive a département, found in the feed, made one layer."""

import numpy as np
import pytest

from layers import archives as archives_module
from layers.acquisition import pull
from layers.departements import REGIONS, departements_of
from layers.digest import digest
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import Sources, load_sources
from layers.store import Store
from layers.territory import load_communes
from tests.layers.test_archives import X, Y, cover, packed
from tests.layers.test_atom import HEAD, entry

STATE = "OCS-GE_2-0_ARTIFICIALISATION_GPKG_LAMB93_D0{code}_{year}-01-01"
DIFF = "OCS-GE-ARTIFICIALISATION_2-0_DIFF-{first}-{last}_GPKG_LAMB93_D0{code}_2025-09-16"
REGION = "94"
CODES = ("2A", "2B")


def test_regions_share_out_the_96_departements_of_metropolitan_france():
    codes = [code for found in REGIONS.values() for code in found]
    wanted = {f"{n:02}" for n in range(1, 96)} - {"20"} | {"2A", "2B"}
    assert len(codes) == len(set(codes)) == 96
    assert set(codes) == wanted
    embedded = load_communes().data
    assert set(departements_of("52")) == set(embedded["departement"])
    with pytest.raises(LayerError, match="region-metropolitan"):
        departements_of("04")


def artif(path, code, year):
    """A made-up delivery of IGN: two squares, in the columns that IGN publishes."""
    return cover(path / f"artif_{year}_{code.lower()}.gpkg",
                 id=["a", "b"], code_cs=["CS1.1.1.1", "CS2.2.1"], code_us=["US5", "US1.1"],
                 millesime=[year, year], artif=["artif", "non artif"], aire=[1e4, 1e4],
                 crit_seuil=["", ""])  # fmt: skip


class Feed:
    """The feed of a resource, its editions and their archives, on the loopback address."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.editions = {}
        server.routes["/resource"] = self._page

    def _page(self, handler, _):
        at = int(handler.path.partition("page=")[2].partition("&")[0])
        some = list(self.editions)[(at - 1) * 3 : at * 3]
        body = "".join(entry(f"{self.server.url}/resource/{name}", name) for name in some)
        pages = -(-len(self.editions) // 3)
        handler.send((HEAD.format(page=at, pages=pages) + body + "</feed>").encode())

    def publish(self, name, archive):
        content, url = archive.read_bytes(), f"{self.server.url}/download/{name}.7z"
        self.editions[name] = url
        body = entry(url, length=str(len(content)), kind="application/x-7z-compressed")
        body += entry(f"{url}.md5", kind="text/plain")
        self.server.serve(
            f"/resource/{name}", f"{HEAD.format(page=1, pages=1)}{body}</feed>".encode()
        )
        self.server.serve(f"/download/{name}.7z", content)
        self.server.serve(f"/download/{name}.7z.md5", digest(archive, "md5").encode())

    def state(self, code, year):
        name = STATE.format(code=code, year=year)
        path = artif(self.folder, code, year)
        self.publish(name, packed(self.folder / f"{name}.7z", {f"{name}/1/{path.name}": path}))
        return name

    def asked(self, name):
        return self.server.counts[f"/download/{name}.7z"]


@pytest.fixture
def feed(server, tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    return Feed(server, folder)


@pytest.fixture
def sources(server):
    """The shipped sources, their feed on the loopback address."""
    shipped = load_sources()
    names = ("ign-ocsge-artificialisation", "ign-ocsge-diff")
    own = {
        name: shipped.sources[name].model_copy(update={"url": f"{server.url}/resource"})
        for name in names
    }
    return Sources(sources=own)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def pulled(store, sources, client, name="ign-ocsge-artificialisation", **options):
    return pull(name, store, READERS, sources, client=client, region=REGION, **options)


def test_the_last_edition_of_each_departement_makes_one_land_cover(feed, sources, store, client):
    old, new, other = feed.state("2A", 2019), feed.state("2A", 2021), feed.state("2B", 2021)
    for code in ("44", "2C"):
        feed.state(code, 2022)
    told = []
    done = pulled(store, sources, client, progress=lambda *step: told.append(step))
    assert (done.used, done.entry.layer, done.entry.is_folder) == (True, "land_cover", True)
    assert sorted(one.name for one in done.entry.files) == [f"{new}.gpkg", f"{other}.gpkg"]
    assert done.entry.told.vintage == "2A 2021, 2B 2021"
    assert done.entry.told.status == "observed"
    loaded = READERS["land_cover"].load(store.path(done.entry))
    assert [one.departement for one in loaded.files] == ["2A", "2B"]
    shapes, groups = loaded.files[0].read((X, Y, X + 200, Y + 100))
    assert (len(shapes), groups.tolist()) == (2, ["artificialised", "agricultural"])
    assert (feed.asked(old), feed.asked(new), feed.asked(other)) == (0, 1, 1)
    # told of the whole: bytes only grow, and end at the sum of both archives
    counts = [count for _, count, _ in told]
    assert counts == sorted(counts)
    assert {total for _, _, total in told} == {counts[-1]}
    assert not [one for one in (store.folder / "incoming").rglob("*") if one.is_file()]


def test_nothing_is_fetched_again_until_an_edition_changes(feed, sources, store, client):
    names = [feed.state(code, 2021) for code in CODES]
    first = pulled(store, sources, client)
    assert pulled(store, sources, client).unchanged
    assert [feed.asked(name) for name in names] == [1, 1]
    newer = feed.state("2B", 2024)
    done = pulled(store, sources, client)
    assert (done.used, done.unchanged, feed.asked(newer)) == (True, False, 1)
    assert done.entry.told.vintage == "2A 2021, 2B 2024"
    assert done.entry.folder != first.entry.folder


def test_a_departement_without_an_edition_leaves_the_data_in_use(feed, sources, store, client):
    name = feed.state("2A", 2021)
    with pytest.raises(LayerError) as error:
        pulled(store, sources, client)
    (found,) = error.value.problems
    assert found.code == "source-not-found"
    assert "D0?2B" in found.expected
    assert feed.asked(name) == 0  # nothing is fetched that could not be used
    assert not store.manifest().layers


def test_a_transfer_that_fails_keeps_the_archives_already_there(feed, sources, store, client):
    names = [feed.state(code, 2021) for code in CODES]
    good = feed.server.routes[f"/download/{names[1]}.7z"]
    feed.server.routes[f"/download/{names[1]}.7z"] = lambda handler, _: handler.send(b"", 404)
    with pytest.raises(LayerError, match="download-status"):
        pulled(store, sources, client)
    assert not store.manifest().layers
    feed.server.routes[f"/download/{names[1]}.7z"] = good
    assert pulled(store, sources, client).used
    assert feed.asked(names[0]) == 1
    assert not [one for one in (store.folder / "incoming").rglob("*") if one.is_file()]


def test_an_archive_that_is_not_the_one_published_is_never_used(feed, sources, store, client):
    names = [feed.state(code, 2021) for code in CODES]
    before = pulled(store, sources, client).entry
    newer = feed.state("2B", 2024)
    body = np.random.default_rng(8).bytes(4000)
    feed.server.serve(f"/download/{newer}.7z", b"7z\xbc\xaf\x27\x1c" + body)
    with pytest.raises(LayerError, match=r"download-(length|checksum)"):
        pulled(store, sources, client)
    assert store.manifest().layers["land_cover"] == before
    assert feed.asked(names[0]) == 2  # the new pair was asked for, one of it was refused


def test_what_a_reader_refuses_is_not_kept(feed, sources, store, client):
    feed.state("2A", 2021)
    name = STATE.format(code="2B", year=2021)
    path = cover(feed.folder / "other.gpkg", code_cs=["X", "Y"], code_us=["US5", "US5"],
                 millesime=[2021, 2021], artif=["artif", "artif"])  # fmt: skip
    feed.publish(name, packed(feed.folder / "other.7z", {"d/other.gpkg": path}))
    with pytest.raises(LayerError, match="value-choice"):
        pulled(store, sources, client)
    assert not store.manifest().layers
    assert not [one for one in (store.folder / "incoming").rglob("*") if one.is_file()]


def test_changes_are_pulled_by_departement_too(feed, sources, store, client):
    for code, first in (("2A", 2019), ("2A", 2016), ("2B", 2021)):
        name = DIFF.format(code=code, first=first, last=first + 3)
        path = cover(feed.folder / f"{name}.gpkg",
                     artificialisation=[1, -1], surface=[1e4, 1e4])  # fmt: skip
        feed.publish(name, packed(feed.folder / f"{name}.7z", {f"d/{path.name}": path}))
    feed.state("2A", 2021)  # a state is no change, in the same feed
    done = pulled(store, sources, client, name="ign-ocsge-diff")
    assert (done.used, done.entry.layer) == (True, "net_flows")
    assert [one.name.partition("_GPKG")[0][-9:] for one in done.entry.files] == [
        "2019-2022", "2021-2024",
    ]  # fmt: skip


def test_without_the_library_nothing_is_fetched(feed, sources, store, client, monkeypatch):
    feed.state("2A", 2021)
    monkeypatch.setattr(archives_module, "find_spec", lambda _: None)
    with pytest.raises(LayerError, match="archive-library"):
        pulled(store, sources, client)
    assert not feed.server.asked


def test_a_layer_is_pulled_from_the_sources_that_can_be_pulled():
    sources = load_sources()
    assert list(sources.to_pull(["land_cover"], unverified=False)) == [
        "ign-ocsge-artificialisation"
    ]
    assert list(sources.to_pull(["theia-oso"], unverified=False)) == ["theia-oso"]
    assert list(sources.to_pull(["zoning"], unverified=False)) == ["gpu-zone-urba"]
    assert list(sources.to_pull(["communes"], unverified=False)) == ["ign-admin-express"]
    assert "ign-admin-express-wfs" in sources.to_pull(["communes"], unverified=True)
