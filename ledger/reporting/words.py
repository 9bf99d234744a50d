"""The words of the reports: headings, the sentence that says what is counted, and the notice on example data."""

from __future__ import annotations

from typing import Any, Final

from ledger.reporting.figures import CURRENT, Row, Summary
from ledger.reporting.safe_text import name_text

NOTICE: Final = "⚠ CONTAINS ILLUSTRATIVE DATA: invented examples, not recorded facts. Do not quote these amounts."

HEADINGS: Final[dict[str, str]] = {
    "fund": "Fund",
    "country": "Country",
    "theme": "Theme",
    "year": "Year",
    "stage": "Stage",
    "basis": "Basis",
    "project": "Project",
    "title": "Title",
    "unit": "Unit",
    "specific_objective": "Specific objective",
    "intervention_type": "Type of intervention",
    "beneficiary": "Beneficiary",
    "programme": "Programme",
    "envelope": "Envelope",
    "period": "Period",
    "source": "Source",
}

STAGES: Final = {
    "allocated": "allocations",
    "committed": "commitments",
    "contracted": "contracts",
    "declared": "declared expenditure",
    "paid": "payments",
    "decommitted": "decommitments",
    "recovered": "recoveries",
}
BASES: Final = {
    "eu": "EU share",
    "national_public": "national public share",
    "public": "public share, not divided further",
    "private": "private share",
    "other": "other shares",
    "total": "all shares together",
}
UNDATED: Final = "undated"


def subject(summary: Summary) -> str:
    """What is counted: `commitments, EU share`."""
    return f"{STAGES[summary.stage]}, {BASES[summary.basis]}"


def sentence(summary: Summary) -> str:
    """The same with a capital and a full stop: `Commitments, EU share.`."""
    what = subject(summary)
    return f"{what[0].upper()}{what[1:]}."


def title(summary: Summary) -> str:
    """The heading of the whole: `Budget summary: commitments, EU share, by fund and country`."""
    keys = [HEADINGS[name].lower() for name in summary.by]
    listed = " and ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)
    return f"Budget summary: {subject(summary)}" + (f", by {listed}" if listed else "")


def head(summary: Summary) -> str:
    """`Ledger up to batch 7 of 2026-03-12T14:00:00Z`, or that it is empty."""
    if summary.ledger_head is None:
        return "The ledger is empty"
    return f"Ledger up to batch {summary.ledger_head.batch}, recorded {summary.ledger_head.recorded_at}"


def limits(summary: Summary) -> list[tuple[str, str]]:
    """The filters in words, only those that were set."""
    shown = {
        "funds": "Funds",
        "countries": "Countries",
        "as_of": "As of",
        "known_at": "Known at batch",
        "rights": "Seen by",
    }
    found = []
    for name, label in shown.items():
        value = summary.filters.get(name)
        if value is not None and value != []:
            found.append((label, ", ".join(map(str, value)) if isinstance(value, list) else str(value)))
    return found


def prices(price_basis: str) -> str:
    """`current`, or `2018 prices`: never a bare number that a spreadsheet could take for one, and fit for a formula."""
    return price_basis if price_basis == CURRENT else f"{name_text(price_basis)} prices"


def data(is_illustrative: bool) -> str:  # noqa: FBT001 - a value turned into its word
    """`recorded` or `illustrative`."""
    return "illustrative" if is_illustrative else "recorded"


def group(row: Row) -> str:
    """`Total EUR`, with whatever is out of the ordinary about it."""
    marks = [] if row.price_basis == CURRENT else [prices(row.price_basis)]
    marks += ["illustrative"] if row.is_illustrative else []
    return ", ".join([f"Total {row.amount.currency}", *marks])


def key(name: str, value: Any) -> Any:
    """The value of a key as tables show it: undated years are called so, what is not stated stays empty."""
    return UNDATED if name == "year" and value is None else value
