"""Sound files of every kind with bytes flipped, cut out, doubled or cut off: the same ones for the same seed."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Iterator

from tests.hostile.binaries import sound_xls
from tests.hostile.documents import ACTIVITY, COMMAS, SOUND, activities, one_table, page, table
from tests.hostile.packages import data, document, parts, sheet, zipped
from tests.intake.readers.xlsb_files import full_sheet, with_sheet


def seeds() -> dict[str, bytes]:
    """A sound file of each kind."""
    return {
        "xlsx": zipped(parts({"Projects": sheet(data(40))})),
        "xls": sound_xls(60),
        "xlsb": with_sheet(full_sheet()),
        "ods": document(one_table(SOUND)),
        "csv": COMMAS.encode(),
        "html": page(table()),
        "xml": activities("".join(ACTIVITY.format(n=n) for n in range(10))),
    }


def mutants(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """`count` names and contents, in turn of each kind."""
    rng = random.Random(seed)
    sound = list(seeds().items())
    for number in range(count):
        kind, content = sound[number % len(sound)]
        # In a zip most wounds are found by its checksums; in every other one a part is wounded and packed again.
        changed = (
            _repacked(content, rng) if content[:2] == b"PK" and number // len(sound) % 2 else _wounded(content, rng)
        )
        yield f"mutant-{seed}-{number}.{kind}", changed


def _wounded(content: bytes, rng: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at = rng.randrange(max(len(data), 1))
        match rng.randrange(6):
            case 0:
                data[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                data[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x01\0\0\0"))
            case 2:
                del data[at : at + rng.randrange(1, 64)]
            case 3:
                data[at:at] = data[max(at - rng.randrange(1, 200), 0) : at]
            case 4:
                data[at : at + 8] = rng.randbytes(8)
            case _:
                if rng.random() < 0.2:
                    del data[at:]
    return bytes(data)


def _repacked(content: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        wounded = rng.choice(source.namelist())
        for name in source.namelist():
            part = source.read(name)
            target.writestr(name, _wounded(part, rng) if name == wounded else part)
    return out.getvalue()
