"""Makes `.venv` in the checkout, or mends it, and installs the ledger in it.

    python3 tools/make_venv.py [postgres|test|supply] [--unlocked]

Works from any state: no `.venv`, a good one (then it returns at once), one that was broken off, made by another
Python or moved from elsewhere; inside an active virtual environment or not. With `postgres` it installs the driver for
a shared ledger as well, with `test` also what the tests need, with `supply` also what a maintainer needs.

What is installed is what `locks/` pins, nothing more and nothing else: each file must have one of the hashes there, and
none is built from source, so no code runs that was not pinned. `--unlocked` lets pip choose by pyproject.toml instead:
for a platform or a Python that a pinned release has no wheel for.

Standard library only, and no syntax newer than Python 3.7, because an old `python3` is the first thing that it must be
able to complain about.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

OLDEST = (3, 11)
#: Tried in this order when `python3` is too old; a machine often has a newer one under its full name.
NEWER = ("python3.13", "python3.12", "python3.14", "python3.11")
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
COMMAND = os.path.join(VENV, *(("Scripts", "euledger.exe") if os.name == "nt" else ("bin", "euledger")))
STAMP = os.path.join(VENV, "installed-by-make-venv")
#: Each holds what the one before it does; "" is the ledger alone.
EXTRAS = ("", "postgres", "test", "supply")
NAME = "eu-funding-ledger"


def say(text: str) -> None:
    """One line to the terminal; never on stdout, which belongs to the command that follows."""
    sys.stderr.write(text + "\n")


def with_a_new_enough_python() -> None:
    """Starts this script again with a newer Python if this one is too old; ends with a message if there is none."""
    for name in NEWER:
        found = shutil.which(name)
        # A shim of a version manager may stand there without a Python behind it.
        if found and subprocess.call([found, "-c", "pass"], stderr=subprocess.DEVNULL) == 0:
            sys.exit(subprocess.call([found, os.path.abspath(__file__)] + sys.argv[1:]))
    say("The ledger needs Python %d.%d or newer; this is %s and no newer one is on the PATH." % (*OLDEST, sys.version))
    say("Install one (Debian and Ubuntu: apt install python3 python3-venv) and repeat the command.")
    sys.exit(2)


def works(code: str) -> bool:
    """Whether `.venv` can run that code. `-I` keeps PYTHONPATH, PYTHONHOME and the working folder out of it."""
    try:
        return subprocess.call([PYTHON, "-I", "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def lock(extra: str) -> str:
    """The file that pins what is installed with that extra."""
    return os.path.join(ROOT, "locks", (extra or "run") + ".txt")


def wanted(extra: str, *, locked: bool) -> str:
    """What a finished installation looks like: the same declarations, pins, Python and place."""
    parts = [ROOT]
    for path in (os.path.join(ROOT, "pyproject.toml"), os.path.join(ROOT, "ledger", "__init__.py"), lock(extra)):
        with open(path, "rb") as file:
            parts.append(hashlib.sha256(file.read()).hexdigest())
    return "\n".join([*parts, extra, "locked" if locked else "unlocked"])


def is_installed(extra: str, *, locked: bool) -> bool:
    """Whether `.venv` was finished for this checkout, with that extra or with more."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            stamp = file.read()
    except (OSError, ValueError):
        return False
    asked = [wanted(larger, locked=locked) for larger in EXTRAS[EXTRAS.index(extra) :]]
    return stamp in asked and os.path.exists(COMMAND) and works("import ledger, sqlalchemy, click")


def make() -> None:
    """A virtual environment with a pip that runs, kept if it is good and made anew if not."""
    if works("import sys, pip; sys.exit(sys.version_info < (%d, %d))" % OLDEST):
        return
    # The base Python makes it: the active environment may be the very folder that is cleared here.
    base = getattr(sys, "_base_executable", None) or sys.executable
    if os.path.lexists(VENV) and (os.path.islink(VENV) or not os.path.isdir(VENV)):
        os.remove(VENV)
    if subprocess.call([base, "-I", "-m", "venv", "--clear", VENV]) == 0 and works("import pip"):
        return
    say("Python could not make a virtual environment. On Debian and Ubuntu that part is a package of its own:")
    say("    apt install python%d.%d-venv     (or python3-venv), then repeat the command." % sys.version_info[:2])
    sys.exit(2)


def pip(*arguments: str) -> None:
    """Pip inside `.venv`; ends with its exit code when it fails."""
    # A user's own pip settings that would send the packages elsewhere must not apply inside the environment.
    elsewhere = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    settings = {name: value for name, value in os.environ.items() if name not in elsewhere}
    command = [PYTHON, "-I", "-m", "pip", *arguments, "--quiet", "--disable-pip-version-check"]
    result = subprocess.call(command, cwd=ROOT, env=settings)
    if result:
        say("pip could not install the packages (see above). It needs the network, or a proxy set in HTTPS_PROXY.")
        say("Where a pinned release has no wheel for this machine, `--unlocked` lets pip choose another one.")
        sys.exit(result)


def canonical(name: str) -> str:
    """A distribution's name as indexes and locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def unpinned(extra: str) -> "list[str]":
    """What is installed and stands in no line of the lock: leftovers, and what Python itself brought along."""
    with open(lock(extra), encoding="utf-8") as file:
        pinned = {canonical(line.partition("==")[0]) for line in file if re.match(r"[A-Za-z0-9]", line)}
    code = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
    installed = json.loads(subprocess.check_output([PYTHON, "-I", "-c", code]).decode())
    return sorted(name for name in installed if canonical(name) not in pinned | {NAME})


def install(extra: str, *, locked: bool) -> None:
    """The pinned distributions, then the checkout itself, editable; the stamp is written only when both succeeded."""
    say("Installing the ledger into .venv (once; about a minute, network needed) ...")
    if locked:
        pip("install", "--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", lock(extra))
        leftovers = unpinned(extra)
        if leftovers:
            pip("uninstall", "--yes", *leftovers)
        # The build tools are pinned too: without isolation pip uses them, and fetches nothing.
        pip("install", "--no-deps", "--no-build-isolation", "--editable", ROOT)
    else:
        pip("install", "--editable", ROOT + ("[%s]" % extra if extra else ""))
    with open(STAMP, "w", encoding="utf-8") as file:
        file.write(wanted(extra, locked=locked))


def main(arguments: "list[str]") -> int:
    """0 with a working `.venv`; 2 with a message where the machine lacks something; else pip's own exit code."""
    if sys.version_info < OLDEST:
        with_a_new_enough_python()
    locked = "--unlocked" not in arguments
    extra = "".join(argument for argument in arguments if argument != "--unlocked")
    if extra not in EXTRAS:
        say("Usage: python3 tools/make_venv.py [postgres|test|supply] [--unlocked]")
        return 2
    if not is_installed(extra, locked=locked):
        if locked and subprocess.call([sys.executable, os.path.join(ROOT, "tools", "make_lock.py"), "--check"]):
            say("Renew the locks (python3 tools/make_lock.py) and repeat; or add `--unlocked`.")
            return 2
        # Removed first, so that an installation that is broken off is never taken for a finished one.
        if os.path.exists(STAMP):
            os.remove(STAMP)
        make()
        install(extra, locked=locked)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
