"""Waivers: accept the difference of a figure, list what was accepted, take it back."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from pathlib import Path

from ledger.actions.reconcile import ReconcileResult, accepted_of, judge_all
from ledger.actions.scope import UsageProblem
from ledger.domain.findings import Finding
from ledger.domain.intervals import Verdict
from ledger.domain.money import Money, display
from ledger.reconcile.quantities import exact_text, plain_decimal
from ledger.reconcile.verdicts import FigureResult
from ledger.reconcile.waiving import WaiverState, WaiverView, state_of, viewed
from ledger.store import batches, schema, standing, waivers
from ledger.store.database import Database
from ledger.store.rehearsal import ledger_for

#: A file of more bytes is no evidence to be kept in a ledger.
_LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """A waiver in a list, with what it does today."""

    figure: str
    waiver: WaiverView
    withdrawn_by: int | None
    withdrawn_why: str | None


@dataclass(slots=True)
class Waived:
    """The waiver that was kept or withdrawn; None where it was refused."""

    figure: str | None = None
    waiver: WaiverView | None = None
    batch: int | None = None
    findings: list[Finding] = field(default_factory=list)


def waive(
    database: Database,
    ref: str,
    *,
    amount: str,
    reason: str,
    evidence: str,
    until: date,
    with_illustrative: bool = False,
    dry_run: bool = False,
) -> Waived:
    """Accept the difference that a broken figure has, exactly and until a day; the evidence is a text or a file's path.

    Refused with a finding where there is no such figure, it is not broken, or its difference is another one. `amount`
    may be written without its sign. Raises UsageProblem for what cannot be read.
    """
    schema.require_current(database)
    named, kept_file = _evidence(evidence)
    if not reason.strip() or not named:
        raise UsageProblem("a waiver needs a reason and evidence")
    asked, done = _amount(amount), Waived()
    with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
        standing.require_writer(connection, "waiver")
        standing.require_whole_view(connection, "a waiver")
        judged = judge_all(connection, [ref], with_illustrative=with_illustrative)
        if not judged.results:
            done.findings += judged.findings
        elif (refused := _refused(judged.results[0], judged.gaps.get(judged.results[0].figure), asked)) is not None:
            done.findings.append(refused)
        if done.findings:
            connection.rollback()
            return done
        [result] = judged.results
        gap = judged.gaps[result.figure]
        new = waivers.NewWaiver(result.figure, exact_text(gap), reason.strip(), named, until, kept_file)
        number, done.batch = waivers.keep(connection, new)
        today = waivers.day_of(connection, None)
        kept = next(each for each in waivers.listing(connection) if each.number == number)
    done.figure = result.figure
    accepted = accepted_of(kept)
    done.waiver = viewed(accepted, state_of(accepted, gap, today, is_broken=True), result.unit)
    if done.waiver.state is WaiverState.ENDED:
        done.findings.append(Finding("waiver-past", f"the waiver of {result.figure} ended on {until} already"))
    return done


def list_waivers(
    database: Database, refs: Sequence[str] = (), *, with_illustrative: bool = False
) -> tuple[list[WaiverLine], list[Finding]]:
    """Every waiver, oldest first, of the figures named or of all, with what it does today."""
    schema.require_current(database)
    with database.read() as connection:
        kept, today = waivers.listing(connection), waivers.day_of(connection, None)
        wanted = {ref.casefold() for ref in refs}
        chosen = [each for each in kept if not wanted or each.figure.casefold() in wanted]
        names = list(dict.fromkeys(each.figure for each in chosen))
        judged = judge_all(connection, names, with_illustrative=with_illustrative) if names else ReconcileResult()
    results = {result.figure: result for result in judged.results}
    lines = []
    for each in chosen:
        result, accepted = results.get(each.figure), accepted_of(each)
        gap, broken = judged.gaps.get(each.figure), result is not None and result.verdict is Verdict.BROKEN
        view = viewed(accepted, state_of(accepted, gap, today, is_broken=broken), "" if result is None else result.unit)
        lines.append(WaiverLine(each.figure, view, each.withdrawn_by, each.withdrawn_why))
    unknown = sorted(wanted - {each.figure.casefold() for each in kept})
    return lines, [Finding("waiver-unknown", f"no waiver was ever given for {ref!r}") for ref in unknown]


def withdraw(database: Database, number: int, *, reason: str, dry_run: bool = False) -> Waived:
    """Take a waiver back: from now on its difference counts again. Refused where it is unknown or withdrawn already."""
    schema.require_current(database)
    done = Waived()
    if not reason.strip():
        raise UsageProblem("to withdraw a waiver needs a reason")
    with ledger_for(database, dry_run=dry_run) as ledger, ledger.write() as connection:
        kept = next((each for each in waivers.listing(connection) if each.number == number), None)
        if kept is None or kept.withdrawn_by is not None:
            said = "there is no such waiver" if kept is None else f"batch {kept.withdrawn_by} withdrew it already"
            done.findings.append(Finding("waiver-unknown", f"waiver {number}: {said}"))
            connection.rollback()
            return done
        standing.require_own(connection, kept.batch, kept.actor)
        done.figure, done.batch = kept.figure, waivers.withdraw(connection, kept, reason.strip())
    return done


def _refused(result: FigureResult, gap: Fraction | None, asked: Fraction) -> Finding | None:
    """Why this difference of this figure cannot be accepted."""
    if result.verdict is not Verdict.BROKEN or gap is None:
        said = f"{result.figure} is {result.verdict}: there is no difference to accept"
        return Finding("waiver-needless", said, values={"figure": result.figure, "verdict": str(result.verdict)})
    shown = result.difference
    rounded = Fraction(Decimal(plain_decimal(gap)))
    if asked in (rounded, abs(rounded)):
        return None
    said = display(shown.minor, shown.currency) if isinstance(shown, Money) else str(shown)
    given = plain_decimal(asked)
    message = f"the difference of {result.figure} is {said}, not {given}"
    return Finding("waiver-differs", message, values={"figure": result.figure, "difference": said, "given": given})


def _amount(text: str) -> Fraction:
    """The amount as typed, a currency beside it or not."""
    bare = "".join(text.replace("\u202f", " ").split()).replace("\u2212", "-")
    bare = bare.removeprefix(code) if (code := bare[:3]).isalpha() else bare
    bare = bare[:-3] if bare[-3:].isalpha() else bare
    try:
        number = Decimal(bare)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise UsageProblem(f"{text!r} is no amount such as -2.00 or 1234.56")
    return Fraction(number)


def _evidence(text: str) -> tuple[str, tuple[str, str, int, bytes] | None]:
    """What is recorded as evidence, and the file to be kept where the text is the path of one."""
    path = Path(text)
    try:
        is_file = bool(text.strip()) and path.is_file()
    except (OSError, ValueError):
        is_file = False
    if not is_file:
        looks_like_one = path.suffix and len(path.suffix) <= 5 and path.suffix[1:].isalnum() and " " not in text.strip()
        if looks_like_one and not path.suffix[1:].isdigit():
            raise UsageProblem(f"there is no file {text!r}")
        return text.strip(), None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageProblem(f"cannot read {text!r}: {error.strerror or error}") from error
    if len(content) > _LARGEST:
        raise UsageProblem(f"{path.name} is larger than 64 MiB: name where it is kept instead")
    sha256 = hashlib.sha256(content).hexdigest()
    return f"{path.name} (SHA-256 {sha256})", (path.name, sha256, len(content), batches.packed(content))
