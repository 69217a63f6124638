"""What may befall a run and its folder: ended anywhere, changed under it, shared, full."""

import errno
import json
import os
import pickle
import signal
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from filelock import FileLock

from layers.errors import LayerError
from siting import batch
from siting.batch import Job, folder, identity, results, score_in_batches, staging, worker
from siting.batch import overlaps as batch_overlaps
from siting.errors import ScenarioError, SitingError, problem
from siting.execution import Processes
from siting.scenario import load_scenario


@pytest.fixture(autouse=True)
def one_world(monkeypatch, world):
    monkeypatch.setattr(worker, "load_world", lambda **_files: world)


@pytest.fixture(scope="module")
def source(demo_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("sites") / "sites.gpkg"
    table = demo_file.layer.geo[["site_id", "name", "geometry"]]
    moved = table.assign(site_id="B" + table["site_id"], geometry=table.translate(60, 30))
    pd.concat([table, moved]).to_file(path)
    return path


@pytest.fixture
def job(source, tmp_path):
    return Job(source, tmp_path / "out", load_scenario("base"), partition_size=20)


@pytest.fixture(scope="module")
def whole(source, tmp_path_factory, world):
    """A run that nothing disturbed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "load_world", lambda **_files: world)
        job = Job(
            source, tmp_path_factory.mktemp("whole") / "out", load_scenario("base"),
            partition_size=20,
        )  # fmt: skip
        return job, score_in_batches(job)


def assert_same_result(job: Job, whole: tuple[Job, dict]) -> None:
    other, document = whole
    assert json.loads((job.folder / "_manifest.json").read_text("utf-8")) == document
    names = {path.name for path in other.folder.iterdir()}
    assert {path.name for path in job.folder.iterdir()} == names
    for name in [*document["parts"], "_ranks.parquet", "_overlaps.parquet"]:
        read = gpd.read_parquet if name.startswith("part") else pd.read_parquet
        one, two = (read(each.folder / name) for each in (job, other))
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert not list(job.folder.rglob("*.draft"))
    assert not job.staged(0).parent.exists()


MOMENTS = {
    "before it is known to have begun": (folder, "write_json"),
    "while rows are shared out": (staging, "_fitted"),
    "between rows and what tells of them": (staging, "write_json"),
    "while sites are measured": (worker, "appraise"),
    "between a part and what tells of it": (worker, "write_json"),
    "while overlaps are looked for": (batch_overlaps, "_meeting"),
    "before the manifest": (results, "write_json"),
    "after the manifest": (batch, "sweep"),
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_killed_at_any_moment_is_finished_by_another(job, whole, moment):
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        setattr(*MOMENTS[moment], lambda *_a, **_k: os.kill(os.getpid(), signal.SIGKILL))
        score_in_batches(job)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    score_in_batches(job, resume=True)
    assert_same_result(job, whole)


def test_a_folder_is_written_by_one_process_at_a_time(job, whole):
    job.inside.mkdir(parents=True)
    with FileLock(job.inside / "lock"), pytest.raises(SitingError, match="output-busy"):
        score_in_batches(job, resume=True)
    score_in_batches(job)
    assert_same_result(job, whole)


def test_a_full_disk_is_told_and_what_is_finished_is_kept(job, whole, monkeypatch):
    real, parts = worker._write, []

    def full(table, path):
        parts.append(path)
        path.write_bytes(b"PAR1")
        if len(parts) == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(table, path)

    monkeypatch.setattr(worker, "_write", full)
    with pytest.raises(SitingError, match="--resume") as error:
        score_in_batches(job)
    assert [one.code for one in error.value.problems] == ["output-stopped"]
    assert not list(job.folder.rglob("*.draft"))
    assert len(list(job.folder.glob("part-*"))) == 1
    score_in_batches(job, resume=True)
    assert_same_result(job, whole)
    assert len(parts) == 4  # of three partitions, one was done


def test_drafts_of_lost_workers_are_swept_away(job, whole):
    score_in_batches(job)
    job.folder.joinpath(".part-00001.parquet.0123.draft").write_bytes(b"PAR1")
    job.done(0).with_name(".00001.json.0123.draft").write_bytes(b"{")
    score_in_batches(job, resume=True)
    assert_same_result(job, whole)


def test_what_a_result_depends_on_is_refused_when_it_changes(job, tmp_path):
    job = replace(job, data=tmp_path / "data")
    score_in_batches(job)
    job.data.mkdir()
    job.data.joinpath("manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(SitingError, match=r"\(data differs"):
        score_in_batches(job, resume=True)
    job.data.joinpath("manifest.json").unlink()
    other = load_scenario("rail_freight")
    with pytest.raises(SitingError, match=r"\(scenario differs"):
        score_in_batches(replace(job, scenario=other), resume=True)
    with pytest.raises(SitingError, match=r"\(layers differs"):
        score_in_batches(replace(job, files={"stations": job.path}), resume=True)


def test_a_file_that_changes_while_it_is_read_is_no_run(job, monkeypatch):
    monkeypatch.setattr(staging, "of_source", lambda _path: "another")
    with pytest.raises(SitingError, match=r"\(sites differs"):
        score_in_batches(job)
    assert not job.folder.exists()


def test_layers_that_change_on_the_way_stop_the_run(job, monkeypatch):
    monkeypatch.setattr(batch, "bench_identity", lambda _job: {"data": "another"})
    with pytest.raises(SitingError, match=r"\(data differs"):
        score_in_batches(job)
    assert not (job.folder / "_manifest.json").exists()


def test_a_worker_that_sees_other_layers_does_nothing(job, monkeypatch):
    monkeypatch.setattr(worker, "bench_identity", lambda _job: {"libraries": {"shapely": "1.0"}})
    worker._ground.cache_clear()
    with pytest.raises(SitingError, match="worker-differs") as error:
        score_in_batches(job)
    assert "libraries" in str(error.value)
    assert not list(job.folder.glob("part-*"))


def test_a_worker_opens_the_layers_again_when_they_are_others(job, whole, monkeypatch, world):
    opened = []
    monkeypatch.setattr(worker, "load_world", lambda **_files: (opened.append(1), world)[1])
    worker._ground.cache_clear()
    for name, told in (("a", "1"), ("b", "1"), ("c", "2")):
        monkeypatch.setattr(identity, "_code", lambda told=told: told)
        score_in_batches(replace(job, folder=job.folder.with_name(name)))
    assert len(opened) == 2


def test_a_shapefile_is_all_its_files(source, tmp_path):
    path = tmp_path / "sites.shp"
    gpd.read_file(source).to_file(path)
    before = identity.of_source(path)
    table = tmp_path / "sites.dbf"
    table.write_bytes(table.read_bytes().replace(b"D0", b"E0", 1) + b" ")
    assert identity.of_source(path) != before
    assert identity.of_source(source) == identity.digest(source)
    source.with_name("sites.gpkg-wal").write_bytes(b"pages")
    assert identity.of_source(source) != identity.digest(source)
    source.with_name("sites.gpkg-wal").unlink()


def test_what_a_worker_finds_wrong_is_told_as_it_is():
    for kind in (SitingError, ScenarioError, LayerError):
        error = kind([problem("no-rows", file="a"), problem("output-busy", file="b")])
        copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert (type(copy), copy.problems, str(copy)) == (kind, error.problems, str(error))
    with pytest.raises(LayerError, match="no-rows"):
        list(Processes(1).run(_unusable, [0]))


def _unusable(_number: int) -> None:
    raise LayerError(problem("no-rows", file="layer.gpkg"))


def test_rows_that_share_a_name_are_told_wherever_they_are(demo_file, tmp_path):
    table = demo_file.layer.geo[["site_id", "geometry"]]
    many = pd.concat([table] * 4, ignore_index=True)
    many["site_id"] = ["same"] * 12 + many["site_id"].iloc[12:].tolist()
    many["geometry"] = [shapely.affinity.translate(g, 7 * i) for i, g in enumerate(many.geometry)]
    path = tmp_path / "sites.parquet"
    many.to_parquet(path)
    score_in_batches(Job(path, tmp_path / "out", load_scenario("base"), partition_size=5))
    told = pd.read_csv(tmp_path / "out" / "_rejected.csv")
    assert set(told["code"]) == {"id-duplicate"}
    listed = told.loc[told["row"] <= 12, "message"]
    assert len(set(listed)) == 1
    assert listed.iloc[0].count(",") == 9
    assert "10…" in listed.iloc[0]
