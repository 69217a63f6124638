"""Archives cut in volumes, as IGN cuts those above 4 GB: read whole, or what is missing is told."""

import io

import numpy as np
import py7zr
import pytest

from layers.acquisition import import_file
from layers.archives import unpack, unpack_all
from layers.errors import LayerError
from layers.registry import READERS
from layers.sources import load_sources
from layers.store import Store
from layers.volumes import first_volumes, open_volumes, volumes_of
from tests.layers.test_archives import EDITION, OCS, admin_express, cover, packed


def cut(path, size, *, upper=False):
    """Cut an archive in volumes as 7-Zip does, and remove it."""
    content = path.read_bytes()
    made = []
    for rank, start in enumerate(range(0, len(content), size), start=1):
        made.append(path.with_name(f"{path.name.upper() if upper else path.name}.{rank:03}"))
        made[-1].write_bytes(content[start : start + size])
    path.unlink()
    return made


def test_volumes_read_as_the_file_they_were_cut_from(tmp_path):
    whole = np.random.default_rng(4).bytes(10_000)
    made = []
    for rank, piece in enumerate((whole[:1], b"", whole[1:4000], whole[4000:]), start=1):
        made.append(tmp_path / f"a.7z.{rank:03}")
        made[-1].write_bytes(piece)
    chance = np.random.default_rng(5)
    with open_volumes(made) as stream:
        assert stream.read() == whole
        assert stream.read(1) == b""
        for _ in range(200):
            at, count = (int(n) for n in chance.integers(0, 10_500, size=2))
            assert stream.seek(at) == at
            assert stream.read(count) == whole[at : at + count]
            assert stream.tell() == max(min(at + count, len(whole)), at)
        assert stream.seek(-10, io.SEEK_END) == len(whole) - 10
        assert stream.read() == whole[-10:]
        with pytest.raises((ValueError, OSError)):
            stream.seek(-1)


@pytest.mark.parametrize("upper", [False, True])
def test_an_edition_in_volumes_is_the_layer_of_the_edition_in_one_file(tmp_path, upper):
    made = tmp_path / "made"
    made.mkdir()
    (path,) = admin_express(made)
    archive = packed(tmp_path / f"{EDITION}.7z", {f"{EDITION}/1/ADE.gpkg": path})
    volumes = cut(archive, archive.stat().st_size // 3, upper=upper)
    assert len(volumes) > 2
    store = Store(tmp_path / "data")
    for given in (volumes[0], volumes[1]):  # whichever is given, the others lie beside it
        done = import_file(given, store, READERS, load_sources())
        assert (done.entry.layer, done.used) == ("communes", True)
        assert (store.path(done.entry)).read_bytes() == path.read_bytes()
    if not upper:
        assert done.entry.files[0].name == f"{EDITION}.gpkg"
        assert done.entry.told.vintage == "2026"
    assert not list((store.folder / "incoming").iterdir())


def test_volumes_lie_among_the_archives_of_a_folder(tmp_path):
    folder = tmp_path / "ocsge"
    folder.mkdir()
    path = cover(tmp_path / "artif.gpkg")
    content = {"d/artif.gpkg": path}
    cut(packed(folder / f"{OCS.format(form='GPKG', code=98)}.7z", content), 2000)
    packed(folder / f"{OCS.format(form='GPKG', code=99)}.7z", content)
    done = import_file(folder, Store(tmp_path / "data"), READERS, load_sources())
    assert (done.entry.layer, done.entry.is_folder) == ("land_cover", True)
    assert sorted(one.name for one in done.entry.files) == [
        f"{OCS.format(form='GPKG', code=code)}.gpkg" for code in (98, 99)
    ]


@pytest.mark.parametrize(
    ("lost", "told"),
    [([1], "a.7z.001"), ([2], "a.7z.002"), ([1, 3], "a.7z.001, a.7z.003"), ([5], "a.7z.005")],
)
def test_volumes_that_are_missing_are_named(tmp_path, lost, told):
    archive = packed(tmp_path / "a.7z", {"a.csv": np.random.default_rng(6).bytes(5000)})
    volumes = cut(archive, -(-archive.stat().st_size // 5))
    assert len(volumes) == 5
    for number in lost:
        volumes[number - 1].unlink()
    with pytest.raises(LayerError) as error:
        unpack(next(one for one in volumes if one.exists()), tmp_path)
    (found,) = error.value.problems
    assert (found.code, found.file, found.expected) == ("archive-volumes", "a.7z", told)
    assert not (tmp_path / "a.csv").exists()


def test_a_damaged_volume_is_a_broken_archive(tmp_path):
    archive = packed(tmp_path / "a.7z", {"a.csv": np.random.default_rng(7).bytes(5000)})
    volumes = cut(archive, 1000)
    volumes[2].write_bytes(bytes(1000))
    with pytest.raises(LayerError, match="archive-broken"):
        unpack(volumes[0], tmp_path)
    volumes[0].write_bytes(b"")
    with pytest.raises(LayerError, match=r"archive-volumes|archive-broken"):
        unpack(volumes[0], tmp_path)


def test_several_archives_each_by_its_volumes(tmp_path):
    one = cut(packed(tmp_path / "A.7z", {"x.csv": b"1\n" * 900, "y.csv": b"2\n"}), 60)
    two = packed(tmp_path / "B.7z", {"x.csv": b"3\n"})
    assert first_volumes([*reversed(one), two]) == [one[0], two]
    assert volumes_of(two) == [two]
    into = tmp_path / "into"
    into.mkdir()
    unpack_all(first_volumes([*one, two]), into)
    assert sorted(p.name for p in into.iterdir()) == ["A_x.csv", "A_y.csv", "B.csv"]


def test_py7zr_reads_from_the_volumes(tmp_path):
    archive = packed(tmp_path / "a.7z", {"a.csv": b"a\n", "b.csv": b"b\n"})
    with open_volumes(cut(archive, 7)) as stream, py7zr.SevenZipFile(stream) as opened:
        assert sorted(opened.getnames()) == ["a.csv", "b.csv"]
