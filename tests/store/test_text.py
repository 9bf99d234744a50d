"""Text that no database takes is stored with U+FFFD in its place; the row is booked all the same, and once."""

from __future__ import annotations

from sqlalchemy import text

from tests.builders import amount, new_ledger, post, project


def test_nul_and_lone_surrogates(database_url: str) -> None:
    database = new_ledger(database_url)
    records = [
        project("P\0001", amount(100), title="nul \0 in a title"),
        project("P2", amount(200), title="half a pair \ud83d here", beneficiary="whole pair 😀"),
    ]
    assert post(database, records).batch == 1
    with database.read() as connection:
        found = connection.execute(
            text(
                "SELECT p.ref, v.title, v.beneficiary FROM project_version v JOIN project p ON p.id = v.project_id "
                "ORDER BY p.id"
            )
        ).fetchall()
    assert [tuple(row) for row in found] == [
        ("P\ufffd1", "nul \ufffd in a title", None),
        ("P2", "half a pair \ufffd here", "whole pair 😀"),
    ]
    again = [
        project("P\0001", amount(100), title="nul \0 in a title"),
        project("P2", amount(200), title="half a pair \ud83d here", beneficiary="whole pair 😀"),
    ]
    assert post(database, again).batch is None
    database.close()
