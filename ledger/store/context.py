"""What all statements of one write share: the connection, the batch and its parameters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, CursorResult, Date, TextClause, bindparam, text

from ledger.domain.findings import Finding
from ledger.domain.records import NO_COUNTRY, NO_THEME, ReadSheet

#: Stands for "undated" where two value dates are compared.
NO_DATE = date(1, 1, 1)


@dataclass(slots=True)
class Context:
    """What all statements of one posting share."""

    connection: Connection
    batch_id: int
    source: str
    is_illustrative: bool
    row_base: int
    sheets: list[ReadSheet]
    file: str
    findings: list[Finding] = field(default_factory=list)
    #: the file states a situation that replaces what its source said before; else its rows are added
    is_situation: bool = True

    def run(self, statement: str, **values: Any) -> int:
        """Execute with the posting's own parameters at hand; returns the number of rows touched."""
        return self._execute(statement, values).rowcount

    def value(self, statement: str, **values: Any) -> Any:
        """The one value that a query gives."""
        return self._execute(statement, values).scalar()

    def _execute(self, statement: str, values: dict[str, Any]) -> CursorResult[Any]:
        clause, names = _prepared(statement)
        ours = {
            "batch": self.batch_id,
            "source": self.source,
            "illustrative": self.is_illustrative,
            "base": self.row_base,
            "no_country": NO_COUNTRY,
            "no_theme": NO_THEME,
            "no_date": NO_DATE,
        }
        return self.connection.execute(clause, {k: v for k, v in (ours | values).items() if k in names})


@lru_cache(maxsize=512)
def _prepared(statement: str) -> tuple[TextClause, frozenset[str]]:
    """A statement and the names of its parameters; parsed once, for an import runs the same hundred each time."""
    clause = text(statement)
    names = frozenset(clause.compile().params)
    if "no_date" in names:
        clause = clause.bindparams(bindparam("no_date", type_=Date))
    return clause, names
