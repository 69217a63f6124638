"""Scoring in batches: the figures of the in-process run, to the last bit, whatever the way."""

import hashlib
import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from layers.batches import raw_batches
from layers.errors import LayerError, problem
from siting.batch import Job, score_in_batches, worker
from siting.batch import overlaps as batch_overlaps
from siting.documents import manifest_document, plan_document
from siting.errors import SitingError
from siting.export import result_table
from siting.i18n import translator
from siting.measure import overlaps
from siting.pipeline import read, run
from siting.roles import Role, shared_with

FR = translator("fr")


@pytest.fixture(scope="module")
def table(demo_file):
    """Sites by the hundred: the demonstration ones, moved, with wrong rows and shared names."""
    demo = demo_file.layer.geo
    rng = np.random.default_rng(7)
    moves = [rng.uniform(-9_000, 9_000, 2) for _ in range(4)]
    moves.append((70.0, 40.0))  # over the first ones
    moved = [demo.set_geometry(demo.translate(*move)) for move in moves]
    sites = pd.concat([demo, *moved], ignore_index=True)
    sites["site_id"] = [f"D{i:04d}" for i in range(len(sites))]
    sites.loc[[5, 120], "site_id"] = "twice"  # of far apart rows: none is kept
    sites.loc[77, "geometry"] = None
    sites.loc[40, "name"] = None
    columns = ["site_id", "name", "works_start_year", "is_brownfield", "jobs_expected"]
    return sites[[c for c in columns if c in sites] + ["geometry"]]


