"""Engines give the same files; a worker killed on the way loses nothing."""

import os
import signal
import time
from functools import partial
from pathlib import Path
from types import MappingProxyType

import geopandas as gpd
import pandas as pd
import pytest

from siting.batch import Job, score_in_batches
from siting.domain import Reason
from siting.errors import SitingError
from siting.execution import InProcess, Processes, WorkersLostError, engine_of
from siting.scenario import load_scenario


def killed_once(folder: Path, number: int) -> int:
    """Ends its process the first time task 2 is met, without a word."""
    mark = folder / "killed"
    if number == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def killed_always(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def told_reason(number: int) -> Reason:
    return Reason("x", "{n}", MappingProxyType({"n": number}))


def test_processes_do_every_task_once_though_one_is_killed(tmp_path):
    found = list(Processes(2).run(partial(killed_once, tmp_path), range(6)))
    assert sorted(found) == list(range(6))
    assert (tmp_path / "killed").exists()


def test_a_killed_worker_does_not_end_the_command(tmp_path):
    """The command line lets SIGPIPE end it; a worker that is no more sends it too."""
    before = signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        for _ in Processes(2).run(partial(killed_once, tmp_path), range(4)):
            assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
        assert signal.getsignal(signal.SIGPIPE) == signal.SIG_DFL
    finally:
        signal.signal(signal.SIGPIPE, before)


def told_then_asleep(folder: Path, number: int) -> int:
    (folder / "worker").write_text(str(os.getpid()))
    time.sleep(120)
    return number


def test_workers_end_with_the_process_that_started_them(tmp_path):
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        list(Processes(1).run(partial(told_then_asleep, tmp_path), [0]))
        os._exit(0)
    told, deadline = tmp_path / "worker", time.monotonic() + 60
    while not (told.exists() and told.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while alive(int(told.read_text())):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_workers_lost_again_and_again_are_told(monkeypatch):
    monkeypatch.setattr("siting.execution.engines.ATTEMPTS", 2)
    with pytest.raises(WorkersLostError, match="2"):
        list(Processes(1).run(killed_always, [0, 1]))


def test_reasons_go_from_one_process_to_another():
    (found,) = Processes(1).run(told_reason, [7])
    assert found == told_reason(7)
    assert found.text() == "7"
    with pytest.raises(TypeError):
        found.figures["n"] = 8  # type: ignore[index]


def test_the_options_choose_the_engine():
    assert isinstance(engine_of(), InProcess)
    assert engine_of(workers=3) == Processes(3)


def test_a_cluster_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr("siting.execution.cluster.TIMEOUT_S", 1)
    pytest.importorskip("distributed")
    with pytest.raises(SitingError, match="dask-unreachable"):
        list(engine_of(dask="tcp://127.0.0.1:9").run(abs, [1]))


@pytest.fixture(scope="module")
def alone(tmp_path_factory, world):
    """The demonstration sites in batches, in this process (the world makes the land cover)."""
    job = Job(None, tmp_path_factory.mktemp("alone") / "out", load_scenario("base"),
              partition_size=8)  # fmt: skip
    return job, score_in_batches(job)


def assert_same_parts(job: Job, other: Job, document: dict) -> None:
    assert len(document["parts"]) == 4
    for name in document["parts"]:
        one, two = (gpd.read_parquet(each.folder / name) for each in (job, other))
        pd.testing.assert_frame_equal(one, two, check_exact=True)
    ranks = [pd.read_parquet(each.folder / "_ranks.parquet") for each in (job, other)]
    pd.testing.assert_frame_equal(*ranks, check_exact=True)


def test_several_processes_write_the_same_files(alone, tmp_path):
    job, document = alone
    other = Job(None, tmp_path / "out", job.scenario, partition_size=8)
    assert score_in_batches(other, engine=Processes(2)) == document
    assert_same_parts(job, other, document)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::DeprecationWarning")
def test_a_dask_cluster_writes_the_same_files_though_a_worker_is_killed(alone, tmp_path):
    distributed = pytest.importorskip("distributed")
    job, document = alone
    other = Job(None, tmp_path / "out", job.scenario, partition_size=8)
    killed = []

    def kill_one(pace) -> None:
        if pace.step == "Scoring" and pace.done and not killed:
            killed.append(next(iter(cluster.workers.values())).process.pid)
            os.kill(killed[0], signal.SIGKILL)

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
        host="127.0.0.1",
    ) as cluster:  # fmt: skip
        engine = engine_of(dask=cluster.scheduler_address)
        assert score_in_batches(other, engine=engine, told=kill_one) == document
    assert killed
    assert_same_parts(job, other, document)


def test_a_killed_run_is_finished_by_another(alone, tmp_path):
    """The whole command is killed between two partitions; the next one goes on."""
    job, document = alone
    other = Job(None, tmp_path / "out", job.scenario, partition_size=8)
    child = os.fork()
    if child == 0:  # pragma: no cover - ends by the signal
        score_in_batches(other, told=_until_half)
        os._exit(0)
    deadline = time.monotonic() + 300
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    done = sorted(path.stat().st_mtime_ns for path in other.folder.glob("part-*"))
    assert 0 < len(done) < 4
    assert score_in_batches(other, resume=True) == document
    assert done == sorted(p.stat().st_mtime_ns for p in other.folder.glob("part-*"))[: len(done)]
    assert_same_parts(job, other, document)


def _until_half(pace) -> None:
    if pace.step == "Scoring" and pace.done >= 16:
        os.kill(os.getpid(), signal.SIGKILL)
