"""All that the result of a run depends on: runs that differ by any of it are never mixed."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import layers
from siting.batch.job import Job
from siting.scenario import scenario_hash

OF_GROUND: Final = ("scenario", "layers", "data", "code", "libraries")
"""What the territory, its layers and its account are opened from."""
_COMPANIONS: Final = (".shx", ".dbf", ".prj", ".cpg", ".qix")
"""Endings of the files that a Shapefile is made of, beside the one that is named."""
_JOURNAL: Final = "-wal"  # what SQLite has not yet brought back into the file
_LIBRARIES: Final = ("numpy", "pandas", "pyarrow", "pyogrio", "pyproj", "rasterio", "shapely")
_IGNORED: Final = ("__pycache__", ".pyc")


def identity_of(job: Job) -> dict[str, Any]:
    """Return all that the result of a run depends on, by hashes of contents.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    dict
        ``sites``, ``partition_size`` and what :func:`bench_identity` returns.
    """
    return {"sites": of_source(job.path), "partition_size": job.partition_size} | bench_identity(
        job
    )


def bench_identity(job: Job) -> dict[str, Any]:
    """Return what the sites of a run are scored with.

    Parameters
    ----------
    job
        The run.

    Returns
    -------
    dict
        ``reading``, ``scenario`` (with the content of the tables it names), ``layers``, ``data``
        (local data), ``code`` (program and embedded data), ``libraries``, ``language`` and
        ``role``.
    """
    return {
        "reading": [job.layer, job.all_friches],
        "scenario": scenario_hash(job.scenario),
        "layers": {name: digest(path) for name, path in sorted(job.files.items())},
        "data": digest(job.data / "manifest.json"),  # it holds the hashes of its files
        "code": _code(),
        "libraries": {name: metadata.version(name) for name in _LIBRARIES},
        "language": job.language,
        "role": job.role.value,
    }


def of_source(path: Path) -> str:
    """Return the SHA-256 of a file of sites and of the files that go with it.

    Parameters
    ----------
    path
        The file, or a folder.

    Returns
    -------
    str
        Hexadecimal digits; that of the file alone where nothing goes with it.
    """
    beside = [path.with_name(path.name + _JOURNAL)]
    if path.suffix.lower() == ".shp":
        named = {path.with_suffix(end) for end in _COMPANIONS}
        named |= {path.with_suffix(end.upper()) for end in _COMPANIONS}
        beside += sorted(named)
    present = [each for each in beside if each.is_file()]
    return _of_files([path, *present], path.parent) if present else digest(path)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of all the files of a folder.

    Parameters
    ----------
    path
        File or folder.

    Returns
    -------
    str
        Hexadecimal digits; empty where there is nothing.
    """
    if path.is_dir():
        return _of_files(sorted(p for p in path.rglob("*") if p.is_file()), path)
    if not path.is_file():
        return ""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _of_files(paths: list[Path], root: Path) -> str:
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(root)}\0{digest(path)}\0".encode())
    return whole.hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    """Hash the program and the data embedded in it."""
    found = []
    for root in (Path(layers.__file__).parent, Path(__file__).parents[1]):
        paths = (p for p in root.rglob("*") if p.is_file())
        kept = sorted(p for p in paths if not any(word in str(p) for word in _IGNORED))
        found.append(_of_files(kept, root))
    return "-".join(part[:16] for part in found)
