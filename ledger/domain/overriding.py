"""`override` for Python 3.11, whose `typing` lacks it; importing typing_extensions would slow every start down."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

__all__ = ["override"]

if TYPE_CHECKING:
    from typing_extensions import override
else:
    F = TypeVar("F", bound=Callable[..., Any])

    def override(method: F) -> F:
        """Says that a method replaces one of its base class; the type checker holds it to that."""
        return method
