"""Read every table of a ledger once and take SHA-256 over each row: what no proof of the whole can do without. DATABASE."""

from __future__ import annotations

import sqlite3
import sys
from hashlib import sha256

database = sqlite3.connect(sys.argv[1])
tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
for table in tables:
    for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own names
        sha256("\x1f".join(map(str, row)).encode()).digest()
