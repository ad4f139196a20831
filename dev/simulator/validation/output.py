"""``output_config``: effort and the JSON schema of the answer."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..catalogue import EFFORTS, Model
from ..errors import invalid

MOST_OPTIONAL = 24
MOST_UNIONS = 16
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_FORMATS = (
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
    "uuid",
)
_KEYS = frozenset(
    {
        "type",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "minItems",
        "enum",
        "const",
        "anyOf",
        "allOf",
        "$ref",
        "$defs",
        "definitions",
        "default",
        "title",
        "description",
        "format",
        "pattern",
        "$schema",
        "examples",
    }
)
_UNSUPPORTED_PATTERN = re.compile(r"\\[1-9bB]|\(\?[=!<]|\(\?P=")


@dataclass
class Complexity:
    """Optional parameters and union types of all schemas of a request."""

    optional: int = 0
    unions: int = 0

    def check(self) -> None:
        """Refuse more than the API compiles.

        :raise ApiError: 400
        """
        if self.optional > MOST_OPTIONAL:
            raise invalid(
                f"Schemas contain too many optional parameters ({self.optional}), "
                f"which would make grammar compilation inefficient. Limit: "
                f"{MOST_OPTIONAL}."
            )
        if self.unions > MOST_UNIONS:
            raise invalid(
                f"Schemas contain too many parameters with union types "
                f"({self.unions}). Limit: {MOST_UNIONS}."
            )


def check_output_config(body: dict[str, Any], model: Model) -> str | None:
    """Return the effort that applies, or None for a model without effort.

    :raise ApiError: 400 for an effort or a format that is not supported
    """
    config = body.get("output_config")
    if config is None:
        return model.default_effort
    if not isinstance(config, dict):
        raise invalid("output_config: Input should be a valid dictionary")
    for name in config:
        if name not in ("effort", "format"):
            raise invalid(f"output_config.{name}: Extra inputs are not permitted")
    effort = config.get("effort")
    if effort is not None:
        if effort not in EFFORTS:
            raise invalid(
                "output_config.effort: Input should be 'low', 'medium', 'high', "
                "'xhigh' or 'max'"
            )
        if not model.supports_effort:
            raise invalid("This model does not support the effort parameter.")
    if config.get("format") is not None:
        _check_format(body, config["format"])
    return effort or model.default_effort


def _check_format(body: dict[str, Any], output_format: Any) -> None:
    path = "output_config.format"
    if (
        not isinstance(output_format, dict)
        or output_format.get("type") != "json_schema"
    ):
        raise invalid(f"{path}.type: Input should be 'json_schema'")
    for name in output_format:
        if name not in ("type", "schema"):
            raise invalid(f"{path}.{name}: Extra inputs are not permitted")
    if not isinstance(output_format.get("schema"), dict):
        raise invalid(f"{path}.schema: Field required")
    if _asks_for_citations(body["messages"]):
        raise invalid("citations cannot be used together with output_config.format")
    complexity = Complexity()
    measure_schema(f"{path}.schema", output_format["schema"], complexity)
    complexity.check()


def _asks_for_citations(value: Any) -> bool:
    if isinstance(value, list):
        return any(_asks_for_citations(item) for item in value)
    if not isinstance(value, dict):
        return False
    citations = value.get("citations")
    if isinstance(citations, dict) and citations.get("enabled"):
        return True
    return _asks_for_citations(value.get("content"))


def measure_schema(path: str, schema: Any, complexity: Complexity) -> None:
    """Check that the API can compile ``schema``; adds to ``complexity``.

    :raise ApiError: 400 for a feature that is not supported
    """
    root = schema if isinstance(schema, dict) else {}
    definitions = {**(root.get("definitions") or {}), **(root.get("$defs") or {})}
    _measure(path, schema, complexity, definitions)
    for name, definition in definitions.items():
        _measure(f"{path}.$defs.{name}", definition, complexity, definitions)
    for name in definitions:
        _check_recursion(path, name, definitions, ())


def _measure(
    path: str, schema: Any, complexity: Complexity, definitions: dict[str, Any]
) -> None:
    if not isinstance(schema, dict):
        raise invalid(f"{path}: Input should be a valid dictionary")
    for key in schema:
        if key not in _KEYS:
            raise invalid(
                f"{path}: For '{_kind(schema)}' type, property '{key}' is not supported"
            )
    _check_reference(path, schema, definitions)
    _check_type(path, schema, complexity)
    _check_scalars(path, schema)
    if schema.get("type") == "object" or "properties" in schema:
        _measure_object(path, schema, complexity, definitions)
    if "items" in schema:
        _measure(f"{path}.items", schema["items"], complexity, definitions)
    if schema.get("minItems") not in (None, 0, 1):
        raise invalid(f"{path}: 'minItems' values other than 0 or 1 are not supported")
    for key in ("anyOf", "allOf"):
        for index, branch in enumerate(schema.get(key) or []):
            if key == "allOf" and isinstance(branch, dict) and "$ref" in branch:
                raise invalid(f"{path}: 'allOf' with '$ref' is not supported")
            _measure(f"{path}.{key}.{index}", branch, complexity, definitions)


def _kind(schema: dict[str, Any]) -> str:
    return str(schema.get("type", "any"))


def _check_type(path: str, schema: dict[str, Any], complexity: Complexity) -> None:
    kinds = schema.get("type")
    if isinstance(kinds, list):
        complexity.unions += 1
    elif kinds is not None:
        kinds = [kinds]
    for kind in kinds or []:
        if kind not in _TYPES:
            raise invalid(f"{path}.type: '{kind}' is not supported")
    if "anyOf" in schema:
        complexity.unions += 1


def _check_scalars(path: str, schema: dict[str, Any]) -> None:
    for value in [*(schema.get("enum") or []), schema.get("const")]:
        if isinstance(value, (dict, list)):
            raise invalid(f"{path}: enum and const support scalar values only")
    if "enum" in schema and not schema["enum"]:
        raise invalid(f"{path}.enum: must not be empty")
    if "format" in schema and schema["format"] not in _FORMATS:
        raise invalid(f"{path}.format: '{schema['format']}' is not supported")
    pattern = schema.get("pattern")
    if pattern is not None:
        if _UNSUPPORTED_PATTERN.search(pattern):
            raise invalid(f"{path}.pattern: unsupported regular expression")
        try:
            re.compile(pattern)
        except re.error as error:
            raise invalid(f"{path}.pattern: {error}") from error


def _measure_object(
    path: str,
    schema: dict[str, Any],
    complexity: Complexity,
    definitions: dict[str, Any],
) -> None:
    if schema.get("additionalProperties") is not False:
        raise invalid(
            f"{path}: For 'object' type, 'additionalProperties' must be explicitly "
            f"set to false"
        )
    properties = schema.get("properties") or {}
    required = schema.get("required") or []
    for name in required:
        if name not in properties:
            raise invalid(f"{path}.required: '{name}' is not a property")
    complexity.optional += len(set(properties) - set(required))
    for name, child in properties.items():
        _measure(f"{path}.properties.{name}", child, complexity, definitions)


def _check_reference(
    path: str, schema: dict[str, Any], definitions: dict[str, Any]
) -> None:
    reference = schema.get("$ref")
    if reference is not None and _referenced(reference) not in definitions:
        raise invalid(f"{path}.$ref: '{reference}' cannot be resolved")


def _referenced(reference: Any) -> str:
    return str(reference).removeprefix("#/$defs/").removeprefix("#/definitions/")


def _check_recursion(
    path: str, name: str, definitions: dict[str, Any], above: tuple[str, ...]
) -> None:
    if name in above:
        raise invalid(f"{path}: recursive schemas are not supported")
    for reference in _references(definitions[name]):
        _check_recursion(path, reference, definitions, (*above, name))


def _references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [name for item in value for name in _references(item)]
    if not isinstance(value, dict):
        return []
    found = [name for item in value.values() for name in _references(item)]
    if isinstance(value.get("$ref"), str):
        found.append(_referenced(value["$ref"]))
    return found
