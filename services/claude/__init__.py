"""The one way to Claude: nothing else imports ``anthropic``."""
