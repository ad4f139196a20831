"""The time of the database, as SQL.

Every statement reads the clock itself, after it got its locks.
"""

EPOCH = "extract(epoch FROM clock_timestamp())::double precision"
"""Seconds since 1970."""

NOW = "timezone('UTC', clock_timestamp())"
"""UTC without a time zone, as Odoo stores it."""
