"""A ledger and a dictionary live through the same: imports, corrections, undoing, exports, backups and restoring.

After every step the ledger's sums are the dictionary's to the cent, every account and fund balances, and the seals hold.
A run that fails is printed as a program; hypothesis keeps it and tries it first the next time.
"""

from __future__ import annotations

import itertools
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text

from ledger.actions import copies
from ledger.actions.batches import revert
from ledger.actions.check import run_checks
from ledger.actions.export import export
from ledger.actions.reconcile import reconcile
from ledger.actions.summary import summarise
from ledger.audit.verify import verify_seals
from ledger.domain.money import Money
from ledger.domain.overriding import override
from ledger.domain.records import Record
from ledger.store.database import Database, parse_url
from ledger.store.totals import Filter, totals
from tests.builders import Done, amount, figure, new_ledger, post, project
from tests.witnesses import by_ledger, by_number, read

SOURCES = ("north", "south")
FUNDS = ("AMIF", "NDICI-GE")
#: stage, basis, country, currency, minor units, day
Row = tuple[str, str, str, str, int, date | None]
#: reference -> (fund, its rows)
Portfolio = dict[str, tuple[str, list[Row]]]
Key = tuple[str, str, str, str, str, str, str]

rows = st.tuples(
    st.sampled_from(("committed", "contracted", "declared", "paid")),
    st.sampled_from(("eu", "national_public", "private")),
    st.sampled_from(("TN", "MA", "GR")),
    st.sampled_from(("EUR", "TND")),
    st.integers(1, 10**12),
    st.sampled_from((date(2021, 3, 1), date(2023, 12, 31), None)),
)
portfolios = st.dictionaries(
    st.sampled_from([f"P{n}" for n in range(5)]),
    st.tuples(st.sampled_from(FUNDS), st.lists(rows, min_size=1, max_size=3)),
    min_size=1,
    max_size=4,
)


def records(portfolio: Portfolio) -> list[Record]:
    """The portfolio as rows of a list."""
    return [
        project(
            ref,
            *(
                amount(minor, stage=stage, basis=basis, country=country, currency=currency, on=on)
                for stage, basis, country, currency, minor, on in cells
            ),
            fund=fund,
        )
        for ref, (fund, cells) in portfolio.items()
    ]


