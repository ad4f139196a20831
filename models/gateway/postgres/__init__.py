"""The gateway's shared state in PostgreSQL: what ``services/claude/ports.py`` asks.

Raw SQL on the tables of the models, one statement a verb, on cursors of its own: no
environment and no request, so that it works after the request's cursor is closed.
"""
