"""One `SUM … GROUP BY` over all transfers of a ledger by fund, country and year, without an index. DATABASE."""

from __future__ import annotations

import json
import sqlite3
import sys
import time

database = sqlite3.connect(sys.argv[1])
database.executescript(
    "CREATE TEMPORARY TABLE flat AS SELECT x.fund_code, x.country_code, substr(t.value_date, 1, 4) AS year, "
    "t.amount_minor, t.rule, t.source_row_id FROM transfer t JOIN account x ON x.id = t.credit_account_id;"
)
began = time.perf_counter()
database.execute("SELECT fund_code, country_code, year, SUM(amount_minor) FROM flat GROUP BY 1, 2, 3").fetchall()
print(json.dumps({"seconds": time.perf_counter() - began}))
