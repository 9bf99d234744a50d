"""How a ledger is named: a path or a URL, with one server or several; never shown with a secret."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from ledger.store.problem import DatabaseProblem

_DRIVERS: Final = ("sqlite", "sqlite+pysqlite", "postgresql+psycopg")
_URL_FORMS: Final = "Give the path of a file, sqlite:///PATH or postgresql://USER@HOST:PORT/NAME."
#: scheme, USER:PASSWORD@, several HOST:PORT, and the rest of a URL.
_SEVERAL: Final = re.compile(r"(postgres(?:ql)?(?:\+\w+)?://)([^/?#]*@)?([^/?#@]*,[^/?#@]*)(.*)", re.DOTALL)
_HOST: Final = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::(\d*))?")
#: Takes the place of several servers while a URL is written.
_STAND_IN: Final = "servers.invalid"
#: PostgreSQL's settings as its own programs take them, which would else be the name of a new file: host=a dbname=b.
_WORDS: Final = re.compile(r"\s*(host|hostaddr|port|dbname|user|service|passfile|sslmode|target_session_attrs)\s*=")


def parse_url(text: str) -> URL:
    """The URL of what a user typed: a URL (postgresql:// means psycopg) or the path of a SQLite file.

    Several servers (postgresql://USER@HOST:PORT,HOST:PORT/NAME) are tried in their order. DatabaseProblem where it is
    neither; the message repeats nothing of the text, which may hold a password.
    """
    if _WORDS.match(text):
        raise DatabaseProblem(
            "PostgreSQL's settings are written as a URL here: postgresql://USER@HOST:PORT/NAME?sslmode=require, or "
            "postgresql:///?service=NAME"
        )
    if "://" not in text:
        return URL.create("sqlite", database=str(Path(text).expanduser()))
    several_hosts: dict[str, str] = {}
    if several := _SEVERAL.fullmatch(text):
        scheme, user, servers, rest = several.groups()
        several_hosts, text = _hosts(servers), f"{scheme}{user or ''}{rest if rest.startswith('/') else f'/{rest}'}"
    try:
        url = make_url(text).update_query_dict(several_hosts)
    except (ArgumentError, ValueError) as error:
        raise DatabaseProblem(f"the database URL cannot be read. {_URL_FORMS}") from error
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in _DRIVERS:
        raise DatabaseProblem(f"a database of the kind {url.drivername!r} is not supported. {_URL_FORMS}")
    if url.get_backend_name() == "sqlite" and (url.database in (None, "", ":memory:") or url.query):
        raise DatabaseProblem(f"the database URL names no file, or says more than that. {_URL_FORMS}")
    hosts, ports = _servers(url)
    if len(hosts) < 2:
        return url
    if len(hosts) != len(ports) or not all(port.isdigit() or not port for port in ports):
        raise DatabaseProblem(f"the database URL names {len(hosts)} servers and {len(ports)} ports. {_URL_FORMS}")
    return url.update_query_dict({"port": ",".join(ports)})


def shown(url: URL) -> str:
    """A server's URL as people may see it."""
    # Passwords may stand in the query too (password, sslpassword), whatever their case.
    url = url.difference_update_query([name for name in url.query if "password" in name.lower()])
    hosts, ports = _servers(url)
    if len(hosts) < 2:
        return url.render_as_string(hide_password=True)
    named = [f"[{host}]" if ":" in host else host for host in hosts]
    servers = ",".join(host + (f":{port}" if port else "") for host, port in zip(named, ports, strict=False))
    plain = url.difference_update_query(["host", "port"]).set(host=_STAND_IN)
    return plain.render_as_string(hide_password=True).replace(_STAND_IN, servers)


def _servers(url: URL) -> tuple[list[str], list[str]]:
    """The hosts of a query and the port of each; PostgreSQL takes a single port for all of them."""
    stated = [url.query.get(name, "") for name in ("host", "port")]
    if not all(isinstance(each, str) for each in stated):
        return [], []  # SQLAlchemy's own way of naming several
    hosts, ports = (str(each).split(",") for each in stated)
    return hosts, ports * len(hosts) if len(ports) == 1 else ports


def _hosts(servers: str) -> dict[str, str]:
    found = [_HOST.fullmatch(server) for server in servers.split(",")]
    if not all(found):
        raise DatabaseProblem(f"the database URL cannot be read. {_URL_FORMS}")
    names, ports = zip(*(each.groups() for each in found if each), strict=True)
    hosts = {"host": ",".join(name.strip("[]") for name in names)}
    return hosts | ({"port": ",".join(port or "" for port in ports)} if any(ports) else {})
