"""A connection that breaks while a batch is committed: the outcome is called unknown, is all or nothing, and is mended."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from ledger.domain.overriding import override
from tests.builders import new_ledger
from tests.e2e.conftest import Run
from tests.sudden.lists import listed
from tests.sudden.oracles import complaints, state


class Line(socketserver.BaseRequestHandler):
    """A line to a server that breaks at the COMMIT of a number, before the server hears it or after it answered."""

    @override
    def handle(self) -> None:
        """One connection."""
        line: Any = self.server
        with socket.create_connection(line.behind) as behind:
            back = threading.Thread(target=self._back, args=(behind,))
            back.start()
            with suppress(OSError):
                while content := self.request.recv(65_536):
                    if b"COMMIT\0" in content:
                        line.commits += 1
                        if line.commits == line.number:
                            line.silent = True
                            if line.heard:
                                behind.sendall(content)
                                line.answered.wait(10)
                            self.request.shutdown(socket.SHUT_RDWR)
                            break
                    behind.sendall(content)
            with suppress(OSError):
                behind.shutdown(socket.SHUT_RDWR)
            back.join()

    def _back(self, behind: socket.socket) -> None:
        line: Any = self.server
        with suppress(OSError):
            while content := behind.recv(65_536):
                if line.silent:
                    line.answered.set()  # nobody will get it
                else:
                    self.request.sendall(content)


@contextmanager
def breaking(url: str, number: int, *, heard: bool) -> Iterator[tuple[Any, str]]:
    """The line, and how the ledger is named through it. TLS is off, so that the line can read along."""
    parsed = make_url(url)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Line) as front:
        line: Any = front
        line.behind, line.number, line.heard = (parsed.host, parsed.port), number, heard
        line.commits, line.silent, line.answered = 0, False, threading.Event()
        threading.Thread(target=front.serve_forever, daemon=True).start()
        through = parsed.set(host="127.0.0.1", port=int(front.server_address[1]))
        through = through.update_query_dict({"sslmode": "disable", "gssencmode": "disable"})
        yield line, through.render_as_string(hide_password=False)
        front.shutdown()


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
        if unknown:
            break
    assert unknown == 1
    again = euledger(*command, postgres_url, "-f", "json")
    assert again.code == 0
    assert (again.json["results"][0]["batch"] is None) == heard
    assert state(postgres_url).batches == before.batches + 1
