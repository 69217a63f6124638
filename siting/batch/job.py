"""A run in batches: what is scored with what, and where it is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from uuid import uuid4

from layers.store import data_folder
from layers.tables import embedded_file
from siting.i18n import Language
from siting.pipeline import DEMONSTRATION_SITES
from siting.roles import Role, role
from siting.scenario import Scenario

PARTITION_SIZE: Final = 10_000
"""Sites of a partition: some 300 MB of work, a few seconds."""
_INSIDE: Final = "_batch"
DRAFT: Final = ".draft"
"""Ending of what is being written."""


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
    role
        Who will read the result: only the sites that this role may see are in it. By default
        that of :func:`siting.roles.role`.
    """

    source: Path | None
    folder: Path
    scenario: Scenario
    language: Language = "fr"
    layer: str | None = None
    all_friches: bool = False
    partition_size: int = PARTITION_SIZE
    files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))
    data: Path = field(default_factory=lambda: data_folder().absolute())
    role: Role = field(default_factory=role)

    @property
    def path(self) -> Path:
        """File that is read."""
        return self.source or embedded_file(DEMONSTRATION_SITES)

    @property
    def inside(self) -> Path:
        """Folder of what the run keeps for itself; readers of Parquet leave it out."""
        return self.folder / _INSIDE

    @property
    def begun(self) -> Path:
        """File that tells that a run has begun, and all that its result depends on."""
        return self.inside / "job.json"

    @property
    def read(self) -> Path:
        """File that tells of the rows that were read; with them, it is there while they are."""
        return self.inside / "staged.json"

    @property
    def overlaps(self) -> Path:
        """Folder of the pairs of sites that overlap, before they are put in order."""
        return self.inside / "overlaps"

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


@contextmanager
def drafted(path: Path) -> Iterator[Path]:
    """Write a file under another name: a reader sees all of it or nothing.

    The name is of this process alone: a worker that is thought to be lost may still write.

    Parameters
    ----------
    path
        The file.

    Yields
    ------
    Path
        Where to write.
    """
    draft = path.with_name(f".{path.name}.{uuid4().hex}{DRAFT}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document: a reader sees all of it or nothing.

    Parameters
    ----------
    path
        The file.
    document
        Plain values.
    """
    with drafted(path) as draft:
        text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
        draft.write_text(text, encoding="utf-8")
