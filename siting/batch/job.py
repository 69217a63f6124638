"""A run in batches: what is scored with what, and where it is written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import layers
from layers.store import data_folder
from layers.tables import embedded_file
from siting.errors import SitingError, problem
from siting.i18n import Language
from siting.pipeline import DEMONSTRATION_SITES
from siting.scenario import Scenario, scenario_hash

PARTITION_SIZE: Final = 10_000
"""Sites of a partition: some 300 MB of work, a few seconds."""
_INSIDE: Final = "_batch"
_IGNORED: Final = ("__pycache__", ".pyc")


@dataclass(frozen=True, slots=True)
class Job:
    """A file of sites to score in batches. Small and picklable: workers open the files.

    Parameters
    ----------
    source
        File of sites; ``None`` for the embedded demonstration sites.
    folder
        Folder of the result.
    scenario
        The scenario.
    language
        Language of the sentences.
    layer
        Layer of the file, when it has several.
    all_friches
        As in :func:`layers.sites.read_sites`.
    partition_size
        Rows of a partition.
    files
        Files of layers, as in :func:`siting.world.load_world`.
    data
        Folder of local data; by default that of :func:`layers.store.data_folder`.
    """

    source: Path | None
    folder: Path
    scenario: Scenario
    language: Language = "fr"
    layer: str | None = None
    all_friches: bool = False
    partition_size: int = PARTITION_SIZE
    files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    data: Path = field(default_factory=data_folder)

    @property
    def path(self) -> Path:
        """File that is read."""
        return self.source or embedded_file(DEMONSTRATION_SITES)

    @property
    def inside(self) -> Path:
        """Folder of what the run keeps for itself; readers of Parquet leave it out."""
        return self.folder / _INSIDE

    def part(self, number: int) -> Path:
        """Return the file of the sites of a partition.

        Parameters
        ----------
        number
            The partition, from 0.

        Returns
        -------
        Path
            A GeoParquet file.
        """
        return self.folder / f"part-{number:05d}.parquet"

    def staged(self, number: int) -> Path:
        """Return the file of the rows of a partition, as they were read.

        Parameters
        ----------
        number
            The partition.

        Returns
        -------
        Path
            A Parquet file.
        """
        return self.inside / "staged" / f"{number:05d}.parquet"

    def done(self, number: int) -> Path:
        """Return the file that tells that a partition is finished, and what was found in it.

        Parameters
        ----------
        number
            The partition.

        Returns
        -------
        Path
            A JSON file.
        """
        return self.inside / "done" / f"{number:05d}.json"

    def identity(self) -> dict[str, Any]:
        """Return all that the result depends on, by hashes of contents.

        Returns
        -------
        dict
            ``sites``, ``reading``, ``scenario``, ``tables``, ``layers``, ``data`` (local data),
            ``code`` (program and embedded data), ``language`` and ``partition_size``.
        """
        return {
            "sites": digest(self.path),
            "reading": [self.layer, self.all_friches],
            "scenario": scenario_hash(self.scenario),
            "tables": {str(path): digest(path) for path in _tables(self.scenario)},
            "layers": {name: digest(path) for name, path in sorted(self.files.items())},
            "data": digest(self.data / "manifest.json"),  # it holds the hashes of its files
            "code": _code(),
            "language": self.language,
            "partition_size": self.partition_size,
        }


def prepare(job: Job, *, resume: bool) -> bool:
    """Make the folder of a run, or check that it holds the beginning of this one.

    Parameters
    ----------
    job
        The run.
    resume
        Whether to go on with what is there.

    Returns
    -------
    bool
        Whether the folder is new.

    Raises
    ------
    SitingError
        ``output-batch`` for a file or a folder of something else, ``output-exists`` for one
        begun where ``resume`` is not asked, ``output-other-run`` for one of another input,
        scenario, program or partition size.
    """
    told = job.inside / "job.json"
    identity = job.identity()
    try:
        if job.folder.is_dir() and any(job.folder.iterdir()):
            _check(told, identity, job.folder.name, resume=resume)
            return False
        if job.folder.exists() and not job.folder.is_dir():
            raise SitingError(problem("output-batch", found=job.folder.name))
        for folder in (job.done(0).parent, job.staged(0).parent):
            folder.mkdir(parents=True, exist_ok=True)
        write_json(told, identity)
    except OSError as error:
        found = str(error)
        raise SitingError(problem("output-unwritable", file=job.folder.name, found=found)) from None
    return True


def _check(told: Path, identity: Mapping[str, Any], name: str, *, resume: bool) -> None:
    if not told.is_file():
        raise SitingError(problem("output-batch", found=name))
    known = json.loads(told.read_text("utf-8"))
    differ = [key for key, value in identity.items() if known.get(key) != value]
    if differ:
        raise SitingError(problem("output-other-run", file=name, found=", ".join(differ)))
    if not resume:
        raise SitingError(problem("output-exists", file=name, expected="--resume"))


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document: a reader sees all of it or nothing.

    Parameters
    ----------
    path
        The file.
    document
        Plain values.
    """
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


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


def _tables(scenario: Scenario) -> Iterator[Path]:
    """Return the tables that a scenario names."""
    zan = scenario.zan
    names = (
        zan.targets_file, zan.local_figures_file, zan.regional_references_file, zan.scot_file,
        zan.guarantee.documents_file,
    )  # fmt: skip
    yield from (Path(name) for name in names if name)
    if zan.ruleset.endswith(".toml"):
        yield Path(zan.ruleset)
