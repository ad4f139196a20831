"""A request that was found valid, with its defaults filled in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..catalogue import Catalogue, Model
from ..errors import invalid
from .binding import check_binding
from .breakpoints import check_breakpoints
from .fields import check_fields
from .messages import check_messages, check_system
from .output import check_output_config
from .prewarm import check_prewarm
from .thinking import check_prefill, check_tool_choice_support, resolve_thinking
from .tools import check_tools


@dataclass(frozen=True)
class Accepted:
    """A valid request.

    ``thinking`` is the configuration that applies, defaults included; ``thinks``
    says whether the answer begins with a thinking block.
    """

    body: dict[str, Any]
    model: Model
    max_tokens: int
    stream: bool
    effort: str | None
    thinking: dict[str, Any]
    thinks: bool

    def check_context(self, prompt_tokens: int) -> None:
        """Refuse a prompt that is longer than the model's context.

        :raise ApiError: 400
        """
        if prompt_tokens > self.model.context:
            raise invalid(
                f"prompt is too long: {prompt_tokens} tokens > "
                f"{self.model.context} maximum"
            )


def accept(
    body: dict[str, Any],
    version: str,
    catalogue: Catalogue,
    now: float,
    *,
    counting: bool = False,
    batched: bool = False,
) -> Accepted:
    """Return the request ``body`` if the API would accept it.

    :param version: value of the ``anthropic-version`` header
    :param now: seconds since the epoch; decides which models exist
    :param counting: for ``count_tokens``, which has fewer fields
    :param batched: for the ``params`` of a batch item
    :raise ApiError: 400 with the API's message, 404 for the model
    """
    check_fields(body, counting=counting, batched=batched)
    model = catalogue.usable(body["model"], now)
    max_tokens = 1 if counting else body["max_tokens"]
    if max_tokens > model.max_tokens:
        raise invalid(
            f"max_tokens: {max_tokens} > {model.max_tokens}, which is the maximum "
            f"allowed number of output tokens for {body['model']}"
        )
    _check_sampling(body, version, model, counting=counting)
    if body.get("speed") == "fast" and not model.fast_price:
        raise invalid("speed: fast mode is not supported on this model")
    _check_geography(body, model)
    check_tools(body)
    check_system(body)
    check_messages(body)
    effort = check_output_config(body, model)
    thinking = resolve_thinking(body, model, effort, max_tokens, counting=counting)
    forced = check_tool_choice_support(body, model, thinking)
    check_prefill(body, model, thinking)
    check_breakpoints(body)
    check_binding(body)
    if max_tokens == 0:
        check_prewarm(body, batched=batched)
    return Accepted(
        body=body,
        model=model,
        max_tokens=max_tokens,
        stream=body.get("stream") is True,
        effort=effort,
        thinking=thinking,
        thinks=thinking["type"] in ("adaptive", "enabled")
        and not forced
        and max_tokens > 0,
    )


def _check_sampling(
    body: dict[str, Any], version: str, model: Model, *, counting: bool
) -> None:
    """Sampling parameters are gone since version 2026-10-21, at any value.

    The older version keeps them for the models of its time.
    """
    for name in ("temperature", "top_p", "top_k"):
        if name not in body:
            continue
        if version != "2023-06-01" or counting:
            raise invalid(f"{name}: Extra inputs are not permitted")
        if model.thinks_by_default:
            raise invalid(f"{name}: not supported on this model")
        value = body[name]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise invalid(f"{name}: Input should be a valid number")


def _check_geography(body: dict[str, Any], model: Model) -> None:
    geography = body.get("inference_geo")
    if geography is None:
        return
    if not model.inference_geo:
        raise invalid("inference_geo is not supported on this model")
    if geography not in ("global", "us"):
        raise invalid("inference_geo: Input should be 'global' or 'us'")
