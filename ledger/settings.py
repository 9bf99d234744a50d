"""Which ledger is meant, and where the user's own profiles are: option, environment, `euledger.toml`, default."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONFIG_NAME = "euledger.toml"
DEFAULT_DATABASE = "ledger.db"
_KEYS = ("database", "profiles")


class SettingsProblem(Exception):
    """The configuration cannot be used; the message says which file and key (exit 2)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for this run: `database` is a URL or a path, `config` the file that was found, if any."""

    database: str
    profile_dirs: tuple[Path, ...] = ()
    config: Path | None = None

    @property
    def database_file(self) -> Path | None:
        """The file of a ledger named by its path; None for a URL."""
        return None if "://" in self.database else Path(self.database).expanduser()


def load(option: str | None, *, environment: Mapping[str, str], folder: Path) -> Settings:
    """`option` (--db), else EULEDGER_DB, else the nearest euledger.toml from `folder` upward, else ./ledger.db.

    Relative paths in a configuration file count from that file. Raises SettingsProblem.
    """
    config = _find(folder)
    content = _read(config) if config else {}
    base = config.parent if config else folder
    database = option or environment.get("EULEDGER_DB") or _database(content, base) or DEFAULT_DATABASE
    folders = tuple(base / Path(name).expanduser() for name in content.get("profiles", []))
    for missing in (place for place in folders if not place.is_dir()):
        raise SettingsProblem(f"{config}: `profiles` names {missing}, which is no folder")
    return Settings(database, folders, config)


def _find(folder: Path) -> Path | None:
    places = (place / CONFIG_NAME for place in (folder, *folder.parents))
    return next((path for path in places if path.is_file()), None)


def _read(path: Path) -> dict[str, list[str]]:
    """The file's keys, each as a list of texts."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsProblem(f"{path} cannot be read: {error}") from error
    for key in content:
        if key not in _KEYS:
            raise SettingsProblem(f"{path}: `{key}` is no setting. There are: {', '.join(_KEYS)}")
    database, profiles = content.get("database", ""), content.get("profiles", [])
    if not isinstance(database, str):
        raise SettingsProblem(f'{path}: `database` must be a text, such as database = "ledger.db"')
    if not isinstance(profiles, list) or not all(isinstance(name, str) for name in profiles):
        raise SettingsProblem(f'{path}: `profiles` must be a list of folders, such as profiles = ["profiles"]')
    return {"database": [database] if database else [], "profiles": profiles}


def _database(content: Mapping[str, list[str]], base: Path) -> str | None:
    for database in content.get("database", []):
        return database if "://" in database else str(base / Path(database).expanduser())
    return None
