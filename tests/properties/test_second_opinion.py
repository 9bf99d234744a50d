"""Random ledgers and hostile names: hledger and beancount read the exported journal and come to the ledger's sums."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import unquote

import pytest
from beancount.core.data import Transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger.actions.export import export
from ledger.reporting.plain_text import encoded
from ledger.store.database import Database
from tests.builders import amount, envelope, new_ledger, post, project
from tests.store.balances import revert
from tests.witnesses import (
    by_beancount,
    by_hledger,
    by_ledger,
    by_number,
    load_beancount,
    opened,
    refused_by_hledger,
    transactions_of_hledger,
)

#: What acts on a journal file, in one program or the other.
_ACTIVE = (
    *(";", "; x:1, y:2", "  ", "\t", "\n", "\r\n", "\n\n", "\r", "\x0b", "\x0c", "\x1b[2J", "\x85", "\xa0", "\u2028"),
    *('"', '\\"', "\\", "\\n", "'", "%", "%22", "|", ",", ":", "::", "=", "==", "@", "@@", "{", "}", "~", "#tag", "^link"),
    *("(", ")", "[2001-01-01]", "date:2001-01-01", "type:Cash", "*", "!", "*/", "-", "--", "0 EUR", "\ufeff", "\u202e"),
    *("\ninclude /etc/passwd\n", '\ninclude "/etc/passwd"\n', "\naccount Evil\n", '\noption "title" "Evil"\n'),
    *("\n2001-01-01 open Assets:Evil\n", "\n2001-01-01 x\n  Assets:Evil  1 EUR\n  Equity:Evil\n", "\ncomment\n"),
    *("\n= expr\n", "\n~ monthly\n", "\nalias A=B\n", '\nplugin "os"\n', "\nend comment\n", "\nP 2001-01-01 EUR 5 X\n"),
    *("é", "Ω", "Ж", "漢字", "😀", "Kosovo*", "Côte d'Ivoire", "P1", "P-1", "p 1", "A" * 80, "A" * 81),
)  # fmt: skip
hostile = st.lists(st.one_of(st.sampled_from(_ACTIVE), st.text(max_size=4)), min_size=1, max_size=6).map("".join)
#: What the ledger can hold at all: SQLite keeps no halves of surrogate pairs, PostgreSQL no NUL.
kept = hostile.map(lambda text: text.encode("utf-8", "ignore").decode().replace("\0", "")).filter(bool)

rows = st.tuples(
    st.sampled_from([f"P{n}" for n in range(4)]),
    st.sampled_from(("committed", "contracted", "declared", "paid", "decommitted", "recovered")),
    st.sampled_from(("eu", "national_public", "public", "private", "other")),
    st.sampled_from(("TN", "MA", "R-NAF")),
    st.integers(1, 10**15 - 1),
    st.sampled_from((date(2021, 3, 1), date(2023, 12, 31), None)),
    st.sampled_from(("EUR", "EUR", "TND", "JPY")),
    st.sampled_from(("current", "2018")),
)
batches = st.lists(
    st.tuples(st.lists(rows, min_size=1, max_size=6), st.booleans(), st.sampled_from(("", "revert"))),
    min_size=1,
    max_size=3,
)


def fresh(tmp_path: Path) -> Database:
    """An empty ledger in the place of the last example's."""
    for leftover in tmp_path.iterdir():
        leftover.unlink()
    return new_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")


def random_ledger(tmp_path: Path, history: list[tuple[list[tuple[object, ...]], bool, str]]) -> Database:
    database = fresh(tmp_path)
    post(database, [envelope("E", 10**9), envelope("F", 10**8, parent="E"), envelope("G", 5, role="unit-cost")])
    for number, (lines, illustrative, end) in enumerate(history):
        by_ref: dict[object, list[object]] = {}
        for ref, stage, basis, country, minor, on, currency, prices in lines:
            by_ref.setdefault(ref, []).append(
                amount(
                    minor,  # type: ignore[arg-type]
                    stage=stage,  # type: ignore[arg-type]
                    basis=basis,  # type: ignore[arg-type]
                    country=country,  # type: ignore[arg-type]
                    on=on,  # type: ignore[arg-type]
                    currency=currency,  # type: ignore[arg-type]
                    price_basis=prices,  # type: ignore[arg-type]
                )
            )
        records = [project(str(ref), *amounts) for ref, amounts in by_ref.items()]  # type: ignore[arg-type]
        source = "made-up" if illustrative else "test"
        done = post(database, records, file=f"{number}.xlsx", source=source, illustrative=illustrative, complete=True)
        if done.batch and end:
            revert(database, done.batch)
    return database


