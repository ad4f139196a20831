"""The time of the database, as SQL.

Every statement reads the clock itself, after it got its locks; tests move it by the
parameter ``time_shift`` (seconds), which is zero in the product.
"""

EPOCH = "(extract(epoch FROM clock_timestamp())::double precision + %(time_shift)s)"
"""Seconds since 1970."""

NOW = (
    "(timezone('UTC', clock_timestamp())"
    " + %(time_shift)s * interval '1 second')::timestamp(6)"
)
"""UTC without a time zone, as Odoo stores it."""
