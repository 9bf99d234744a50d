"""What runs in a process of its own: readers that can crash, hang or swell on a hostile file.

`cage.py` (in the reader's process) starts `worker.py` (in the cage), which does one task of `tasks` and writes rows
and facts to a file that `spool.py` reads back. Nothing else passes between the two: no pickles, no shared memory.
"""
