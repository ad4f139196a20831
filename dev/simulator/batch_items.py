"""The answer to one item of a batch."""

from __future__ import annotations

import hashlib
from typing import Any

from . import tokens
from .answering import complete
from .batch_store import ItemResult
from .errors import ApiError
from .faults import HTTP_FAULTS, Fault, Strike
from .identifiers import new_identifier
from .journal import Billed
from .pricing import cost_parts
from .prompt import read_prompt
from .prompt_cache import PromptCache
from .state import State
from .validation import accept


def answer_item(
    state: State, workspace: str, version: str, item: dict[str, Any]
) -> ItemResult:
    """Return the result of ``item``; what is wrong with it is in its result.

    Only here are the item's parameters validated, as in the API.
    """
    custom_id = item["custom_id"]
    params = item["params"]
    fault = _fault_of(state, workspace, custom_id, params)
    try:
        if fault is not None and fault.kind in HTTP_FAULTS:
            raise fault.error(str(params.get("model")))
        if fault is not None and fault.kind == "batch_outcome":
            return _injected(custom_id, fault)
        return _succeed(state, workspace, version, item, fault)
    except ApiError as error:
        return ItemResult(custom_id, _errored(error))


def _fault_of(
    state: State, workspace: str, custom_id: str, params: dict[str, Any]
) -> Fault | None:
    if not state.faults:
        return None
    return state.faults.take(
        Strike(
            endpoint="batch_item",
            workspace=workspace,
            text=tokens.compact_json(params),
            model=str(params.get("model") or ""),
            custom_id=custom_id,
        )
    )


def _injected(custom_id: str, fault: Fault) -> ItemResult:
    outcome = fault.param("outcome", "errored")
    if outcome != "errored":
        return ItemResult(custom_id, {"type": outcome})
    status = int(fault.param("status", 500))
    error = ApiError(
        status,
        fault.param("message", "Internal server error"),
        type=fault.param("type", None),
    )
    return ItemResult(custom_id, _errored(error))


def _errored(error: ApiError) -> dict[str, Any]:
    return {"type": "errored", "error": error.body(new_identifier("req"))}


def _succeed(
    state: State,
    workspace: str,
    version: str,
    item: dict[str, Any],
    fault: Fault | None,
) -> ItemResult:
    now = state.clock.now()
    accepted = accept(item["params"], version, state.catalogue, now, batched=True)
    prompt = read_prompt(accepted, workspace)
    accepted.check_context(prompt.total)
    if _may_hit(item["custom_id"], state.settings.batch_cache_hit_probability):
        cached = state.cache.look_up(prompt, accepted.model, now)
    else:
        # Items run side by side: this one came too early to read the cache, and
        # writes what others wrote as well.
        cached = PromptCache().look_up(prompt, accepted.model, now)
    completion = complete(
        accepted,
        cached,
        gullible=state.settings.gullible,
        fault=fault,
        service_tier="batch",
        default_geo=state.settings.inference_geo,
    )
    state.cache.store(cached, now)
    billed = None
    if completion.billable:
        billed = Billed(
            model=accepted.model.id,
            usage=completion.usage,
            message_id=completion.id,
            custom_id=item["custom_id"],
            cost_parts=cost_parts(accepted.model, completion.usage),
        )
    result = {"type": "succeeded", "message": completion.message()}
    return ItemResult(item["custom_id"], result, billed)


def _may_hit(custom_id: str, probability: float) -> bool:
    digest = hashlib.sha256(custom_id.encode()).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < probability
