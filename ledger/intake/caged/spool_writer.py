"""The near side of the spool: rows as lines of JSON, sheet after sheet, and one last line that says what they are.

JSON and not pickle or marshal: what leaves the cage was made beside hostile bytes, and must not be able to do more than
be wrong. The worker's start is most of its cost, so this module imports next to nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import IO, Any

#: Rows of one line.
_LINE = 256
#: The last bytes of the file say where the answer begins.
PLACE = 20


_MIDNIGHT = time()


def _typed(value: Any) -> dict[str, str]:
    """What JSON has no type for, as a dict of one key."""
    if isinstance(value, Decimal):
        return {"n": str(value)}
    if isinstance(value, datetime):
        return {"d": value.date().isoformat()} if value.time() == _MIDNIGHT else {"t": value.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, time):
        return {"h": value.isoformat()}
    if isinstance(value, timedelta):  # a length of time is a number of days
        return {"n": str(Decimal(value // timedelta(microseconds=1)) / 86_400_000_000)}
    return {"e": value.text}  # an error value


class SpoolWriter:
    """Writes rows and the answer to a stream."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._encode = json.JSONEncoder(
            ensure_ascii=False, check_circular=False, separators=(",", ":"), default=_typed
        ).encode
        self._rows: list[tuple[int, Sequence[Any]]] = []
        self._at = self._begun = 0

    def row(self, number: int, values: Sequence[Any]) -> None:
        """One row of the sheet at hand. A float stands for the number that its shortest spelling denotes."""
        self._rows.append((number, values))
        if len(self._rows) >= _LINE:
            self._flush()

    def end_sheet(self) -> tuple[int, int]:
        """Where the rows of the sheet at hand, which is complete, begin and end in the file."""
        self._flush()
        span = self._begun, self._at
        self._begun = self._at
        return span

    def answer(self, told: dict[str, Any]) -> None:
        """The last line, and where it begins."""
        self._flush()
        place = self._at
        self._line(self._encode(told))
        self._stream.write(b"%0*d" % (PLACE, place))
        self._stream.flush()

    def _flush(self) -> None:
        if self._rows:
            self._line(self._encode(self._rows))
            self._rows.clear()

    def _line(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass") + b"\n"
        self._stream.write(data)
        self._at += len(data)
