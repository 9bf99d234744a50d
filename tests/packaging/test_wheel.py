"""The wheel, built from the sdist as an index would: holds all shipped data, and works away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SHIPPED = ("imports", "exports", "migrations")
LOOK = """
import ledger
from ledger import shipped
print(ledger.__file__)
print(shipped.migrations())
for folder in ("imports", "exports", "migrations"):
    print(folder, sorted(entry.name for entry in shipped.shipped(folder).iterdir()))
"""


def run(*command: str | Path, cwd: Path | str = "/") -> str:
    """What the command says on stdout; a failure shows both streams. No setting of the caller's Python applies."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV_"))}
    result = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=kept, capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def tree(folder: Path) -> set[str]:
    """Every file below the folder that belongs to the project, as posix paths from it."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(("~$", ".~lock", "."))
    }


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the build reads, so that others may work in the tree meanwhile."""
    copy = tmp_path_factory.mktemp("checkout")
    leave = shutil.ignore_patterns("__pycache__", "~$*", ".~lock*")
    for folder in ("ledger", *SHIPPED):
        shutil.copytree(root / folder, copy / folder, ignore=leave)
    for file in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", ".gitignore"):
        shutil.copy(root / file, copy / file)
    # What a developer's tree holds beside the source, and no wheel may.
    (copy / "migrations" / "__pycache__").mkdir()
    (copy / "migrations" / "__pycache__" / "env.cpython-311.pyc").write_bytes(b"")
    return copy


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkout -> sdist -> unpacked elsewhere -> wheel, without the network."""
    built = tmp_path_factory.mktemp("built")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", built, cwd=checkout)
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(built, filter="data")
    source = built / sdist.name.removesuffix(".tar.gz")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", built, cwd=source)
    (made,) = built.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel in it; the libraries are lent from this one."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)  # noqa: S202  # our own archive
    # Behind the wheel's own folder on sys.path, and without following our editable install's .pth to the checkout.
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def test_the_wheel_holds_the_tree_and_nothing_else(checkout: Path, wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = {entry for entry in archive.namelist() if ".dist-info/" not in entry}
    expected = {f"ledger/{path}" for path in tree(checkout / "ledger")}
    for folder in SHIPPED:
        expected |= {f"ledger/_bundled/{folder}/{path}" for path in tree(checkout / folder)}
    assert inside == expected
    assert "ledger/py.typed" in inside


def test_two_builds_are_the_same_bytes(checkout: Path, wheel: Path, tmp_path: Path) -> None:
    """Another day, another folder, other times on the files: the archives do not differ in a byte."""
    again = tmp_path / "elsewhere"
    shutil.copytree(checkout, again, ignore=shutil.ignore_patterns("__pycache__"))
    for path in again.rglob("*"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-t", "wheel", "-d", tmp_path, cwd=again)
    (first,) = wheel.parent.glob("*.tar.gz")
    assert (tmp_path / first.name).read_bytes() == first.read_bytes()
    assert (tmp_path / wheel.name).read_bytes() == wheel.read_bytes()


def test_the_wheel_names_command_extras_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        info = next(entry for entry in archive.namelist() if entry.endswith("METADATA")).rpartition("/")[0]
        metadata = archive.read(f"{info}/METADATA").decode()
        commands = archive.read(f"{info}/entry_points.txt").decode()
    assert "euledger = ledger.cli.main:main" in commands
    assert "Name: eu-funding-ledger\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert "License-Expression: EUPL-1.2\n" in metadata
    assert "Provides-Extra: postgres\n" in metadata
    assert "Provides-Extra: test\n" in metadata


def test_an_installed_ledger_finds_its_data_from_anywhere(checkout: Path, installed: Path) -> None:
    lines = run(installed, "-c", LOOK).splitlines()
    environment = str(installed.parent.parent)
    assert lines[0].startswith(environment)
    assert lines[1].startswith(environment)
    assert lines[1].endswith("_bundled/migrations")
    for folder, line in zip(SHIPPED, lines[2:], strict=True):
        # A folder without files is in no wheel, as it is in no clone.
        assert line == f"{folder} {sorted({path.partition('/')[0] for path in tree(checkout / folder)})}"


def test_a_checkout_beats_a_stale_copy_in_site_packages(checkout: Path, tmp_path: Path) -> None:
    """An editable install leaves `site-packages/ledger/_bundled`; the package that is imported is the checkout's."""
    stale = tmp_path / "site-packages" / "ledger" / "_bundled" / "migrations"
    stale.mkdir(parents=True)
    start = f"import sys; sys.path[:0] = [{str(stale.parents[2])!r}, {str(checkout)!r}]\n"
    lines = run(sys.executable, "-S", "-c", start + LOOK).splitlines()
    assert lines[1] == str(checkout / "migrations")


def test_a_damaged_installation_says_so(checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout / "ledger", tmp_path / "ledger")
    code = f"""
import sys; sys.path.insert(0, {str(tmp_path)!r})
from ledger import shipped
try:
    shipped.migrations()
except shipped.ShippedDataMissingError as error:
    print(error)
"""
    assert "'migrations' is missing from this installation" in run(sys.executable, "-S", "-c", code)
