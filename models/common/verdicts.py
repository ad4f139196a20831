"""What verdicts and findings are called: selections of the fields that hold them."""

VERDICTS = [("send", "Send"), ("review", "Review"), ("reject", "Reject")]
ORIGINS = [("rule", "Rule"), ("model", "Claude")]
"""Who found it."""
SEVERITIES = [
    ("error", "Error"),
    ("warning", "Warning"),
    ("information", "Information"),
]
