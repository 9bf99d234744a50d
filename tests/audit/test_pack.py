"""The audit pack of an honest ledger: it holds, for strangers too, and says what it shows and what not."""

from __future__ import annotations

import ast
import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from ledger.actions import copies, seal
from ledger.actions.pack import Packed, pack
from ledger.actions.scope import UsageProblem
from ledger.audit import packing, verify_pack
from ledger.audit.packing import PackWriter, source_name
from ledger.audit.verify_pack import MANIFEST, SIGNED
from ledger.domain.sealing import FORMAT, FORMATS
from ledger.domain.stages import Stage
from ledger.store import batches
from ledger.store.database import Database, parse_url
from tests.audit.ledgers import tamper, varied
from tests.audit.packs import check, contents
from tests.builders import amount, envelope, figure, new_ledger, post, project

VERIFIER = Path(verify_pack.__file__)


def key_file(folder: Path, name: str = "auditor") -> tuple[Path, str]:
    """A new key's file and its public half."""
    path = folder / f"{name}.key"
    made = seal.signing_key(None, path, name)
    assert made is not None
    return path, str(made.public)


def packed(database: Database, path: Path, **how: Any) -> Packed:
    """A pack that was written."""
    done = pack(database, path, **how)
    assert done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    return done


def alone(pack_: Path, folder: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """verify_pack.py as it comes out of the pack, run in an empty folder without site-packages or environment."""
    (folder / "verify_pack.py").write_bytes(contents(pack_)["verify_pack.py"])
    return subprocess.run(
        [python, "-I", "-S", "verify_pack.py", str(pack_), *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def test_a_pack_holds_without_the_program(database_url: str, tmp_path: Path) -> None:
    path, (key, public) = tmp_path / "pack.zip", key_file(tmp_path)
    done = packed(varied(database_url), path, key=key)
    (tmp_path / "empty").mkdir()
    run = alone(path, tmp_path / "empty", "--key", public)
    assert (run.returncode, run.stderr) == (0, "")
    lines = run.stdout.splitlines()
    assert [line.split("  ")[0] for line in lines[3:-2]] == ["ok"] * 11
    assert "the manifest is signed by auditor" in run.stdout
    assert f"batch {done.batch}" in run.stdout
    assert lines[-1].startswith("HOLDS")
    assert done.findings == []


def old_python() -> str | None:
    """A Python 3.9 that runs; a shim of a version manager may stand there without one behind it."""
    found = shutil.which("python3.9")
    works = found and subprocess.run([found, "-c", "pass"], capture_output=True, check=False).returncode == 0
    return found if works else None


@pytest.mark.skipif(old_python() is None, reason="there is no Python 3.9 here")
def test_an_old_python_will_do(sqlite_url: str, tmp_path: Path) -> None:
    packed(varied(sqlite_url), path := tmp_path / "pack.zip")
    (tmp_path / "empty").mkdir()
    run = alone(path, tmp_path / "empty", python=str(old_python()))
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_verifier_is_old_python_and_imports_the_standard_library_alone() -> None:
    tree = ast.parse(VERIFIER.read_text("utf-8"), feature_version=(3, 9))
    modules = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add(str(node.module).partition(".")[0])
    assert modules <= sys.stdlib_module_names
    assert not modules & {"socket", "urllib", "http", "subprocess", "os", "ctypes", "importlib"}


def test_the_verifier_knows_the_columns_and_the_stages() -> None:
    for table, columns in verify_pack.COLUMNS.items():
        assert FORMATS[1][table][: len(columns)] == columns
    ranks = {stage.value: stage.rank for stage in Stage}
    assert {stage: verify_pack.RANK.get(stage, verify_pack.BESIDE) for stage in ranks} == {
        stage: verify_pack.BESIDE if rank is None else rank for stage, rank in ranks.items()
    }


def test_the_zip_file_is_one_for_everybody(sqlite_url: str, tmp_path: Path) -> None:
    packed(varied(sqlite_url), path := tmp_path / "pack.zip")
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        archive.extractall(tmp_path / "out")
    assert len({name.lower() for name in names}) == len(names)
    assert all(verify_pack.NAME.fullmatch(name) for name in names)
    sums = (tmp_path / "out" / MANIFEST).read_text("ascii")
    for line in sums.splitlines():
        if not line.startswith("#"):
            digest, name = line.split("  ")
            assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest
    if shutil.which("sha256sum"):
        done = subprocess.run(
            ["sha256sum", "--check", "--strict", "--quiet", MANIFEST],  # noqa: S607
            cwd=tmp_path / "out",
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_equal_ledgers_give_equal_bytes(sqlite_url: str, postgres_url: str, tmp_path: Path) -> None:
    database, other = varied(sqlite_url), Database(parse_url(postgres_url))
    copies.copy(database, other, progress=lambda _what, _rows: None)
    key, _ = key_file(tmp_path)
    paths = [tmp_path / f"{number}.zip" for number in range(3)]
    for each, path in zip((database, database, other), paths, strict=True):
        packed(each, path, key=key)
    other.close()
    assert paths[0].read_bytes() == paths[1].read_bytes(), "the same ledger, twice"
    one, two = contents(paths[0]), contents(paths[2])
    assert list(one) == list(two)
    # A file has a check of its own (SQLite's), which a server's database has not; nothing else may differ.
    assert {name for name in one if one[name] != two[name]} == {"results/checks.json", MANIFEST, SIGNED}


def test_what_is_in_it(sqlite_url: str, tmp_path: Path) -> None:
    database = varied(sqlite_url)
    packed(database, path := tmp_path / "pack.zip")
    members = contents(path)
    with database.read() as connection:
        kept = {digest: name for batch in range(1, 7) for name, digest in batches.files(connection, batch)}
        for digest, name in kept.items():
            assert members[source_name(digest, name)] == batches.content(connection, digest)
    assert {name for name in members if name.startswith("journal/")} == {f"journal/{t}.ndjson" for t in FORMATS[FORMAT]}
    told = json.loads(members["mappings/imports.json"])
    assert [each["batch"] for each in told] == list(range(1, len(told) + 1))
    assert told[0]["files"][0]["sheets"][0]["sheet"] == "Sheet1"
    assert "TN" in {each["code"] for each in json.loads(members["mappings/codelists.json"])["country"]}
    readme = members["README.txt"].decode()
    for word in (
        "Personal data",
        "(EU) 2016/679",
        hashlib.sha256(members["verify_pack.py"]).hexdigest(),
        "Not signed.",
    ):
        assert word in readme
    assert "$" not in readme


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "C:\\x\\CON", "a\nb", "é Ω.xlsx", "", "..", "x" * 300 + ".xlsx", "\0\u202e", "-rf *"]
)
def test_no_name_of_a_file_can_do_anything(name: str) -> None:
    made = source_name("0" * 64, name)
    assert verify_pack.NAME.fullmatch(made)
    assert verify_pack.OTHERS.fullmatch(made)
    assert len(made) < 140
    assert made.endswith(".xlsx") == name.endswith(".xlsx")


def test_profiles_are_those_that_were_used(sqlite_url: str, tmp_path: Path) -> None:
    from ledger.actions.import_files import import_files

    database = new_ledger(sqlite_url)
    folder = tmp_path / "profiles"
    folder.mkdir()
    lists = Path(__file__).parents[2] / "docs" / "guides" / "lists"
    shutil.copy(lists / "with-profile" / "profiles" / "annual-list.toml", folder)
    (folder / "unused.toml").write_text("title = 'none'\n", "utf-8")
    import_files(database, [lists / "annual-list.xlsx"], profile="annual-list", profile_dirs=[folder])
    used = hashlib.sha256((folder / "annual-list.toml").read_bytes()).hexdigest()
    packed(database, path := tmp_path / "pack.zip", profile_dirs=[folder])
    assert [name for name in contents(path) if name.startswith("mappings/profiles/")] == [
        f"mappings/profiles/{used}.toml"
    ]
    assert "1 profiles, each as a batch used it" in check(path).text
    packed(database, path)
    assert "0 profiles, each as a batch used it; 1 are not in the pack" in check(path).text


def test_sums_behind_figures_and_illustrative_money(sqlite_url: str, tmp_path: Path) -> None:
    database = new_ledger(sqlite_url)
    post(
        database,
        [
            envelope("TOT", 1000_00, fund="AMIF"),
            project("P1", amount(70_00, country="TN"), amount(30_00, country="MA", on=date(2023, 1, 1))),
            project("P2", amount(50, country="TN"), earmarks={"migration": 333_333_333}),
            figure(
                "F1", quote="some EUR 100", value="100", unit="EUR", measure="sum", stage="committed", fund="NDICI-GE"
            ),
            figure("F2", quote="EUR 1 000", value="1000", unit="EUR", measure="sum", envelope="TOT"),
            figure("F3", quote="3 projects", value="3", unit="projects", measure="count"),
            figure("F4", value="1", unit="EUR", measure="sum", stage="committed", earmark="migration"),
            figure("F5", value="1", unit="EUR", measure="sum", fund="NDICI-GE", as_of=date(2022, 12, 31)),
        ],
    )
    post(database, [project("X", amount(9_00))], file="x.xlsx", source="x", illustrative=True)
    packed(database, path := tmp_path / "pack.zip")
    figures = {each["figure"]: each for each in json.loads(contents(path)["results/figures.json"])["figures"]}
    assert {ref: each["ledger"]["amount"] for ref, each in figures.items() if each["sum"]} == {
        "F1": "100.50", "F2": "1000.00", "F4": "0.17", "F5": "0.00",
    }  # fmt: skip
    assert "4 of 5 verdicts rest on sums" in check(path).text
    packed(database, path, with_illustrative=True)
    page = check(path)
    assert page.code == 0
    figures = {each["figure"]: each for each in json.loads(contents(path)["results/figures.json"])["figures"]}
    assert figures["F1"]["ledger"]["amount"] == "109.50"
    assert "INVENTED" in contents(path)["README.txt"].decode()


def test_a_kept_checkpoint_can_be_packed_if_it_is_of_now(sqlite_url: str, tmp_path: Path) -> None:
    database = varied(sqlite_url)
    key, public = key_file(tmp_path)
    kept = tmp_path / "kept.txt"
    made = seal.seal(database, seal.signing_key(key, None, ""))
    kept.write_text(str(made.note), "utf-8")
    packed(database, path := tmp_path / "pack.zip", key=key, checkpoint=kept)
    assert contents(path)["checkpoint/checkpoint.txt"] == kept.read_bytes()
    assert check(path, keys=(public,), older=(str(kept),)).code == 0
    other, _ = key_file(tmp_path, "other")
    with pytest.raises(UsageProblem, match="not signed by the key"):
        pack(database, path, key=other, checkpoint=kept)
    post(database, [project("NEW", amount(1))], file="new.xlsx", source="new")
    with pytest.raises(UsageProblem, match=r"verify_pack\.py --checkpoint"):
        pack(database, path, checkpoint=kept)
    packed(database, path, key=key)
    page = check(path, keys=(public,), older=(str(kept),))
    assert (page.code, "nothing up to batch" in page.text) == (0, True)


def test_a_ledger_that_is_not_as_sealed_is_not_packed(sqlite_url: str, tmp_path: Path) -> None:
    database = varied(sqlite_url)
    tamper(database, "UPDATE transfer SET amount_minor = amount_minor + 1 WHERE id = 1")
    done = pack(database, tmp_path / "pack.zip")
    assert {"row-changed", "balance-differs"} == {finding.code for finding in done.findings}
    assert list(tmp_path.glob("*.zip")) == []
    done = pack(new_ledger(f"sqlite:///{tmp_path / 'empty.db'}"), tmp_path / "pack.zip")
    assert [finding.code for finding in done.findings] == ["seal-empty"]


def test_large_forms_of_the_zip_format_are_read_as_they_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_pack, "LARGE", 1_000)
    monkeypatch.setattr(verify_pack, "MANY", 3)
    file = BytesIO()
    writer = PackWriter(file)
    for number in range(5):
        writer.add(f"sources/{number}", bytes(range(256)) * 3 * (number + 1), verify_pack.STORED if number % 2 else 8)
    writer.close()
    assert verify_pack.read_members(file) == writer.members
    for place in range(0, len(file.getvalue()), 7):
        changed = bytearray(file.getvalue())
        changed[place] ^= 1
        with pytest.raises(verify_pack.Problem):
            verify_pack.check_manifest(verify_pack.read_members(BytesIO(changed))[:-1], "")


@pytest.mark.heavy
def test_a_pack_of_more_than_four_gigabytes_is_a_zip_file(tmp_path: Path) -> None:
    zeros = bytes(1 << 24)
    with (tmp_path / "large.zip").open("w+b") as file:
        writer = PackWriter(file)
        writer.add("sources/packed", (zeros for _ in range(260)))
        writer.add("sources/stored", (zeros for _ in range(260)), verify_pack.STORED)
        for number in range(66_000):
            writer.add(f"journal/{number}", b"x", verify_pack.STORED)
        writer.close()
        assert verify_pack.read_members(file) == writer.members
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist() == [member.name for member in writer.members]
            assert archive.getinfo("sources/stored").file_size == 260 << 24
            assert archive.read("journal/65999") == b"x"


def test_a_packed_piece_never_fills_the_memory(tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "bomb.zip"
    with path.open("wb") as file:
        writer = PackWriter(file)
        writer.add("sources/bomb", (bytes(1 << 20) for _ in range(200)))
        writer.close()
    with path.open("rb") as file:
        tracemalloc.start()
        verify_pack.read_members(file)
        _, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert highest < 20 << 20


def test_the_text_that_goes_into_the_pack_is_the_module() -> None:
    assert packing.verifier() == VERIFIER.read_bytes()
