"""What the verdicts are called."""

VERDICTS = [("send", "Send"), ("review", "Review"), ("reject", "Reject")]
"""Selection of every field that holds a verdict."""
