"""The pack of the shipped ledger, as an auditor makes it and a stranger checks it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest


@pytest.mark.slow
def test_from_the_ledger_to_the_page(euledger: Callable[..., Any], shipped: Path, tmp_path: Path) -> None:
    pack, empty = tmp_path / "pack.zip", tmp_path / "empty"
    made = euledger("--db", shipped, "seal", "--new-key", tmp_path / "a.key", "-o", tmp_path / "kept.txt", "-f", "json")
    assert made.code == 0
    options = ("--with-illustrative", "--key", tmp_path / "a.key", "-f", "json")
    run = euledger("--db", shipped, "pack", "-o", pack, *options)
    assert run.code == 0
    done = run.json["results"]
    empty.mkdir()
    with ZipFile(pack) as archive:
        archive.extract("verify_pack.py", empty)
        told = json.loads(archive.read("results/figures.json"))
    assert (done["members"], done["batch"]) == (len(ZipFile(pack).namelist()), 5)
    page = subprocess.run(
        [
            *(sys.executable, "-I", "-S", "verify_pack.py", str(pack)),
            *("--key", done["public_key"], "--checkpoint", str(tmp_path / "kept.txt")),
        ],
        cwd=empty,
        env={},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (page.returncode, page.stderr) == (0, ""), page.stdout
    assert done["sha256"] in page.stdout
    assert "committed 148,000,000.00" in page.stdout
    assert "nothing up to batch 5 was changed or cut off" in page.stdout
    assert sum(each["sum"] is not None for each in told["figures"]) > 40
    named = {each["figure"]: each for each in told["figures"]}
    assert named["F19"]["sum"]["questions"][0]["earmark"] == "migration"
    assert list(empty.iterdir()) == [empty / "verify_pack.py"], "the check writes nothing"


def test_what_cannot_be_done_is_told(euledger: Callable[..., Any], shipped: Path, bare: Path, tmp_path: Path) -> None:
    assert "say where" in euledger("--db", bare, "pack").err
    run = euledger("--db", bare, "pack", "-o", tmp_path / "a.zip", "-f", "json")
    assert (run.code, run.json["results"]["file"]) == (3, None), "as seal ends where nothing is sealed"
    run = euledger("--db", shipped, "pack", "-o", tmp_path / "none" / "a.zip")
    assert (run.code, "cannot write" in run.err) == (2, True)
    (tmp_path / "no.key").write_text("PRIVATE+KEY+x", "utf-8")
    (tmp_path / "no.key").chmod(0o600)
    run = euledger("--db", shipped, "pack", "-o", tmp_path / "a.zip", "--key", tmp_path / "no.key")
    assert run.code == 2
    assert "PRIVATE" not in run.err
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    assert list(tmp_path.glob("*.zip")) == []
