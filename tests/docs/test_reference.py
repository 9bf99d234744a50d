"""The reference is what the program is: generated pages are fresh, and every table, key and link is where it is said."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ledger.cli.main import main
from ledger.store.models import Base
from tests.docs.console import DOCS, LISTS, ROOT

PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)
#: Objects whose keys are the data's own.
_OPEN = {"amounts", "details", "values", "scope", "tables"}
#: What stands once for all: an amount, and a finding.
_KNOWN = ({"amount", "currency"}, {"code", "severity", "file", "sheet", "cell", "message", "remedy", "values"})


def make_reference() -> ModuleType:
    """tools/make_reference.py as a module."""
    spec = importlib.util.spec_from_file_location("make_reference", ROOT / "tools" / "make_reference.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_pages_are_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert make_reference().main(["--check"]) == 0, capsys.readouterr().err


def test_a_stale_page_is_seen_and_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tool = make_reference()
    monkeypatch.setattr(tool, "FOLDER", tmp_path)
    assert tool.main(["--check"]) == 1
    assert "findings.md" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert tool.main([]) == 0
    assert tool.main(["--check"]) == 0
    assert tool.main(["--chek"]) == 2


def test_every_table_is_in_the_glossary() -> None:
    glossary = (DOCS / "glossary.md").read_text("utf-8")
    named = {word.split(".")[0] for word in re.findall(r"`([a-z_.]+)`", glossary)}
    assert set(Base.metadata.tables) - named == set()


def test_columns_that_the_glossary_names_exist() -> None:
    glossary = (DOCS / "glossary.md").read_text("utf-8")
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", glossary))
    columns = {f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns}
    assert len(named) > 10
    assert named - columns == set()


def anchors(page: Path) -> set[str]:
    """The anchors of a page: its headings as GitHub writes them, and its own."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
    return slugs | set(re.findall(r'<a id="([^"]+)"', text))


def broken_links(page: Path) -> Iterator[str]:
    """The relative links of a page that lead nowhere."""
    for target in _LINK.findall(_FENCE.sub("", page.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            yield target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert list(broken_links(page)) == []


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# One `two`\n[a](#one-two) [b](#three) [c](gone.md) [d](https://example.org)\n", "utf-8")
    assert list(broken_links(page)) == ["#three", "gone.md"]


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    todo = [DOCS / "README.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = (target.partition("#")[0] for target in _LINK.findall(page.read_text("utf-8")))
        todo += [(page.parent / name).resolve() for name in links if name and ":" not in name]
    assert set(DOCS.rglob("*.md")) - reached == set()


def documented_keys() -> dict[str, set[str]]:
    """Command -> every word of its entry in json.md."""
    text = (DOCS / "reference" / "json.md").read_text("utf-8").partition("## Results by command")[2]
    entries: dict[str, set[str]] = {}
    command = ""
    for line in text.partition("```text\n")[2].partition("```")[0].splitlines():
        command = line.split()[0] if line[0] != " " else command
        entries.setdefault(command, set()).update(re.findall(r"[a-z_0-9]+", line))
    return entries


def keys_of(value: Any) -> set[str]:
    """Every key in a JSON value, those of money and findings apart."""
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    if not isinstance(value, dict):
        return set()
    if set(value) in _KNOWN:
        return set()
    return set(value) | set().union(*(keys_of(inner) for name, inner in value.items() if name not in _OPEN))


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with the shipped data and one list."""
    path = tmp_path_factory.mktemp("json") / "ledger.db"
    assert main(["-q", "--db", str(path), "init"]) == 0
    assert main(["-q", "--db", str(path), "db", "backup", str(path.parent / "kept.backup")]) == 0
    return path


@pytest.fixture
def run(ledger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Any]:
    """The JSON that a command line gives."""

    def give(line: str) -> Any:
        capsys.readouterr()
        line = line.replace("LIST", str(LISTS / "annual-list.xlsx")).replace("TEMP", str(tmp_path))
        line = line.replace("SECOND", str(LISTS / "annual-list-2024.xlsx"))
        line = line.replace("BACKUP", str(ledger.with_name("kept.backup")))
        line = line.replace("ANNEX", "'amif-2014-2020-annex-i.xlsx!Annex I!E29'")
        main(["--db", str(ledger), *shlex.split(line), "-f", "json"])
        return json.loads(capsys.readouterr().out)

    return give


LINES = [
    "import LIST --set currency=EUR --set fund=NDICI-GE", "import LIST -n", "init", "identify LIST", "imports list",
    "imports show 2", "imports show 5", "imports rows 2", "imports revert 3 -n -y", "figure list", "figure show F19",
    "figure add NEW --quote EUR5.3bn", "reconcile", "reconcile --keep F18 F20 F21", "runs list", "runs show 1", "runs compare 1", "check", "check --list", "why AMIF.TOT", "why F19", "why fund=NDICI-GE", "summary --by year,stage",
    "summary --stage allocated", "db current", "db upgrade", "db history", "db check", "template",
    "db backup TEMP/new.backup", "db restore BACKUP --db TEMP/restored.db", "db copy BACKUP TEMP/copied.db",
    "profile list", "profile show projects", "profile new LIST --set currency=EUR", "profile test projects",
    "bridge --from 1", "compare batch:1 LIST --right-set currency=EUR", "compare LIST SECOND --set currency=EUR", "export -o TEMP/journal.hledger", "pack -o TEMP/pack.zip",
    "audit sample --method mus --std-dev 0.1 --book-value 1000", "audit sample --method srs --sample-size 3",
    "audit samples list", "audit samples show 1", "audit residual --population 1000 --total-error-rate 0.03",
    "figure waive ANNEX --amount 2 --reason r --evidence e --until 2999-01-01", "figure waivers", "figure unwaive 1 --reason r",
    "audit evaluate --method mus --book-value 1000 --sample-size 9 --sum-rates 0.1 --sample-std-dev 0.1",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_every_key_of_the_json_is_documented(line: str, run: Callable[[str], Any]) -> None:
    told = run(line)
    command = re.fullmatch(r"euledger/([a-z-]+)/1", told["schema"])
    assert command
    assert {"schema", "ok", "exit_code", "results", "findings"} <= set(told)
    documented = documented_keys()[command[1]]
    if command[1] in ("init", "imports-show"):
        documented |= documented_keys()["import"] | documented_keys()["imports-list"]
    if command[1] in ("db-restore", "db-copy"):
        documented |= documented_keys()["db-backup"]
    if command[1] == "audit-samples-show":
        documented |= documented_keys()["audit-sample"] | documented_keys()["audit-samples-list"]
    if command[1] == "profile-show":
        documented |= documented_keys()["profile-list"]
    if command[1] in ("summary", "bridge"):
        documented |= {"year", "stage", "fund", "country"}
    assert keys_of(told["results"]) - documented == set()
