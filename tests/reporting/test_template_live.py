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
SETTINGS = """<oor:items xmlns:oor="http://openoffice.org/2001/registry"><item oor:path="/org.openoffice.Office.Common/Misc">
<prop oor:name="ShowTipOfTheDay" oor:op="fuse"><value>false</value></prop></item><item oor:path="/org.openoffice.Office.Common/Save/Document">
<prop oor:name="WarnAlienFormat" oor:op="fuse"><value>false</value></prop></item></oor:items>"""
REFUSED = {"F2": ("AMIFF", "fund"), "H2": ("Tunesia", "country"), "O2": ("about 5 million", "eu_contribution"), "K2": ("2023-02-30", "start_date")}
TAKEN = {"A2": "P1", "F2": "AMIF", "H2": "Tunisia", "K2": "2022-01-15", "N2": "committed", "O2": "750000.25", "T2": "75"}


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.2)


def keys(*arguments: str) -> str:
    time.sleep(0.4)  # the program needs a moment between one key and the next that builds on it
    return subprocess.run(["xdotool", *arguments], capture_output=True, text=True, check=False, timeout=60).stdout.strip()  # noqa: S607


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path, settings = tmp_path / "p.xlsx", tmp_path / "profile/user/registrymodifications.xcu"
    template.write("projects", path)
    settings.parent.mkdir(parents=True)
    settings.write_text(SETTINGS, encoding="utf-8")
    with subprocess.Popen(["Xvfb", "-displayfd", "1", "-screen", "0", "1400x900x24"], stdout=subprocess.PIPE, text=True) as screen:  # noqa: S607
        monkeypatch.setenv("DISPLAY", f":{screen.stdout.readline().strip()}")  # type: ignore[union-attr]
        office = subprocess.Popen(["soffice", f"-env:UserInstallation={settings.parents[1].as_uri()}", "--norestore", "--nologo",  # noqa: S607
                                   "--nofirststartwizard", str(path)], start_new_session=True, env={**os.environ, "LC_ALL": "C.UTF-8"})  # fmt: skip
        try:
            yield path
        finally:
            os.killpg(office.pid, signal.SIGKILL)
            office.wait()
            screen.terminate()


def box(title: str) -> str:
    return keys("search", "--onlyvisible", "--name", title)
