"""Accepted differences: whether a waiver still covers the difference that a figure has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from ledger.reconcile.quantities import Quantity, quantity


class WaiverState(StrEnum):
    """What a waiver does on the day of the question."""

    #: It covers the difference as it is.
    HOLDS = "holds"
    #: Its last day has passed.
    ENDED = "ended"
    #: The difference is another one now.
    MOVED = "moved"
    #: The figure is not broken, so there is nothing to accept.
    IDLE = "idle"
    #: Somebody took it back.
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A difference that somebody accepted: exactly this one, until that day, withdrawn or not."""

    waiver: int
    batch: int
    difference: Fraction
    reason: str
    evidence: str
    until: date
    recorded_at: str
    actor: str
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class WaiverView:
    """A waiver beside a verdict; `amount` is the accepted difference, recorded less stated."""

    waiver: int
    amount: Quantity | None
    reason: str
    evidence: str
    until: date
    state: WaiverState
    batch: int
    recorded_at: str
    actor: str


def state_of(accepted: Accepted, difference: Fraction | None, on: date, *, is_broken: bool) -> WaiverState:
    """What a waiver does on a day, for the difference that the figure has then; exact, to less than a cent."""
    if accepted.is_withdrawn:
        return WaiverState.WITHDRAWN
    if on > accepted.until:
        return WaiverState.ENDED
    if not is_broken or difference is None:
        return WaiverState.IDLE
    return WaiverState.HOLDS if accepted.difference == difference else WaiverState.MOVED


def viewed(accepted: Accepted, state: WaiverState, unit: str) -> WaiverView:
    """A waiver as results carry it."""
    return WaiverView(
        accepted.waiver,
        quantity(accepted.difference, unit),
        accepted.reason,
        accepted.evidence,
        accepted.until,
        state,
        accepted.batch,
        accepted.recorded_at,
        accepted.actor,
    )
