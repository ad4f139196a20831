"""A local stand-in for the Claude API.

It is a real HTTP server, run as a process on loopback, that validates, counts,
caches, prices and streams as the Claude API documents it for API version
2026-10-21. Its answers are derived from the request that it was sent. Faults are
injected through ``/_control/``.
"""
