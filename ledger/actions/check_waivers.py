"""The check of accepted differences: each waiver still does what it was given for."""

from __future__ import annotations

from ledger.actions.check_terms import Asked
from ledger.actions.reconcile import judge_all
from ledger.domain.findings import Finding
from ledger.domain.intervals import Verdict
from ledger.domain.rules import Looked
from ledger.reconcile.waiving import WaiverState
from ledger.store import waivers as kept_waivers
from ledger.store.integrity import count


def waivers(asked: Asked) -> Looked:
    """No waived figure is broken again on the day of the question."""
    kept = [each for each in kept_waivers.listing(asked.connection) if each.withdrawn_by is None]
    names = list(dict.fromkeys(each.figure for each in kept))
    looked = Looked(count(asked.connection, "published_figure"))
    if not names:
        return looked
    done = judge_all(asked.connection, names, with_illustrative=asked.with_illustrative, on=asked.day)
    for result in done.results:
        waiver = result.waiver
        if waiver is not None and result.verdict is Verdict.BROKEN and not result.waived:
            why = f"ended on {waiver.until}" if waiver.state is WaiverState.ENDED else "accepts another difference"
            said = f"{result.figure} is broken again: waiver {waiver.waiver} {why}"
            values = {"figure": result.figure, "waiver": waiver.waiver, "state": str(waiver.state)}
            looked.findings.append(Finding("waiver-lapsed", said, values=values))
    return looked
