"""From a file to typed rows with findings, without a database: readers → profiles → columns → rows → `Reading`.

Read `cells` (what readers yield) and `read` (how a file becomes a reading) first.
"""
