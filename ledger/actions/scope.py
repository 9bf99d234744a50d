"""From what a user types to a `Filter`: funds, countries and groups, years, stages, and a moment to a batch number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from difflib import get_close_matches
from typing import Any, cast

from ledger.domain.countries import to_iso
from ledger.domain.stages import Basis, Stage
from ledger.store import batches, code_lists
from ledger.store.database import Connection
from ledger.store.totals import Filter


class UsageProblem(Exception):
    """What was asked for does not exist; the message says what does (exit 2)."""


#: The names that `why` and `summary` know in a scope, beside fund, country, theme, stage and basis.
_PLAIN = ("earmark", "project", "programme", "envelope", "source", "price_basis", "currency")
_KNOWN = ("fund", "country", "theme", "stage", "basis", "year", "unit", *_PLAIN)


def build(
    connection: Connection,
    *,
    stage: str | None = None,
    basis: str | None = None,
    funds: Sequence[str] = (),
    countries: Sequence[str] = (),
    themes: Sequence[str] = (),
    year: str | None = None,
    as_of: date | None = None,
    known_at: str | int | datetime | None = None,
    **other: Any,
) -> Filter:
    """A filter of checked codes. `basis` may be `total` (all bases); a country may be a group or an EC code."""
    period_start, period_end = years(year) if year else (None, None)
    return Filter(
        stage=None if stage is None else _one_of(stage, [s.value for s in Stage if s is not Stage.OUTSIDE], "stage"),
        bases=() if basis in (None, "total") else (_one_of(basis, [*(b.value for b in Basis), "total"], "basis"),),
        funds=tuple(fund_code(connection, fund) for fund in funds),
        countries=tuple(code for name in countries for code in country_codes(connection, name)),
        themes=tuple(code for theme in themes for code in theme_codes(connection, theme)),
        period_start=period_start,
        period_end=period_end,
        as_of=as_of,
        known_at=batch_known_at(connection, known_at),
        **other,
    )


def parse_scope(connection: Connection, scope: str) -> Filter:
    """`fund=AMIF,country=TN,year=2022,stage=paid`; stage committed and the EU share unless it says otherwise."""
    given: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in scope.split(","))):
        name, _, value = part.partition("=")
        given[_one_of(name.strip(), _KNOWN, "name in a scope")] = value.strip()
    holder = any(name in given for name in ("project", "programme", "envelope"))
    return build(
        connection,
        stage=given.get("stage", None if holder else Stage.COMMITTED.value),
        basis=given.get("basis", "total" if holder else Basis.EU.value),
        funds=_several(given.get("fund")),
        countries=_several(given.get("country")),
        themes=_several(given.get("theme")),
        year=given.get("year"),
        units=tuple(_several(given.get("unit"))),
        **cast("dict[str, Any]", {name: given[name] for name in _PLAIN if name in given}),
    )


def country_codes(connection: Connection, name: str) -> list[str]:
    """The code itself (EL and UK are taken as GR and GB), or every code of a group: its members and its region."""
    known, groups = code_lists.codes(connection, "country"), code_lists.codes(connection, "country_group")
    if (code := to_iso(name.upper())) in known:
        return [code]
    for group in groups:
        if group.lower() == name.lower():
            return code_lists.group_countries(connection, group)
    raise UsageProblem(_unknown(name, [*known, *groups], "country or group"))


def fund_code(connection: Connection, name: str) -> str:
    """The fund's code as the ledger writes it."""
    return _code(connection, "fund", name)


def theme_codes(connection: Connection, name: str) -> list[str]:
    """The theme and all themes below it."""
    return code_lists.themes_below(connection, _code(connection, "theme", name))


def batch_known_at(connection: Connection, known_at: str | int | datetime | None) -> int | None:
    """The last batch that was known at a batch number or an ISO date or date-time; 0 where none was yet."""
    if known_at is None:
        return None
    if isinstance(known_at, datetime):
        known_at = known_at.astimezone(UTC).isoformat() if known_at.tzinfo else known_at.isoformat()
        known_at = known_at.removesuffix("+00:00")
    if isinstance(known_at, int) or known_at.isdigit():
        last = batches.last(connection)
        if int(known_at) > last:
            raise UsageProblem(f"there is no batch {known_at}; the last one is {last}")
        return int(known_at)
    moment = known_at.replace(" ", "T").removesuffix("Z")
    try:
        date.fromisoformat(moment[:10])
    except ValueError:
        raise UsageProblem(
            f"--known-at takes a batch number or a date like 2026-03-12T14:00, not {known_at!r}"
        ) from None
    end = moment if "T" in moment else moment + "T23:59:59.999999"
    return batches.last_before(connection, end)


def years(value: str) -> tuple[date, date]:
    """`2022` or `2021-2023` as whole calendar years."""
    first, _, last = value.partition("-")
    try:
        return date(int(first), 1, 1), date(int(last or first), 12, 31)
    except ValueError:
        raise UsageProblem(f"a year is written 2022 or 2021-2023, not {value!r}") from None


def _several(value: str | None) -> list[str]:
    return [part.strip() for part in value.split(";") if part.strip()] if value else []


def _code(connection: Connection, table: str, value: str) -> str:
    codes = code_lists.codes(connection, table)
    for code in codes:
        if code.lower() == value.lower():
            return code
    raise UsageProblem(_unknown(value, codes, table))


def _one_of(value: str | None, allowed: Sequence[str], what: str) -> str:
    if value not in allowed:
        raise UsageProblem(_unknown(str(value), allowed, what))
    return str(value)


def _unknown(value: str, known: Iterable[str], what: str) -> str:
    names = sorted(known)
    near = get_close_matches(value.lower(), [name.lower() for name in names], 3, 0.6)
    meant = [name for name in names if name.lower() in near]
    hint = f"; did you mean {' or '.join(meant)}?" if meant else ""
    return f"{value!r} is no {what}{hint}" if hint or len(names) > 40 else f"{value!r} is no {what}: {', '.join(names)}"
