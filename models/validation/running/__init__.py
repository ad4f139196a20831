"""A validation under way: plain values, no records, no cursor while Claude answers."""
