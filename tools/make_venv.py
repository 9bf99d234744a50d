"""Makes `.venv` in the checkout, or mends it, and installs the ledger in it: `python3 tools/make_venv.py [test]`.

Works from any state: no `.venv`, a good one (then it returns at once), one that was broken off, made by another
Python or moved from elsewhere; inside an active virtual environment or not. With `test` it installs what the tests
need as well. Standard library only, and no syntax newer than Python 3.7, because an old `python3` is the first
thing that it must be able to complain about.
"""

import hashlib
import os
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


def wanted(extra: str) -> str:
    """What a finished installation looks like: the same declaration, Python and place."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        declared = hashlib.sha256(file.read()).hexdigest()
    with open(os.path.join(ROOT, "ledger", "__init__.py"), "rb") as file:
        version = hashlib.sha256(file.read()).hexdigest()
    return "\n".join([ROOT, declared, version, extra])


def is_installed(extra: str) -> bool:
    """Whether `.venv` was finished for this checkout, with that extra or with more."""
    try:
        with open(STAMP, encoding="utf-8") as file:
            stamp = file.read()
    except (OSError, ValueError):
        return False
    # An installation for the tests serves the plain command too.
    asked = [wanted(extra), wanted("test")]
    return stamp in asked and os.path.exists(COMMAND) and works("import ledger, sqlalchemy, click, openpyxl")


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


def install(extra: str) -> None:
    """Pip's editable installation of the checkout; the stamp is written only when it succeeded."""
    say("Installing the ledger into .venv (once; about a minute, network needed) ...")
    target = ROOT + ("[%s]" % extra if extra else "")
    # A user's own pip settings that would send the packages elsewhere must not apply inside the environment.
    settings = {
        name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    }
    command = [PYTHON, "-I", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--editable", target]
    result = subprocess.call(command, cwd=ROOT, env=settings)
    if result:
        say("pip could not install the packages (see above). It needs the network, or a proxy set in HTTPS_PROXY.")
        sys.exit(result)
    with open(STAMP, "w", encoding="utf-8") as file:
        file.write(wanted(extra))


def main(arguments: "list[str]") -> int:
    """0 with a working `.venv`; 2 with a message where the machine lacks something; else pip's own exit code."""
    if sys.version_info < OLDEST:
        with_a_new_enough_python()
    if arguments not in ([], ["test"]):
        say("Usage: python3 tools/make_venv.py [test]")
        return 2
    extra = "".join(arguments)
    if not is_installed(extra):
        # Removed first, so that an installation that is broken off is never taken for a finished one.
        if os.path.exists(STAMP):
            os.remove(STAMP)
        make()
        install(extra)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
