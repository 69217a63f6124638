"""The wheel: complete, and at work in an environment outside the repository."""

import json
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import siting

pytestmark = pytest.mark.wheel

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """The wheel of the working tree."""
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out]
    subprocess.run([*build, root], check=True, capture_output=True)
    (built,) = out.glob("siting-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Scripts of an environment that holds the wheel and borrows its dependencies.

    The dependencies are those of the environment of the tests, by a ``.pth``: nothing is
    downloaded. Python does not follow the ``.pth`` files of a folder added so, hence the
    editable install of the repository is not seen, which a test below proves.
    """
    folder = tmp_path_factory.mktemp("outside") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    names = {"base": str(folder), "platbase": str(folder)}
    paths = {name: Path(sysconfig.get_path(name, "venv", names)) for name in ("scripts", "purelib")}
    python = paths["scripts"] / Path(sys.executable).name
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps"]
    subprocess.run([*pip, wheel], check=True, capture_output=True)
    (paths["purelib"] / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return paths["scripts"]


@pytest.fixture
def run(installed, tmp_path, monkeypatch) -> Run:
    """Run a script of the environment from an empty folder."""
    monkeypatch.delenv("PYTHONPATH", raising=False)

    def call(script: str, *args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [installed / script, *args], cwd=tmp_path, capture_output=True, text=True,
            check=False, timeout=300,
        )  # fmt: skip

    return call


def test_the_wheel_holds_what_the_product_needs_and_no_more(root, wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "siting", "layers"],
        cwd=root, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    scenarios = [f"siting/_scenarios/{p.name}" for p in (root / "scenarios").glob("*.toml")]
    assert {*tracked, *scenarios} <= names
    # The folder of the script comes first on the path: nothing else may stand there.
    app = {name for name in names if name.startswith("siting/_app/")}
    assert app == {"siting/_app/app.py", "siting/_app/.streamlit/config.toml"}
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"siting", "layers", f"siting-{siting.__version__}.dist-info"}
    assert f"siting-{siting.__version__}.dist-info/licenses/LICENSE" in names


def test_the_wheels_own_copy_is_imported(installed, run):
    script = "import layers, siting; print(siting.__file__); print(layers.__file__)"
    done = run("python", "-c", script)
    assert done.returncode == 0, done.stderr
    outside = installed.parent.resolve()
    assert all(Path(line).is_relative_to(outside) for line in done.stdout.splitlines())


def test_the_command_tells_its_version(run):
    done = run("siting", "--version")
    assert done.returncode == 0, done.stderr
    assert siting.__version__ in done.stdout


def test_the_command_scores_the_embedded_sites(run):
    done = run("siting", "score", "--format", "json")
    assert done.returncode in (0, 1), done.stderr
    results = json.loads(done.stdout)
    assert len(results["sites"]) == 30
    assert {site["verdict"] for site in results["sites"]} <= {
        "compatible", "compatible_with_pooling", "over_budget", "ineligible", "undetermined",
    }  # fmt: skip
    assert results["manifest"]["version"] == siting.__version__
