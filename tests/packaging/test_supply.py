"""The supply chain: the lock fits pyproject and the environment, the bill lists all, the audit counts its answers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import IN_CI
from tools.audit_packages import CLEAN, NOT_AUDITED, OWN, VULNERABLE, installed, weigh
from tools.make_lock import EXTRAS, requirements_digest
from tools.make_sbom import Pin, read_lock

#: Where somebody may install the ledger; a pinned requirement must fit on each.
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.0", "sys_platform": system, "platform_machine": machine,
     "platform_system": name, "os_name": "nt" if system == "win32" else "posix"}
    for version in ("3.11", "3.12", "3.13")
    for system, name, machine in (("linux", "Linux", "x86_64"), ("linux", "Linux", "aarch64"), ("darwin", "Darwin", "arm64"), ("win32", "Windows", "AMD64"))
]  # fmt: skip


def applies(requirement: Requirement, machine: Mapping[str, str], extra: str = "") -> bool:
    here = {**{key: str(value) for key, value in default_environment().items()}, **machine, "extra": extra}
    return requirement.marker is None or requirement.marker.evaluate(here)


def pinned(file: Path, machine: Mapping[str, str]) -> dict[str, str]:
    """Name -> version of what that lock installs on that machine; two versions of one name would be a broken lock."""
    found: dict[str, str] = {}
    for pin in read_lock(file):
        name = canonicalize_name(pin.requirement.name)
        if applies(pin.requirement, machine):
            assert name not in found, f"{file.name}: {name} is pinned twice for {machine}"
            found[name] = pin.version
    return found


def asked(root: Path, lock: str) -> Iterator[Requirement]:
    """What pyproject.toml asks for in that lock."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [*declared["project"]["dependencies"], *declared["build-system"]["requires"]]
    for extra in EXTRAS[lock]:
        texts += declared["project"]["optional-dependencies"][extra]
    yield from map(Requirement, texts)


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_satisfies_pyproject_on_every_platform(root: Path, lock: str) -> None:
    file = root / "locks" / f"{lock}.txt"
    for machine in MACHINES:
        versions = pinned(file, machine)
        for requirement in asked(root, lock):
            if applies(requirement, machine):
                version = versions.get(canonicalize_name(requirement.name))
                assert version is not None, f"{requirement.name} is not in {file.name}: python3 tools/make_lock.py"
                assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"


@pytest.mark.parametrize("lock", EXTRAS)
def test_the_lock_is_of_this_pyproject_hashed_and_names_no_host(root: Path, lock: str) -> None:
    text = (root / "locks" / f"{lock}.txt").read_text(encoding="utf-8")
    digest = requirements_digest((root / "pyproject.toml").read_bytes())
    assert f"# requirements {digest}\n" in text, "python3 tools/make_lock.py"
    assert "://" not in text
    assert "index" not in {
        word for line in text.splitlines() for word in re.split(r"\W+", line) if line.startswith("-")
    }
    pins = read_lock(root / "locks" / f"{lock}.txt")
    assert pins
    assert [pin.requirement.name for pin in pins if not pin.hashes] == []


def test_smaller_locks_pin_what_the_larger_do(root: Path) -> None:
    larger: dict[tuple[str, str], Pin] = {}
    for lock in EXTRAS:
        pins = {(pin.requirement.name, pin.version): pin for pin in read_lock(root / "locks" / f"{lock}.txt")}
        assert not larger or all(larger[key].hashes == pin.hashes for key, pin in pins.items())
        larger = pins


def test_a_requirement_that_the_lock_has_not_is_noticed(root: Path) -> None:
    """The control: another lower bound gives another digest, and the name of a project does not."""
    declared = (root / "pyproject.toml").read_text(encoding="utf-8")
    before = requirements_digest(declared.encode())
    assert requirements_digest(declared.replace('"click>=', '"click>9').encode()) != before
    assert requirements_digest(declared.replace("keywords = [", 'keywords = ["x", ').encode()) == before


@pytest.fixture(scope="module")
def locked(root: Path) -> Path:
    """The lock that this environment was installed from, as its stamp says."""
    stamp = Path(sys.prefix) / "installed-by-make-venv"
    lines = stamp.read_text(encoding="utf-8").splitlines() if stamp.exists() else []
    if lines[-1:] != ["locked"]:
        if IN_CI:
            pytest.fail(f"{sys.prefix} was not installed from the lock by tools/make_venv.py")
        pytest.skip("this environment was not installed from the lock")
    return root / "locks" / f"{lines[-2] or 'run'}.txt"


def test_the_environment_is_what_the_lock_says(locked: Path) -> None:
    assert installed() == pinned(locked, {}), "renew it: python3 tools/make_venv.py test"


