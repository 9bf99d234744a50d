"""Checks of the ledger itself: what it holds must hang together, whatever it says of money and law."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.actions.check_terms import Asked, cell
from ledger.domain.findings import Finding
from ledger.domain.money import display
from ledger.domain.rules import Looked
from ledger.store import integrity, schema
from ledger.store.database import Connection
from ledger.store.integrity import Wrong
from ledger.store.models import APPEND_ONLY


def orphans(asked: Asked) -> Looked:
    """No number hangs loose."""
    connection = asked.connection
    wrong = [
        *integrity.broken_references(connection),
        *integrity.headless(connection),
        *integrity.lost_parents(connection),
    ]
    looked_at = integrity.count(connection, "account") + integrity.count(connection, "transfer")
    return Looked(looked_at, _told("orphan", wrong))


def split_sums(asked: Asked) -> Looked:
    """Shares make a whole, and booked parts follow them."""
    wrong = [*integrity.uneven_splits(asked.connection), *integrity.uneven_parts(asked.connection)]
    return Looked(integrity.count(asked.connection, "project_split"), _told("split-sum", wrong))


def balances(asked: Asked) -> Looked:
    """Kept balances are those of the journal."""
    found = balance_findings(asked.connection)
    return Looked(integrity.count(asked.connection, "balance") or len(found), found)


def append_only(asked: Asked) -> Looked:
    """The triggers are there."""
    present = schema.trigger_names(asked.connection)
    found = [
        Finding("trigger-missing", f"nothing in the database stops a row of {table} from being {done}")
        for table in APPEND_ONLY
        for kind, done in (("update", "changed"), ("delete", "deleted"))
        if f"{table}_no_{kind}" not in present
    ]
    return Looked(2 * len(APPEND_ONLY), found)


def illustrative(asked: Asked) -> Looked:
    """Invented and recorded money never touch."""
    found = _told("illustrative-mixed", integrity.mixed_transfers(asked.connection))
    return Looked(integrity.count(asked.connection, "transfer"), found)


def balance_findings(connection: Connection) -> list[Finding]:
    """What is told of each kept balance that is not the journal's."""
    found = []
    for gap in integrity.balance_gaps(connection):
        kept, journal = (
            "nothing" if pair is None else ", ".join(display(minor, gap.currency) for minor in pair)
            for pair in (gap.kept, gap.journal)
        )
        said = f"{gap.account}, {gap.year or 'undated'}: kept (to date, passed on) {kept}; the journal gives {journal}"
        found.append(Finding("balance-differs", said, values={"account": gap.account, "year": gap.year}))
    return found


def _told(code: str, wrong: Sequence[Wrong]) -> list[Finding]:
    return [Finding(code, each.what, *cell(each.place)) for each in wrong]
