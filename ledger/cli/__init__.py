"""The command line: each command parses, calls one action, prints and gives an exit code. No SQL and no rules here.

Read `main` first (the frame), then `options` (every option, once), `console` (text), `jsonout` (JSON) and `exits`.
"""
