"""The one door to Claude: nothing else imports ``anthropic``."""
