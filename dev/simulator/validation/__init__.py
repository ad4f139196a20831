"""Is a request one that the Messages API would accept?"""

from .accepted import Accepted, accept

__all__ = ["Accepted", "accept"]
