"""The store of local data: whole or as it was, whoever stops, whatever the names."""

import errno
import json
import multiprocessing
import shutil
from uuid import uuid4

import pytest
from filelock import FileLock

from layers.errors import LayerError
from layers.store import Store, data_folder, new_entry


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "data")


def put(store, name, content, layer="housing"):
    path = store.incoming("test") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    with store.changing():
        return store.record(path, new_entry(layer, "import"))


def codes(problems):
    return [found.code for found in problems]


def test_the_folder_is_the_one_named_else_the_variable_else_the_users(tmp_path, monkeypatch):
    monkeypatch.setenv("SITING_DATA", str(tmp_path))
    assert data_folder() == tmp_path
    assert data_folder(tmp_path / "a") == tmp_path / "a"
    monkeypatch.delenv("SITING_DATA")
    assert data_folder().name == "siting"


def test_a_home_that_the_shell_left_as_it_was_is_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("SITING_DATA", "~/données")
    assert data_folder() == tmp_path / "données"


def test_reading_an_empty_store_creates_nothing(store):
    assert store.manifest().layers == {}
    assert not store.folder.exists()


def test_what_is_recorded_is_found_with_its_digest_and_size(store):
    entry = put(store, "logements.csv", b"code\n44109\n")
    assert store.manifest().layers == {"housing": entry}
    assert store.path(entry).read_bytes() == b"code\n44109\n"
    assert store.path(entry).name == "logements.csv"
    assert (entry.files[0].size, store.verify(entry)) == (11, [])


def test_the_version_before_the_last_is_kept_and_older_ones_go(store):
    first, second = put(store, "a.csv", b"1"), put(store, "a.csv", b"2")
    assert store.path(first).read_bytes() == b"1"
    third = put(store, "a.csv", b"3")
    assert [store.path(one).read_bytes() for one in (second, third)] == [b"2", b"3"]
    assert codes(store.verify(first)) == ["store-missing"]
    assert store.manifest().layers["housing"] == third


def test_what_a_killed_process_left_arriving_is_swept_and_downloads_stay(store):
    """Unpacked archives weigh gigabytes; a download that was cut is resumed."""
    left = [store.incoming(uuid4().hex), store.incoming(f"{uuid4().hex}.place")]
    part = store.incoming("cerema-enaf") / "a.csv.part"
    for folder in (*left, part.parent):
        folder.mkdir(parents=True)
        (folder / "a.csv.part").write_bytes(b"x")
    with store.changing(), store.arriving() as mine:
        assert not [one for one in left if one.exists()]
        assert mine.is_dir()
    assert part.read_bytes() == b"x"


@pytest.mark.parametrize("code", ["EACCES", "ENOENT", "EIO"])
def test_a_file_that_cannot_be_copied_is_not_told_to_be_the_store(tmp_path, store, code):
    given = OSError(getattr(errno, code), code, str(tmp_path / "usb" / "a.csv"))
    with pytest.raises(LayerError) as error, store.changing():
        raise given
    (found,) = error.value.problems
    assert (found.code, found.file, found.found) == ("file-unreadable", "a.csv", code)


@pytest.mark.parametrize(
    "given",
    [OSError(errno.ENOSPC, "full", "/elsewhere/a.csv"), OSError(errno.EACCES, "no")],
    ids=["full", "no name"],
)
def test_a_store_that_cannot_be_written_is_told_to_be_it(store, given):
    with pytest.raises(LayerError, match="store-unwritable"), store.changing():
        raise given
    given = OSError(errno.EACCES, "no", str(store.folder / "manifest.json"))
    with pytest.raises(LayerError, match="store-unwritable"), store.changing():
        raise given


def test_the_same_file_again_is_held_once(store):
    first, second = put(store, "a.csv", b"1"), put(store, "a.csv", b"1")
    assert first.folder == second.folder
    assert store.verify(second) == []


