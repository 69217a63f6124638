"""Digests of files."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(path: Path, algorithm: str = "sha256") -> str:
    """Return the digest of a file.

    Parameters
    ----------
    path
        The file.
    algorithm
        Name of the digest.

    Returns
    -------
    str
        Its hexadecimal form.
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, algorithm).hexdigest()