class Life(RuleBasedStateMachine):
    """One ledger and its model: what each source states now, and the imports that can still be undone."""

    #: makes an empty ledger; set by the tests, one class for each kind of database
    new: Callable[[], Database]
    steps = 0

    def __init__(self) -> None:
        super().__init__()
        self.database = type(self).new()
        self.stated: dict[str, Portfolio] = {source: {} for source in SOURCES}
        #: (batch, source, what was stated before it), the newest last
        self.undoable: list[tuple[int, str, Portfolio]] = []
        self.past: dict[int, Counter[Key]] = {}
        self.folder = tempfile.TemporaryDirectory(prefix="euledger-life-")
        self.numbers = itertools.count()

    @override
    def teardown(self) -> None:
        """Give the ledger back."""
        self.database.close()
        self.folder.cleanup()

    def model(self) -> Counter[Key]:
        """What the ledger should say."""
        sums: Counter[Key] = Counter()
        for source, portfolio in self.stated.items():
            for ref, (fund, cells) in portfolio.items():
                for stage, basis, country, currency, minor, _ in cells:
                    sums[source, ref, fund, stage, basis, country, currency] += minor
        return sums

    def booked(self, known_at: int | None = None) -> Counter[Key]:
        """What the ledger says."""
        by = ("source", "project", "fund", "stage", "basis", "country")
        with self.database.read() as connection:
            found = totals(connection, Filter(known_at=known_at), by)
        return Counter({(*total.keys, total.currency): total.minor for total in found if total.keys[1] is not None})

    def posted(self, source: str, stated: Portfolio, done: Done) -> None:
        """Take an import over into the model."""
        before, self.stated[source] = self.stated[source], stated
        if done.batch is not None:
            self.undoable.append((done.batch, source, before))
            self.past[done.batch] = self.model()

    @rule(source=st.sampled_from(SOURCES), portfolio=portfolios, complete=st.booleans())
    def a_list_comes(self, source: str, portfolio: Portfolio, *, complete: bool) -> None:
        """New projects, corrections of known ones, and (in a complete list) the end of those that it does not name."""
        done = post(self.database, records(portfolio), source=source, complete=complete)
        self.posted(source, portfolio if complete else {**self.stated[source], **portfolio}, done)

    @rule(source=st.sampled_from(SOURCES))
    def the_same_list_comes_again(self, source: str) -> None:
        """Nothing is posted."""
        if self.stated[source]:
            assert post(self.database, records(self.stated[source]), source=source, complete=True).batch is None

    @precondition(lambda self: self.undoable)
    @rule()
    def the_last_import_is_undone(self) -> None:
        """What stood before stands again, and a second undoing is refused."""
        batch, source, before = self.undoable.pop()
        done = revert(self.database, batch)
        assert done.findings == []
        assert done.batch is not None
        self.stated[source] = before
        self.past[done.batch] = self.model()
        assert [finding.code for finding in revert(self.database, batch).findings] == ["batch-reverted"]

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def the_past_is_as_it_was(self, data: st.DataObject) -> None:
        """Any earlier batch shows what was known then."""
        batch = data.draw(st.sampled_from(sorted(self.past)))
        assert self.booked(batch) == self.past[batch]

    @rule(country=st.sampled_from(("TN", "MA", "GR")))
    def a_figure_is_held_against_it(self, country: str) -> None:
        """A figure that states the sum is met by it, to the cent; a cent more is not."""
        minor = sum(n for key, n in self.model().items() if key[3:] == ("committed", "eu", country, "EUR"))
        usual = {"unit": "EUR", "measure": "sum", "stage": "committed", "basis": "eu", "country": country}
        text_ = f"{minor // 100}.{minor % 100:02}"
        post(self.database, [figure("F", value=text_, qualifier="total", quote=text_, **usual)], source="press")
        (result,) = reconcile(self.database, ["F"]).results
        assert result.ledger == Money(minor, "EUR")
        assert str(result.verdict) in ("met", "undecidable")

    @rule(ending=st.sampled_from(("beancount", "hledger")))
    def another_program_adds_it_up(self, ending: str) -> None:
        """It comes to the balances that the ledger keeps."""
        path = Path(self.folder.name) / f"{next(self.numbers)}.{ending}"
        export(self.database, path)
        assert by_number(read(path)) == by_ledger(self.database)

    @rule()
    def it_is_backed_up_and_restored(self) -> None:
        """Life goes on in the restored ledger."""
        backup = Path(self.folder.name) / f"{next(self.numbers)}.db"
        copies.back_up(self.database, backup, force=False, progress=lambda _what, _rows: None)
        target = Database(parse_url(str(Path(self.folder.name) / f"{next(self.numbers)}.db")))
        done = copies.copy(Database(parse_url(str(backup))), target, progress=lambda _what, _rows: None)
        assert done.kept
        self.database.close()
        self.database = target

    @rule()
    def all_checks_are_clean(self) -> None:
        """Those that concern the books; what the lists state is anything."""
        books = {"balances", "journal", "reversals", "seals", "triggers"}
        for result in run_checks(self.database):
            assert result.ok or result.name not in books, result

    @invariant()
    def the_sums_are_the_models(self) -> None:
        """By everything that tells money apart, and in a summary."""
        Life.steps += 1
        model = self.model()
        assert self.booked() == model
        shown: Counter[tuple[str, str]] = Counter()
        for row in summarise(self.database, by=["fund"], stage="committed", basis="total").rows:
            shown[row.keys["fund"], row.amount.currency] += row.amount.minor
        expected: Counter[tuple[str, str]] = Counter()
        for (_, _, fund, stage, _, _, currency), minor in model.items():
            if stage == "committed":
                expected[fund, currency] += minor
        assert +shown == expected

    @invariant()
    def debits_are_credits(self) -> None:
        """For each fund and currency; and each account's kept balance is the sum of its transfers."""
        flows = (
            "SELECT x.id, x.fund_code, x.currency, coalesce(sum(m.minor), 0) FROM account x LEFT JOIN ("
            "SELECT credit_account_id AS id, amount_minor AS minor FROM transfer UNION ALL "
            "SELECT debit_account_id, -amount_minor FROM transfer) m ON m.id = x.id GROUP BY x.id, x.fund_code, x.currency"
        )
        kept = "SELECT account_id, sum(to_date_minor - passed_on_minor) FROM balance GROUP BY account_id"
        with self.database.read() as connection:
            found = connection.execute(text(flows)).all()
            balances = {int(row[0]): int(row[1]) for row in connection.execute(text(kept))}
            sealed = verify_seals(connection)
        sums: Counter[tuple[str, str]] = Counter()
        for account, fund, currency, minor in found:
            sums[fund, currency] += int(minor)
            assert balances.get(account, 0) == int(minor)
        assert not +sums
        assert not -sums
        assert [result for result in sealed if not result.ok] == []


def lived(new: Callable[[], Database], *, lives: int, length: int) -> int:
    """Live that many lives of that many steps each; how many steps there were."""
    Life.steps = 0
    Life.new = staticmethod(new)
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=lives,
            stateful_step_count=length,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    return Life.steps


@pytest.fixture
def new_sqlite(tmp_path: Path) -> Callable[[], Database]:
    """Makes empty ledgers in files."""
    numbers = itertools.count()
    return lambda: new_ledger(f"sqlite:///{tmp_path / f'{next(numbers)}.db'}")


@pytest.mark.slow
def test_a_few_lives(new_sqlite: Callable[[], Database]) -> None:
    assert lived(new_sqlite, lives=2, length=14) >= 15


@pytest.mark.heavy
def test_ten_thousand_steps(new_sqlite: Callable[[], Database]) -> None:
    assert lived(new_sqlite, lives=700, length=25) >= 10_000


@pytest.mark.heavy
def test_a_thousand_steps_on_postgresql(postgres_url: str) -> None:
    assert lived(lambda: new_ledger(postgres_url), lives=80, length=25) >= 1_000