def test_a_shapefile_keeps_its_companions(store):
    folder = store.incoming("test")
    folder.mkdir(parents=True)
    for suffix in (".shp", ".shx", ".dbf", ".prj", ".txt"):
        (folder / f"ports{suffix}").write_text(suffix)
    with store.changing():
        entry = store.record(folder / "ports.shp", new_entry("ports", "import"))
    assert {one.name for one in entry.files} == {
        "ports.shp", "ports.shx", "ports.dbf", "ports.prj",
    }  # fmt: skip
    assert store.verify(entry) == []
    store.path(entry).with_suffix(".dbf").write_text("else")
    assert codes(store.verify(entry)) == ["store-altered"]


def test_an_altered_file_is_told_even_of_the_same_size(store):
    entry = put(store, "a.csv", b"12")
    store.path(entry).write_bytes(b"13")
    assert codes(store.verify(entry)) == ["store-altered"]
    store.path(entry).write_bytes(b"1")
    with pytest.raises(LayerError, match="store-altered"):
        store.path(entry)


@pytest.mark.parametrize("step", ["_move", "_write"])
def test_a_change_that_fails_leaves_the_last_good_data(store, monkeypatch, step):
    entry = put(store, "a.csv", b"good")

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Store, step, fail)
    with pytest.raises(LayerError, match="store-unwritable"):
        put(store, "a.csv", b"new")
    monkeypatch.undo()
    assert store.manifest().layers == {"housing": entry}
    assert store.path(entry).read_bytes() == b"good"
    assert put(store, "a.csv", b"new").files[0].size == 3  # nothing is in the way


def test_a_folder_left_half_written_is_not_taken_for_the_file(store):
    entry = put(store, "a.csv", b"whole")
    shutil.rmtree(store.folder / entry.folder)
    (store.folder / entry.folder).mkdir()
    (store.folder / entry.folder / "a.csv").write_bytes(b"wh")
    again = put(store, "a.csv", b"whole")
    assert store.path(again).read_bytes() == b"whole"


def _hold(path, held, done):
    with FileLock(path):
        held.set()
        done.wait(30)


def test_two_processes_never_change_it_at_once(store, monkeypatch):
    monkeypatch.setattr("layers.store._LOCK_WAIT_S", 0.1)
    put(store, "a.csv", b"1")
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(str(store.folder / ".lock"), held, done))
    other.start()
    try:
        assert held.wait(30)
        with pytest.raises(LayerError, match="store-locked"):
            put(store, "a.csv", b"2")
    finally:
        done.set()
        other.join()
    assert store.path(store.manifest().layers["housing"]).read_bytes() == b"1"
    put(store, "a.csv", b"2")


def entry_text(folder, name):
    files = [{"name": name, "size": 1, "sha256": ""}]
    entry = {"layer": "housing", "folder": folder, "files": files, "how": "import",
             "recorded": "2026-11-23T00:00:00Z"}  # fmt: skip
    return json.dumps({"layers": {"housing": entry}})


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", '{"version": 2}', entry_text("../../etc", "a"),
        entry_text("layers/housing/00", "../x"), entry_text("layers/housing/00", ".."),
        entry_text("layers/../00", "a"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_read_or_leads_elsewhere_is_refused(store, text):
    store.folder.mkdir()
    (store.folder / "manifest.json").write_text(text)
    with pytest.raises(LayerError, match="store-manifest"):
        store.manifest()


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LayerError, match="SITING_DATA"), Store(tmp_path / "file" / "a").changing():
        pass


def test_what_is_forgotten_is_no_longer_named(store):
    put(store, "a.csv", b"1")
    store.forget("housing")
    assert store.manifest().layers == {}
    with pytest.raises(LayerError, match="store-empty"):
        store.forget("housing")
    put(store, "b.csv", b"2")
    with pytest.raises(LayerError, match=r"expected one of housing.*layer-unknown"):
        store.forget("ports")