def test_what_is_installed_satisfies_what_its_distributions_ask_for() -> None:
    """Pip installed without looking at requirements, since the lock is closed: that it is closed is tested here."""
    versions = {canonicalize_name(each.name): each.version for each in distributions()}
    wrong = [
        f"{each.name}: {requirement}"
        for each in distributions()
        for requirement in map(Requirement, each.requires or [])
        if applies(requirement, {}) and not requirement.specifier.contains(versions.get(canonicalize_name(requirement.name), "0"), prereleases=True)
    ]  # fmt: skip
    assert wrong == []


def test_an_outrun_lock_stops_the_installation_before_it_starts(root: Path, tmp_path: Path) -> None:
    for folder in ("tools", "locks"):
        shutil.copytree(root / folder, tmp_path / folder)
    (tmp_path / "ledger").mkdir()
    shutil.copy(root / "ledger" / "__init__.py", tmp_path / "ledger")
    declared = (root / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(
        declared.replace('"click>=', '"left-pad",\n    "click>='), encoding="utf-8"
    )
    script = tmp_path / "tools" / "make_venv.py"
    result = subprocess.run([sys.executable, script, "test"], capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert "locks/test.txt is older than the requirements in pyproject.toml" in result.stderr
    assert "Renew the locks (python3 tools/make_lock.py)" in result.stderr
    assert not (tmp_path / ".venv").exists()


# --- the bill of materials -------------------------------------------------------------------------------------------


def sbom(root: Path, **environment: str) -> str:
    command = [sys.executable, str(root / "tools" / "make_sbom.py")]
    settings = {**os.environ, **environment}
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd="/", env=settings).stdout


@pytest.fixture(scope="module")
def bill(root: Path) -> str:
    return sbom(root)


def test_the_bill_lists_every_installed_distribution_with_version_and_hashes(bill: str, locked: Path) -> None:
    told: dict[str, Any] = json.loads(bill)
    parts = {part["name"]: part for part in told["components"]}
    assert {name: part["version"] for name, part in parts.items()} == installed()
    assert told["metadata"]["component"]["name"] == OWN
    pins = {(canonicalize_name(pin.requirement.name), pin.version): set(pin.hashes) for pin in read_lock(locked)}
    for name, part in parts.items():
        assert {entry["content"] for entry in part["hashes"]} == pins[canonicalize_name(name), part["version"]]
        assert part["purl"] == f"pkg:pypi/{name}@{part['version']}"


def test_the_bill_is_valid_cyclonedx(bill: str) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.replace('"SHA-256"', '"SHA-0"')) is not None


def test_two_bills_are_the_same_bytes(root: Path, bill: str) -> None:
    dated = sbom(root, PYTHONHASHSEED="1", SOURCE_DATE_EPOCH="1750000000")
    assert json.loads(dated)["metadata"]["timestamp"].startswith("2025-06-15T")
    assert re.sub(r',\n *"timestamp": "[^"]*"', "", dated) == bill


# --- the audit -------------------------------------------------------------------------------------------------------

ASKED = {"babel": "2.18.0", "click": "8.5.1"}


def entry(name: str, version: str, *known: str) -> dict[str, Any]:
    return {"name": name, "version": version, "vulns": [{"id": each} for each in known]}


def test_an_audit_of_all_is_clean() -> None:
    answer = weigh(ASKED, {"dependencies": [entry("Babel", "2.18.0"), entry("click", "8.5.1")]})
    assert answer.code == CLEAN
    assert list(answer.lines()) == ["audited: 2 of 2 installed distributions, 0 with known vulnerabilities"]


@pytest.mark.parametrize(
    "second",
    [{"name": "click", "skip_reason": "Dependency not found"}, entry("click", "8.5.0"), entry("other", "8.5.1")],
)
def test_an_audit_of_fewer_than_are_installed_fails(second: dict[str, Any]) -> None:
    answer = weigh(ASKED, {"dependencies": [entry("babel", "2.18.0"), second]})
    assert answer.code == NOT_AUDITED
    assert list(answer.lines())[-1] == "NOT AUDITED: 1 of 2 installed distributions (click)"


def test_no_answer_at_all_fails() -> None:
    answer = weigh(ASKED, {}, "no connection")
    assert answer.code == NOT_AUDITED
    assert list(answer.lines()) == [
        "the service gave no answer: no connection",
        "NOT AUDITED: 2 of 2 installed distributions (all of them)",
    ]


def test_nothing_installed_is_nothing_audited() -> None:
    assert weigh({}, {"dependencies": []}).code == NOT_AUDITED


def test_a_known_vulnerability_fails_even_where_others_were_skipped() -> None:
    answer = weigh(ASKED, {"dependencies": [entry("babel", "2.18.0", "PYSEC-1", "CVE-2")]})
    assert answer.code == VULNERABLE
    assert "babel 2.18.0: PYSEC-1, CVE-2" in list(answer.lines())
