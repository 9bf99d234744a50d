"""Text from imported files on its way out."""

from __future__ import annotations

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reporting.safe_text import (
    cell_text,
    csv_text,
    cut_findings,
    cuts,
    from_csv_text,
    markdown_text,
    name_text,
    printable,
    terminal_text,
)


@pytest.mark.parametrize(
    "sign", ["=", "+", "-", "@", "\t", "\r", "\n", "'", " =", '"=', "\uff1d", "\uff0b", "\uff0d", "\uff20"]
)
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(sign: str) -> None:
    assert csv_text(f"{sign}cmd|' /c calc'!A0") == f"'{sign}cmd|' /c calc'!A0"


@pytest.mark.parametrize("text", ["x;=1", "x\t+1", "x\n-1", 'x;" @1', "x\r\n=1"])
def test_a_cell_that_begins_inside_a_text_gets_one_too(text: str) -> None:
    assert csv_text(text) == f"{text[:-2]}'{text[-2:]}"


@given(st.one_of(st.text(), st.text("=+-@'\"; \t\r\n\uff1d\ufeffx", max_size=12)))
def test_the_apostrophes_can_be_taken_off_again(text: str) -> None:
    cell = csv_text(text)
    for part in re.split("[;\t\r\n]", cell):
        assert not part.strip(' "\ufeff').startswith(("=", "+", "-", "@", "\uff1d"))
    assert from_csv_text(cell) == printable(text)


@given(st.text())
def test_csv_text_survives_the_csv_module(text: str) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerow([csv_text(text), "x"])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [csv_text(text), "x"]
    file.getvalue().encode("utf-8")


def test_control_characters_and_half_surrogates_become_visible() -> None:
    assert printable("a\x00b\x1b\x7f\ud800\ufffe\tc\n") == "a␀b␛␡\ufffd\ufffd\tc\n"


def test_a_text_too_long_for_a_cell_is_cut_with_a_sign() -> None:
    text = cell_text("😀" * 20_000)
    assert text.endswith("😀 … [cut]")
    assert 32_760 <= len(text.encode("utf-16-le")) // 2 <= 32_767


def test_markdown_text_stays_in_its_cell() -> None:
    assert markdown_text("a|b\n<script>[x](y)*") == r"a\|b &lt;script&gt;\[x\](y)\*"
    assert markdown_text("see HTTPS://x.eu or www.x.eu, 12:30") == r"see HTTPS\://x.eu or www\.x.eu, 12:30"


def test_a_terminal_is_told_nothing_but_text() -> None:
    assert terminal_text("Zaytūna\n\té 12\u00a0500,00 €") == "Zaytūna\n\té 12\u00a0500,00 €"
    assert terminal_text("\x1b[2J\x9b1m\r\u202e\ud800") == r"\x1b[2J\x9b1m\x0d\u202e\ud800"


@given(st.text(), st.text())
def test_a_name_fits_a_formula_and_is_nobody_elses(one: str, other: str) -> None:
    assert re.fullmatch("[a-z0-9 .#-]+", name_text(one))
    assert (name_text(one).casefold() == name_text(other).casefold()) == (one == other)
    assert name_text("2018") == "2018"


def test_what_was_cut_is_told_with_its_places() -> None:
    assert cut_findings("a.xlsx", []) == []
    [finding] = cut_findings("a.xlsx", [f"S!A{n}" for n in range(1, 6)])
    assert (finding.code, finding.message) == ("text-cut", "too long for a cell and cut: S!A1, S!A2, S!A3 and 2 more")
    for text in ("x" * 32_767, "x" * 32_768, "😀" * 16_383, "😀" * 16_384, "\x00" * 32_767):
        assert cuts(text) == (cell_text(text) != printable(text)), len(text)
