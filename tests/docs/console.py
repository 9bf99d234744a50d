"""The `console` blocks of the documentation: run in order, page by page, and held against what the page shows.

In a block each line `$ euledger …` is run in this process, `$ cd FOLDER` changes the folder and `$ echo $?` gives the last
exit code. A line `…` stands for any number of lines. Dates with times, temporary paths and the program's version are scrubbed on both sides.
`python -m tests.docs.console` writes the present output into the pages, leaving alone what still fits.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
#: Small lists that the guides import; every page starts with a copy of them.
LISTS = DOCS / "guides" / "lists"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SCRUBBED = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(\.\d+)?Z?"), "2026-01-01 12:00:00"),
    (re.compile(r"[ \t]+$", re.MULTILINE), ""),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a page, what the page shows for it, and what came."""

    line: str
    shown: str
    came: str

    @property
    def fits(self) -> bool:
        """Whether the output is what the page shows, `…` standing for any lines."""
        lines = scrub(self.shown).splitlines()
        pattern = "".join(r"(?:.*\n)*?" if line.strip() == "…" else re.escape(line) + r"\n" for line in lines)
        return re.fullmatch(pattern, scrub(self.came)) is not None


def scrub(text: str) -> str:
    """The text without what differs from run to run."""
    for pattern, stand_in in _SCRUBBED:
        text = pattern.sub(stand_in, text)
    return text


def pages() -> list[Path]:
    """The pages that hold console blocks."""
    return [page for page in sorted(DOCS.rglob("*.md")) if _BLOCK.search(page.read_text("utf-8"))]


def run_page(page: Path) -> list[Step]:
    """Run a page from its first command to its last in an empty folder that holds the small lists."""
    steps: list[Step] = []
    settings = {"COLUMNS": "100", "NO_COLOR": "1", "TZ": "UTC"}
    with tempfile.TemporaryDirectory() as folder, chdir(folder), patch.dict(os.environ, settings):
        os.environ.pop("EULEDGER_DB", None)
        shutil.copytree(LISTS, folder, dirs_exist_ok=True)
        code = 0
        for line, shown in commands(page.read_text("utf-8")):
            if line == "echo $?":
                came = f"{code}\n"
            elif line.startswith("cd "):
                os.chdir(line.removeprefix("cd "))
                came = ""
            else:
                came, code = run(line, folder)
            steps.append(Step(line, shown, came))
    return steps


def commands(text: str) -> Iterator[tuple[str, str]]:
    """(command, output shown) of every line that starts with a dollar sign."""
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, shown = part.partition("\n")
            yield line, shown


def run(line: str, folder: str) -> tuple[str, int]:
    """What the command line says, both streams in order, and its exit code."""
    from ledger.cli.main import main

    words = shlex.split(line)
    if words[0] != "euledger":
        raise ValueError(f"a guide may only run euledger, not {words[0]!r}")
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        code = main(words[1:])
    return out.getvalue().replace(f"{folder}{os.sep}", ""), code


def renewed(page: Path) -> str:
    """The page with the output that came in place of what no longer fits."""
    steps = iter(run_page(page))

    def renew(block: re.Match[str]) -> str:
        parts = [next(steps) for _ in commands(block[0])]
        inner = "".join(f"$ {step.line}\n{step.shown if step.fits else scrub(step.came)}" for step in parts)
        return f"```console\n{inner}```"

    return _BLOCK.sub(renew, page.read_text("utf-8"))


if __name__ == "__main__":
    for each in [Path(name).resolve() for name in sys.argv[1:]] or pages():
        each.write_text(renewed(each), "utf-8")
