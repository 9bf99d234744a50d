"""Bad input: a finding with file, sheet and cell, the right exit code, nothing posted, never a traceback."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.e2e.conftest import Run

Euledger = Callable[..., Run]
Sheet = Callable[..., Path]
HEADER: list[object] = ["project_ref", "title", "fund", "country", "decision_date", "eu_contribution", "currency"]
GOOD: list[object] = ["P1", "Reception centre", "AMIF", "AT", "2023-05-01", 1000.25, "EUR"]


def row(**changes: object) -> list[object]:
    return [changes.get(str(name), value) for name, value in zip(HEADER, GOOD, strict=True)]


def imported(euledger: Euledger, bare: Path, path: Path, *more: str) -> Run:
    return euledger("--db", bare, "import", path, "-p", "projects", "-f", "json", *more)


def nothing_posted(euledger: Euledger, bare: Path) -> bool:
    results: list[object] = euledger("--db", bare, "imports", "list", "-f", "json").json["results"]
    return not results


def test_the_good_row_is_good(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    run = imported(euledger, bare, sheet(HEADER, GOOD))
    assert (run.code, run.told) == (0, [])
    assert run.json["results"][0]["rows"]["posted"] == 1
    assert run.json["results"][0]["amounts"]["posted"]["eu_contribution"] == {"amount": "1000.25", "currency": "EUR"}


@pytest.mark.parametrize(
    ("changes", "cell", "code"),
    [
        ({"eu_contribution": "about a thousand"}, "F2", "number-invalid"),
        ({"eu_contribution": -5}, "F2", "amount-negative"),
        ({"eu_contribution": 1e15}, "F2", "number-precision"),
        ({"country": "Ruritania"}, "D2", "country-unknown"),
        ({"fund": "FUNDX"}, "C2", "fund-unknown"),
        ({"currency": "EUX"}, "G2", "currency-unknown"),
        ({"decision_date": "30.02.2023"}, "E2", "date-invalid"),
        ({"eu_contribution": "#REF!"}, "F2", "cell-error"),
        ({"project_ref": None}, "A2", "reference-missing"),
    ],
)
def test_a_bad_cell_rejects_its_row(
    euledger: Euledger, bare: Path, sheet: Sheet, changes: dict[str, object], cell: str, code: str
) -> None:
    run = imported(euledger, bare, sheet(HEADER, row(**changes)))
    assert (cell, code) in run.told
    (finding,) = [f for f in run.json["findings"] if f["code"] == code]
    assert (finding["file"], finding["sheet"]) == ("list.xlsx", "Projects")
    assert finding["remedy"]
    assert run.code == 1
    assert run.json["results"][0]["rows"]["rejected"] == 1
    assert nothing_posted(euledger, bare)


def test_other_rows_of_the_file_are_booked_and_none_with_atomic(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    path = sheet(HEADER, GOOD, row(project_ref="P2", country="Ruritania"))
    refused = imported(euledger, bare, path, "--atomic")
    assert (refused.code, refused.json["results"][0]["batch"]) == (1, None)
    assert nothing_posted(euledger, bare)
    run = imported(euledger, bare, path)
    assert (run.code, run.json["results"][0]["rows"]["posted"], run.json["results"][0]["rows"]["rejected"]) == (1, 1, 1)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("report.xlsx", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "file-type-unknown"),
        ("cut.xlsx", b"PK\x03\x04 and then nothing", "file-unreadable"),
        ("empty.xlsx", b"", "file-empty"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "file-type-unknown"),
    ],
)
def test_a_file_that_is_none(
    euledger: Euledger, bare: Path, tmp_path: Path, name: str, content: bytes, code: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    run = imported(euledger, bare, path)
    assert run.code == 3
    assert [finding["file"] for finding in run.json["findings"]] == [name]
    assert run.json["findings"][0]["code"] in {code, "file-unreadable"}
    assert nothing_posted(euledger, bare)


def test_a_missing_file(euledger: Euledger, bare: Path, tmp_path: Path) -> None:
    run = imported(euledger, bare, tmp_path / "not-there.xlsx")
    assert run.code in {2, 3}
    assert nothing_posted(euledger, bare)


def test_a_missing_sheet(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    path = sheet(HEADER, GOOD, title="Something else")
    run = euledger("--db", bare, "import", path, "-p", "ndici-migration-portfolio-illustrative", "-f", "json")
    assert run.code == 3
    assert "sheet-missing" in [code for _, code in run.told]
    assert nothing_posted(euledger, bare)


def test_an_unknown_column(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    run = imported(euledger, bare, sheet([*HEADER, "eu_contribtion"], [*GOOD, 5000]))
    assert run.code == 3
    assert ("H1", "column-unknown") in run.told
    assert nothing_posted(euledger, bare)


def test_a_missing_column(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    path = sheet(["envelope", "title", "fund"], ["AMIF.X", "An envelope without its amount", "AMIF"])
    run = euledger("--db", bare, "import", path, "-p", "envelopes", "-f", "json")
    assert run.code == 3
    assert any(code in {"column-missing", "header-missing"} for _, code in run.told)
    assert nothing_posted(euledger, bare)


def test_a_zip_bomb_is_a_message(euledger: Euledger, bare: Path, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b"0" * 30_000_000)
    run = imported(euledger, bare, path)
    assert run.code == 3
    assert nothing_posted(euledger, bare)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["import", "{file}", "-p", "no-such-profile"], 3),
        (["import", "{file}", "--set", "colour=red"], 3),
        (["imports", "show", "99"], 3),
        (["imports", "revert", "99", "-y"], 3),
        (["why", "NOTHING"], 3),
        (["reconcile", "F99"], 3),
        (["summary", "--by", "fnud"], 2),
        (["summary", "--fund", "AMFI"], 2),
        (["nonsense"], 2),
    ],
)
def test_wrong_words_get_a_plain_answer(
    euledger: Euledger, bare: Path, sheet: Sheet, arguments: list[str], code: int
) -> None:
    path = sheet(HEADER, GOOD)
    run = euledger("--db", bare, *(argument.replace("{file}", str(path)) for argument in arguments))
    assert run.code == code
    assert run.out + run.err


def test_no_ledger_there(euledger: Euledger, tmp_path: Path) -> None:
    run = euledger("--db", tmp_path / "none.db", "summary")
    assert run.code == 4
    assert "euledger init" in run.err
    assert not (tmp_path / "none.db").exists()


def test_a_file_that_is_no_ledger(euledger: Euledger, tmp_path: Path) -> None:
    path = tmp_path / "notes.db"
    path.write_text("these are not the rows you are looking for" * 100)
    run = euledger("--db", path, "summary")
    assert run.code == 4
    assert len(run.err.strip().splitlines()) == 1


def test_dry_run_equals_real_run(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    path = sheet(HEADER, GOOD, row(project_ref="P2", country="Ruritania"))
    dry, real = imported(euledger, bare, path, "-n"), imported(euledger, bare, path)
    assert dry.code == real.code
    assert dry.json == real.json, "same JSON"


def test_two_sheets_of_the_same_kind_are_never_half_read(euledger: Euledger, bare: Path, tmp_path: Path) -> None:

    book = Workbook()
    for name, ref, amount in (("2022", "P1", 100), ("2023", "P2", 200)):
        page = book.create_sheet(name)
        page.append(HEADER)
        page.append(row(project_ref=ref, eu_contribution=amount))
    del book["Sheet"]
    path = tmp_path / "years.xlsx"
    book.save(path)
    run = imported(euledger, bare, path)
    assert (run.code, [code for _, code in run.told]) == (3, ["sheets-alike"])
    assert run.json["findings"][0]["values"] == {"sheets": ["2022", "2023"]}
    assert nothing_posted(euledger, bare)
    assert imported(euledger, bare, path, "--set", "sheet=2024").code == 3
    one = imported(euledger, bare, path, "-n", "--set", "sheet=2023")
    assert one.json["results"][0]["amounts"]["posted"]["eu_contribution"]["amount"] == "200.00"
    both = imported(euledger, bare, path, "--set", "sheet=all")
    assert both.json["results"][0]["amounts"]["posted"]["eu_contribution"]["amount"] == "300.00"


def test_a_unit_that_is_none(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    run = imported(euledger, bare, sheet(HEADER, GOOD), "--set", "unit=banana")
    assert (run.code, [code for _, code in run.told]) == (3, ["setting-invalid"])


def test_what_a_drop_down_takes_is_read(euledger: Euledger, bare: Path, sheet: Sheet) -> None:
    # LibreOffice compares without regard to case.
    run = imported(euledger, bare, sheet(HEADER, row(currency="eur", fund="amif", country="austria")))
    assert (run.code, run.told) == (0, [])
