"""hledger and beancount as witnesses: what they make of an exported journal, as account number and leaf -> minor units."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from beancount import loader
from beancount.core.data import Open, Transaction
from sqlalchemy import text

from ledger.actions.summary import summarise
from ledger.domain.money import minor_digits
from ledger.domain.stages import Stage
from ledger.store.database import Database

#: (name without its leaf, leaf) -> (commodity, minor units)
Balances = dict[tuple[str, str], tuple[str, int]]


def hledger(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run hledger on a journal, without any settings of the user's."""
    program = shutil.which("hledger")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("hledger is not installed; .ci/run installs it")
        pytest.skip("hledger is not installed here")
    return subprocess.run(
        [program, "-f", str(path), *arguments],
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": str(path.parent)},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def refused_by_hledger(path: Path) -> str:
    """What hledger's strict checks say against the file, assertions among them; empty where they pass."""
    done = hledger(path, "check", "--strict")
    assert bool(done.returncode) == bool(done.stderr), done
    return done.stderr


def by_hledger(path: Path) -> Balances:
    """Every account's balance as hledger adds it up, nil ones too."""
    done = hledger(path, "balance", "--flat", "--empty", "--no-total", "-O", "json")
    assert done.returncode == 0, done.stderr
    found: Balances = {}
    for name, _, _, amounts in json.loads(done.stdout)[0]:
        account, _, leaf = name.rpartition(":")
        found[account, leaf] = ("", 0)
        for amount in amounts:
            number = amount["aquantity"]
            digits = minor_digits(amount["acommodity"][:3])
            minor = number["decimalMantissa"] * 10 ** (digits - number["decimalPlaces"])
            found[account, leaf] = (amount["acommodity"], minor)
        assert len(amounts) <= 1, "one commodity an account"
    return {key: value for key, value in found.items() if value[1]}


def transactions_of_hledger(path: Path) -> list[dict[str, Any]]:
    """The transactions as hledger read them."""
    done = hledger(path, "print", "-O", "json")
    assert done.returncode == 0, done.stderr
    read: list[dict[str, Any]] = json.loads(done.stdout)
    return read


def load_beancount(path: Path) -> tuple[list[Any], list[str]]:
    """Beancount's entries, and what it says against them."""
    entries, errors, _ = loader.load_file(str(path))
    return entries, [str(error.message) for error in errors]


def by_beancount(entries: Sequence[Any]) -> Balances:
    """Every account's balance, added up from what beancount read."""
    found: Balances = {}
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            account, _, leaf = posting.account.rpartition(":")
            commodity, minor = found.get((account, leaf), (posting.units.currency, 0))
            assert commodity == posting.units.currency
            found[account, leaf] = (
                commodity,
                minor + int(posting.units.number.scaleb(minor_digits(commodity[:3]))),
            )
    return {key: value for key, value in found.items() if value[1]}


def opened(entries: Sequence[Any]) -> list[Open]:
    """The accounts that a beancount file opens."""
    return [entry for entry in entries if isinstance(entry, Open)]


def by_number(balances: Balances) -> dict[tuple[int, str], int]:
    """The same by the account's number in the ledger."""
    numbered = {(int(name.rpartition("-")[2]), leaf): minor for (name, leaf), (_, minor) in balances.items()}
    assert len(numbered) == len(balances), "two accounts share a number"
    return numbered


def by_ledger(database: Database) -> dict[tuple[int, str], int]:
    """The ledger's own kept balances, in the same form."""
    with database.read() as connection:
        rows = connection.execute(
            text("SELECT account_id, sum(to_date_minor), sum(passed_on_minor) FROM balance GROUP BY account_id")
        ).all()
    kept = {(int(row[0]), "To-date"): int(row[1]) for row in rows}
    kept |= {(int(row[0]), "Passed-on"): -int(row[2]) for row in rows}
    return {key: minor for key, minor in kept.items() if minor}


def read(path: Path) -> Balances:
    """The balances of an exported file by its own program, which must have nothing against it."""
    if path.suffix == ".beancount":
        entries, errors = load_beancount(path)
        assert errors == []
        return by_beancount(entries)
    assert refused_by_hledger(path) == ""
    return by_hledger(path)


def summed(balances: Balances) -> Counter[tuple[str, str, str, str, str]]:
    """What a summary shows, from the names of the accounts: (stage, basis, fund, country, commodity)."""
    sums: Counter[tuple[str, str, str, str, str]] = Counter()
    for (name, leaf), (commodity, minor) in balances.items():
        root, stage, basis, fund, country, *_ = name.split(":")
        if leaf == "To-date" and root == "Assets" and stage != "Uncounted":
            sums[stage.lower(), basis.lower().replace("-", "_"), fund, country, commodity] += minor
    return Counter({key: minor for key, minor in sums.items() if minor})


def asked(database: Database) -> Counter[tuple[str, str, str, str, str]]:
    """The same from `summary`, stage by stage."""
    sums: Counter[tuple[str, str, str, str, str]] = Counter()
    for stage in Stage:
        if stage is not Stage.OUTSIDE:
            done = summarise(
                database, by=["basis", "fund", "country"], stage=stage, basis="total", with_illustrative=True
            )
            for row in done.rows:
                prices = "" if row.price_basis == "current" else f".{row.price_basis}"
                commodity = row.amount.currency + prices + ("-ILLUSTRATIVE" if row.is_illustrative else "")
                keys = row.keys
                sums[stage, keys["basis"], keys["fund"], keys["country"], commodity] += row.amount.minor
    return sums
