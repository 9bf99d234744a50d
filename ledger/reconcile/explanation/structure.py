"""Leads that the list shows by itself, before any sum is looked at: twins, subtotals, families, strangers, refusals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from ledger.domain.money import display, divide_half_up, minor_digits
from ledger.reconcile.explanation.leads import Lead, Member, grouped, lead
from ledger.reconcile.explanation.model import Case, CaseRow, CauseKind, RowPlace
from ledger.reconcile.explanation.weights import Shapes, bits

#: How many pairs of rows a list has that are alike and still in order, by how alike they are.
_HONEST_TWINS = {"digest": 0.02, "reference": 0.3, "text": 0.15, "facts": 0.15, "amount": 2}
#: Of rows that are there twice, how many are alike in this way.
_TWIN_SHARE = {"digest": 0.6, "reference": 0.15, "text": 0.25, "facts": 0.2, "amount": 0.05}
#: How much more often a row that is the sum of others is a subtotal where its reference is unlike the others.
_UNLIKE = 20
#: Rows of a whole group that are dated or scoped apart are strangers only while they are this few.
_FEW = 200


def structural(case: Case) -> list[Lead]:
    """Every lead that the rows show without the sum."""
    counted = [row for row in case.rows if row.minor > 0]
    return [
        *_twins(case, counted),
        *_subtotals(case),
        *_families(case, counted),
        *_strangers(case, counted),
        *_vanished(case, counted),
        *_left_out(case),
        *_refused(case),
    ]


# --- the same row twice -----------------------------------------------------------------------------------------------


def _twins(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    keys: dict[str, Callable[[CaseRow], object]] = {
        "digest": lambda row: (row.digest, row.own) if row.digest else None,
        "reference": lambda row: (row.source, row.place.ref, row.own, row.country),
        "text": lambda row: (row.title.casefold(), row.beneficiary.casefold(), row.own) if row.title else None,
        "facts": lambda row: (row.own, row.total, row.day, row.country, row.fund, row.unit) if row.day else None,
        "amount": lambda row: (row.own, row.country),
    }
    paired: set[tuple[RowPlace, ...]] = set()
    for name, key in keys.items():
        groups: dict[object, list[CaseRow]] = {}
        for row in counted:
            if (value := key(row)) is not None:
                groups.setdefault(value, []).append(row)
        twins = [rows for rows in groups.values() if len(rows) > 1]
        new = [rows for rows in twins if tuple(row.place for row in rows) not in paired]
        paired |= {tuple(row.place for row in rows) for rows in new}
        share = _TWIN_SHARE[name] / (len(new) - 1 + _HONEST_TWINS[name]) if new else 0
        for rows in new:
            yield from _copies(case, rows, share)
        yield from _repeated_lists(new)


def _copies(case: Case, rows: Sequence[CaseRow], share: float) -> Iterator[Lead]:
    minor, places = rows[-1].minor, [row.place for row in rows]
    told = f"{display(minor, case.currency)} because {_rows_named(places)} state the same"
    yield lead(CauseKind.DUPLICATE_ROW, places, minor, share, told)
    for times in range(2, min(len(rows), 6)):
        yield lead(CauseKind.DUPLICATE_ROW, places, minor * times, share / 4, told)


def _repeated_lists(twins: Sequence[Sequence[CaseRow]]) -> Iterator[Lead]:
    """Two lists that share several rows, so that one repeats the other."""
    shared: dict[tuple[object, object], list[Sequence[CaseRow]]] = {}
    for rows in twins:
        if len(rows) == 2 and rows[0].sheet != rows[1].sheet:
            shared.setdefault((rows[0].sheet, rows[1].sheet), []).append(rows)
    for pairs in shared.values():
        if len(pairs) > 1:
            places = [row.place for pair in pairs for row in pair]
            minor = sum(pair[1].minor for pair in pairs)
            told = f"{len(pairs)} rows of {places[0].file} are in {places[1].file} again"
            yield lead(CauseKind.DUPLICATE_ROW, places, minor, 0.5 / len(shared), told)


# --- totals among the rows --------------------------------------------------------------------------------------------


def _subtotals(case: Case) -> Iterator[Lead]:
    """Rows that are the sum of the rows above or below them, or of all rows of their country or fund."""
    found: dict[int, tuple[CaseRow, Sequence[CaseRow], str]] = {}
    for rows in _sheets(case.rows):
        by_amount: tuple[list[CaseRow], ...] = (
            [row for row in rows if row.minor > 0],
            [row for row in rows if row.own > 0 and row.parent is None],
            [row for row in rows if row.own > 0],
        )
        for own, of_sheet in enumerate(by_amount):
            for row, parts, what in (*_runs(of_sheet, own=bool(own)), *_group_sums(of_sheet, own=bool(own))):
                if row.minor > 0:
                    found.setdefault(id(row), (row, parts, what))
    shapes = Shapes([row for row in case.rows if row.minor > 0])
    # In a list of round amounts many a row is the sum of others by chance; one with another reference is none of them.
    marks = {key: _UNLIKE if shapes.is_odd(row.place.ref) else 1 for key, (row, _, _) in found.items()}
    everything, same = sum(marks.values()), Counter(row.own for row in case.rows)
    for key, (row, parts, what) in found.items():
        by_chance = 0.03 + 0.3 * (same[row.own] - 1)
        share = 0.9 * marks[key] / (everything - marks[key] + by_chance * marks[key])
        kind, places = CauseKind.SUBTOTAL_COUNTED, [row.place]
        if what == "below" and not row.says_total and _is_above(row, parts):
            kind, places = CauseKind.PARENT_AND_CHILD, [row.place, *(part.place for part in parts)]
        named = _rows_named([part.place for part in parts])
        told = f"{display(row.own, case.currency)} is the sum of the {len(parts)} rows {what} ({named})"
        yield lead(kind, places, row.minor, share * (2 if row.says_total else 1), told)
    named_totals = [row for row in case.rows if row.says_total and row.minor > 0 and id(row) not in found]
    for row in named_totals:
        told = f"the row calls itself a total: {(row.title or row.place.ref)!r}"
        yield lead(CauseKind.SUBTOTAL_COUNTED, [row.place], row.minor, 0.5 / (len(named_totals) - 1 + 0.1), told)


def _is_above(row: CaseRow, parts: Sequence[CaseRow]) -> bool:
    """Whether the rows are parts of this one rather than rows that a heading adds up."""
    return all(part.place.ref.startswith(row.place.ref) or part.unit != row.unit for part in parts)


def _runs(rows: Sequence[CaseRow], *, own: bool) -> Iterator[tuple[CaseRow, Sequence[CaseRow], str]]:
    for ordered, what in ((rows, "above"), (rows[::-1], "below")):
        sums, at, total = {0: 0}, [0], 0
        for place, row in enumerate(ordered):
            amount = row.own if own else row.minor
            first = sums.get(total - amount)
            if first is not None and place - first >= 2:
                yield row, ordered[first:place], what
            total += amount
            at.append(total)
            sums[total] = place + 1


def _group_sums(rows: Sequence[CaseRow], *, own: bool) -> Iterator[tuple[CaseRow, Sequence[CaseRow], str]]:
    """Rows whose amount is that of all other rows of their group, or of a whole group that they are not in."""
    for name in ("country", "fund", "beneficiary"):
        groups: dict[str, list[CaseRow]] = {}
        for row in rows:
            groups.setdefault(getattr(row, name), []).append(row)
        sums = {value: sum(row.own if own else row.minor for row in members) for value, members in groups.items()}
        whole = {minor: value for value, minor in sums.items() if len(groups[value]) > 2}
        for row in rows:
            value, amount = getattr(row, name), row.own if own else row.minor
            members = groups[value]
            if len(members) > 2 and sums[value] == 2 * amount:
                yield row, [each for each in members if each is not row], f"of {name} {value}"
            elif amount in whole and whole[amount] != value:
                yield row, groups[whole[amount]], f"of {name} {whole[amount]}"


# --- decisions and their contracts ------------------------------------------------------------------------------------


def _families(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    """Rows that should have a parent and have none: both levels count."""
    by_ref = {row.place.ref: row for row in case.rows}
    units = Counter(row.unit for row in case.rows if row.own > 0)
    linked = Counter(row.unit for row in case.rows if row.own > 0 and row.parent is not None)
    parts = {unit for unit, count in linked.items() if count * 2 >= units[unit] and count > 1}
    orphans = [row for row in counted if row.parent is None and row.unit in parts]
    named = {id(row): above for row in counted if row.parent is None and (above := _named_parent(row, by_ref))}
    suspects = {id(row): row for row in orphans} | {id(row): row for row in counted if id(row) in named}
    if not suspects:
        return
    families: dict[str, list[CaseRow]] = {}
    for row in suspects.values():
        above = named.get(id(row))
        families.setdefault(above.place.ref if above else "", []).append(row)
    share = 0.45 / (len(families) - 1 + (0.05 if orphans else 0.2))
    for ref, rows in families.items():
        parent = by_ref.get(ref)
        head = [parent.place] if parent else []
        for row in rows:
            told = f"{display(row.own, case.currency)} counts beside its {'decision ' + ref if ref else 'own decision'}"
            # The whole amount again, in the same unit, is rather the same thing twice than a part of it.
            again = parent is not None and (parent.own, parent.unit) == (row.own, row.unit)
            part = share * (0.1 if again else 1) / len(rows)
            yield lead(CauseKind.PARENT_AND_CHILD, [row.place, *head], row.minor, part, told)
        if len(rows) > 1:
            minor = sum(row.minor for row in rows)
            places = [*(row.place for row in rows), *head]
            told = f"{len(rows)} rows, {display(minor, case.currency)}, count beside {ref or 'their decisions'}"
            yield lead(CauseKind.PARENT_AND_CHILD, places, minor, share, told)
        if parent is not None and 0 < parent.minor <= sum(row.minor for row in rows) * 2:
            told = f"decision {ref} counts beside its {len(rows)} parts"
            places = [parent.place, *(row.place for row in rows)]
            yield lead(CauseKind.PARENT_AND_CHILD, places, parent.minor, share / 4, told)
    if len(families) > 1:
        rows = list(suspects.values())
        minor = sum(row.minor for row in rows)
        told = f"{len(rows)} rows, {display(minor, case.currency)}, count beside their decisions"
        yield lead(CauseKind.PARENT_AND_CHILD, [row.place for row in rows], minor, 0.3, told)


def _named_parent(row: CaseRow, by_ref: dict[str, CaseRow]) -> CaseRow | None:
    """The row whose reference is the beginning of this one's, up to a sign: D-17 of D-17/C2."""
    ref = row.place.ref
    for at in range(len(ref) - 1, 1, -1):
        if not ref[at].isalnum() and (above := by_ref.get(ref[:at])) is not None and above is not row:
            return above if above.minor >= row.minor else None
    return None


