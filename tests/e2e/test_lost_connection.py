"""A connection that breaks while a batch is committed: the outcome is called unknown, is all or nothing, and is mended."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from tests.builders import new_ledger
from tests.e2e.conftest import Run
from tests.sudden.lists import listed
from tests.sudden.oracles import complaints, state


class Line:
    """A line to a server that breaks at the COMMIT of that number, before the server hears it or after it answered."""

    def __init__(self, host: str, port: int, number: int, *, heard: bool) -> None:
        self.server = (host, port)
        self.number, self.heard = number, heard
        self.commits = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.create_connection(self.server)
                for way in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._carry, args=way, daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, is_ours: bool) -> None:
        with suppress(OSError):
            while content := source.recv(65_536):
                if is_ours and b"COMMIT\0" in content:
                    self.commits += 1
                    if self.commits == self.number:
                        if self.heard:
                            target.sendall(content)
                            target.recv(65_536)  # the answer, which nobody will get
                        source.shutdown(socket.SHUT_RDWR)
                        target.shutdown(socket.SHUT_RDWR)
                        return
                target.sendall(content)
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()


@contextmanager
def breaking(url: str, number: int, *, heard: bool) -> Iterator[tuple[Line, str]]:
    """The line, and how the ledger is named through it. TLS is off, so that the line can read along."""
    parsed = make_url(url)
    line = Line(str(parsed.host), int(parsed.port or 5432), number, heard=heard)
    through = parsed.set(host="127.0.0.1", port=line.port).update_query_dict(
        {"sslmode": "disable", "gssencmode": "disable"}
    )
    yield line, through.render_as_string(hide_password=False)
    line.close()


@pytest.mark.slow
@pytest.mark.parametrize("heard", [True, False])
def test_a_line_that_breaks_at_a_commit(
    postgres_url: str, tmp_path: Path, euledger: Callable[..., Run], *, heard: bool
) -> None:
    new_ledger(postgres_url).close()
    file = listed(tmp_path / "list.csv", 5, 0)
    before, command = state(postgres_url), ("import", "-p", "projects", file, "--db")
    unknown = 0
    for number in range(1, 10):
        with breaking(postgres_url, number, heard=heard) as (line, url):
            done = euledger(*command, url)
        if line.commits < number:
            break
        found = state(postgres_url)
        assert done.code == 4, done.err
        assert done.err.count("\n") <= 2, "the second line warns of the password that was typed"
        if "unknown outcome" in done.err:
            unknown += 1
            assert "fail" not in done.err
            assert (found.batches == before.batches + 1) == heard
        else:
            assert found == before, "said to be nothing, so it is nothing"
        assert complaints(postgres_url) == set()
        if found != before:
            break
    assert unknown == 1
    again = euledger(*command, postgres_url, "-f", "json")
    assert again.code == 0
    assert (again.json["results"][0]["batch"] is None) == heard
    assert state(postgres_url).batches == before.batches + 1
