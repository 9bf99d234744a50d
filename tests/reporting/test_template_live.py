"""A template under a person's hands: LibreOffice on a screen of its own, typed into, refuses what no reader would take."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest

from ledger.actions import template
from ledger.actions.import_files import import_files
from tests.builders import new_ledger

ABSENT = [program for program in ("Xvfb", "xdotool", "soffice") if shutil.which(program) is None]
#: No tip of the day, and no question about the format when the file is saved.
SETTINGS = """<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Misc"><prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Save/Document"><prop oor:name="WarnAlienFormat" oor:op="fuse"><value>false</value></prop></item>
</oor:items>"""
REFUSED = [
    ("F2", "AMIFF", "fund"),
    ("H2", "Tunesia", "country"),
    ("O2", "5 million", "eu_contribution"),
    ("K2", "2023-02-30", "start_date"),
]
TAKEN = {
    "A2": "P1",
    "F2": "AMIF",
    "H2": "Tunisia",
    "K2": "2022-01-15",
    "N2": "committed",
    "O2": "750000.25",
    "T2": "75",
}


def until(reached: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not reached():
        assert time.monotonic() < end, "waited a minute in vain"


def keys(*arguments: str) -> str:
    time.sleep(0.4)  # the screen needs a moment between one step and the next, which builds on it
    return subprocess.run(
        ["xdotool", *arguments], capture_output=True, text=True, check=False, timeout=60
    ).stdout.strip()  # noqa: S607


def window(title: str) -> str:
    return keys("search", "--onlyvisible", "--name", title)


def put(cell: str, text: str) -> None:
    keys("windowfocus", window("LibreOffice Calc$"), "key", "ctrl+shift+t")  # the box that names the cell
    for typed in (cell, text):
        keys("type", "--delay", "40", f"{typed}\n")


def saved(path: Path) -> dict[str, object]:
    before = path.stat().st_mtime_ns
    keys("key", "ctrl+s")  # with a message still open nothing would be saved
    until(lambda: keys() == "" and path.stat().st_mtime_ns != before)
    keys()
    return {
        cell.coordinate: cell.value for cell in openpyxl.load_workbook(path).worksheets[0][2] if cell.value is not None
    }


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path, settings = tmp_path / "p.xlsx", tmp_path / "profile/user/registrymodifications.xcu"
    template.write("projects", path)
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    with subprocess.Popen(["Xvfb", "-displayfd", "1"], stdout=subprocess.PIPE, text=True) as screen:  # noqa: S607
        monkeypatch.setenv("DISPLAY", f":{screen.stdout.readline().strip()}")  # type: ignore[union-attr]
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        options = [
            f"-env:UserInstallation={settings.parents[1].as_uri()}",
            "--norestore",
            "--nofirststartwizard",
            "--nologo",
        ]
        with subprocess.Popen(["soffice", *options, str(path)], start_new_session=True) as office:  # noqa: S607
            yield path
            os.killpg(office.pid, signal.SIGKILL)
        screen.terminate()


@pytest.mark.heavy
@pytest.mark.skipif(bool(ABSENT), reason=f"not installed here: {', '.join(ABSENT)}")
def test_libreoffice_refuses_while_it_is_typed(desk: Path, tmp_path: Path) -> None:
    until(lambda: window("LibreOffice Calc$"))
    for cell, text, heading in REFUSED:
        put(cell, text)
        until(lambda heading=heading: window(f"^{heading}$"))  # the message bears the heading of the column
        keys("windowfocus", window(f"^{heading}$"), "key", "Return")
        until(lambda heading=heading: not window(f"^{heading}$"))
    assert saved(desk) == {}
    for cell, text in TAKEN.items():
        put(cell, text)
    assert {cell: str(value) for cell, value in saved(desk).items()} == TAKEN | {
        "K2": "2022-01-15 00:00:00",
        "T2": "0.75",
    }
    [result] = import_files(new_ledger(f"sqlite:///{tmp_path / 'ledger.db'}"), [desk])
    assert (result.profile, result.rows.get("posted"), result.rows.get("rejected", 0)) == ("projects", 1, 0)
    assert result.amounts["posted"]["eu_contribution"]["EUR"] == 75_000_025