def agrees(database: Database, tmp_path: Path) -> None:
    ours = by_ledger(database)
    export(database, path := tmp_path / "a.hledger", with_illustrative=True)
    assert refused_by_hledger(path) == ""
    assert by_number(by_hledger(path)) == ours
    export(database, path := tmp_path / "a.beancount", with_illustrative=True)
    entries, errors = load_beancount(path)
    assert errors == []
    assert by_number(by_beancount(entries)) == ours


_ONE_FOLDER = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=8, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(history=batches)
def test_random_ledgers_add_up_the_same(
    tmp_path: Path, history: list[tuple[list[tuple[object, ...]], bool, str]]
) -> None:
    agrees(random_ledger(tmp_path, history), tmp_path)


@pytest.mark.heavy
@settings(max_examples=400, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(history=batches)
def test_many_random_ledgers_add_up_the_same(
    tmp_path: Path, history: list[tuple[list[tuple[object, ...]], bool, str]]
) -> None:
    agrees(random_ledger(tmp_path, history), tmp_path)


def hostile_names_do_nothing(tmp_path: Path, refs: list[str], title: str, file: str, rule: str) -> None:
    """Every name comes back exactly as the ledger has it, and nothing but our own accounts and transactions is read."""
    database = fresh(tmp_path)
    records = [project(ref, amount(n + 1, rule=rule), title=title) for n, ref in enumerate(refs)]
    post(database, records, file=file, source=title)
    agrees(database, tmp_path)

    read = transactions_of_hledger(tmp_path / "a.hledger")
    booked = [one for one in read if one["tcode"]]
    assert len(booked) == len(refs)
    assert sorted(unquote(one["tdescription"]) for one in booked) == sorted(f"{ref} committed" for ref in refs)
    for one in booked:
        assert one["tdate"] == "2022-06-01"
        tags = {name: unquote(value) for name, value in one["ttags"]}
        names = {"transfer", "batch", "file", "sheet", "cell", "rule"}
        assert set(tags) <= names
        assert (tags.get("file", ""), tags.get("rule", "")) == (file, rule)
        (said,) = [
            dict(posting["ptags"]) for posting in one["tpostings"] if dict(posting["ptags"])["stage"] == "committed"
        ]
        assert (unquote(said["title"]), unquote(said["source"])) == (title, title)
        assert unquote(said["reference"]) in refs
    assert len(read) == len(booked) + len(
        {said["paccount"].rpartition(":")[0] for one in read for said in one["tpostings"]}
    )

    entries, _ = load_beancount(tmp_path / "a.beancount")
    told = [entry.meta for entry in opened(entries) if entry.meta["stage"] == "committed"]
    assert {unquote(meta["reference"]) for meta in told} == set(refs)
    assert {unquote(meta["title"]) for meta in told} == {title}
    posted = [entry for entry in entries if isinstance(entry, Transaction)]
    assert {unquote(entry.meta["file"]) for entry in posted} == {file}
    assert len(posted) == len(refs)
    assert {type(entry).__name__ for entry in entries} == {"Commodity", "Open", "Transaction", "Balance"}


_names = {"refs": st.lists(kept, min_size=1, max_size=4, unique=True), "title": kept, "file": kept}


@settings(max_examples=10, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(**_names, rule=kept.map(lambda text: text[:80]))
@example(refs=list(_ACTIVE), title="".join(_ACTIVE), file="".join(_ACTIVE), rule=";,|%")
def test_hostile_names_do_nothing(tmp_path: Path, refs: list[str], title: str, file: str, rule: str) -> None:
    hostile_names_do_nothing(tmp_path, refs, title, file, rule)


@pytest.mark.heavy
@settings(max_examples=500, deadline=None, suppress_health_check=_ONE_FOLDER)
@given(**_names, rule=kept.map(lambda text: text[:80]))
def test_many_hostile_names_do_nothing(tmp_path: Path, refs: list[str], title: str, file: str, rule: str) -> None:
    hostile_names_do_nothing(tmp_path, refs, title, file, rule)


@settings(deadline=None)
@given(text=st.one_of(st.text(st.characters(), max_size=20), hostile))
def test_the_encoding_is_exact_and_harmless(text: str) -> None:
    said = encoded(text, ';,|"\\')
    assert unquote(said, errors="surrogatepass") == text
    assert said == said.strip()
    assert not set(said) & set(';,|"\\\n\r\t\x00\x0b\x0c\x85\u2028\u2029')
    said.encode("utf-8")
