"""Use cases: one module each, one transaction each. `cli` and later the Python API call these and nothing below.

An action opens the database, puts intake, store, reconcile and reporting together, and returns plain dataclasses with
findings. It holds no SQL and prints nothing. Read `import_files` first.
"""
