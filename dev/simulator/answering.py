"""Answers a request: what the model says, within its limits, with faults and usage."""

from __future__ import annotations

from typing import Any

from . import tokens
from .answers import derive_answer
from .completion import Completion, cut_tool_input, visible_tokens
from .content_faults import spoil
from .faults import CONTENT_FAULTS, Fault
from .identifiers import new_identifier
from .prompt_cache import CacheOutcome
from .validation import Accepted
from .validation.binding import bound_signature

#: Thinking tokens of an effort, relative to ``medium``.
_EFFORT_SHARE = {"low": 0.5, "medium": 1.0, "high": 2.5, "xhigh": 5.0, "max": 10.0}


def complete(
    accepted: Accepted,
    cached: CacheOutcome,
    *,
    gullible: bool,
    fault: Fault | None,
    service_tier: str,
    default_geo: str,
) -> Completion:
    """Return the message that answers ``accepted``.

    :param fault: a fault of the content, or another one, which is left alone
    :param service_tier: ``standard`` or ``batch``
    """
    model = accepted.model
    completion = Completion(
        id=new_identifier("msg"), model=model, blocks=[], stop_reason="end_turn"
    )
    if accepted.max_tokens:
        blocks, stop_reason = derive_answer(accepted.body, gullible=gullible)
        completion.blocks, completion.stop_reason = blocks, stop_reason
        _think(completion, accepted)
        if fault is not None and fault.kind in CONTENT_FAULTS:
            spoil(completion, fault)
        _stop_at_sequence(completion, accepted.body.get("stop_sequences") or [])
        _stop_at_limit(completion, accepted.max_tokens)
    else:
        # A request that only warms the cache.
        completion.stop_reason = "max_tokens"
    completion.usage = _usage(completion, accepted, cached, service_tier, default_geo)
    return completion


def _think(completion: Completion, accepted: Accepted) -> None:
    """Put the thinking block first, as the 5.x models do unless told not to."""
    if not accepted.thinks:
        return
    last = accepted.body["messages"][-1]["content"]
    size = len(last) if isinstance(last, str) else len(tokens.compact_json(last))
    share = _EFFORT_SHARE[accepted.effort or "medium"]
    count = round(share * (60 + min(size, 10_000) / 50))
    budget = accepted.thinking.get("budget_tokens")
    if budget:
        count = min(count, budget)
    completion.thinking_tokens = count
    shown = accepted.thinking.get("display") == "summarized"
    text = "The request was read and its facts were weighed." if shown else ""
    # As long as the hidden thinking is: replayed, it is billed by its length.
    signature = bound_signature(accepted.body, count * 2)
    completion.blocks.insert(
        0, {"type": "thinking", "thinking": text, "signature": signature}
    )


def _stop_at_sequence(completion: Completion, sequences: list[str]) -> None:
    for index, block in enumerate(completion.blocks):
        if block["type"] != "text":
            continue
        found = [
            (block["text"].find(sequence), sequence)
            for sequence in sequences
            if sequence in block["text"]
        ]
        if found:
            position, sequence = min(found)
            block["text"] = block["text"][:position]
            del completion.blocks[index + 1 :]
            completion.stop_reason = "stop_sequence"
            completion.stop_sequence = sequence
            return


def _stop_at_limit(completion: Completion, max_tokens: int) -> None:
    """Cut the answer where ``max_tokens``, thinking included, is reached."""
    left = max_tokens - completion.thinking_tokens
    if left <= 0:
        completion.thinking_tokens = max_tokens
        completion.blocks = completion.blocks[:1]
        completion.stop_reason = "max_tokens"
        return
    for index, block in enumerate(completion.blocks):
        if block["type"] == "thinking":
            continue
        count = visible_tokens(completion.model, block)
        if count > left:
            _cut(completion, index, left)
            return
        left -= count


def _cut(completion: Completion, index: int, left: int) -> None:
    block = completion.blocks[index]
    characters = int(left * completion.model.characters_per_token)
    del completion.blocks[index + 1 :]
    if block["type"] == "text":
        block["text"] = block["text"][:characters]
    else:
        cut_tool_input(block, characters)
    completion.stop_reason = "max_tokens"


def _usage(
    completion: Completion,
    accepted: Accepted,
    cached: CacheOutcome,
    service_tier: str,
    default_geo: str,
) -> dict[str, Any]:
    output = completion.thinking_tokens + sum(
        visible_tokens(completion.model, block) for block in completion.blocks
    )
    usage = {
        "input_tokens": cached.uncached,
        "cache_creation_input_tokens": cached.written_5m + cached.written_1h,
        "cache_read_input_tokens": cached.read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": cached.written_5m,
            "ephemeral_1h_input_tokens": cached.written_1h,
        },
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": completion.thinking_tokens},
        "service_tier": service_tier,
        "inference_geo": _geography(accepted, default_geo),
    }
    if accepted.body.get("speed") == "fast":
        usage["speed"] = "fast"
    return usage


def _geography(accepted: Accepted, default_geo: str) -> str:
    if not accepted.model.inference_geo:
        return "not_available"
    return accepted.body.get("inference_geo") or default_geo
