"""Passwords in what is typed: told, taken out of the process list, and never shown."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

#: A password between user and host, and one among the options of a URL (password, sslpassword).
_LOGIN = re.compile(r"(?P<before>\w[\w+]*://[^/:@\s]*:)(?P<secret>[^/\s]*)(?P<after>@)")
_OPTION = re.compile(r"(?i)(?P<before>(?:ssl)?passw(?:or)?d\s*[=:]\s*)(?P<secret>[^&\s'\")]+)(?P<after>)")
_HIDDEN = r"\g<before>***\g<after>"
WARNING = (
    "a password on the command line can be read by others on this machine until the program has started, and stays in "
    "the shell's history: keep it in ~/.pgpass (PGPASSFILE), in a service file, or let EULEDGER_DB name the ledger"
)


def found_in(text: str) -> set[str]:
    """The passwords that a text holds as a URL, or a list of settings, does."""
    return {match["secret"] for pattern in (_LOGIN, _OPTION) for match in pattern.finditer(text)} - {"", "***"}


def hidden(text: str) -> str:
    """The text with `***` in their place."""
    return _OPTION.sub(_HIDDEN, _LOGIN.sub(_HIDDEN, text))


def guard(arguments: Sequence[str] | None) -> str | None:
    """What to warn of, if a password is among the arguments (None: those of the process).

    The process list then shows `***` in its place from here on, where the library for it is installed.
    """
    typed = sys.argv[1:] if arguments is None else arguments
    if not any(found_in(argument) for argument in typed):
        return None
    if arguments is None:
        try:
            from setproctitle import setproctitle
        except ImportError:
            return WARNING
        setproctitle(" ".join(["euledger", *map(hidden, typed)]))
    return WARNING
