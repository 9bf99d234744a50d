"""Finding what a reference names: a project, an envelope or a programme."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Named:
    """A record that has the reference asked for."""

    kind: str
    ref: str
    source: str | None
    title: str


def find(connection: Connection, ref: str) -> list[Named]:
    """Every envelope, programme and project of this reference, exactly as written or, failing that, but for case.

    `SOURCE:REF` asks for one source only.
    """
    for wanted, source in ((ref, None), *([(ref.partition(":")[2], ref.partition(":")[0])] if ":" in ref else [])):
        for same in ("i.ref = :ref", "lower(i.ref) = lower(:ref)"):
            found = [
                Named(kind, row[0], row[1], row[2] or "")
                for kind in ("envelope", "programme", "project")
                for row in connection.execute(
                    text(_query(kind, same, source)),
                    {"ref": wanted} | ({"source": source} if source is not None and kind != "envelope" else {}),
                )
            ]
            if found:
                return found
    return []


def _query(kind: str, same: str, source: str | None) -> str:
    named_source = "NULL" if kind == "envelope" else "i.source"
    limit = "" if source is None else (" AND 1 = 0" if kind == "envelope" else " AND i.source = :source")
    return (
        f"SELECT i.ref, {named_source}, v.title FROM {kind} i LEFT JOIN {kind}_version v ON v.{kind}_id = i.id "
        f"AND v.id = (SELECT max(w.id) FROM {kind}_version w WHERE w.{kind}_id = i.id) WHERE {same}{limit} ORDER BY 1, 2"
    )


def names(connection: Connection, like: str, at_most: int) -> list[str]:
    """References of envelopes, programmes and projects: those that hold `like` first, then others, up to a number."""
    sign = like.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    every = " UNION ".join(f"SELECT ref FROM {kind}" for kind in ("envelope", "programme", "project"))
    query = text(
        f"SELECT ref FROM ({every}) AS named ORDER BY CASE WHEN lower(ref) LIKE :like ESCAPE '!' THEN 0 ELSE 1 END, "
        "abs(length(ref) - :long), ref LIMIT :most"
    )
    values = {"like": f"%{sign.lower()}%", "long": len(like), "most": at_most}
    return [str(ref) for ref in connection.execute(query, values).scalars()]
