"""Write what PostgreSQL allows in a new ledger to ledger/store/rights.txt: read every line that changes, it is the rule.

Usage: .venv/bin/python tools/make_rights.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ledger.store import catalogue, rights, schema  # noqa: E402 - the checkout, not an installed copy
from ledger.store.database import Database, parse_url  # noqa: E402
from tests.databases import postgres_server  # noqa: E402

HEAD = "# What PostgreSQL allows in a ledger, one fact a line; made by tools/make_rights.py, held by `euledger db grants --verify`.\n"


def main() -> int:
    """Make a ledger with its groups on a server of the tests', and write its facts."""
    with postgres_server() as url:
        database = Database(parse_url(url))
        schema.upgrade(database)
        with database.write() as connection:
            rights.apply(connection)
            lines = sorted(catalogue.facts(connection))
        database.close()
    (ROOT / "ledger" / "store" / "rights.txt").write_text(
        HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8"
    )
    print(f"{len(lines)} facts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
