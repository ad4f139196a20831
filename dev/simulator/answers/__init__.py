"""What the model says, derived from the request alone."""

from .derive import derive_answer

__all__ = ["derive_answer"]
