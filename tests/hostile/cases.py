"""What a broken or hostile file is to the tests: a name, how its bytes are made, and what may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

#: The file is read as it stands.
READ: Final = "read"


@dataclass(frozen=True, slots=True)
class Hostile:
    """One file. `outcomes` are codes of findings that stop it, or READ; without any, all but a crash will do."""

    name: str
    make: Callable[[], bytes]
    outcomes: frozenset[str]
    #: making or refusing it takes seconds
    is_heavy: bool = False


class Cases(list[Hostile]):
    """Makers, gathered by a decorator."""

    def add(
        self, name: str, *outcomes: str, heavy: bool = False
    ) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
        """Register the maker of a file."""

        def register(make: Callable[[], bytes]) -> Callable[[], bytes]:
            self.append(Hostile(name, make, frozenset(outcomes), heavy))
            return make

        return register
