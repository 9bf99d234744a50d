"""Ways to a server: service file, password file, variables, and TLS that is checked; secrets stay in their files."""

from __future__ import annotations

import ipaddress
import json
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.engine import URL, make_url

from ledger.cli.main import main
from ledger.domain.overriding import override
from tests.builders import new_ledger


@pytest.fixture
def server(postgres_url: str) -> URL:
    """An empty ledger on a server."""
    new_ledger(postgres_url).close()
    return make_url(postgres_url)


def current(url: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """How `db current` ends there, and all that it says."""
    capsys.readouterr()
    code = main(["db", "current", "-f", "json", "--db", url])
    told = capsys.readouterr()
    assert code or json.loads(told.out)["ok"]
    return code, told.out + told.err


def test_a_service_file(
    server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = {
        "host": server.host, "port": server.port, "dbname": server.database, "user": server.username,
        "password": server.password,
    }  # fmt: skip
    (tmp_path / "services.conf").write_text("[team]\n" + "".join(f"{key}={value}\n" for key, value in lines.items()))
    monkeypatch.setenv("PGSERVICEFILE", str(tmp_path / "services.conf"))
    code, told = current("postgresql:///?service=team", capsys)
    assert code == 0
    assert str(server.password) not in told
    code, told = current("postgresql:///?service=other", capsys)
    assert code == 4
    assert "other" in told


@pytest.mark.parametrize("way", ["passfile", "PGPASSFILE", "PGPASSWORD"])
def test_the_password_stands_elsewhere(
    server: URL, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], way: str
) -> None:
    bare = server._replace(password=None)
    assert current(str(bare), capsys)[0] == 4, "the control: without one it is refused"
    kept = tmp_path / "passwords"
    kept.write_text(f"*:*:*:{server.username}:{server.password}\n")
    kept.chmod(0o600)
    if way == "passfile":
        bare = bare.update_query_dict({"passfile": str(kept)})
    else:
        monkeypatch.setenv(way, str(kept) if way == "PGPASSFILE" else str(server.password))
    code, told = current(str(bare), capsys)
    assert code == 0, told
    assert str(server.password) not in told


def certificate(
    name: str, folder: Path, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certificate for 127.0.0.1 and its key, as NAME.crt and NAME.key; an authority where nobody signs it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .issuer_name(signer[0].subject if signer else subject)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    )
    signed = made.sign(signer[1] if signer else key, hashes.SHA256())
    (folder / f"{name}.crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / f"{name}.key").write_bytes(key.private_bytes(*private))
    (folder / f"{name}.key").chmod(0o600)
    return signed, key


class Tls(socketserver.BaseRequestHandler):
    """Says yes to TLS as a PostgreSQL server does, and hands on what it decrypts to one that was built without."""

    @override
    def handle(self) -> None:
        """One connection."""
        server: Any = self.server
        with suppress(OSError):  # the client may hang up when it sees the certificate
            assert len(self.request.recv(8)) == 8  # the request for TLS
            self.request.sendall(b"S")
            with (
                server.context.wrap_socket(self.request, server_side=True) as client,
                socket.create_connection(server.behind) as behind,
            ):
                back = threading.Thread(target=carry, args=(behind, client))
                back.start()
                carry(client, behind)
                back.join()


def carry(source: socket.socket, target: socket.socket) -> None:
    """Hand on all that comes, and then the end."""
    with suppress(OSError):
        while content := source.recv(65_536):
            target.sendall(content)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def with_tls(server: URL, tmp_path: Path) -> Iterator[URL]:
    """The server behind a certificate of the authority ours.crt; other.crt is another authority."""
    authority = certificate("ours", tmp_path)
    certificate("other", tmp_path)
    certificate("server", tmp_path, authority)
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Tls) as front:
        held: Any = front
        held.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        held.context.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")
        held.behind = (server.host, server.port)
        front.daemon_threads = True
        threading.Thread(target=front.serve_forever, daemon=True).start()
        yield server.set(port=int(front.server_address[1]))
        front.shutdown()


def test_tls_is_checked_as_asked(
    with_tls: URL, server: URL, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def url(place: URL, **options: str) -> str:
        return place.update_query_dict(options).render_as_string(hide_password=False)

    ours = str(tmp_path / "ours.crt")
    assert current(url(with_tls, sslmode="verify-full", sslrootcert=ours), capsys)[0] == 0
    refused = {
        "another authority": url(with_tls, sslmode="verify-full", sslrootcert=str(tmp_path / "other.crt")),
        "no authority": url(with_tls, sslmode="verify-full", sslrootcert=str(tmp_path / "nowhere.crt")),
        "another name": url(with_tls.set(host="localhost"), sslmode="verify-full", sslrootcert=ours),
        "no TLS there": url(server, sslmode="require"),
    }
    for why, named in refused.items():
        code, told = current(named, capsys)
        assert code == 4, why
        assert "certificate" in told or "SSL" in told, (why, told)
        assert str(with_tls.password) not in told
