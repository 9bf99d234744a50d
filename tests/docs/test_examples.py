"""Every example of the guides gives what the page shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.console import DOCS, Step, pages, run_page


@pytest.mark.slow
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(DOCS).as_posix())
def test_the_examples_of_a_page_give_what_it_shows(page: Path) -> None:
    steps = run_page(page)
    wrong = [f"$ {step.line}\nshown:\n{step.shown}\ncame:\n{step.came}" for step in steps if not step.fits]
    assert not wrong, "mend the page, or renew it: python -m tests.docs.console\n\n" + "\n\n".join(wrong)


def test_the_guides_have_examples() -> None:
    guides = {page.relative_to(DOCS).as_posix() for page in pages()}
    assert {"guides/finance-officer.md", "guides/auditor.md", "guides/planner.md"} <= guides


@pytest.mark.parametrize(
    ("shown", "came", "fits"),
    [
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("a\n", "a\nb\n", False),
        ("…\n", "", True),
        ("at 2024-01-02 03:04:05  \n", "at 2026-11-22 17:00:01\n", True),
        ("EUR 1.00\n", "EUR 1,00\n", False),
    ],
)
def test_output_is_compared_line_by_line(shown: str, came: str, *, fits: bool) -> None:
    assert Step("euledger", shown, came).fits is fits
