"""Why a figure and the ledger differ: named causes with their rows, and what stays unexplained. No database here.

Read `model` first, then `search`. A cause is claimed only where chance is a much worse account of the difference
(`weights`); what could be chance is called unexplained.
"""
