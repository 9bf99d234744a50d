"""How a task in the cage refuses a file: by an exception that `answering` turns into the worker's answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import IO, Any

from ledger.intake.caged.spool_writer import SpoolWriter

Answer = dict[str, Any]


class Refused(Exception):
    """The file is refused. The arguments are the code of the finding, its message, and perhaps the sheet."""


def answering(read: Callable[[Answer, SpoolWriter], Answer]) -> Callable[[Answer, IO[bytes]], None]:
    """A task that writes its answer, or why there is none. A panic of native code is no `Exception`."""

    def task(told: Answer, out: IO[bytes]) -> None:
        writer = SpoolWriter(out)
        try:
            answer = read(told, writer)
        except (KeyboardInterrupt, SystemExit, MemoryError, ImportError):
            raise
        except Refused as refused:
            answer = {"refused": dict(zip(("code", "message", "sheet"), refused.args, strict=False))}
        except BaseException as error:  # noqa: BLE001 - PanicException is among them
            answer = {"refused": _why(error)}
        writer.answer(answer)

    return task


def _why(error: BaseException) -> dict[str, str]:
    kind, text = type(error).__name__, str(error)[:200] or type(error).__name__
    if kind == "PasswordError" or "password" in text.lower():
        return {"code": "file-protected", "message": "the workbook is encrypted"}
    if kind == "PanicException":
        return {"code": "reader-crashed", "message": f"the reader of this kind of file failed ({text})"}
    return {"code": "file-unreadable", "message": f"the workbook is damaged ({text})"}
