"""Time stamps by a local authority (openssl ts): what one proves, and that nothing else is taken for one."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest

from ledger.audit import timestamp
from ledger.audit.checkpoint import checkpoint_of, parse_checkpoint
from ledger.audit.keys import PrivateKey, new_key
from ledger.audit.timestamp import StampProblem
from ledger.domain.notes import Note
from tests.audit.test_checkpoint import MOMENT, chain

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(
    OPENSSL is None, reason="openssl, the time-stamp authority of these tests, is not there"
)

CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
CN = x
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,serverAuth
[stamping]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256,sha384,sha512
accuracy = secs:1
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
"""


class Authority:
    """A time-stamp authority in a folder, with a certificate that is valid from one day to another."""

    def __init__(self, folder: Path, *, purpose: str = "tsa", days: tuple[str, str] | None = None) -> None:
        folder.mkdir()
        self.folder = folder
        (folder / "conf").write_text(CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        conf = ("-config", folder / "conf")
        self.run("req", "-new", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "9000", "-subj",
                 f"/CN=CA {folder.name}", *conf, "-extensions", "ca")  # fmt: skip
        self.run("req", "-new", *curve, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=TSA", *conf)
        (folder / "index").write_text("")
        (folder / "ca.conf").write_text(
            f"[ca]\ndefault_ca = d\n[d]\ndatabase = {folder}/index\nserial = {folder}/ca.serial\nnew_certs_dir = {folder}\n"
            f"certificate = {folder}/ca.pem\nprivate_key = {folder}/ca.key\ndefault_md = sha256\npolicy = p\n"
            "unique_subject = no\n[p]\ncommonName = supplied\n"
        )
        (folder / "ca.serial").write_text("1001\n")
        start, end = days or ("20200101000000Z", "20400101000000Z")
        self.run("ca", "-batch", "-config", folder / "ca.conf", "-in", "tsa.csr", "-out", "tsa.pem", "-startdate", start,
                 "-enddate", end, "-extfile", folder / "conf", "-extensions", purpose, "-notext")  # fmt: skip

    def run(self, *arguments: object) -> None:
        done = subprocess.run(
            [str(OPENSSL), *map(str, arguments)], cwd=self.folder, capture_output=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr.decode()

    def reply(self, query: bytes) -> bytes:
        (self.folder / "q.tsq").write_bytes(query)
        self.run(
            "ts",
            "-reply",
            "-queryfile",
            "q.tsq",
            "-config",
            self.folder / "conf",
            "-section",
            "stamping",
            "-out",
            "r.tsr",
        )
        return (self.folder / "r.tsr").read_bytes()

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"


@pytest.fixture
def key(tmp_path: Path) -> PrivateKey:
    return new_key(tmp_path / "key", "office")


@pytest.fixture
def note(key: PrivateKey) -> Note:
    text = checkpoint_of(chain(3), MOMENT).text
    return Note(text, (key.sign(text),))


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "one")


def test_a_stamped_checkpoint_is_proven(note: Note, key: PrivateKey, authority: Authority, tmp_path: Path) -> None:
    reply = authority.reply(timestamp.query(note))
    stamped = timestamp.with_reply(note, reply)
    read = parse_checkpoint(str(stamped))[1]
    assert read == stamped
    assert key.public.signed(read), "the signature above the stamp still holds"
    found = timestamp.reply_in(read)
    assert found == reply
    proven = timestamp.stamp_of(read, found, timestamp.certificates(authority.certificate))
    assert proven.is_proven
    assert proven.moment.startswith("20")
    assert not timestamp.stamp_of(read, found, ()).is_proven
    # And with openssl alone, as docs/seal.md tells: without the stamp's line, and the line's bytes behind the first four.
    (line,) = [line for line in str(read).splitlines() if line.startswith("— rfc3161 ")]
    (tmp_path / "alone.txt").write_text(
        "".join(each + "\n" for each in str(read).splitlines() if each != line), "utf-8"
    )
    (tmp_path / "alone.tsr").write_bytes(base64.b64decode(line.split()[2])[4:])
    authority.run("ts", "-verify", "-data", tmp_path / "alone.txt", "-in", tmp_path / "alone.tsr", "-CAfile", "ca.pem")


def refused(note: Note, reply: bytes, certificate: Path) -> str:
    with pytest.raises(StampProblem) as caught:
        timestamp.stamp_of(note, reply, timestamp.certificates(certificate))
    return str(caught.value)


def test_what_proves_nothing_is_refused(note: Note, key: PrivateKey, authority: Authority, tmp_path: Path) -> None:
    reply = authority.reply(timestamp.query(note))
    later = Note(note.text.replace("batch 3", "batch 4"), note.signatures)
    assert "something else" in refused(later, reply, authority.certificate)
    assert "something else" in refused(Note(note.text), reply, authority.certificate), "the signature is stamped too"
    other = Authority(tmp_path / "other")
    assert "does not lead to" in refused(note, reply, other.certificate)
    past = Authority(tmp_path / "past", days=("20200101000000Z", "20210101000000Z"))
    assert "does not lead to" in refused(note, past.reply(timestamp.query(note)), past.certificate)
    for spoilt in (b"", b"\x30", b"no reply", reply[:-40], key.content):
        assert "no time stamp" in refused(note, spoilt, authority.certificate)
    with pytest.raises(StampProblem, match="no certificates"):
        timestamp.certificates(tmp_path / "key")


def test_no_changed_bit_of_a_reply_is_believed(note: Note, authority: Authority) -> None:
    """Of what is signed. The certificates that come along are not: they only help to find the way."""
    import random

    reply = authority.reply(timestamp.query(note))
    trusted = timestamp.certificates(authority.certificate)
    order, believed = random.Random(3161), 0  # noqa: S311 - repeatable, not secret
    genuine = timestamp.stamp_of(note, reply, trusted)
    for _ in range(300):
        bit = order.randrange(len(reply) * 8)
        spoilt = reply[: bit // 8] + bytes([reply[bit // 8] ^ (1 << bit % 8)]) + reply[bit // 8 + 1 :]
        try:
            found = timestamp.stamp_of(note, spoilt, trusted)
        except StampProblem:
            continue
        believed += found != genuine
    assert believed == 0


def test_an_authority_that_refuses_gives_no_stamp(note: Note, authority: Authority) -> None:
    # Not DER at all: openssl answers with a rejection.
    (authority.folder / "conf").write_text(
        (authority.folder / "conf").read_text().replace("digests = sha256,sha384,sha512", "digests = sha512")
    )
    reply = authority.reply(timestamp.query(note))
    assert "refused" in refused(note, reply, authority.certificate)
