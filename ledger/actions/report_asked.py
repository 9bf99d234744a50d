"""What a report is asked of: its declaration, the user's limits, and the ledger's state that answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from ledger.actions import scope
from ledger.reporting.declaration import Declaration, Measure, Sheet
from ledger.reporting.model import Field
from ledger.reporting.tables import Kind
from ledger.reporting.vocabulary import Vocabulary, vocabulary
from ledger.store import reports
from ledger.store.database import Connection, Database
from ledger.store.reports import Head
from ledger.store.totals import Filter

#: Keys whose codes have names in a code list.
NAMED = ("fund", "country", "theme")


@dataclass(frozen=True, slots=True)
class Question:
    """What the user asks beyond the declaration; a limit given here takes the place of the declared one."""

    funds: Sequence[str] = ()
    countries: Sequence[str] = ()
    programme: str | None = None
    as_of: date | None = None
    known_at: str | int | datetime | None = None
    with_illustrative: bool = False
    lang: str = "en"
    unit: str = "1"


@dataclass(slots=True)
class Asked:
    """A report's question inside one reading transaction.

    `base` is the scope without stage and basis. `pinned` is the same as of the ledger's head, so that its answer can never
    change: the lines of the journal are read by it, while sums come from the balances where they suffice.
    """

    connection: Connection
    declaration: Declaration
    words: Vocabulary
    base: Filter
    head: Head | None
    #: for what opens a reading transaction of its own, pinned to the same head
    database: Database
    names: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def pinned(self) -> Filter:
        """The scope fixed to the head."""
        return replace(self.base, known_at=self.head.batch if self.head else 0)

    def counted(self, measure: Measure, scope_: Filter) -> Filter:
        """The scope narrowed to what a measure counts."""
        return replace(
            scope_,
            stage=measure.stage,
            bases=() if measure.basis == "total" else (measure.basis,),
            earmark=measure.earmark or scope_.earmark,
            funds=_both(measure.funds, scope_.funds),
        )

    def measures(self, sheet: Sheet) -> list[Measure]:
        """The measures that a sheet shows, in its order."""
        by_name = {measure.name: measure for measure in self.declaration.measures}
        return [by_name[name] for name in sheet.measures]

    def heading(self, sheet: Sheet, name: str, usual: str) -> str:
        """The heading of a column: the sheet's own, else the usual word."""
        return self.words.of(sheet.headings[name]) if name in sheet.headings else usual

    def money(self, sheet: Sheet, measure: Measure) -> Field:
        """The column of a measure."""
        usual = self.words.of(measure.title) or self.words(f"stage.{measure.stage}")
        return Field(measure.name, self.heading(sheet, measure.name, usual), Kind.MONEY, 21, asks=self.asks(measure))

    def asks(self, measure: Measure) -> dict[str, Any]:
        """What a measure counts, for `why`."""
        earmark = measure.earmark or self.base.earmark
        asks = {"stage": measure.stage, "basis": measure.basis, "earmark": earmark, "funds": list(measure.funds)}
        return {name: value for name, value in asks.items() if value}

    def marks(self) -> list[Field]:
        """The columns that keep apart what is never added."""
        return [
            Field("currency", self.words("ui.currency"), width=10, key="currency"),
            Field("price_basis", self.words("ui.prices"), width=12, key="price_basis"),
            Field("data", self.words("ui.data"), width=12, key="data"),
        ]


def _both(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    """What is in both, where an empty one is no limit; a code that nothing has where they share none."""
    if not one or not other:
        return one or other
    return tuple(sorted(set(one) & set(other))) or ("",)


def ask(connection: Connection, declaration: Declaration, question: Question, database: Database) -> Asked:
    """The question of a report, every code checked.

    Raises UsageProblem for a code, moment or group that does not exist, and for a limit that the report needs and nobody
    gave.
    """
    given = {"funds": tuple(question.funds), "countries": tuple(question.countries), "programme": question.programme}
    stated: dict[str, Any] = {**declaration.filters, **{name: limit for name, limit in given.items() if limit}}
    for need in declaration.needs:
        if not stated.get({"fund": "funds", "country": "countries"}.get(need, need)):
            raise scope.UsageProblem(f"the report {declaration.name} needs --{need}")
    base = scope.build(
        connection,
        funds=stated.get("funds", ()),
        countries=stated.get("countries", ()),
        themes=stated.get("themes", ()),
        year=stated.get("years"),
        as_of=question.as_of,
        known_at=question.known_at,
        units=tuple(stated.get("units", ())),
        earmark=stated.get("earmark"),
        programme=stated.get("programme"),
        source=stated.get("source"),
        currency=stated.get("currency"),
        with_illustrative=question.with_illustrative,
    )
    words = vocabulary(question.lang)
    names = {table: reports.names(connection, table, words.lang) for table in NAMED}
    return Asked(connection, declaration, words, base, reports.head(connection, base.known_at), database, names)
