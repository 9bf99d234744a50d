"""Our reconciliation of every figure, without the start of the program. DATABASE."""

from __future__ import annotations

import json
import sys
import time

from ledger.actions.reconcile import reconcile
from ledger.store.database import Database, parse_url

database = Database(parse_url(sys.argv[1]))
reconcile(database, ["F1"])  # opens the database and loads what is loaded once
began = time.perf_counter()
reconcile(database)
print(json.dumps({"seconds": time.perf_counter() - began}))
database.close()
