"""The one exception with which the store refuses."""

from __future__ import annotations


class DatabaseProblem(Exception):
    """The database cannot be used as asked; the message says why and what to do (exit 4)."""
