"""The commands that only read, and so may run on a standby."""

from __future__ import annotations

READING = (
    ("summary",),
    ("summary", "-o", "summary.xlsx"),
    ("reconcile",),
    ("check",),
    ("verify",),
    ("why", "P"),
    ("bridge", "--from", "1"),
    ("compare", "ledger", "ledger"),
    ("figure", "list"),
    ("figure", "show", "F1"),
    ("imports", "list"),
    ("imports", "show", "1"),
    ("imports", "rows", "1"),
    ("export", "-o", "journal.hledger"),
    ("db", "check"),
    ("db", "current"),
)
