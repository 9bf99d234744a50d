"""Column types of the ledger: each name says its unit, each constraint its name."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from sqlalchemy import BigInteger, Date, Integer, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column

#: Every constraint has a name that both databases and every migration agree on.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

#: 64-bit on PostgreSQL; on SQLite only INTEGER numbers its rows by itself.
BigId = BigInteger().with_variant(Integer, "sqlite")

Identity = Annotated[int, mapped_column(BigId, primary_key=True)]
#: Amounts are whole minor units (cents for EUR). No other column holds money.
MinorUnits = Annotated[int, mapped_column(BigInteger)]
Code = Annotated[str, mapped_column(String(64))]
Currency = Annotated[str, mapped_column(String(3))]
#: No length limits on what a source may say: a limit would refuse on one database what the other takes.
Line = Annotated[str, mapped_column(Text)]
LongText = Annotated[str, mapped_column(Text)]
#: SHA-256 in lower-case hexadecimal.
Digest = Annotated[str, mapped_column(String(64))]
#: UTC, ISO 8601 with microseconds and Z, so that text order is time order on both databases.
Timestamp = Annotated[str, mapped_column(String(27))]
Day = Annotated[date, mapped_column(Date)]
#: A share in parts per billion: 100 % is 1 000 000 000.
SharePpb = Annotated[int, mapped_column(BigInteger)]


class Base(DeclarativeBase):
    """All tables of the ledger."""

    metadata = MetaData(naming_convention=NAMING)
