"""A ledger of EU funding portfolios: booked from workbooks, exact to the cent, every number traced to its cell.

The front doors, from the outside in: `ledger.cli.main` (the command `euledger`), `ledger.actions` (one use case a
module), `ledger.domain` (the words and rules). This module stays empty so that starting the command costs nothing.
"""

__version__ = "0.1.0"
