"""Whatever text a list brings, no file or terminal that it comes out on acts upon it; every export stays whole.

Every ninth text and two keys of a summary in the ordinary run; all of them, and PostgreSQL, with `--heavy`.
"""

from __future__ import annotations

import csv
import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import text
from xlsxwriter import Workbook

from ledger.cli.main import main
from ledger.domain.records import Kind, Record
from ledger.reporting.safe_text import cell_text, from_csv_text, printable
from ledger.store.database import Database, parse_url
from ledger.store.models import Base
from tests.audit.packs import check
from tests.builders import amount, envelope, figure, new_ledger, post, project
from tests.injection.looks import acting_in_csv, acting_in_markdown, acting_in_terminal, acting_in_workbook
from tests.injection.payloads import LONG, payloads
from tests.witnesses import by_ledger, by_number, read

ALL = payloads()
# fmt: off
PROJECT = (
    "title", "summary", "beneficiary", "beneficiary_country", "country_text", "location", "nuts", "postcode", "city",
    "status", "priority", "specific_objective", "intervention_type", "theme_text", "call", "url", "year",
    "managing_authority", "note",
)
# fmt: on
ENVELOPE = ("title", "feeds", "vintage", "status", "legal_reference", "source", "note")
PROGRAMME = ("title", "managing_authority", "quote", "note")
FIGURE = ("quote", "source", "page", "theme", "measure")
#: Keys by which text of a list comes out as rows of a summary.
TELLING = ("project", "title", "beneficiary", "programme", "envelope", "source")


def records(texts: list[str]) -> list[Record]:
    """Of each kind one for each text, with the text in every column that takes any."""
    made: list[Record] = []
    for number, each in enumerate(texts):
        ref = f"{each}{number}"
        price_basis = each[:200] if number % 4 == 0 else "current"
        made += [
            envelope(ref, 100 + number, price_basis=price_basis, **dict.fromkeys(ENVELOPE, each)),
            Record(
                Kind.PROGRAMMES,
                ref,
                {"fund_code": "AMIF", "country_code": "FR", **dict.fromkeys(PROGRAMME, each)},
                [amount(200 + number, stage="allocated", country="FR")],
            ),
            project(ref, amount(300 + number), programme=ref, **dict.fromkeys(PROJECT, each)),
            figure(ref, value="3", unit="projects", qualifier="more than", **dict.fromkeys(FIGURE, each)),
        ]
    return made


