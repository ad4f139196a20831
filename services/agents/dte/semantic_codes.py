"""What only judgement of language can see in a document: the model's vocabulary.

``texts/codes.md`` says what counts for each code and what does not, as the model reads
it.
"""

from __future__ import annotations

import re
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"
EXPLANATION = (TEXTS / "codes.md").read_text(encoding="utf-8").strip()
"""A block of the prompt: each code with what to report and what not."""
SEMANTIC_CODES = tuple(re.findall(r"^## (SEM_\w+)$", EXPLANATION, re.MULTILINE))
"""The codes that the model may report, in their order in the prompt."""
SOURCES = {
    "SEM_VAGUE_DESC": "Res. Ex. SII 36 de 2024",
    "SEM_CODE_ONLY_DESC": "Res. Ex. SII 36 de 2024",
    "SEM_EXEMPT_IMPLAUSIBLE": "DL 825 de 1974, Ley 21.420",
    "SEM_PERSONAL_EXPENSE": "Ley de la Renta, art. 31; DL 825, art. 23",
    "SEM_SPLIT_BOLETA": "Res. Ex. SII 44 de 2025",
    "SEM_HON_EMPLOYEE": "Código del Trabajo, art. 7 y 8",
}
"""Legal source of the findings that have one. All of them are secondary: none was read
in the SII's or the law's own text."""
