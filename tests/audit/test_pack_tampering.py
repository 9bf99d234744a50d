"""Packs that somebody changed: by a bit, by a member, or with all their skill. Each fails, and the page names it."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.actions.pack import pack
from ledger.audit import verify_pack
from ledger.audit.verify_pack import MANIFEST, SIGNED, Member
from ledger.domain.sealing import FORMAT
from ledger.store.database import Database, parse_url
from tests.audit.ledgers import varied
from tests.audit.packs import Page, check, contents, forge, forged, with_json
from tests.audit.test_pack import key_file
from tests.builders import amount, figure, new_ledger, post, project


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger, its key, and two packs: `plain.zip`, and `signed.zip`, which the key `auditor` signed."""
    folder = tmp_path_factory.mktemp("packs")
    database = varied(f"sqlite:///{folder / 'ledger.db'}")
    stated = figure("SUM", value="1", unit="EUR", measure="sum", stage="committed", fund="NDICI-GE")
    post(database, [stated], file="figures.xlsx", source="figures")
    key, public = key_file(folder)
    (folder / "public.txt").write_text(public + "\n", "utf-8")
    assert pack(database, folder / "plain.zip").sha256
    assert pack(database, folder / "signed.zip", key=key).sha256
    database.close()
    return folder


@pytest.fixture(params=["plain.zip", "signed.zip"])
def kept(request: pytest.FixtureRequest, folder: Path) -> Path:
    """Either pack."""
    return folder / str(request.param)


@pytest.fixture
def plain(folder: Path) -> Path:
    return folder / "plain.zip"


@pytest.fixture
def signed(folder: Path) -> Path:
    return folder / "signed.zip"


@pytest.fixture
def public(folder: Path) -> str:
    return (folder / "public.txt").read_text("utf-8").strip()


# --- bits -------------------------------------------------------------------------------------------------------------


def regions(path: Path) -> Iterator[tuple[str, int, int]]:
    """(name, first byte, byte behind the last) of each member's header and data, and of the directory."""
    with path.open("rb") as file:
        members = verify_pack.read_members(file)
    ends = [*(member.offset for member in members[1:]), 0]
    size = path.stat().st_size
    for member, end in zip(members, ends, strict=True):
        yield member.name, member.offset, end or end_of(member)
    yield "directory", end_of(members[-1]), size


def end_of(member: Member) -> int:
    return member.offset + len(verify_pack.local_header(member)) + member.packed


def flip(path: Path, place: int, bit: int) -> Page:
    """The page about the pack with one bit changed."""
    changed = bytearray(path.read_bytes())
    changed[place] ^= 1 << bit
    target = path.with_name("flipped.zip")
    target.write_bytes(changed)
    return check(target)


def fails_by_name(path: Path, name: str, start: int, place: int, bit: int) -> None:
    page = flip(path, place, bit)
    assert len(page.failed) == 1, page.text
    told = page.failed[0]
    if name in told:
        return
    # In its first four bytes the walk over the members ends; in its name the page tells the name as it now reads.
    within = place - start
    assert name != "directory", told
    assert within < 4 or 26 <= within < 30 + len(name), f"byte {within}, bit {bit} of {name}: {told}"


def sample(path: Path, count: int, seed: int) -> Iterator[tuple[str, int, int, int]]:
    """At least one bit of each region, `count` in all."""
    chance = random.Random(seed)  # noqa: S311 - a sample, not a secret
    found = list(regions(path))
    for number in range(max(count, len(found))):
        name, start, end = found[number] if number < len(found) else chance.choice(found)
        yield name, start, chance.randrange(start, end), chance.randrange(8)


@pytest.mark.slow
def test_a_flipped_bit_is_seen_and_named(signed: Path) -> None:
    for name, start, place, bit in sample(signed, 60, seed=1):
        fails_by_name(signed, name, start, place, bit)


@pytest.mark.heavy
def test_each_of_many_flipped_bits_is_seen_and_named(kept: Path) -> None:
    for name, start, place, bit in sample(kept, 1500, seed=2):
        fails_by_name(kept, name, start, place, bit)


@pytest.mark.heavy
def test_every_bit_of_headers_directory_and_end_counts(plain: Path) -> None:
    for name, start, end in regions(plain):
        last = end if name == "directory" else start + 30 + len(name)
        step = 7 if name == "directory" else 1 if name in ("README.txt", MANIFEST) else 29
        for place in range(start, last, step):
            for bit in range(8):
                fails_by_name(plain, name, start, place, bit)


