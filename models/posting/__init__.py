"""The posting policy: what it says of an invoice, in plain values."""
