"""Whether the Messages API would accept a request."""

from .accepted import Accepted, accept

__all__ = ["Accepted", "accept"]
