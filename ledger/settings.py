"""Which ledger is meant, how it is used, where the user's own profiles are: option, environment, `euledger.toml`, default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONFIG_NAME = "euledger.toml"
DEFAULT_DATABASE = "ledger.db"
DEFAULT_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 86_400
_KEYS = ("database", "read_database", "profiles", "reports", "wait_seconds", "shared_file")
_NO = ("", "0", "no", "false")
_YES = ("1", "yes", "true")


class SettingsProblem(Exception):
    """The configuration cannot be used; the message says which file and key (exit 2)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this run: `database` is a URL or a path, `config` the file that was found, if any.

    `wait_seconds` is how long a second writer waits; `shared_file` says that others may write the ledger's file too;
    `read_database` is a standby of the ledger, on which whatever only reads is to run. `report_dirs` are the folder
    `reports` beside the ledger's file, where there is one, and those that the configuration names.
    """

    database: str
    profile_dirs: tuple[Path, ...] = ()
    config: Path | None = None
    wait_seconds: int = DEFAULT_WAIT_SECONDS
    shared_file: bool = False
    read_database: str | None = None
    report_dirs: tuple[Path, ...] = ()

    @property
    def database_file(self) -> Path | None:
        """The file of a ledger named by its path; None for a URL."""
        return None if "://" in self.database else Path(self.database).expanduser()


def load(
    option: str | None, *, environment: Mapping[str, str], folder: Path, read_option: str | None = None
) -> Settings:
    """`option` (--db), else EULEDGER_DB, else the nearest euledger.toml from `folder` upward, else ./ledger.db.

    So `read_option` (--read-db), EULEDGER_READ_DB, `read_database`; but what names a ledger leaves out the standby that a
    weaker place names, which would be another ledger's. EULEDGER_WAIT_SECONDS and EULEDGER_SHARED_FILE go before the
    keys of the same names in euledger.toml. Relative paths in a configuration file count from that file. Raises
    SettingsProblem.
    """
    config = _find(folder)
    content = _read(config) if config else {}
    base = config.parent if config else folder
    places = (
        (option, read_option),
        (environment.get("EULEDGER_DB"), environment.get("EULEDGER_READ_DB")),
        (_place("database", content, base), _place("read_database", content, base)),
    )
    database, reading = DEFAULT_DATABASE, None
    for stated, standby in places:
        reading = reading or standby or None
        if stated:
            database = stated
            break
    folders, reports = (_folders(key, content, base, config) for key in ("profiles", "reports"))
    beside = None if "://" in database else Path(database).expanduser().parent / "reports"
    if beside is not None and beside.is_dir():
        reports = (beside, *reports)
    wait = _seconds(*_stated("wait_seconds", DEFAULT_WAIT_SECONDS, content, config, environment))
    shared = _yes_or_no(*_stated("shared_file", False, content, config, environment))
    return Settings(database, folders, config, wait, shared, reading, reports)


def _folders(key: str, content: Mapping[str, Any], base: Path, config: Path | None) -> tuple[Path, ...]:
    folders = tuple(base / Path(name).expanduser() for name in content.get(key, []))
    for missing in (place for place in folders if not place.is_dir()):
        raise SettingsProblem(f"{config}: `{key}` names {missing}, which is no folder")
    return folders


def _find(folder: Path) -> Path | None:
    places = (place / CONFIG_NAME for place in (folder, *folder.parents))
    return next((path for path in places if path.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    """The file's keys, each of its type."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsProblem(f"{path} cannot be read: {error}") from error
    for key in content:
        if key not in _KEYS:
            raise SettingsProblem(f"{path}: `{key}` is no setting. There are: {', '.join(_KEYS)}")
    for key in ("database", "read_database"):
        if not isinstance(content.get(key, ""), str):
            raise SettingsProblem(f'{path}: `{key}` must be a text, such as {key} = "ledger.db"')
    for key in ("profiles", "reports"):
        named = content.get(key, [])
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise SettingsProblem(f'{path}: `{key}` must be a list of folders, such as {key} = ["{key}"]')
    return content


def _place(key: str, content: Mapping[str, Any], base: Path) -> str:
    database = str(content.get(key, ""))
    return database if "://" in database or not database else str(base / Path(database).expanduser())


def _stated(
    key: str, default: object, content: Mapping[str, Any], config: Path | None, environment: Mapping[str, str]
) -> tuple[str, object]:
    """Where a key is stated, and what is: the environment goes before the file."""
    variable = f"EULEDGER_{key.upper()}"
    if environment.get(variable):
        return variable, environment[variable]
    return f"{config}: `{key}`", content.get(key, default)


def _seconds(where: str, stated: object) -> int:
    """Whole seconds as the file has them, or the text of the environment."""
    if isinstance(stated, str) and stated.isascii() and stated.isdigit():
        stated = int(stated)
    if not isinstance(stated, int) or isinstance(stated, bool) or not 0 <= stated <= LONGEST_WAIT_SECONDS:
        raise SettingsProblem(f"{where} is {stated!r}, not a whole number from 0 to {LONGEST_WAIT_SECONDS}")
    return stated


def _yes_or_no(where: str, stated: object) -> bool:
    """A truth value as the file has them, or the text of the environment."""
    text = str(stated).lower()
    if text not in _NO + _YES:
        raise SettingsProblem(f"{where} is {stated!r}, not true or false")
    return text in _YES
