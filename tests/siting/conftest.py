"""Fixtures shared by the tests of siting: the embedded world, loaded once."""

import pytest

from siting.pipeline import read, run
from siting.scenario import load_scenario
from siting.world import World, load_world


@pytest.fixture(scope="session")
def world() -> World:
    """The embedded territory with every layer (makes the land cover on first use)."""
    return load_world()


@pytest.fixture(scope="session")
def base():
    """The shipped base scenario."""
    return load_scenario("base")


@pytest.fixture(scope="session")
def demo_file(world):
    """The embedded demonstration sites, read."""
    return read(None, world)


@pytest.fixture(scope="session")
def demo_run(world, base, demo_file):
    """The embedded demonstration sites under the base scenario."""
    return run(base, world, demo_file)
