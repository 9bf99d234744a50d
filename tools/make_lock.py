"""Pins every distribution that a checkout installs, with the hashes of its files for all platforms, in `locks/`.

    python3 tools/make_lock.py              after a change of the requirements in pyproject.toml; other pins stay
    python3 tools/make_lock.py --upgrade    takes up the newest releases that pyproject.toml allows
    python3 tools/make_lock.py --check      fails (1) and names the locks that pyproject.toml has outrun

The resolver is uv, the one that `locks/supply.txt` pins: from `.venv` where it is there, else from a scratch folder.
Written are names, versions, markers and hashes; never an address, so that a lock serves behind any mirror.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "locks"
#: Lock -> the extras in it; each lock holds the one after it, and is resolved under its pins.
EXTRAS = {
    "supply": ("postgres", "test", "supply"),
    "test": ("postgres", "test"),
    "postgres": ("postgres",),
    "run": (),
}
#: Beside pyproject's: pip itself, because the one that Python brings along is old, and what an editable build asks for.
TOOLS = ("pip", "editables>=0.5")
OLDEST = "3.11"
HEAD = """\
# Made by tools/make_lock.py: do not edit. Installed by tools/make_venv.py with --require-hashes.
# requirements {digest}
"""


def requirements_digest(declared: bytes) -> str:
    """Names what pyproject.toml asks for: the same as long as no requirement in it changes."""
    parsed = tomllib.loads(declared.decode())
    project = parsed["project"]
    asked = [
        parsed["build-system"]["requires"],
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def uv(scratch: Path) -> Path:
    """The resolver's program, installed into the scratch folder where this environment has none."""
    here = Path(sysconfig.get_path("scripts")) / "uv"
    for candidate in (here, ROOT / ".venv" / "bin" / "uv"):
        if candidate.exists():
            return candidate
    pin = re.search(r"^uv==[^\\\n]*(?:\\\n[^\\\n]*)*", (LOCKS / "supply.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert pin is not None, "locks/supply.txt has no uv: pip install uv, and repeat"
    wanted = scratch / "uv.txt"
    wanted.write_text(pin.group() + "\n", encoding="utf-8")
    target = scratch / "uv"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    subprocess.run([*command, "--require-hashes", "--target", target, "-r", wanted], check=True)
    return target / "bin" / "uv"


def compile_lock(program: Path, name: str, inputs: Path, *, under: str | None, upgrade: bool) -> None:
    """One lock, under the pins of the larger one; a pin stays where it still fits, unless `upgrade`."""
    file = LOCKS / f"{name}.txt"
    command: list[str | Path] = [program, "pip", "compile", "pyproject.toml", inputs, "-o", file, "--quiet"]
    command += ["--universal", "--python-version", OLDEST, "--generate-hashes", "--no-header", "--no-annotate"]
    command += [part for extra in EXTRAS[name] for part in ("--extra", extra)]
    command += ["--constraint", LOCKS / f"{under}.txt"] if under else []
    command += ["--upgrade"] if upgrade else []
    # A user's own uv settings could write addresses into the file.
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    subprocess.run([*command, "--no-config"], cwd=ROOT, check=True, env=kept)
    digest = requirements_digest((ROOT / "pyproject.toml").read_bytes())
    pins = file.read_text(encoding="utf-8")
    assert "://" not in pins, f"{file.name}: an address was written into the lock"
    file.write_text(HEAD.format(digest=digest) + pins, encoding="utf-8")


def stale() -> list[str]:
    """The locks that were made for other requirements than those of pyproject.toml, or are not there."""
    line = f"# requirements {requirements_digest((ROOT / 'pyproject.toml').read_bytes())}"
    files = [LOCKS / f"{name}.txt" for name in EXTRAS]
    return [file.name for file in files if not file.exists() or line not in file.read_text(encoding="utf-8")]


def main(arguments: list[str]) -> int:
    """0 when every lock is written, or was up to date with `--check`; the resolver's own message otherwise."""
    if arguments == ["--check"]:
        for name in stale():
            print(f"locks/{name} is older than the requirements in pyproject.toml", file=sys.stderr)
        return bool(stale())
    if arguments not in ([], ["--upgrade"]):
        print(__doc__, file=sys.stderr)
        return 2
    LOCKS.mkdir(exist_ok=True)
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["build-system"]["requires"]
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        program = uv(scratch)
        inputs = scratch / "tools.in"
        inputs.write_text("\n".join([*TOOLS, *build]) + "\n", encoding="utf-8")
        under = None
        for name in EXTRAS:
            compile_lock(program, name, inputs, under=under, upgrade=bool(arguments) and under is None)
            under = name
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
