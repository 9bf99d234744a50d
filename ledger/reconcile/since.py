"""What a verdict says beside an earlier one on the same figure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ledger.domain.intervals import show
from ledger.reconcile.quantities import Quantity, exact_text, quantity


@dataclass(frozen=True, slots=True)
class Verdicted:
    """A verdict as runs keep it; numbers exactly, in the figure's unit."""

    figure: str
    version_id: int
    verdict: str
    rule: str
    unit: str
    stated: Fraction | None
    low: Fraction | None
    high: Fraction | None
    low_inclusive: bool
    high_inclusive: bool
    recorded: Fraction | None
    is_complete: bool
    waiver_id: int | None

    def row(self) -> dict[str, Any]:
        """The values as they are stored."""
        numbers = {name: getattr(self, name) for name in ("stated", "low", "high", "recorded")}
        return {
            **{name: getattr(self, name) for name in self.__slots__},
            **{name: None if value is None else exact_text(value) for name, value in numbers.items()},
        }

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Verdicted:
        """The verdict that a stored row is."""
        numbers = {name: row[name] for name in ("stated", "low", "high", "recorded")}
        flags = {name: bool(row[name]) for name in ("low_inclusive", "high_inclusive", "is_complete")}
        return cls(
            **{
                **row,
                **flags,
                **{name: None if value is None else Fraction(value) for name, value in numbers.items()},
            }
        )


@dataclass(frozen=True, slots=True)
class Since:
    """How a figure stood in an earlier run. `changed` names what differs now: verdict, ledger, figure, coverage, waiver.

    `moved` is what is recorded now less what was then.
    """

    run: int
    verdict: str
    ledger: Quantity | None
    moved: Quantity | None
    changed: tuple[str, ...]
    said: str


def since(run: int, before: Verdicted, now: Verdicted) -> Since:
    """The later verdict beside the earlier one."""
    same_unit = before.unit == now.unit
    moved = None
    if same_unit and before.recorded is not None and now.recorded is not None:
        moved = now.recorded - before.recorded
    stated = ("unit", "rule", "stated", "low", "high", "low_inclusive", "high_inclusive")
    differs = {
        "verdict": before.verdict != now.verdict,
        "ledger": same_unit and before.recorded != now.recorded,
        "figure": any(getattr(before, name) != getattr(now, name) for name in stated),
        "coverage": before.is_complete != now.is_complete,
        "waiver": before.waiver_id != now.waiver_id,
    }
    changed = tuple(name for name, is_so in differs.items() if is_so)
    return Since(
        run,
        before.verdict,
        quantity(before.recorded, before.unit),
        quantity(moved, now.unit),
        changed,
        _said(before, now, moved, changed),
    )


def _said(before: Verdicted, now: Verdicted, moved: Fraction | None, changed: tuple[str, ...]) -> str:
    """What differs, in words; empty where nothing does."""
    told = []
    if "verdict" in changed:
        told.append(f"was {before.verdict}")
    if "ledger" in changed:
        if moved is None:
            told.append("nothing was recorded" if before.recorded is None else "nothing is recorded any more")
        else:
            told.append(f"{show(abs(moved), now.unit)} {'more' if moved > 0 else 'less'} is recorded")
    if "figure" in changed:
        then = "no number" if before.stated is None else show(before.stated, before.unit)
        told.append(f"the figure was {then} under {before.rule or 'no rule'}")
    if "coverage" in changed:
        told.append("the record was complete" if before.is_complete else "the record was not complete")
    if "waiver" in changed:
        told.append("was not waived" if before.waiver_id is None else f"waiver {before.waiver_id} held")
    return "; ".join(told)
