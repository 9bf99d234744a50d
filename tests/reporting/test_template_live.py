"""A template under a person's hands: LibreOffice, typed into on a screen of its own, refuses what no reader takes."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from subprocess import PIPE, Popen, run

import openpyxl
import pytest

from ledger.actions import template
from tests.reporting.test_template import imported

ABSENT = [program for program in ("Xvfb", "xdotool", "soffice") if shutil.which(program) is None]
#: No tip of the day, and no question about the format when the file is saved.
SETTING = '<item oor:path="/org.openoffice.Office.Common/{}"><prop oor:name="{}" oor:op="fuse"><value>false</value></prop></item>'
SETTINGS = SETTING.format("Misc", "ShowTipOfTheDay") + SETTING.format("Save/Document", "WarnAlienFormat")
REFUSED = [("F2", "AMIFF", "fund"), ("H2", "Tunesia", "country"), ("O2", "5 million", "eu_contribution"), ("K2", "2023-02-30", "start_date")]  # fmt: skip
TAKEN = {"A2": "P1", "F2": "AMIF", "H2": "Tunisia", "K2": "2022-01-15", "N2": "committed", "O2": "750000.25", "T2": "75"}  # fmt: skip


def screen(*step: str) -> str:
    time.sleep(0.4)  # each step builds on what the one before made appear
    return run(["xdotool", *step], capture_output=True, text=True, check=False, timeout=60).stdout.strip()  # noqa: S607


def window(title: str, *, there: bool = True) -> str:
    for _ in range(100):
        if bool(found := screen("search", "--onlyvisible", "--name", title)) is there:
            return found
    raise AssertionError(f"window {title} did not {'appear' if there else 'go'}")


def put(cell: str, text: str) -> None:
    screen("windowfocus", window("LibreOffice Calc$"), "key", "ctrl+shift+t", "ctrl+a")  # the box that names the cell
    for typed in (cell, text):
        screen("type", "--delay", "40", typed)
        screen("key", "Return")


def saved(path: Path) -> dict[str, str]:
    before = path.stat().st_mtime_ns
    screen("key", "ctrl+s")  # under an open message nothing is saved
    time.sleep(5)
    assert path.stat().st_mtime_ns != before
    row = openpyxl.load_workbook(path).worksheets[0][2]
    return {cell.coordinate: str(cell.value) for cell in row if cell.value is not None}


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path, settings = tmp_path / "p.xlsx", tmp_path / "profile/user/registrymodifications.xcu"
    template.write("projects", path)
    settings.parent.mkdir(parents=True)
    settings.write_text(f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{SETTINGS}</oor:items>')
    with Popen(["Xvfb", "-displayfd", "1"], stdout=PIPE, text=True) as display:  # noqa: S607
        monkeypatch.setenv("DISPLAY", f":{display.stdout.readline().strip()}")  # type: ignore[union-attr]
        monkeypatch.setenv("LC_ALL", "C.UTF-8")
        options = [f"-env:UserInstallation={settings.parents[1].as_uri()}", "--norestore", "--nofirststartwizard"]
        with Popen(["soffice", *options, str(path)], start_new_session=True) as office:  # noqa: S607
            try:
                window("LibreOffice Calc$")
                time.sleep(5)  # the window stands before it listens
                yield path
            finally:
                os.killpg(office.pid, signal.SIGKILL)
                display.terminate()


@pytest.mark.heavy
@pytest.mark.skipif(bool(ABSENT), reason=f"not installed here: {', '.join(ABSENT)}")
def test_libreoffice_refuses_while_it_is_typed(desk: Path, tmp_path: Path) -> None:
    for cell, text, heading in REFUSED:
        put(cell, text)
        screen("windowfocus", window(f"^{heading}$"), "key", "alt+o")  # OK; the message bears the column's heading
        window(f"^{heading}$", there=False)
    put("A2", "P1")
    assert saved(desk) == {"A2": "P1"}
    for cell, text in TAKEN.items():
        put(cell, text)
    assert saved(desk) == TAKEN | {"K2": "2022-01-15 00:00:00", "T2": "0.75"}
    result = imported(tmp_path, desk)
    assert (result.rows.get("posted"), result.rows.get("rejected", 0)) == (1, 0)