def test_bytes_before_between_and_behind_are_seen(plain: Path) -> None:
    whole = plain.read_bytes()
    target = plain.with_name("grown.zip")
    places = [start for _, start, _ in regions(plain)]
    for place in (0, places[3], places[-1], len(whole)):
        target.write_bytes(whole[:place] + b"\0" + whole[place:])
        assert check(target).code == 1
    for cut in (1, 22, len(whole) // 2, len(whole) - 10, len(whole)):
        target.write_bytes(whole[: len(whole) - cut])
        assert check(target).code == 1


# --- members ----------------------------------------------------------------------------------------------------------


def test_a_member_taken_out_or_put_in_is_named(kept: Path) -> None:
    members = contents(kept)
    target = kept.with_name("forged.zip")
    for name in members:
        rest = {each: content for each, content in members.items() if each != name}
        if name in (MANIFEST, SIGNED):
            continue
        page = check(forge(rest, target, manifest=members[MANIFEST]))
        assert f"{name} is missing from the pack" in page.failed[0]
        page = check(forge(rest, target))
        assert page.code == 1, f"{name}: the manifest was made anew to go without it"
        assert name.removeprefix("sources/").partition("-")[0] in page.text or SIGNED in page.text
    for stranger in ("notes.txt", "sources/" + "0" * 64 + "-a.xlsx", "mappings/profiles/" + "0" * 64 + ".toml"):
        more = {stranger: b"x", **members}
        assert (
            f"{stranger} is in the pack, but not in" in check(forge(more, target, manifest=members[MANIFEST])).failed[0]
        )
        page = check(forge(more, target))
        assert stranger in page.text or SIGNED in page.text
        assert page.code == 1


def test_the_manifest_has_one_order(plain: Path) -> None:
    members = contents(plain)
    lines = members[MANIFEST].decode().splitlines(keepends=True)
    target = plain.with_name("forged.zip")
    page = check(forge(members, target, manifest="".join([lines[0], lines[2], lines[1], *lines[3:]]).encode()))
    assert f"{MANIFEST} is not as it was made" in page.failed[0]
    swapped = verify_pack._closed("".join([lines[0], lines[2], lines[1], *lines[3:-1]])).encode()
    assert f"{MANIFEST} lists the members in another order" in check(forge(members, target, manifest=swapped)).failed[0]
    doubled = verify_pack._closed("".join([*lines[:-1], lines[1]])).encode()
    assert check(forge(members, target, manifest=doubled)).code == 1
    page = check(forge(members, target, manifest=b""))
    assert "FAIL" in page.text


def test_two_members_of_one_name_are_refused(plain: Path) -> None:
    target = plain.with_name("forged.zip")
    with target.open("wb") as file:
        writer = verify_writer(file)
        for content in (b"one", b"two"):
            writer.add("README.txt", content)
        writer.close()
    assert "README.txt stands twice" in check(target).failed[0]


def verify_writer(file: Any) -> Any:
    from ledger.audit.packing import PackWriter

    return PackWriter(file)


# --- with all skill, but without the key ------------------------------------------------------------------------------


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(old, new, 1)


def _double(figures: Any) -> None:
    each = next(each for each in figures["figures"] if each["sum"])
    each["ledger"]["amount"] = "1" + each["ledger"]["amount"]


def _last_line(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


def _two_lines(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join([lines[1], lines[0], *lines[2:]])


FORGERIES: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "an amount": ("journal/transfer.ndjson", swap(b",1000000,", b",1000001,"), "Journal"),
    "a title": ("journal/project_version.ndjson", swap(b"Project P1", b"Project P7"), "Journal"),
    "a row taken out": ("journal/finding.ndjson", _last_line, "Journal"),
    "a row put in": ("journal/finding.ndjson", lambda content: content + content, "Journal"),
    "two rows that changed places": ("journal/source_row.ndjson", _two_lines, "Journal"),
    "a seal": (verify_pack.SEALS, swap(f'"euledger-seal",{FORMAT},2,2'.encode(), f'"euledger-seal",{FORMAT},2,3'.encode()), "Journal"),
    "the last seal taken off": (verify_pack.SEALS, _last_line, "Journal"),
    "the first seal taken off": (verify_pack.SEALS, lambda content: content.partition(b"\n")[2], "Journal"),
    "the root of the checkpoint": (verify_pack.CHECKPOINT, swap(b"chain ", b"chain 0"), "Checkpoint"),
    "the size of the checkpoint": (verify_pack.CHECKPOINT, swap(b"\n6\n", b"\n5\n"), "Checkpoint"),
    "the ledger of the checkpoint": (verify_pack.CHECKPOINT, swap(b"euledger/", b"euledger/0"), "Checkpoint"),
    "a balance": (verify_pack.BALANCES, swap(b"1, 2021, 4000000,", b"1, 2021, 4000001,"), "Balances"),
    "a balance taken out": (verify_pack.BALANCES, lambda content: content.partition(b"\n")[2], "Balances"),
    "a total": (verify_pack.TOTALS, with_json(lambda read: read["rows"][0].append(read["rows"][0].pop() + 1)), "Totals"),
    "a total taken out": (verify_pack.TOTALS, with_json(lambda read: read["rows"].pop()), "Totals"),
    "a total put in": (verify_pack.TOTALS, with_json(lambda read: read["rows"].append(read["rows"][0])), "Totals"),
    "illustrative data counted": (verify_pack.TOTALS, with_json(lambda read: read.update(rows=[])), "Totals"),
    "a verdict's sum": (verify_pack.FIGURES, with_json(_double), "Figures"),
    "an import's settings": (verify_pack.IMPORTS, with_json(lambda read: read[0].update(settings='{"unit": 1}')), "Mappings"),
    "an import taken out": (verify_pack.IMPORTS, with_json(lambda read: read.pop()), "Mappings"),
}  # fmt: skip


@pytest.mark.parametrize("what", FORGERIES)
def test_what_is_sealed_or_added_up_cannot_be_forged(what: str, plain: Path) -> None:
    name, change, fails = FORGERIES[what]
    page = forged(plain, name, change)
    assert fails in [line.split("  ")[0].removeprefix("FAIL ").strip() for line in page.failed], page.text
    assert name.partition("/")[0] in page.text.partition("FAIL")[2] or name in page.text


def test_a_file_cannot_be_put_in_the_place_of_another(plain: Path) -> None:
    sources = [name for name in contents(plain) if name.startswith("sources/")]
    for name in sources:
        page = forged(plain, name, lambda content: content + b" ")
        assert any(f"{name} is not the file that was read" in line for line in page.failed), page.text


def test_whoever_lacks_the_key_can_change_nothing_at_all(signed: Path, public: str) -> None:
    members = contents(signed)
    for name in members:
        if name in (MANIFEST, SIGNED):
            continue
        changed = {**members, name: members[name] + b" "}
        page = check(forge(changed, signed.with_name("forged.zip")), keys=(public,))
        assert any(SIGNED in line or "README" in line for line in page.failed), f"{name}: {page.text}"


# --- keys and signatures ----------------------------------------------------------------------------------------------


def test_keys(signed: Path, plain: Path, folder: Path, public: str, tmp_path: Path) -> None:
    assert check(signed, keys=(public,)).code == 0
    assert "compare it" not in check(signed, keys=(str(folder / "public.txt"),)).text
    assert "compare it with one that you got from them" in check(signed).text
    _, other = key_file(tmp_path, "other")
    _, same_name = key_file(tmp_path, "auditor")
    for wrong in (other, same_name):
        page = check(signed, keys=(wrong,))
        assert [line[5:14] for line in page.failed] == ["Signature", "Checkpoin"]
    page = check(plain, keys=(public,))
    assert "the pack is not signed" in page.failed[0]
    for no_key in ("x", public[:-4] + "AAAA", public.replace("auditor", "somebody"), "a+b+c"):
        with pytest.raises((verify_pack.Problem, OSError)):
            check(signed, keys=(no_key,))


@pytest.mark.parametrize("name", [SIGNED, verify_pack.CHECKPOINT])
def test_empty_and_foreign_signatures_are_refused(name: str, signed: Path, public: str) -> None:
    members = contents(signed)
    text, _, line = members[name].decode().rpartition("\n\n")
    who = line.partition(" ")[2].partition(" ")[0]
    for forgery in (
        f"{text}\n",
        f"{text}\n\n",
        f"{text}\n\n— {who} \n",
        f"{text}\n\n— {who} AAAA\n",
        f"{text}\n\n— {who} {'A' * 92}\n",
        f"{text}\n\n{line.replace('— ', '- ')}",
        f"{text.replace('m', 'n', 1).replace('batch 6', 'batch 5')}\n\n{line}",
    ):
        changed = {**members, name: forgery.encode()}
        manifest = None if name == SIGNED else members[MANIFEST]
        page = check(forge(changed, signed.with_name("forged.zip"), manifest=manifest), keys=(public,))
        assert page.code == 1, forgery


def test_the_signature_taken_off_is_missed_by_whoever_has_the_key(signed: Path, public: str) -> None:
    members = {name: content for name, content in contents(signed).items() if name != SIGNED}
    page = check(forge(members, signed.with_name("forged.zip"), manifest=members[MANIFEST]), keys=(public,))
    assert f"{SIGNED} is missing" in page.failed[0]


# --- kept checkpoints -------------------------------------------------------------------------------------------------


def test_a_kept_checkpoint_tells_what_was_cut_off_or_written_anew(folder: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(folder / "ledger.db", tmp_path / "ledger.db"))
    database = Database(parse_url(str(path)))
    before = tmp_path / "before.txt"
    before.write_bytes(contents(folder / "plain.zip")[verify_pack.CHECKPOINT])
    post(database, [project("LATER", amount(5))], file="later.xlsx", source="later")
    assert pack(database, tmp_path / "later.zip").sha256
    after = tmp_path / "after.txt"
    after.write_bytes(contents(tmp_path / "later.zip")[verify_pack.CHECKPOINT])
    database.close()
    assert check(tmp_path / "later.zip", older=(str(before), str(after))).code == 0
    page = check(folder / "plain.zip", older=(str(before), str(after)))
    assert "1 were cut off since then" in page.failed[0]
    shutil.copy(folder / "ledger.db", path)
    post(database, [project("OTHER", amount(6))], file="other.xlsx", source="other")
    assert pack(database, tmp_path / "forked.zip").sha256
    page = check(tmp_path / "forked.zip", older=(str(before), str(after)))
    assert [line for line in page.failed if "written anew since then" in line], page.text
    assert len(page.failed) == 1
    another = new_ledger(f"sqlite:///{tmp_path / 'another.db'}")
    post(another, [project("P", amount(1))])
    assert pack(another, tmp_path / "another.zip").sha256
    assert "another one, or written anew" in check(tmp_path / "another.zip", older=(str(before),)).failed[0]
    (tmp_path / "none.txt").write_text("nothing\n", "utf-8")
    assert "is no checkpoint" in check(folder / "plain.zip", older=(str(tmp_path / "none.txt"),)).failed[0]


# --- nonsense ---------------------------------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
_MEMBERS = (
    *(verify_pack.SEALS, verify_pack.CHECKPOINT, verify_pack.BALANCES, verify_pack.TOTALS, verify_pack.FIGURES),
    *(verify_pack.IMPORTS, verify_pack.CHECKS, "journal/transfer.ndjson", "journal/account.ndjson"),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(_MEMBERS),
    content=st.one_of(
        _JSON.map(lambda value: json.dumps(value).encode() + b"\n"),
        st.binary(max_size=50),
        st.sampled_from(
            [b"[" * 100_000, b'{"rows": 5}', b"[1,2,3,4]\n", b"[1e400]", b"[NaN]", b"\xff", b'["transfer"]']
        ),
    ),
)
def test_nonsense_is_a_line_and_never_an_error(plain: Path, name: str, content: bytes) -> None:
    members = contents(plain)
    page = check(forge({**members, name: content}, plain.with_name("forged.zip")))
    assert page.code == 1 or members[name] == content or name == verify_pack.CHECKS
    assert "Traceback" not in page.text


def test_what_is_no_zip_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.zip"
    for content in (b"", b"PK", b"PK\3\4" + bytes(100), b"x" * 1000):
        path.write_bytes(content)
        assert verify_pack.main([str(path)]) == 1
        assert "FAIL Zip file" in capsys.readouterr().out
    assert verify_pack.main([str(tmp_path / "none.zip")]) == 2
    assert verify_pack.main([str(path), "--key", "x"]) == 2
    assert capsys.readouterr().err.count("verify_pack: ") == 2