def filled(url: str, texts: list[str], *, files: int) -> Database:
    """A ledger with the texts in every column, and the first `files` of them as names of files and sources too."""
    database = new_ledger(url)
    post(database, records(texts))
    for each in texts[:: max(len(texts) // files, 1)]:
        post(database, [project("P", amount(5))], file=f"{each}.xlsx", source=each)
    return database


@pytest.fixture(scope="module")
def texts(request: pytest.FixtureRequest) -> list[str]:
    """The texts of this run."""
    return (
        ALL
        if request.config.getoption("--heavy")
        else [*ALL[::9], *LONG[:2], *(each for each in ALL if each.startswith("\x1b"))]
    )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    """A ledger of the texts, to read from."""
    path = tmp_path_factory.mktemp("injection") / "ledger.db"
    filled(f"sqlite:///{path}", texts, files=40 if len(texts) == len(ALL) else 6).close()
    return path


@pytest.fixture
def run(
    capsys: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., str]:
    """What a command prints; it may find something, and neither break nor act upon the terminal."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))

    def command(*arguments: object) -> str:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        told = capsys.readouterr()
        # Rows that no file stands behind cannot be read again: 3.
        assert code in (0, 1) or (code, arguments[0]) == (3, "why"), (arguments, code, told.err)
        assert acting_in_terminal(told.out + told.err) == [], arguments
        return told.out

    return command


def unbroken(text: str) -> str:
    """Line ends as XML reads them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def strings(path: Path) -> set[str]:
    """Every text in a workbook."""
    from openpyxl.utils.escape import unescape

    book = openpyxl.load_workbook(path)
    cells = (cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
    return {unbroken(unescape(str(value))) for value in cells}


def test_there_are_enough_texts_and_every_column_that_takes_any_holds_them(ledger: Path, texts: list[str]) -> None:
    assert len(ALL) >= 200
    database = Database(parse_url(str(ledger)))
    with database.read() as connection:
        for name, columns in (("project", PROJECT), ("envelope", ENVELOPE), ("programme", PROGRAMME)):
            table = Base.metadata.tables[f"{name}_version"]
            for column in columns:
                held = {row[0] for row in connection.execute(table.select().with_only_columns(table.c[column]))}
                assert len(held) >= len(texts) - 10, (name, column)  # a few are one text once NUL and halves are gone
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize("by", [*TELLING[:2], *(pytest.param(key, marks=pytest.mark.heavy) for key in TELLING[2:])])
def test_a_summary_is_text_in_every_format(ledger: Path, tmp_path: Path, run: Callable[..., str], by: str) -> None:
    stage = "allocated" if by in ("envelope", "programme") else "committed"
    out = tmp_path / "summary"
    line = ("summary", "--db", ledger, "--by", by, "--stage", stage)
    rows = json.loads(run(*line, "-f", "json"))["results"]["rows"]
    keys = [row[by] for row in rows if row[by] is not None]
    assert len(keys) >= 6
    run(*line)
    for ending in ("csv", "xlsx", "json", "md"):
        told = json.loads(run(*line, "-o", out.with_suffix(f".{ending}"), "-f", "json"))
        cut = [finding for finding in told["findings"] if finding["code"] == "text-cut"]
        assert bool(cut) == (ending == "xlsx"), ending
    assert json.loads(out.with_suffix(".json").read_text("utf-8"))["results"]["rows"] == rows
    with out.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        told_keys = [from_csv_text(row[0]) for row in csv.reader(file) if row[0]][1:]
    assert told_keys == list(map(printable, keys))
    assert acting_in_csv(out.with_suffix(".csv")) == []
    assert acting_in_markdown(out.with_suffix(".md")) == []
    assert acting_in_workbook(out.with_suffix(".xlsx")) == []
    assert {unbroken(cell_text(key)) for key in keys} - strings(out.with_suffix(".xlsx")) == set()


@pytest.mark.slow
def test_a_bridge_is_text(ledger: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    for by in ("project", "source"):
        for ending in ("csv", "xlsx"):
            run("bridge", "--db", ledger, "--from", "1", "--by", by, "-o", tmp_path / f"bridge.{ending}")
        assert acting_in_csv(tmp_path / "bridge.csv") == []
        assert acting_in_workbook(tmp_path / "bridge.xlsx") == []


@pytest.mark.slow
@pytest.mark.parametrize("name", ["budget-summary", "envelope-tree", "project-list"])
def test_a_report_is_text(ledger: Path, tmp_path: Path, run: Callable[..., str], name: str) -> None:
    looks = {".xlsx": acting_in_workbook, ".csv": acting_in_csv, ".md": acting_in_markdown}
    for ending in (*looks, ".json"):
        run("report", "run", name, "--db", ledger, "-o", tmp_path / f"report{ending}")
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in written} >= {*looks, ".json"}
    for path in written:
        if path.suffix == ".json":
            assert json.loads(path.read_text("utf-8"))
        else:
            assert looks.get(path.suffix, acting_in_csv)(path) == [], path.name


@pytest.mark.slow
def test_a_comparison_is_text(ledger: Path, tmp_path: Path, run: Callable[..., str], texts: list[str]) -> None:
    rows = [[f"{each}{number}", each, each, "AMIF", "TN", "7.00"] for number, each in enumerate(texts)]
    headers = ["project_ref", "title", "beneficiary", "fund", "country", "eu_contribution"]
    other = write_list(tmp_path / "other.xlsx", [headers, *rows])
    for ending in ("csv", "xlsx"):
        run("compare", "ledger", other, "--db", ledger, "-o", tmp_path / f"compared.{ending}")
    assert acting_in_csv(tmp_path / "compared.csv") == []
    assert acting_in_workbook(tmp_path / "compared.xlsx") == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["hledger", "beancount"])
def test_a_journal_parses_and_its_balances_are_the_ledgers(
    ledger: Path, tmp_path: Path, run: Callable[..., str], ending: str
) -> None:
    path = tmp_path / f"journal.{ending}"
    run("export", "--db", ledger, "-o", path)
    database = Database(parse_url(str(ledger)))
    assert by_number(read(path)) == by_ledger(database)
    database.close()


@pytest.mark.slow
def test_a_pack_holds_and_is_verified(ledger: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    run("pack", "--db", ledger, "-o", tmp_path / "pack.zip")
    assert check(tmp_path / "pack.zip").code == 0


@pytest.mark.slow
def test_a_checklist_is_text(ledger: Path, tmp_path: Path, run: Callable[..., str], texts: list[str]) -> None:
    copy, path = Path(shutil.copy(ledger, tmp_path / "copy.db")), tmp_path / "checklist.xlsx"
    line = ("audit", "sample", "--db", copy, "--method", "srs", "--sample-size", len(texts), "-o", path, "-f", "json")
    told = json.loads(run(*line))
    assert "text-cut" in {finding["code"] for finding in told["findings"]}
    assert acting_in_workbook(path) == []
    assert len(strings(path)) > len(texts)


@pytest.mark.slow
def test_what_reads_shows_text_on_the_terminal(ledger: Path, run: Callable[..., str]) -> None:
    database = Database(parse_url(str(ledger)))
    with database.read() as connection:
        [(ref, figure_ref)] = connection.execute(
            text(
                "SELECT (SELECT ref FROM project WHERE ref LIKE '%[2J%'), "
                "(SELECT ref FROM published_figure WHERE ref LIKE '%[2J%')"
            )
        )
    database.close()
    for line in (
        ("imports", "list"), ("imports", "show", "1"), ("imports", "rows", "1", "-v"), ("figure", "list", "-v"),
        ("figure", "show", figure_ref), ("why", ref), ("reconcile", "-v"), ("check", "-v"), ("verify", "-v"),
        ("bridge", "--from", "1", "--by", "source"),
    ):  # fmt: skip
        run(*line, "--db", ledger)
        run(*line, "--db", ledger, "-f", "json")


def write_list(path: Path, rows: list[list[str]]) -> Path:
    """A csv or a workbook of these texts."""
    if path.suffix == ".csv":
        with path.open("w", encoding="utf-8", errors="replace", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)
        return path
    with Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet("=EVIL()")
        for number, row in enumerate(rows):
            for column, each in enumerate(row):
                sheet.write_string(number, column, cell_text(each))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_marked_copy_is_text(tmp_path: Path, run: Callable[..., str], texts: list[str], ending: str) -> None:
    headers = ["project_ref", "title", "beneficiary", "fund", "country", "start_date", "eu_contribution", "total_cost"]
    first = ["P1", "One", "B", "AMIF", "TN", "2022-01-01", "1000", "2000"]
    # Also where amounts, days and codes are expected, so that findings quote them.
    rows = [[f"{each}{number}", *[each] * 7] for number, each in enumerate(texts)]
    source = write_list(tmp_path / f"list.{ending}", [headers, first, *rows])
    new_ledger(f"sqlite:///{tmp_path / 'ledger.db'}").close()
    copy = tmp_path / "copy.xlsx"
    line = ("import", "--db", tmp_path / "ledger.db", source, "--set", "currency=EUR", "--annotate", copy)
    codes = {finding["code"] for finding in json.loads(run(*line, "-f", "json"))["findings"]}
    assert {"number-invalid", "country-unknown"} & codes
    assert ("text-cut" in codes) == (ending == "csv"), "a workbook's own cells were never longer"
    assert acting_in_workbook(copy) == []
    assert len(strings(copy)) > len(texts)
    for given_back in ("csv", "xlsx"):
        out = tmp_path / f"rows.{given_back}"
        told = run("imports", "rows", "1", "--db", tmp_path / "ledger.db", "-o", out, "-f", "json")
        assert ("text-cut" in told) == ((ending, given_back) == ("csv", "xlsx"))
    assert acting_in_csv(tmp_path / "rows.csv") == []
    assert acting_in_workbook(tmp_path / "rows.xlsx") == []


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_profile_that_is_made_of_such_headings_can_be_read(
    tmp_path: Path, run: Callable[..., str], texts: list[str], ending: str
) -> None:
    for number in range(0, len(texts), 12):
        # A text file with control characters is refused as none.
        some = [each[:300] for each in texts[number : number + 12] if ending != "csv" or each.isprintable()]
        headers = ["project_ref", "title", "eu_contribution", *some]
        rows = [[f"P{row}", "x", f"{row}.50", *some] for row in range(1, 4)]
        source = write_list(tmp_path / f"list.{ending}", [headers, *rows])
        out = tmp_path / f"{number}.toml"
        run("profile", "new", source, "-o", out)
        assert set(tomllib.loads(out.read_text("utf-8"))) >= {"name", "kind"}


@pytest.mark.heavy
def test_all_of_it_on_postgresql(postgres_url: str, tmp_path: Path, run: Callable[..., str]) -> None:
    database = filled(postgres_url, ALL, files=40)
    for by in TELLING:
        for ending in ("csv", "xlsx", "json", "md"):
            run("summary", "--db", postgres_url, "--by", by, "-o", tmp_path / f"summary.{ending}")
        assert acting_in_workbook(tmp_path / "summary.xlsx") == []
        assert acting_in_csv(tmp_path / "summary.csv") == []
    for ending in ("hledger", "beancount"):
        run("export", "--db", postgres_url, "-o", tmp_path / f"journal.{ending}")
        assert by_number(read(tmp_path / f"journal.{ending}")) == by_ledger(database)
    run("pack", "--db", postgres_url, "-o", tmp_path / "pack.zip")
    assert check(tmp_path / "pack.zip").code == 0
    database.close()