# --- rows that do not belong ------------------------------------------------------------------------------------------


def _strangers(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    """Rows that the figure counts although they are dated or scoped unlike all others."""
    if "period" not in case.limits:
        odd = _odd_days(counted)
        for row in odd:
            assert row.day is not None
            told = f"{display(row.own, case.currency)} is dated {row.day.isoformat()}, far from the other rows"
            yield lead(CauseKind.OUT_OF_PERIOD, [row.place], row.minor, 0.5 / (len(odd) - 1 + 0.2), told)
    for name in ("fund", "country"):
        if name in case.limits:
            continue
        counts = Counter(getattr(row, name) for row in counted)
        rare = [row for row in counted if counts[getattr(row, name)] <= max(1, len(counted) // 1000)]
        if len(rare) <= _FEW and len(rare) * 20 < len(counted):
            for row in rare:
                told = f"{display(row.own, case.currency)} is the only amount of {name} {getattr(row, name)}"
                yield lead(CauseKind.OUT_OF_SCOPE, [row.place], row.minor, 0.4 / (len(rare) - 1 + 0.3), told)


def _vanished(case: Case, counted: Sequence[CaseRow]) -> Iterator[Lead]:
    """Rows that a newer list of their source does not repeat, and that still count."""
    gone = [row for row in counted if row.vanished is not None]
    for row in gone:
        told = f"{display(row.own, case.currency)} is not in the newer list, batch {row.vanished}, and still counts"
        yield lead(CauseKind.EXTRA_ROW, [row.place], row.minor, 0.5 / (len(gone) - 1 + 0.2), told)
    if len(gone) > 1:
        minor = sum(row.minor for row in gone)
        told = f"{len(gone)} rows, {display(minor, case.currency)}, are not in the newer list and still count"
        yield lead(CauseKind.EXTRA_ROW, [row.place for row in gone], minor, 0.5, told)


def _odd_days(rows: Sequence[CaseRow]) -> list[CaseRow]:
    """Rows of years that hardly any other row is near."""
    years = Counter(row.day.year for row in rows if row.day)
    most = max(2, len(rows) // 200)
    near = {year: years[year - 1] + years[year] + years[year + 1] for year in years}
    odd = [row for row in rows if row.day and near[row.day.year] <= most]
    return odd if len(odd) * 20 < len(rows) else []


def _left_out(case: Case) -> Iterator[Lead]:
    """Rows with an amount that one thing alone keeps out of the figure."""
    missed: dict[str, list[CaseRow]] = {}
    for row in case.rows:
        if len(row.misses) == 1 and row.own > 0 and row.parent is None:
            missed.setdefault(next(iter(row.misses)), []).append(row)
    for why, rows in missed.items():
        if why == "currency":
            yield from _foreign(case, rows)
            continue
        kind = _LEFT_OUT.get(why, CauseKind.OUT_OF_SCOPE)
        rare = {id(row) for row in _rare(rows, why)}
        members: dict[int, list[Member]] = {}
        for row in rows:
            share = 0.5 / len(rows) + (0.5 / (len(rare) - 1 + 0.3) if id(row) in rare else 0)
            members.setdefault(row.own, []).append(Member(row.place, bits(share), _why(case, row, why)))
        for minor, alike in members.items():
            yield from grouped(kind, -minor, alike, "each of these {} rows has this amount, left out for its " + why)


_LEFT_OUT = {
    "period": CauseKind.OUT_OF_PERIOD,
    "as_of": CauseKind.OUT_OF_PERIOD,
    "undated": CauseKind.OUT_OF_PERIOD,
    "stage": CauseKind.BASIS_MIXED,
    "basis": CauseKind.BASIS_MIXED,
}


def _rare(rows: Sequence[CaseRow], why: str) -> list[CaseRow]:
    if why in ("fund", "country"):
        counts = Counter(getattr(row, why) for row in rows)
        rare = [row for row in rows if counts[getattr(row, why)] == 1]
    elif why in ("period", "as_of"):
        years = Counter(row.day.year for row in rows if row.day)
        rare = [row for row in rows if row.day and years[row.day.year] == 1]
    else:
        rare = list(rows)
    return rare if len(rare) <= _FEW else []


def _why(case: Case, row: CaseRow, why: str) -> str:
    amount = display(row.own, row.currency)
    if why in ("period", "as_of"):
        return f"{amount} is dated {row.day.isoformat() if row.day else 'nowhere'}, which the figure leaves out"
    if why == "undated":
        return f"{amount} is not dated, so no period counts it"
    if why in ("stage", "basis"):
        return f"{amount} stands at another {why} than {case.stage}, {case.basis}"
    stated = {"fund": row.fund, "country": row.country}.get(why, "")
    return f"{amount} is left out for its {why}{' ' + stated if stated else ''}"


def _foreign(case: Case, rows: Sequence[CaseRow]) -> Iterator[Lead]:
    """Amounts in another currency, left out: as if they were printed in the figure's, and converted."""
    each = 0.5 / (len(rows) - 1 + 0.3)
    sums: Counter[str] = Counter()
    for row in rows:
        stands = display(row.own, row.currency)
        told = f"{stands} is left out, for it is not in {case.currency}"
        yield lead(CauseKind.CURRENCY_UNCONVERTED, [row.place], -row.own, each, told)
        for rate in case.rates:
            if rate.currency == row.currency and (row.day is None or rate.valid_from <= row.day <= rate.valid_to):
                exact = row.own * 10 ** minor_digits(case.currency) / (rate.rate * 10**rate.digits)
                minor = divide_half_up(exact.numerator, exact.denominator)
                told = f"{stands} is left out; at {rate.text} it is {display(minor, case.currency)}"
                yield lead(CauseKind.CURRENCY_UNCONVERTED, [row.place], -minor, each, told)
                sums[row.currency] += minor
    for currency, minor in sums.items():
        places = [row.place for row in rows if row.currency == currency]
        if len(places) > 1:
            told = (
                f"{len(places)} amounts in {currency} are left out; converted they are {display(minor, case.currency)}"
            )
            yield lead(CauseKind.CURRENCY_UNCONVERTED, places, -minor, 0.3, told)


def _refused(case: Case) -> Iterator[Lead]:
    """Rows that the import refused, and told so."""
    rows = [row for row in case.rejected if row.minor]
    share = 0.8 / (len(rows) - 1 + 0.1) if rows else 0
    for row in rows:
        kind = CauseKind.SIGN_ERROR if row.code == "amount-negative" else CauseKind.MISSING_ROW
        stated = display(row.minor, case.currency)
        told = f"{stated} was refused on import [{row.code}], so the ledger lacks the row"
        yield lead(kind, [row.place], -abs(row.minor), share, told)
    if len(rows) > 1:
        minor = sum(abs(row.minor) for row in rows)
        told = f"{len(rows)} rows were refused on import, {display(minor, case.currency)} in all"
        yield lead(CauseKind.MISSING_ROW, [row.place for row in rows], -minor, 0.5, told)


# --- helpers ----------------------------------------------------------------------------------------------------------


def _sheets(rows: Iterable[CaseRow]) -> Iterator[list[CaseRow]]:
    """The rows of each sheet, in their order there."""
    ordered = sorted(rows, key=lambda row: (str(row.sheet), row.place.row))
    for _, of_sheet in groupby(ordered, key=lambda row: row.sheet):
        yield list(of_sheet)


def _rows_named(places: Sequence[RowPlace]) -> str:
    """`rows 17 and 93`, `rows 4 to 12`, or how many there are."""
    numbers = sorted({place.row for place in places})
    if len({(place.file, place.sheet, place.batch) for place in places}) > 1:
        return " and ".join(f"row {place.row} of {place.file}" for place in places[:4])
    if len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1:
        return f"rows {numbers[0]} to {numbers[-1]}"
    if len(numbers) <= 4:
        return "rows " + " and ".join(map(str, numbers)) if len(numbers) > 1 else f"row {numbers[0]}"
    return f"{len(numbers)} rows from {numbers[0]} to {numbers[-1]}"
