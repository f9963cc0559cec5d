"""The environment: installed once, redone after a change or an interruption."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from operations import environment


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venv made by us from a requirements file without packages, so that no network is needed."""
    folder = tmp_path_factory.mktemp("a place with spaces")
    requirements = folder / "requirements.txt"
    requirements.write_text("# nothing\n")
    assert environment.make(requirements, folder / ".venv")
    return folder / ".venv"


@pytest.fixture
def requirements(venv: Path) -> Path:
    return venv.parent / "requirements.txt"


def test_it_is_usable_and_an_unchanged_file_is_not_installed_again(venv: Path, requirements: Path) -> None:
    version = subprocess.run([venv / "bin" / "pip", "--version"], capture_output=True, check=True).stdout
    assert b"pip" in version
    assert environment.make(requirements, venv) is False


def test_a_changed_file_is_installed_again(venv: Path, requirements: Path) -> None:
    requirements.write_text(requirements.read_text() + "# changed\n")
    assert environment.make(requirements, venv) is True
    assert environment.make(requirements, venv) is False


def test_an_install_that_failed_leaves_no_stamp_and_is_done_again(venv: Path, requirements: Path) -> None:
    good = requirements.read_text()
    requirements.write_text("no-such-file-here @ file:///nowhere/at-all.whl --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(environment.EnvironmentFailure, match="could not be installed"):
        environment.make(requirements, venv)
    requirements.write_text(good)
    assert environment.make(requirements, venv) is True


def test_a_package_without_a_hash_is_refused(venv: Path, requirements: Path) -> None:
    good = requirements.read_text()
    requirements.write_text("flask==3.1.0\n")
    with pytest.raises(environment.EnvironmentFailure):
        environment.make(requirements, venv)
    requirements.write_text(good)
    environment.make(requirements, venv)


def test_a_venv_whose_python_is_gone_is_made_anew(venv: Path, requirements: Path) -> None:
    for name in ("python", "python3"):
        (venv / "bin" / name).unlink()
    assert environment.make(requirements, venv) is True
    assert (venv / "bin" / "python").exists()


def test_an_old_python_is_refused_by_name(
    venv: Path, requirements: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(environment.EnvironmentFailure, match=r"needs Python 99\.0 or newer; this is 3"):
        environment.make(requirements, venv)


def test_it_needs_nothing_but_the_standard_library() -> None:
    script = "import sys; sys.path.insert(0, '.'); import operations.environment"
    subprocess.run([sys.executable, "-I", "-S", "-c", script], cwd=environment.ROOT, check=True)


def test_no_registry_is_named_in_the_pins() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (environment.ROOT / name).read_text()
        assert "index-url" not in text
        assert "://" not in text
        assert "--hash=sha256:" in text
