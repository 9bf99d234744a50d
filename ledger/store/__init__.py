"""The database: tables, sessions, postings, queries, and every difference between SQLite and PostgreSQL.

Nothing outside knows SQL. Read `models` for the tables, then `posting` for how a file gets in and `totals` for how sums
come out.
"""
