"""Trees from a number down to its cells: of totals, records, batches and bookings. Each node is the sum of what is below it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any, Final

from ledger.actions.why_cells import Cells
from ledger.domain.findings import Finding
from ledger.domain.money import divide_half_up
from ledger.domain.trees import Many, Node, summed
from ledger.store import batches, provenance, rates, totals
from ledger.store.database import Connection
from ledger.store.provenance import Contribution
from ledger.store.records import Named
from ledger.store.totals import Filter

#: A booking with what is counted of it.
Counted = tuple[Contribution, int]
#: How the causes of a batch's steps are called, as in a bridge.
_CAUSES: Final = ("added", "corrected", "withdrawn", "reverted")
#: A scope that nothing is in: two limits that have nothing in common.
_NOWHERE: Final = ("",)


@dataclass(slots=True)
class Trees:
    """Makes trees on one state of the ledger. `limits` narrow every one of them.

    With `at_most` no more than so many branches of a node are read to their cells: the others are counted and summed.
    """

    connection: Connection
    limits: Filter
    at_most: int | None = None
    #: what is wrong with what was asked about: a cell that was edited
    told: list[Finding] = field(default_factory=list)
    cells: Cells = field(init=False)

    def __post_init__(self) -> None:
        self.cells = Cells(self.connection)

    @property
    def findings(self) -> list[Finding]:
        """What was found on the way, and what kept the trees from being whole."""
        return [*self.told, *self.cells.findings]

    def narrowed(self, wanted: Filter) -> Filter:
        """`wanted` inside the limits."""
        limits = self.limits
        return replace(
            wanted,
            stage=wanted.stage or limits.stage,
            bases=_both(wanted.bases, limits.bases),
            funds=_both(wanted.funds, limits.funds),
            countries=_both(wanted.countries, limits.countries),
            as_of=min((day for day in (wanted.as_of, limits.as_of) if day is not None), default=None),
            known_at=limits.known_at,
            with_illustrative=wanted.with_illustrative or limits.with_illustrative,
            equal=(*wanted.equal, *limits.equal),
        )

    # --- totals --------------------------------------------------------------------------------------------------

    def total(self, label: str, wanted: Filter, *, given: bool = False, kind: str = "total") -> list[Node]:
        """One tree for each currency, price basis and (recorded or illustrative): what adds up to the total.

        `given`: of an envelope, what it was given and not what it kept after giving to its parts.
        """
        groups: dict[tuple[str, str, bool], list[Contribution]] = {}
        for found in provenance.contributions(self.connection, self.narrowed(wanted)):
            if found.minor > 0 or not given:
                groups.setdefault(found.group, []).append(found)
        nodes = []
        for (currency, price_basis, illustrative), parts in sorted(groups.items(), key=lambda item: item[0]):
            counted = counted_of(parts)
            facts = {"price_basis": _constant(price_basis), "illustrative": illustrative}
            children = self.holders(counted)
            if len(children) == 1 and children[0].label == label:
                nodes.append(children[0])
                continue
            whole = sum(minor for _, minor in counted)
            nodes.append(Node(kind, label, whole, currency, facts, children))
        return nodes

    def in_euro(self, label: str, nodes: Sequence[Node], day: date) -> list[Node]:
        """The trees of a total with other currencies at the rates of a day, each converted as a whole and rounded once.

        What is at constant prices, or has no rate of that day, stays apart and is told.
        """
        groups: dict[bool, list[Node]] = {}
        apart: list[Node] = []
        for node in nodes:
            done = None
            if not node.facts.get("price_basis") and node.minor is not None:
                done = rates.convert(self.connection, node.minor, node.currency, day, self.limits.known_at)
            if done is None:
                apart.append(node)
                if not node.facts.get("price_basis"):
                    said = f"{node.currency} stays apart: no rate of {day} is on record"
                    self.told.append(Finding("unconverted", said))
                continue
            if done.rate is not None:
                used = {name: None if value is None else str(value) for name, value in asdict(done.rate).items()}
                title = f"{node.currency} at {done.rate.rate} for a euro, {done.rate.ref}"
                made = Node("rate", title, done.minor, "EUR", {"rate": {**used, "on": str(day)}}, [node])
            else:
                made = node
            groups.setdefault(bool(node.facts.get("illustrative")), []).append(made)
        whole = [
            below[0] if len(below) == 1 else summed("total", label, below, illustrative=illustrative)
            for illustrative, below in groups.items()
        ]
        return [*whole, *apart]

    def holders(self, counted: Sequence[Counted]) -> Sequence[Node]:
        """One node a record, in the order of its first cell, with its bookings below."""
        groups: dict[tuple[str, str, str], list[Counted]] = {}
        for part, minor in counted:
            groups.setdefault((part.kind, part.source, part.holder), []).append((part, minor))
        kept = list(groups.values())
        shown = kept if self.at_most is None else [group[: self.at_most] for group in kept[: self.at_most]]
        self.cells.load(part for group in shown for part, _ in group)

        def make(at: int) -> Node:
            group = kept[at]
            first = group[0][0]
            children = Many(len(group), lambda i: self.booking(*group[i]))
            whole = sum(minor for _, minor in group)
            return Node(first.kind, first.holder, whole, first.currency, _record_facts(first), children)

        return Many(len(kept), make)

    def bookings(
        self, counted: Sequence[Counted], label: Callable[[Contribution], str] | None = None
    ) -> Sequence[Node]:
        """One node a booking."""
        shown = counted[: self.at_most]
        self.cells.load(part for part, _ in shown)
        return Many(len(counted), lambda i: self.booking(*counted[i], label=label and label(counted[i][0])))

    def booking(self, part: Contribution, minor: int, label: str | None = None) -> Node:
        """A booking with its row and cells."""
        facts: dict[str, Any] = {
            "transfer": part.transfer_id,
            "batch": part.batch_id,
            "value_date": None if part.value_date is None else str(part.value_date),
            "fund": part.fund,
            "country": part.country,
            "theme": None if part.theme == "unstated" else part.theme,
            "stage": part.stage,
            "basis": part.basis,
            "drawn_on": part.drawn_on,
            "illustrative": part.is_illustrative,
        }
        kind = "transfer"
        if part.reverses is not None:
            kind = "reversal"
            facts |= {"reverses": part.reverses, "rule": part.takes_back_for}
        elif part.reversed_by is not None:
            facts |= {"reversed_by": part.reversed_by, "reversed_in": part.reversed_in}
        children = self.cells.below(part, minor)
        return Node(kind, part.country if label is None else label, minor, part.currency, facts, children)

    # --- records -------------------------------------------------------------------------------------------------

    def record(self, named: Named) -> Node:
        """A record, by stage and basis: what its cells state, what of it stands in its parts, and what it stated before."""
        wanted = self.narrowed(money_of(named))
        found = provenance.contributions(self.connection, wanted)
        children: list[Node] = []
        for title, parts in _by_account(found).items():
            stated = [(part, part.minor) for part in parts if part.minor > 0]
            moved = [(part, -part.minor) for part in parts if part.minor < 0]
            if stated:
                children.append(self._group(title, stated, self.bookings(stated)))
            if moved:
                children.append(self._group(f"{title}: in its parts", moved, self.holders(moved)))
        if named.kind != "project":
            children += self._left(found, wanted)
        children += self.history(wanted)
        illustrative = bool(found) and all(part.is_illustrative for part in found)
        title = f"{named.kind}: {named.title}" if named.title else named.kind
        facts = {"ref": named.ref, "source": named.source, "note": title, "illustrative": illustrative}
        return Node(named.kind, named.ref, facts=facts, children=children)

    def _group(self, title: str, counted: Sequence[Counted], children: Sequence[Node], **facts: Any) -> Node:
        first = counted[0][0]
        told = {"stage": first.stage, "basis": first.basis, "price_basis": _constant(first.price_basis), **facts}
        told["illustrative"] = first.is_illustrative
        return Node("group", title, sum(minor for _, minor in counted), first.currency, told, children)

    def _left(self, found: Sequence[Contribution], wanted: Filter) -> list[Node]:
        """What an allocation has left: what it was given, less what its parts hold and what was committed on it."""
        every = provenance.contributions(self.connection, replace(wanted, stage="allocated"), side="drawn")
        nodes = []
        for group in dict.fromkeys(part.group for part in found if part.stage == "allocated"):
            drawn = [(part, part.minor) for part in every if part.group == group and part.drawn_stage == "allocated"]
            own = [part for part in found if part.group == group and part.stage == "allocated"]
            given = sum(part.minor for part in own if part.minor > 0)
            parts = sum(part.minor for part in own if part.minor < 0)
            if not drawn and not parts:
                continue
            currency = group[0]
            if drawn:
                nodes.append(self._group("committed on it", drawn, self.holders(drawn)))
            taken = [("given", given), ("in its parts", parts), ("committed on it", -sum(minor for _, minor in drawn))]
            below = [Node("group", title, minor, currency) for title, minor in taken if minor]
            nodes.append(summed("group", "left", below, currency, price_basis=_constant(group[1])))
        return nodes

    def history(self, wanted: Filter) -> list[Node]:
        """What no longer counts: each booking with the one that took it back, by currency; together nothing."""
        groups: dict[str, list[Contribution]] = {}
        for part in provenance.contributions(self.connection, wanted, "reversed"):
            groups.setdefault(part.currency, []).append(part)
        return [
            Node("group", "no longer counted", 0, currency, {}, self.reversed(parts))
            for currency, parts in groups.items()
        ]

    def reversed(self, parts: Sequence[Contribution]) -> Sequence[Node]:
        """One node for each booking that was taken back."""
        self.cells.load(parts[: self.at_most])
        return Many(len(parts), lambda i: self._reversed(parts[i]))

    def _reversed(self, part: Contribution) -> Node:
        booked = self.booking(part, part.minor, label="booked")
        facts = {"transfer": part.reversed_by, "batch": part.reversed_in, "reverses": part.transfer_id}
        said = {"rule": part.reversed_for, **facts}
        back = Node("reversal", f"{part.reversed_for} by batch {part.reversed_in}", -part.minor, part.currency, said)
        title = f"{part.holder}: {account(part)} {part.country}"
        return Node("reversed", title, 0, part.currency, {"transfer": part.transfer_id}, [booked, back])

    # --- batches and bookings ------------------------------------------------------------------------------------

    def batch(self, number: int) -> Node | None:
        """What a batch moved, by stage and basis and by cause; None where there is no such batch in sight."""
        head = batches.find(self.connection, number)
        if head is None:
            return None
        wanted = self.narrowed(Filter(batch=number, with_illustrative=True))
        found = provenance.contributions(self.connection, wanted, "batch")
        children: list[Node] = [
            Node("file", name, facts={"file": name, "sha256": sha256})
            for name, sha256 in batches.files(self.connection, number)
        ]
        for title, parts in _by_account(found).items():
            steps = [
                self._group(cause, counted, self.bookings(counted, lambda part: part.holder))
                for cause in _CAUSES
                if (counted := [(part, part.minor) for part in parts if part.cause == cause])
            ]
            whole = sum(part.minor for part in parts)
            facts = {"stage": parts[0].stage, "basis": parts[0].basis, "illustrative": parts[0].is_illustrative}
            children.append(Node("group", title, whole, parts[0].currency, facts, steps))
        children += self._beside(wanted, {part.transfer_id for part in found})
        facts = {
            "batch": number,
            "recorded_at": str(head["recorded_at"]),
            "actor": head["actor"],
            "note": head["note"] or head["kind"],
            "reverts": head["reverts_id"],
            "reverted_by": head["reverted_by"],
            "illustrative": bool(head["is_illustrative"]),
        }
        return Node("batch", f"batch {number}", facts=facts, children=children)

    def _beside(self, wanted: Filter, told: set[int]) -> list[Node]:
        """Bookings of a batch that change no sum: inside a stage, or of envelopes that are not summed."""
        every = provenance.contributions(self.connection, replace(wanted, every_role=True), "batch", "own")
        left = [(part, part.minor) for part in every if part.transfer_id not in told]
        groups: dict[str, list[Counted]] = {}
        for part, minor in left:
            inside = part.drawn_stage == part.stage
            groups.setdefault("inside a stage" if inside else "in no sum", []).append((part, minor))
        return [
            Node("group", f"{title}: {len(counted)} bookings", children=self.bookings(counted, lambda p: p.holder))
            for title, counted in groups.items()
        ]

    def transfer(self, number: int) -> Node | None:
        """One booking, with the one that took it back if there is one; None where there is none in sight."""
        wanted = replace(self.narrowed(Filter(transfers=(number,), with_illustrative=True)), every_role=True)
        found = provenance.contributions(self.connection, wanted, "any", "own")
        if not found:
            return None
        (part,) = found
        self.cells.load(found)
        if part.reversed_by is not None:
            return self._reversed(part)
        return self.booking(part, part.minor, label=f"transfer {number}: {part.holder}, {account(part)}")


def money_of(named: Named) -> Filter:
    """All money of a record, of every stage and basis."""
    return Filter(
        envelope=named.ref if named.kind == "envelope" else None,
        programme=named.ref if named.kind == "programme" else None,
        project=named.ref if named.kind == "project" else None,
        source=named.source,
        with_illustrative=True,
    )


def account(part: Contribution) -> str:
    """Stage and basis, and the prices where they are constant."""
    return f"{part.stage}, {part.basis}" + ("" if part.price_basis == "current" else f", prices of {part.price_basis}")


def _by_account(found: Iterable[Contribution]) -> dict[str, list[Contribution]]:
    """Bookings by stage, basis and what is never added up; the title says what the amount does not."""
    groups: dict[tuple[Any, ...], list[Contribution]] = {}
    for part in found:
        groups.setdefault((part.stage, part.basis, *part.group), []).append(part)
    named: dict[str, list[Contribution]] = {}
    for parts in groups.values():
        title = account(parts[0])
        if title in named:
            title = f"{title}, {parts[0].currency}{' illustrative' if parts[0].is_illustrative else ''}"
        named[title] = parts
    return named


def counted_of(parts: Sequence[Contribution]) -> list[Counted]:
    """What is counted of each: all, or the share of an earmark.

    The earmarked sum is rounded once; the largest remainder hands its cents to the bookings.
    """
    if all(part.share_ppb == totals.WHOLE for part in parts):
        return [(part, part.minor) for part in parts]
    whole = divide_half_up(sum(part.minor * part.share_ppb for part in parts), totals.WHOLE)
    floors = {part.transfer_id: divmod(part.minor * part.share_ppb, totals.WHOLE) for part in parts}
    missing = whole - sum(floor for floor, _ in floors.values())
    lucky = set(sorted(floors, key=lambda number: (-floors[number][1], str(number)))[:missing])
    return [(part, floors[part.transfer_id][0] + (part.transfer_id in lucky)) for part in parts]


def _record_facts(part: Contribution) -> dict[str, Any]:
    facts = {"ref": part.holder, "source": part.source, "note": part.title, "illustrative": part.is_illustrative}
    return facts if part.kind != "fund" else {"note": "no project, envelope or programme holds it"}


def _both(wanted: tuple[str, ...], limits: tuple[str, ...]) -> tuple[str, ...]:
    """What both allow; empty means no limit, so what nothing allows is a code that nothing has."""
    if not wanted or not limits:
        return wanted or limits
    return tuple(code for code in wanted if code in limits) or _NOWHERE


def _constant(price_basis: str) -> str | None:
    return None if price_basis == "current" else price_basis
