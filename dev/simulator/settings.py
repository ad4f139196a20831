"""What can be set on the running simulator."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any

from .errors import invalid


@dataclass
class Settings:
    """Settings of the simulator, read and changed at ``/_control/settings``.

    ``first_token_ms``: milliseconds from a valid request to the first bytes of
    the answer, thinking included; a batch does not wait for it.
    ``tokens_per_second``: speed of the text of a stream, and of the wait of a
    request that is not streamed; 0 is without limit.
    ``write_interval_ms``: deltas that fall into one interval go out in one write.
    ``tokens_per_delta``: tokens of one ``text_delta``.
    ``tokens_per_character``: how dense the text is, of every model; 0 is as their
    tokenizers have it.
    ``gullible``: obey any text of the input that asks for something.
    ``workspaces``: API key -> workspace id; other keys get a derived workspace.
    ``allowed_keys``: if not null, only these keys are accepted.
    ``rejected_keys``: keys that get 401.
    ``admin_keys``: if not null, only these Admin keys are accepted; otherwise all that
    begin with ``sk-ant-admin``.
    ``default_workspace``: id of the workspace that reports show as null.
    ``report_delay_seconds``: what is younger is not in the reports yet.
    ``inference_geo``: default geography of the workspace (``global`` or ``us``).
    ``batch_seconds``: simulated seconds from creation to the end of a batch.
    ``batch_cache_hit_probability``: chance that a batch item may read the cache.
    ``*_per_minute``: rate limits of every key's organization and model line.
    ``spend_limit_usd``: once this much is billed, every call gets the 429
    ``enforced_spend_limit_reached``.
    ``model_dates``: model id -> ``deprecated_at``, ``retires_at``, ``lifecycle``.
    ``kept_bodies``: request bodies kept in the journal; older ones are dropped.
    """

    first_token_ms: float = 0
    tokens_per_second: float = 0
    write_interval_ms: float = 100
    tokens_per_delta: int = 4
    tokens_per_character: float = 0
    gullible: bool = False
    workspaces: dict[str, str] = field(default_factory=dict)
    allowed_keys: list[str] | None = None
    rejected_keys: list[str] = field(default_factory=list)
    admin_keys: list[str] | None = None
    default_workspace: str = ""
    report_delay_seconds: float = 0
    inference_geo: str = "global"
    batch_seconds: float = 0.2
    batch_cache_hit_probability: float = 0.9
    requests_per_minute: int = 10_000
    input_tokens_per_minute: int = 10_000_000
    output_tokens_per_minute: int = 2_000_000
    count_requests_per_minute: int = 8_000
    batch_requests_per_minute: int = 4_000
    batch_queue_limit: int = 500_000
    spend_limit_usd: float | None = None
    model_dates: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept_bodies: int = 2_000

    def change(self, changes: dict[str, Any]) -> None:
        """Apply ``changes`` by name.

        :raise ApiError: 400 if a name is unknown or a value has the wrong type
        """
        known = {item.name: item for item in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise invalid(f"{name}: no such setting")
            if not _fits(value, getattr(Settings(), name), name):
                raise invalid(f"{name}: {value!r} has the wrong type")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """Return all settings as JSON data."""
        return asdict(self)


def _fits(value: Any, default: Any, name: str) -> bool:
    if name == "spend_limit_usd":
        return value is None or (_is_number(value) and value >= 0)
    if name in ("allowed_keys", "admin_keys"):
        return value is None or isinstance(value, list)
    if isinstance(default, bool):
        return isinstance(value, bool)
    if isinstance(default, (int, float)):
        return _is_number(value) and value >= 0
    return isinstance(value, type(default))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
