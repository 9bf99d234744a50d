"""Published figures against the ledger: how a figure is read, what covers it, and the verdict. No database here."""
