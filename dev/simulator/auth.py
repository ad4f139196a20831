"""Who is calling: the API key and the workspace it belongs to."""

from __future__ import annotations

from collections.abc import Mapping

from .errors import ApiError, invalid
from .identifiers import derived_identifier
from .settings import Settings

VERSIONS = ("2026-10-21", "2023-06-01")
#: Headers that carry a key; they are never written down.
KEY_HEADERS = frozenset({"authorization", "x-api-key", "cookie"})


def api_key(headers: Mapping[str, str]) -> str:
    """Return the key of ``x-api-key``, or else of ``Authorization: Bearer``.

    :raise ApiError: 401 if there is none
    """
    key = headers.get("x-api-key", "").strip()
    if not key:
        scheme, _, value = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            key = value.strip()
    if not key:
        raise ApiError(401, "x-api-key header is required")
    return key


def workspace_of(headers: Mapping[str, str], settings: Settings) -> str:
    """Return the id of the workspace that the caller's key belongs to.

    :raise ApiError: 401 for a key that is missing or not accepted, 403 if the
        ``anthropic-workspace-id`` header names another workspace
    """
    key = api_key(headers)
    refused = key.startswith("sk-ant-invalid") or key in settings.rejected_keys
    refused = refused or is_admin_key(key)
    if settings.allowed_keys is not None and key not in settings.allowed_keys:
        refused = True
    if refused:
        raise ApiError(401, "invalid x-api-key")
    workspace = settings.workspaces.get(key) or derived_identifier("wrkspc", key)
    named = headers.get("anthropic-workspace-id")
    if named and named != workspace:
        raise ApiError(403, "This API key does not belong to the named workspace.")
    return workspace


def check_admin_key(headers: Mapping[str, str], settings: Settings) -> None:
    """Check that the caller may read the organization's reports.

    :raise ApiError: 401 for a key that is missing or no Admin key
    """
    key = api_key(headers)
    known = settings.admin_keys is None or key in settings.admin_keys
    if not is_admin_key(key) or not known or key in settings.rejected_keys:
        raise ApiError(401, "invalid x-api-key")


def is_admin_key(key: str) -> bool:
    """Return whether ``key`` looks like an Admin key, which asks no model."""
    return key.startswith("sk-ant-admin")


def version_of(headers: Mapping[str, str]) -> str:
    """Return the API version that the request asks for.

    :raise ApiError: 400 if it is missing or unknown
    """
    version = headers.get("anthropic-version")
    if not version:
        raise invalid("anthropic-version: header is required")
    if version not in VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version')
    return version
