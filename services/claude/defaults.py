"""What holds for every operation when nobody chose otherwise."""

from __future__ import annotations

import re

DEFAULT_BASE_URL = "https://api.anthropic.com"

EFFORTS = ("low", "medium", "high", "xhigh", "max")

OLD_TOKENIZER = re.compile(r"claude-(haiku|sonnet|opus|mythos)-4-[0-6](-|$)")
"""Models whose tokens are longer: they count a quarter fewer for the same text."""
