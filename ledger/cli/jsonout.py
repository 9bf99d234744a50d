"""JSON as every command prints it: one envelope, exact amounts, keys that stay (DESIGN sections 8 and 9)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ledger.domain.findings import Finding
from ledger.domain.money import Money
from ledger.reporting.exact_json import plain

#: Control characters that JSON lets pass and some terminals act upon.
_CONTROL = re.compile("[\x7f-\x9f]")


def one_or_many(amounts: Sequence[Money]) -> Money | Sequence[Money] | None:
    """The amount itself where there is one currency, the list where there are several, None where there is none."""
    return (amounts[0] if len(amounts) == 1 else amounts) if amounts else None


def envelope(
    command: str, code: int, results: object, findings: Iterable[Finding], *, error: str = "", ascii_only: bool = False
) -> str:
    """The one JSON document of a command. `error` stands in it only where the command could not do its work."""
    document = {**frame(command, code, findings), "results": plain(results)}
    if error:
        document["error"] = error
    return escaped(json.dumps(document, ensure_ascii=ascii_only, indent=2))


def escaped(text: str) -> str:
    """JSON whose control characters are all escaped: what it says is the same."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def frame(command: str, code: int, findings: Iterable[Finding]) -> dict[str, Any]:
    """The document without its results, whose place is kept."""
    return {
        "schema": f"euledger/{command}/1",
        "ok": code == 0,
        "exit_code": code,
        "results": None,
        "findings": plain(list(findings)),
    }