@pytest.fixture(scope="module")
def source(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("sites") / "sites.parquet"
    table.to_parquet(path)
    return path


@pytest.fixture(scope="module")
def expected(source, world, base):
    """What the run in one go tells of each site alone."""
    found = run(base, world, read(source, world))
    return result_table(found, FR), found


@pytest.fixture(autouse=True)
def one_world(monkeypatch, world):
    """The world of the tests, rather than one for each folder."""
    monkeypatch.setattr(worker, "load_world", lambda **_files: world)


def scored(job, **options):
    """The sites of a run in batches, in the order of the file, with their ranks."""
    document = score_in_batches(job, **options)
    parts = gpd.read_parquet(job.folder).sort_values("row", ignore_index=True)
    ranks = pd.read_parquet(job.folder / "_ranks.parquet").set_index("site_id")["rank"]
    after = parts.columns.get_loc("reliability") + 1
    parts.insert(after, "rank", ranks.reindex(parts["site_id"]).astype("Int64").to_numpy())
    return parts, document


def assert_same(parts, table):
    pd.testing.assert_frame_equal(
        pd.DataFrame(parts.drop(columns="geometry")),
        pd.DataFrame(table.drop(columns="geometry")),
        check_exact=True,
    )
    assert (shapely.to_wkb(parts.geometry) == shapely.to_wkb(table.geometry)).all()


@pytest.mark.parametrize("size", [1_000, 37, 10])
def test_whatever_the_partitions_the_figures_are_those_of_one_run(
    source, base, expected, tmp_path, size
):
    parts, document = scored(Job(source, tmp_path / "out", base, partition_size=size))
    table, found = expected
    assert_same(parts, table)
    assert document["sites"] == len(table) == 174
    assert document["rows"] == found.row_count
    assert len(document["parts"]) == -(-found.row_count // size)
    assert_same_set(tmp_path / "out", document, found)


def assert_same_set(folder, document, found):
    """The plan and the overlaps are those of the run in one go."""
    told = pd.read_parquet(folder / "_overlaps.parquet")
    pairs = overlaps(found.sites.geometry)
    assert len(pairs) >= 20
    pd.testing.assert_frame_equal(told[["first", "second", "area_m2"]], pairs, check_exact=True)
    rows = found.sites["row"]
    assert told["first_row"].tolist() == rows[pairs["first"]].tolist()
    assert told["second_row"].tolist() == rows[pairs["second"]].tolist()
    notes = [note for note in found.notes if note.code == "sites-overlap"]
    first = min(notes, key=lambda note: note.row).line(FR)
    assert document["notes"]["sites-overlap"] == {"count": len(pairs), "example": first}
    assert document["overlaps"] == len(pairs)
    of_run = plan_document(found, FR)
    plan = document["plan"]
    assert plan["posted"] == len(of_run["posted"]) > 0
    assert sum(plan["left_out"].values()) == len(of_run["left_out"]) > 0
    assert (plan["verdict"], plan["reasons"]) == (of_run["verdict"], of_run["reasons"])
    of_run["territories"] = [part | {"sites": len(part["sites"])} for part in of_run["territories"]]
    assert plan["territories"] == of_run["territories"]
    assert len(plan["territories"]) > 5


def test_rejected_rows_are_told_in_a_file_beside(source, base, expected, tmp_path):
    _, document = scored(Job(source, tmp_path / "out", base, partition_size=10))
    _, found = expected
    told = pd.read_csv(tmp_path / "out" / "_rejected.csv")
    assert told["row"].tolist() == sorted(one.row for one in found.rejected)
    assert {6, 78, 121} < set(told["row"])
    assert set(told["code"]) == {"id-duplicate", "geometry-empty", "outside-territory"}
    by_row = {one.row: one.text(FR) for one in found.rejected}
    assert told["message"].tolist() == [by_row[row] for row in told["row"]]
    assert document["rejected"] == 6


def test_the_order_of_the_rows_changes_nothing(table, base, expected, tmp_path):
    path = tmp_path / "sites.parquet"
    table.sample(frac=1, random_state=3).to_parquet(path)
    parts, document = scored(Job(path, tmp_path / "out", base, partition_size=37))
    table, found = expected
    told = pd.read_parquet(tmp_path / "out" / "_overlaps.parquet")
    pairs = overlaps(found.sites.geometry)
    one, other = (
        {
            frozenset(key): area
            for *key, area in zip(t["first"], t["second"], t["area_m2"], strict=True)
        }
        for t in (told, pairs)
    )
    assert one == other  # to the last bit: the order of two sites changes nothing
    sets = [plan["territories"] for plan in (document["plan"], plan_document(found, FR))]
    assert [part["planned_m2"] for part in sets[0]] == [part["planned_m2"] for part in sets[1]]
    by_site = parts.drop(columns=["row", "source"]).set_index("site_id")
    of_run = expected[0].drop(columns=["row", "source"]).set_index("site_id")
    pd.testing.assert_frame_equal(by_site.loc[of_run.index], of_run, check_exact=True)


@pytest.mark.parametrize("suffix", [".gpkg", ".fgb", ".geojson", ".csv"])
def test_every_format_gives_what_reading_it_whole_gives(
    table, world, base, tmp_path, suffix, monkeypatch
):
    monkeypatch.setattr("siting.batch.staging.raw_batches", small_batches())
    path = tmp_path / f"sites{suffix}"
    if suffix == ".csv":
        wkt = pd.DataFrame(table).assign(geometry=table.geometry.to_wkt(), crs="EPSG:2154")
        wkt.to_csv(path, index=False)
    else:
        options = {"SPATIAL_INDEX": "NO"} if suffix == ".fgb" else {}
        table.to_file(path, **options)
    parts, document = scored(Job(path, tmp_path / "out", base, partition_size=50))
    whole = run(base, world, read(path, world))
    assert_same(parts, result_table(whole, FR))
    assert document["rejected"] == len({one.row for one in whole.rejected})


def small_batches():
    return lambda path, layer: raw_batches(path, layer=layer, size=29)


def test_files_are_read_in_batches_that_end_where_the_file_does(table, tmp_path):
    for name in ("sites.gpkg", "sites.fgb", "sites.parquet"):
        path = tmp_path / name
        drawn = table.dropna(subset=["geometry"])
        drawn.to_parquet(path) if name.endswith("parquet") else drawn.to_file(path)
        batches = list(small_batches()(path, None))
        assert [len(batch.rows) for batch in batches] == [29] * 6 + [5]
        rows = np.concatenate([batch.rows for batch in batches])
        assert rows.tolist() == list(range(1, 180))


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(
    source, base, expected, tmp_path, monkeypatch
):
    job = Job(source, tmp_path / "out", base, partition_size=37)
    done = []
    real = worker.appraise

    def falls(sites, bench):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(len(sites))
        return real(sites, bench)

    monkeypatch.setattr(worker, "appraise", falls)
    with pytest.raises(KeyboardInterrupt):
        score_in_batches(job)
    readable = gpd.read_parquet(job.folder)  # what is finished can be used already
    assert len(readable) == sum(done)
    monkeypatch.setattr(
        worker, "appraise", lambda sites, bench: (done.append(0), real(sites, bench))[1]
    )
    with pytest.raises(SitingError, match="--resume"):
        score_in_batches(job)
    parts, document = scored(job, resume=True)
    assert_same(parts, expected[0])
    assert_same_set(job.folder, document, expected[1])
    assert done.count(0) == 5 - 2  # of five partitions, two were done
    paces = []
    again, _ = scored(job, resume=True, told=paces.append)
    assert_same(again, expected[0])
    assert paces == []  # a finished run is only read again


def test_only_the_chosen_sites_are_added_up(source, base, world, table, tmp_path):
    names = ("D0003", "D0044", "D0101", "nowhere")
    few = base.model_copy(update={"sites": base.sites.model_copy(update={"selected": names})})
    _, document = scored(Job(source, tmp_path / "out", few, partition_size=37))
    found = run(few, world, read(source, world))
    assert document["plan"]["posted"] == len(found.plan.posted)
    assert document["plan"]["posted"] + sum(document["plan"]["left_out"].values()) == 3
    planned = {part["code"]: part["planned_m2"] for part in document["plan"]["territories"]}
    assert planned == {part.code: part.planned_m2 for part in found.plan.territories}
    assert "nowhere" in document["notes"]["sites-missing"]["example"]


def test_a_role_gets_the_sites_that_it_may_see(table, base, world, tmp_path):
    """As the run in one go for this role: what is wrong may tell of a hidden row."""
    told = ["public", "restricted", "confidential"]
    path = tmp_path / "sites.parquet"
    table.assign(confidentiality=[told[i % 3] for i in range(len(table))]).to_parquet(path)
    parts, document = scored(
        Job(path, tmp_path / "out", base, partition_size=37, role=Role.PLANNER)
    )
    found = run(base, world, shared_with(Role.PLANNER, read(path, world)))
    assert_same(parts, result_table(found, FR))
    assert set(parts["confidentiality"]) == {"public", "restricted"}
    assert_same_set(tmp_path / "out", document, found)
    assert document["rows"] == document["sites"] == found.row_count == len(parts)
    assert (document["role"], document["rejected"]) == ("epci_planner", 0)
    (note,) = (note for note in found.notes if note.code == "sites-withheld")
    assert document["notes"]["sites-withheld"] == {"count": 1, "example": note.line(FR)}
    assert len(pd.read_csv(tmp_path / "out" / "_rejected.csv")) == 0


def test_notes_on_the_file_are_those_of_one_run(demo_file, base, world, tmp_path, monkeypatch):
    """Of friches left out, of stages told from zones: how many in the file, not in a partition."""

    def zoned(file, _world):
        note = problem("planning-from-zones", file="sites", found=len(file.layer.data),
                       expected="zones.gpkg", severity="warning")  # fmt: skip
        return replace(file, notes=(*file.notes, note))

    for module in ("siting.pipeline", "siting.batch.worker"):
        monkeypatch.setattr(f"{module}.with_zones", zoned)
    words = ["friche avec projet", "friche potentielle", "friche reconvertie", "friche sans projet"]
    table = demo_file.layer.geo[["site_id", "geometry"]]
    table = table.assign(site_statut=[words[i % 7 % 4] for i in range(len(table))])
    path = tmp_path / "friches.gpkg"
    table.assign(site_nom=table["site_id"], site_surface=None).to_file(path)
    found = run(base, world, read(path, world))
    _, document = scored(Job(path, tmp_path / "out", base, partition_size=4))
    of_file = [note for note in found.notes if note.row is None]
    assert {"friche-left-out", "planning-from-zones"} <= {note.code for note in of_file}
    for note in of_file:
        assert document["notes"][note.code]["example"] == note.line(FR)
    assert document["left_out"] == len(read(path, world).left_out) > 0


def test_more_overlaps_than_memory_holds_are_written_in_order(
    source, base, expected, tmp_path, monkeypatch
):
    monkeypatch.setattr(batch_overlaps, "PAIRS_AT_ONCE", 7)
    _, document = scored(Job(source, tmp_path / "out", base, partition_size=20))
    assert_same_set(tmp_path / "out", document, expected[1])


def test_a_part_that_was_lost_is_done_again(source, base, expected, tmp_path):
    job = Job(source, tmp_path / "out", base, partition_size=37)
    first = score_in_batches(job)
    before = {path.name: path.stat().st_mtime_ns for path in job.folder.glob("part-*")}
    job.part(1).write_bytes(b"PAR1")
    job.part(2).unlink()
    job.done(3).write_bytes(b"")  # the machine stopped before the disk had it
    parts, again = scored(job, resume=True)
    assert_same(parts, expected[0])
    assert again == first
    after = {path.name: path.stat().st_mtime_ns for path in job.folder.glob("part-*")}
    assert [name for name in sorted(after) if after[name] != before[name]] == [
        f"part-{number:05d}.parquet" for number in (1, 2, 3)
    ]


def test_a_folder_of_another_run_is_refused(source, base, tmp_path):
    job = Job(source, tmp_path / "out", base, partition_size=90)
    score_in_batches(job)
    with pytest.raises(SitingError, match="partition_size"):
        score_in_batches(replace(job, partition_size=91), resume=True)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.odt").write_text("years of work", encoding="utf-8")
    with pytest.raises(SitingError) as error:
        score_in_batches(replace(job, folder=tmp_path / "other"), resume=True)
    assert [one.code for one in error.value.problems] == ["output-batch"]
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["thesis.odt"]


def test_a_file_of_no_use_leaves_no_result(base, tmp_path):
    path = tmp_path / "sites.parquet"
    metres = gpd.GeoDataFrame(geometry=[shapely.box(350_000, 6.7e6, 350_010, 6.7e6 + 10)], crs=4326)
    metres.to_parquet(path)
    with pytest.raises(LayerError, match="coordinates-range"):
        score_in_batches(Job(path, tmp_path / "out", base))
    assert not (tmp_path / "out").exists()  # the file can be mended and given again


def test_progress_tells_the_rate_and_the_time_left(source, base, tmp_path):
    paces = []
    score_in_batches(Job(source, tmp_path / "out", base, partition_size=37), told=paces.append)
    scoring = [pace for pace in paces if pace.step == "Scoring"]
    assert [pace.done for pace in scoring] == [0, 37, 74, 111, 148, 180]
    assert scoring[0].left_s is None
    assert all(pace.rate > 0 for pace in scoring[1:])
    assert scoring[-1].left_s == 0


def test_the_manifest_tells_what_the_result_was_made_with(source, base, expected, tmp_path):
    job = Job(source, tmp_path / "out", base)
    document = score_in_batches(job)
    told = json.loads((job.folder / "_manifest.json").read_text("utf-8"))
    assert told == document
    assert told["manifest"]["scenario_hash"] == expected[1].manifest.scenario_hash
    assert told["manifest"]["demonstration"] is True
    assert told["manifest"]["layers"] == manifest_document(expected[1].manifest, FR)["layers"]
    assert told["origins"] == {"sites": 174}
    assert told["identity"]["sites"] == hashlib.sha256(source.read_bytes()).hexdigest()
    assert told["identity"]["code"]
    assert not job.staged(0).parent.exists()  # nothing heavy is left
