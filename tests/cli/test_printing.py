"""What is printed: tables, findings, records, the JSON envelope."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from ledger.actions import import_files
from ledger.actions.import_files import ImportResult
from ledger.cli.console import Column, Console, shown
from ledger.cli.jsonout import envelope, one_or_many
from ledger.cli.main import main
from ledger.cli.reconcile import interval
from ledger.domain.findings import Finding
from ledger.domain.money import Money
from ledger.domain.stages import Stage
from ledger.reporting.exact_json import plain

Captured = pytest.CaptureFixture[str]


@dataclass(frozen=True, slots=True)
class Sample:
    amount: Money
    day: date
    share: Decimal
    path: Path
    stage: Stage
    nothing: None = None


def test_json_is_exact() -> None:
    sample = Sample(Money(9007199254740993 // 10, "EUR"), date(2024, 3, 12), Decimal("0.10"), Path("a.csv"), Stage.PAID)
    assert plain({"rows": (sample,)}) == {
        "rows": [
            {
                "amount": {"amount": "9007199254740.99", "currency": "EUR"},
                "day": "2024-03-12",
                "share": "0.10",
                "path": "a.csv",
                "stage": "paid",
                "nothing": None,
            }
        ]
    }
    assert type(plain(Stage.PAID)) is str


@pytest.mark.parametrize("value", [0.1, Fraction(1, 3), b"x"])
def test_json_refuses_what_it_cannot_write_exactly(value: object) -> None:
    with pytest.raises(TypeError, match="no exact form"):
        plain({"amount": [value]})


def test_the_envelope_keeps_its_keys() -> None:
    finding = Finding("tree-sum", "Łódź", values={"difference": Money(200, "EUR")})
    text = envelope("check", 1, [], [finding], ascii_only=True)
    assert text.isascii()
    document = json.loads(text)
    assert list(document) == ["schema", "ok", "exit_code", "results", "findings"]
    assert document["schema"] == "euledger/check/1"
    assert document["ok"] is False
    assert document["findings"][0]["values"] == {"difference": {"amount": "2.00", "currency": "EUR"}}


def test_one_currency_is_an_amount_and_several_are_a_list() -> None:
    euro, dinar = Money(1, "EUR"), Money(1, "TND")
    assert (one_or_many([euro]), one_or_many([euro, dinar]), one_or_many([])) == (euro, [euro, dinar], None)


def test_values_are_shown_in_full() -> None:
    assert shown(Money(530000000000, "EUR")) == "EUR 5\u00a0300\u00a0000\u00a0000.00"
    assert [shown(v) for v in (None, True, 1234, Decimal("1234.50"), [1, 2], {"new": 3})] == [
        "–",
        "yes",
        "1\u00a0234",
        "1\u00a0234.50",
        "1, 2",
        "new 3",
    ]


def test_a_narrow_table_wraps_and_loses_no_digit(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.cli.console.width", lambda _: 30)
    Console().table(
        [Column("a long title of a project"), Column("amount", is_number=True)],
        [("word " * 20, Money(123456789012345, "EUR"))] * 2,
    )
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 30
    digits = "".join(c for c in out if c.isdigit())
    assert digits == "123456789012345" * 2
    assert "\x1b" not in out


def test_a_long_table_is_set_quickly_and_looks_the_same(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = [Column("project"), Column("amount", is_number=True), Column("beneficiary")]
    rows = [(f"P{number}", Decimal(number * 1000), "é" * (number % 7)) for number in range(501)]
    Console().table(columns, rows)
    quick = capsys.readouterr().out
    monkeypatch.setattr("ledger.cli.console.QUICK_FROM", len(rows))
    Console().table(columns, rows)
    assert capsys.readouterr().out == quick
    monkeypatch.setattr("ledger.cli.console.QUICK_FROM", 500)
    monkeypatch.setattr("rich.table.Table.add_row", None)
    Console().table(columns, rows)
    assert capsys.readouterr().out == quick, "rich is not asked"


def test_numbers_stand_to_the_right_and_markup_is_text(capsys: Captured) -> None:
    Console().table([Column("x"), Column("n", is_number=True)], [("[bold]y[/bold]", 5), ("z", 12345)])
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert lines[2].startswith("[bold]y[/bold]")
    assert lines[2].endswith("     5")
    assert lines[3].endswith("12\u00a0345")


def test_a_finding_has_place_message_code_and_remedy_once_a_kind(capsys: Captured) -> None:
    found = [Finding("date-invalid", "30 February", "f.xlsx", "S", f"B{n}") for n in (2, 3)]
    Console().findings([Finding("column-unread", "Note"), *found])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "Errors (2)",
        "f.xlsx!S!B2: 30 February [date-invalid]",
        "f.xlsx!S!B3: 30 February [date-invalid]",
        "    Correct the date.",
        "Notes (1)",
        "Note [column-unread]",
        "    Nothing to do.",
    ]


def test_findings_are_capped_in_text_unless_verbose_and_notes_go_when_quiet(capsys: Captured) -> None:
    many = [Finding("date-invalid", f"n{n}.") for n in range(25)] + [Finding("column-unread", "Note")]
    Console().findings(many, as_data=True)
    out = capsys.readouterr().out
    assert out.count("[date-invalid]") == 20
    assert out.endswith("… and 6 more (use -v or --format json)\n")
    Console(verbose=True).findings(many, as_data=True)
    out = capsys.readouterr().out
    assert (out.count("[date-invalid]"), out.count("[column-unread]")) == (25, 1)
    assert "more (use" not in out
    Console(quiet=True).findings(many[-1:])
    assert capsys.readouterr() == ("", "")


def test_the_import_prints_every_state_and_ends_with_the_findings_code(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ImportResult(
        "p.xlsx",
        7,
        "list",
        "projects",
        "src",
        {"posted": 2, "rejected": 1},
        {
            "posted": {"eu_contribution": Counter({"EUR": 123456, "TND": 1000})},
            "rejected": {"eu_contribution": Counter({"EUR": 5})},
        },
        {"new": 2},
        [Finding("date-invalid", "no day", "p.xlsx", "S", "B2")],
    )
    seen: dict[str, object] = {}

    def fake(_: object, paths: list[Path], **options: object) -> list[ImportResult]:
        seen.update(options, paths=paths)
        return [result]

    monkeypatch.setattr(import_files, "import_files", fake)
    assert main(["import", "-n", "p.xlsx", "--set", "fund=AMIF", "--set", "unit = million", "-f", "json"]) == 1
    assert seen["paths"] == [Path("p.xlsx")]
    assert seen["settings"] == {"fund": "AMIF", "unit": "million"}
    assert seen["dry_run"] is True
    (shown_result,) = json.loads(capsys.readouterr().out)["results"]
    assert shown_result["rows"] == {"posted": 2, "unchanged": 0, "subtotal": 0, "blank": 0, "note": 0, "rejected": 1}
    assert shown_result["projects"] == {"new": 2, "changed": 0, "unchanged": 0, "vanished": 0}
    assert shown_result["amounts"]["rejected"] == {"eu_contribution": {"amount": "0.05", "currency": "EUR"}}
    assert [m["amount"] for m in shown_result["amounts"]["posted"]["eu_contribution"]] == ["1234.56", "1.000"]
    assert main(["import", "p.xlsx"]) == 1
    out = capsys.readouterr().out
    assert "p.xlsx: profile list, batch 7" in out
    assert "EUR 1\u00a0234.56, TND 1.000" in out
    assert "p.xlsx!S!B2: no day [date-invalid]" in out


@pytest.mark.parametrize(
    ("low", "high", "ends", "text"),
    [
        (Decimal("5.25"), Decimal("5.35"), (True, False), "[5.25, 5.35)"),
        (190, None, (False, True), "(190, …)"),
        (None, 3, (True, True), "(…, 3]"),
        (None, None, (False, False), ""),
    ],
)
def test_an_interval_shows_which_ends_belong_to_it(
    low: object, high: object, ends: tuple[bool, bool], text: str
) -> None:
    assert interval(low, high, low_in=ends[0], high_in=ends[1]) == text
