"""Fixtures shared by all tests."""

import os
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import settings

# Machines are shared: how long an example takes says nothing of the code.
settings.register_profile("shared", deadline=None)
# The gate judges the change before it: always the same examples. Elsewhere they are drawn anew.
settings.register_profile("gate", deadline=None, derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "shared"))

# No test reads, or writes, the local data of who runs it.
os.environ["SITING_DATA"] = mkdtemp(prefix="siting-data-")
os.environ.pop("SITING_SOURCES", None)

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Root of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def open_data() -> Path:
    """Folder of real open data: ``SITING_OPEN_DATA`` or a ``shared/data`` beside the clone."""
    folder = Path(os.environ.get("SITING_OPEN_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real open data not found in {folder}; set SITING_OPEN_DATA to its folder")
    return folder
