"""Text from imported files on its way out."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.reporting.safe_text import cell_text, csv_text, from_csv_text, markdown_text, printable


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "'"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(sign: str) -> None:
    assert csv_text(f"{sign}cmd|' /c calc'!A0") == f"'{sign}cmd|' /c calc'!A0"


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"])))
def test_the_apostrophe_can_be_taken_off_again(text: str) -> None:
    cell = csv_text(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
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
