"""The agent that reads tax documents (DTE)."""
