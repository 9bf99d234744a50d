"""What the ledger holds against published figures: the sums, counts and shares that are compared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from ledger.actions.explain import Explainer
from ledger.actions.second_source import SecondSource
from ledger.domain.figures import Figure
from ledger.domain.intervals import Interval, Verdict, known_share, known_sum
from ledger.domain.money import Money, display, minor_digits
from ledger.reconcile.explanation.model import Explanation
from ledger.reconcile.reading import Read, Route, read
from ledger.reconcile.scope import Covered, Scope, is_covered
from ledger.reconcile.verdicts import FigureResult, Known, explained
from ledger.store import envelopes, figures
from ledger.store.database import Connection
from ledger.store.totals import Filter, Total, count_projects, totals

#: Units in which projects are recorded; a count says how many of each there are.
_UNITS = ("decision", "contract", "operation", "action")
#: Why the difference of a figure is not split into causes, by how the figure is compared.
_NOT_EXPLAINED = {
    Route.SHARE: "it is a share; what it is a share of, and the part, can be explained as figures of their own",
    Route.PRINTED: "it is a printed total of cells; look behind it with: euledger why FIGURE",
}
_NO_ROWS = "what it is compared with is no sum of rows"
_SAME_STATEMENT = "the ledger's amount comes from the same statement, so this shows only that it was booked as printed"


@dataclass(frozen=True, slots=True)
class _Sum:
    """A recorded sum in minor units of one currency, and what keeps it from being the whole."""

    minor: int = 0
    is_complete: bool = False
    is_illustrative: bool = False
    notes: tuple[str, ...] = ()


class Bench:
    """What the figures of one run share: the figures by name, envelopes, statements of completeness."""

    def __init__(
        self,
        connection: Connection,
        found: list[Figure],
        known_at: int | None,
        as_of: date | None,
        *,
        with_illustrative: bool,
        against: SecondSource | None = None,
    ) -> None:
        self.connection, self.known_at, self.as_of = connection, known_at, as_of
        self.with_illustrative = with_illustrative
        self._explainer = Explainer(connection, known_at, with_illustrative=with_illustrative, against=against)
        self.places = figures.Places(connection)
        self._figures = {figure.ref: figure for figure in found}
        self._envelopes = {
            state.ref: state
            for state in envelopes.states(connection, known_at)
            if with_illustrative or not state.is_illustrative
        }
        self._covered = [
            Covered(
                row.fund,
                row.earmark,
                self.places.scope((row.country,)) if row.country else (),
                row.period_start,
                row.period_end,
                row.is_illustrative,
            )
            for row in figures.coverage(connection, known_at, with_illustrative=with_illustrative)
        ]

    def wholes(self) -> dict[str, tuple[Fraction, str]]:
        """The stated amounts of the envelopes in current prices."""
        return {
            ref: (Fraction(state.stated_minor, 10 ** minor_digits(state.currency)), state.currency)
            for ref, state in self._envelopes.items()
            if state.price_basis == "current"
        }

    def known(self, figure: Figure, understood: Read) -> Known:
        """What the ledger holds against the figure."""
        match understood.route:
            case Route.EXTERNAL:
                return Known()
            case Route.NO_NUMBER:
                return Known(refusal="No number is stated, so there is nothing to compare.")
            case Route.OUTPUT:
                plural = (
                    figure.unit if figure.unit and figure.unit not in ("ratio", "share", "%") else "what this counts"
                )
                return Known(refusal=f"The ledger records money, not {plural}.")
            case Route.PRINTED:
                value = Fraction(figure.cells_value or "0")
                return Known(Interval.point(value), value, is_complete=True, is_illustrative=figure.is_illustrative)
            case Route.COUNT:
                return self._count(figure)
            case Route.SHARE:
                return self._share(figure)
            case _:
                return self._money(figure, understood)

    def explained(self, figure: Figure, understood: Read, result: FigureResult) -> FigureResult:
        """The result with the causes of its difference, where it is a sum or a count that the figure does not allow.

        Of a figure that does not hold and is neither, the result says why it is not explained.
        """
        band, ledger = understood.band, result.ledger
        found, currency = None, understood.currency
        if band is not None and understood.route is Route.COUNT and isinstance(ledger, str):
            found, currency = self._count_explained(figure, int(ledger), band.holds), None
        elif band is not None and understood.route in (Route.SUM, Route.PROGRAMME) and isinstance(ledger, Money):
            found = self._sum_explained(figure, ledger, band.holds)
        if found is not None:
            return replace(result, explanations=explained(found, currency), explainable=True)
        if result.verdict is Verdict.BROKEN:
            return replace(result, unexplained=_NOT_EXPLAINED.get(understood.route, _NO_ROWS))
        return result

    def _sum_explained(self, figure: Figure, ledger: Money, holds: Interval) -> list[Explanation] | None:
        currency = ledger.currency
        filters = self._holder_filters(figure) if figure.programme else self._filters(figure)
        wanted = next((each for each in filters if self._total(each, currency).minor == ledger.minor), None)
        return None if wanted is None else self._explainer.explain(wanted, currency, ledger=ledger.minor, holds=holds)

    def _count_explained(self, figure: Figure, counted: int, holds: Interval) -> list[Explanation] | None:
        (wanted,) = self._filters(figure)
        return self._explainer.explain_count(wanted, counted=counted, holds=holds)

    def _holder_filters(self, figure: Figure) -> list[Filter]:
        assert figure.programme is not None
        holder = figures.holder(self.connection, figure.programme, self.known_at)
        if holder is None:
            return []
        return [figures.holder_filter(holder, figure, with_illustrative=self.with_illustrative, known_at=self.known_at)]

    # --- money ---------------------------------------------------------------------------------------------------

    def _money(self, figure: Figure, understood: Read) -> Known:
        currency = understood.currency
        if currency is None:
            return Known(refusal=f"The figure is in {figure.unit or 'no unit'}, which is no currency.")
        if figure.envelope:
            return _as_known(self._envelope(figure.envelope, currency, parts=figure.scope_of == "parts"), currency)
        if figure.programme:
            return _as_known(self._programme(figure, currency), currency)
        sums = self._sums(figure, currency)
        if len(sums) > 1:
            return self._either(sums, currency)
        known, contracted = _as_known(sums[0], currency), self._contracted(figure, currency)
        if not contracted:
            return known
        return replace(known, readings=_by_stage({"committed": sums[0].minor, "contracted": contracted}, currency))

    def _either(self, sums: list[_Sum], currency: str) -> Known:
        """The source leaves the stage open: the true value is one of two sums, and every value between is allowed."""
        low, high = sorted(sums, key=lambda found: found.minor)
        committed, paid = (display(found.minor, currency) for found in sums)
        note = f"the source does not say whether committed ({committed}) or paid ({paid}) is meant"
        notes = tuple(dict.fromkeys((note, *low.notes, *high.notes)))
        readings = _by_stage({"committed": sums[0].minor, "paid": sums[1].minor}, currency)
        joined = replace(low, notes=notes, is_illustrative=low.is_illustrative or high.is_illustrative)
        known = replace(_as_known(joined, currency), readings=readings)
        if low.is_complete and high.is_complete and low.minor != high.minor:
            least, most = (Fraction(found.minor, 10 ** minor_digits(currency)) for found in (low, high))
            return replace(known, interval=Interval(least, most, True, True))
        return known

    def _envelope(self, ref: str, currency: str, *, parts: bool) -> _Sum | None:
        state = self._envelopes.get(ref)
        if state is None:
            return None
        if state.currency != currency:
            return _Sum(notes=(f"envelope {ref} is recorded in {state.currency}, which is not converted",))
        complete, notes = True, []
        if parts:
            complete = state.parts_are == "complete"
            if not complete:
                notes.append(f"envelope {ref} is not recorded with all its parts")
        if state.status and state.status != "confirmed":
            notes.append(f"envelope {ref} is {state.status}, not read in the act itself")
        minor = state.parts_minor if parts else state.stated_minor
        return _Sum(minor, complete, state.is_illustrative, tuple(notes))

    def _programme(self, figure: Figure, currency: str) -> _Sum | None:
        assert figure.programme is not None
        holder = figures.holder(self.connection, figure.programme, self.known_at)
        if holder is None:
            return None
        wanted = figures.holder_filter(holder, figure, with_illustrative=self.with_illustrative, known_at=self.known_at)
        found = self._total(wanted, currency)
        same = bool(holder.quote and figure.quote and holder.quote.split() == figure.quote.split())
        return replace(found, is_complete=True, notes=(*found.notes, *([_SAME_STATEMENT] if same else [])))

    def _sums(self, figure: Figure, currency: str) -> list[_Sum]:
        """The recorded sum of what the figure covers, one for each stage that may be meant."""
        sums = []
        for wanted in self._filters(figure):
            found = self._total(wanted, currency)
            complete, notes = self._complete(figure, wanted, currency)
            sums.append(replace(found, is_complete=complete, notes=(*found.notes, *notes)))
        return sums

    def _contracted(self, figure: Figure, currency: str) -> int:
        """The contracted sum beside a committed one: "worth" may mean either, so both are judged."""
        if figure.stage != "committed":
            return 0
        return self._total(replace(self._filters(figure)[0], stage="contracted"), currency).minor

    def _filters(self, figure: Figure) -> list[Filter]:
        return figures.scope_filters(
            self.connection,
            figure,
            with_illustrative=self.with_illustrative,
            known_at=self.known_at,
            as_of=self.as_of,
            places=self.places,
        )

    def _total(self, wanted: Filter, currency: str) -> _Sum:
        """Current prices in the figure's currency; whatever else is recorded is told, never added."""
        minor, illustrative, apart = 0, False, Counter[tuple[str, str]]()
        for found in totals(self.connection, wanted):
            if (found.currency, found.price_basis) == (currency, "current"):
                minor += found.minor
                illustrative |= found.is_illustrative
            else:
                apart[found.currency, found.price_basis] += found.minor
        notes = tuple(
            f"{display(other, code)}{'' if basis == 'current' else f' in prices of {basis}'} is recorded apart, not added"
            for (code, basis), other in apart.items()
        )
        return _Sum(minor, is_illustrative=illustrative, notes=notes)

    def _complete(self, figure: Figure, wanted: Filter, currency: str) -> tuple[bool, tuple[str, ...]]:
        """Whether all that the figure covers is recorded and counted, and why not."""
        scope = Scope(wanted.funds, figure.earmark, wanted.countries, figure.period_start, figure.last_day)
        if not is_covered(scope, self._covered):
            return False, ("no recorded list is stated to be complete for it",)
        if self.as_of is not None and (figure.last_day is None or self.as_of < figure.last_day):
            return False, (f"money after {self.as_of} is left out",)
        if undated := self._undated(wanted, currency):
            return False, (f"{display(undated, currency)} without a date may belong to it",)
        return True, ()

    def _undated(self, wanted: Filter, currency: str) -> int:
        """Money of the scope that nothing dates: a period cannot say whether it belongs."""
        if wanted.period_start is None and wanted.period_end is None:
            return 0
        timeless = replace(wanted, stage=wanted.stage or "committed", period_start=None, period_end=None, as_of=None)
        return sum(
            _only(found, currency) for found in totals(self.connection, timeless, ("year",)) if not found.keys[0]
        )

    # --- counts and shares ---------------------------------------------------------------------------------------

    def _count(self, figure: Figure) -> Known:
        (wanted,) = self._filters(figure)
        counted = count_projects(self.connection, wanted)
        illustrative = False
        if counted and self.with_illustrative:
            illustrative = counted != count_projects(self.connection, replace(wanted, with_illustrative=False))
        complete, notes = self._complete(figure, wanted, "EUR")
        by_unit = {unit: count_projects(self.connection, replace(wanted, units=(unit,))) for unit in _UNITS}
        recorded = tuple((unit, Fraction(number)) for unit, number in by_unit.items() if number)
        interval = known_sum(counted, complete=complete) if counted or complete else None
        return Known(
            interval, Fraction(counted), complete, "; ".join(notes), is_illustrative=illustrative, readings=recorded
        )

    def _share(self, figure: Figure) -> Known:
        """The exact share of the recorded sums; complete only where both are."""
        if figure.denominator is None:
            return Known(refusal="The whole that the share is of is not recorded.")
        currency, whole = self._whole(figure.denominator)
        if whole is None or whole.minor <= 0:
            return Known(
                refusal=f"Nothing is recorded for {figure.denominator}, the whole that the share is of.",
                note="" if whole is None else "; ".join(whole.notes),
            )
        parts = self._sums(figure, currency)
        part = parts[0] if len(parts) == 1 else replace(min(parts, key=lambda found: found.minor), is_complete=False)
        notes = dict.fromkeys(
            (
                f"{display(part.minor, currency)} of {display(whole.minor, currency)} ({figure.denominator})",
                *part.notes,
                *whole.notes,
            )
        )
        return Known(
            known_share(part.minor, whole.minor, part_complete=part.is_complete, whole_complete=whole.is_complete),
            Fraction(part.minor, whole.minor),
            part.is_complete and whole.is_complete,
            "; ".join(notes),
            is_illustrative=part.is_illustrative or whole.is_illustrative,
        )

    def _whole(self, ref: str) -> tuple[str, _Sum | None]:
        """The recorded sum that a denominator, an envelope or another figure, stands for."""
        if (state := self._envelopes.get(ref)) is not None:
            return state.currency, self._envelope(ref, state.currency, parts=False)
        figure = self._figures.get(ref)
        currency = None if figure is None else read(figure).currency
        if figure is None or currency is None:
            return "EUR", None
        if figure.envelope:
            return currency, self._envelope(figure.envelope, currency, parts=figure.scope_of == "parts")
        if figure.programme:
            return currency, self._programme(figure, currency)
        sums = self._sums(figure, currency)
        return currency, sums[0] if len(sums) == 1 else None


def _by_stage(sums: dict[str, int], currency: str) -> tuple[tuple[str, Fraction], ...]:
    return tuple((stage, Fraction(minor, 10 ** minor_digits(currency))) for stage, minor in sums.items())


def _only(found: Total, currency: str) -> int:
    return found.minor if (found.currency, found.price_basis) == (currency, "current") else 0


def _as_known(found: _Sum | None, currency: str) -> Known:
    """A sum as what follows from it: itself, at least itself, or nothing where nothing is recorded."""
    if found is None:
        return Known(note="what the figure names is not recorded")
    value = Fraction(found.minor, 10 ** minor_digits(currency))
    interval = known_sum(value, complete=found.is_complete) if found.minor or found.is_complete else None
    return Known(interval, value, found.is_complete, "; ".join(found.notes), is_illustrative=found.is_illustrative)
