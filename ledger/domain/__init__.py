"""The pure core: money, allocation, intervals, stages, countries, periods, findings, records. Standard library only.

Nothing here reads a file, a clock or a database. Read `findings` and `records` first: they are what the layers hand on.
"""
