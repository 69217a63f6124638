"""What is kept of a large file is what its reader makes of it, or is made again."""

import dataclasses
import gzip

import pandas as pd
import pytest

from layers import table_cache
from layers.artificialised_land import ENAF_FLOWS, load_enaf_flows
from layers.demonstration import MARK
from layers.environment import PROTECTED_AREAS, load_protected_areas
from layers.errors import LayerError, problem
from layers.housing import HOUSING, load_housing
from layers.registry import LAYERS, gather_layers
from layers.spec import Provenance, Status
from layers.table_cache import Kept, load_kept
from layers.tables import embedded_file
from layers.transport import STATIONS, load_stations

SOURCE = Provenance("INSEE", "RP", "2022", "LO 2.0", Status.OBSERVED, "read", "f.csv")


@pytest.fixture(autouse=True)
def any_size(monkeypatch):
    monkeypatch.setattr(table_cache, "LEAST_BYTES", 0)


@pytest.fixture
def reads():
    return []


@pytest.fixture
def loader(reads):
    def counted(load):
        def loaded(path, *, provenance=None):
            reads.append(path.name)
            layer = load(path, provenance=provenance)
            note = problem("value-missing", file=path.name, row=3, severity="warning")
            return dataclasses.replace(layer, notes=(*layer.notes, note))

        return loaded

    return counted


def same(one, other):
    pd.testing.assert_frame_equal(one.data, other.data)
    assert type(one.data) is type(other.data)
    assert (one.spec, one.provenance, one.notes) == (other.spec, other.provenance, other.notes)
    if one.spec.geometry is not None:
        assert one.geo.crs == other.geo.crs


def enaf(folder):
    packed = embedded_file("demonstration/demonstration_enaf_flows_2011_2025.csv.gz").read_bytes()
    path = folder / "conso2011_2025.csv"
    path.write_bytes(gzip.decompress(packed).decode("utf-8-sig").replace(MARK, "").encode())
    return path


@pytest.mark.parametrize(
    ("spec", "load", "file"),
    [
        (ENAF_FLOWS, load_enaf_flows, None),
        (HOUSING, load_housing, "housing.csv"),
        (STATIONS, load_stations, "stations.csv"),
        (PROTECTED_AREAS, load_protected_areas, "demonstration/protected_areas.gpkg"),
    ],
)
def test_the_second_time_nothing_is_read_and_the_layer_is_the_same(
    tmp_path, reads, loader, spec, load, file
):
    if file is None:
        path = enaf(tmp_path)
    elif file.endswith(".gpkg"):
        path = tmp_path / "areas.gpkg"
        load_protected_areas().geo.to_file(path)
    else:
        path = embedded_file(file)
    kept = Kept(tmp_path / "cache", "digest")
    first = load_kept(spec, loader(load), path, kept, provenance=SOURCE)
    second = load_kept(spec, loader(load), path, kept, provenance=SOURCE)
    assert len(reads) == 1
    same(first, second)


def test_another_file_provenance_or_code_is_read_anew(tmp_path, reads, loader, monkeypatch):
    path, kept = embedded_file("housing.csv"), Kept(tmp_path / "cache", "a")

    def load(kept=kept, provenance=None):
        return load_kept(HOUSING, loader(load_housing), path, kept, provenance=provenance)

    load()
    assert load(provenance=SOURCE).provenance == SOURCE
    load(Kept(tmp_path / "cache", "b"))
    assert len(reads) == 3
    monkeypatch.setattr(table_cache, "_code", lambda: "other")
    load()
    assert len(reads) == 4
    assert len(list((tmp_path / "cache").iterdir())) == 2  # the last one alone is kept


@pytest.mark.parametrize("damage", ["cut", "gone", "other", "told"])
def test_what_is_kept_and_damaged_is_made_again(tmp_path, reads, loader, damage):
    path, kept = embedded_file("housing.csv"), Kept(tmp_path / "cache", "a")
    first = load_kept(HOUSING, loader(load_housing), path, kept)
    (table,) = kept.folder.glob("*.parquet")
    if damage == "cut":
        table.write_bytes(table.read_bytes()[:500])
    elif damage == "gone":
        table.unlink()
    elif damage == "other":
        pd.DataFrame({"code": ["1"], "dwellings": ["beaucoup"]}).to_parquet(table)
    else:
        table.with_suffix(".json").write_text("{}", encoding="utf-8")
    same(load_kept(HOUSING, loader(load_housing), path, kept), first)
    assert len(reads) == 2
    load_kept(HOUSING, loader(load_housing), path, kept)
    assert len(reads) == 2


def test_a_refused_file_is_refused_every_time_and_a_full_disk_is_no_error(
    tmp_path, reads, loader, monkeypatch
):
    path, kept = tmp_path / "housing.csv", Kept(tmp_path / "cache", "a")
    path.write_text("code;dwellings\n44109;beaucoup\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(LayerError):
            load_kept(HOUSING, load_housing, path, kept)
    assert not kept.folder.exists()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    for _ in range(2):
        load_kept(HOUSING, loader(load_housing), embedded_file("housing.csv"), kept)
    assert len(reads) == 2


def test_a_small_file_is_read_every_time(tmp_path, reads, loader, monkeypatch):
    monkeypatch.setattr(table_cache, "LEAST_BYTES", 1 << 40)
    for _ in range(2):
        load_kept(
            HOUSING, loader(load_housing), embedded_file("housing.csv"),
            Kept(tmp_path / "cache", "a"),
        )  # fmt: skip
    assert len(reads) == 2


def test_layers_of_the_store_are_the_same_kept_or_not(tmp_path):
    files = {"enaf_flows": enaf(tmp_path), "housing": embedded_file("housing.csv")}
    kept = {name: Kept(tmp_path / "cache" / name, name) for name in files}
    plain, _ = gather_layers(files)
    for _ in range(2):
        found, failures = gather_layers(files, kept=kept)
        assert not failures
        for name in LAYERS:
            same(found[name], plain[name])
    assert all(list(one.folder.glob("*.parquet")) for one in kept.values())
