"""What one would type instead: `pandas.read_excel(…).to_sql(…)`, without any validation. ENGINE FILE URL."""

from __future__ import annotations

import sys

import pandas as pd
from sqlalchemy import create_engine

engine, file, url = sys.argv[1:]
database = create_engine(url)
frame = pd.read_csv(file) if engine == "csv" else pd.read_excel(file, engine=engine)  # type: ignore[call-overload]
frame.to_sql("projects", database, if_exists="replace", index=False)
