"""One neutral picture of a tax document, whatever it was read from."""
