"""Audit: what lets a stranger check the ledger. Empty until sealing and sampling arrive; provenance is `actions.why`."""
