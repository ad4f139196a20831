"""The direction of imports, checked on the source itself.

Imports point downwards: controllers and wizards, then models, then services. What is
allowed is said in :func:`problems`; tests may import anything. No modules import each
other in a circle, not even for type checkers: :func:`circle`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

LAYERS = {"services": 0, "models": 1, "wizards": 2, "controllers": 2}
TOOLS = frozenset({"dev", "benchmarks", "tests"})
ADDON = "odoo.addons.account_ai"

CLAUDE_FOLDER = "services/claude/"
CLAUDE_PACKAGE = "anthropic"


def check(root: Path) -> list[str]:
    """Return what is wrong in the addon at ``root``, one line for each import, and one
    for a circle."""
    found = circle(root)
    for layer in LAYERS:
        for file in sorted((root / layer).rglob("*.py")):
            path = file.relative_to(root).as_posix()
            found += problems(path, file.read_text(encoding="utf-8"))
    return found


def problems(path: str, source: str) -> list[str]:
    """Return what is wrong with the imports of one file.

    - ``services`` imports neither Odoo nor the addon by its absolute name, because
      importing the addon's package runs all of it.
    - Only ``services/claude`` imports ``anthropic``: every call passes the gateway.
    - No layer imports from one above it or beside it, and none from the tools.

    :param path: of the file, relative to the addon, with slashes
    :param source: what the file holds
    """
    layer = path.partition("/")[0]
    found = []
    for line, name in _imports(path, ast.parse(source, filename=path)):
        module = _inside_addon(name)
        target = _layer_of(module)
        if module.split(".")[0] == CLAUDE_PACKAGE and CLAUDE_FOLDER not in path:
            problem = f"imports {CLAUDE_PACKAGE}; only {CLAUDE_FOLDER} does"
        elif layer == "services" and module.split(".")[0] == "odoo":
            problem = f"imports {module}; services know no Odoo"
        elif layer == "services" and module != name:
            problem = f"imports {name}; services import each other relatively"
        elif target in TOOLS:
            problem = f"imports {module}, which is not shipped"
        elif target in LAYERS and target != layer and _is_upwards(layer, target):
            problem = f"imports {target}, which is not below {layer}"
        elif module == "":
            problem = "imports the addon's own package, which loads all of it"
        else:
            continue
        found.append(f"{path}:{line}: {problem}")
    return found


def circle(root: Path) -> list[str]:
    """Return one line about a circle of imports below ``root``, when there is one.

    Imports in functions and below ``if TYPE_CHECKING`` count too: modules that need
    each other are one idea in two files, or one of them knows too much.
    """
    sources = {
        file.relative_to(root).as_posix(): file.read_text(encoding="utf-8")
        for top in (*LAYERS, "dev", "benchmarks")
        for file in sorted((root / top).rglob("*.py"))
    }
    paths = {
        path.removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path in sources
    }
    imported = TopologicalSorter()
    for path, source in sources.items():
        names = (
            _inside_addon(name) for _line, name in _imports(path, ast.parse(source))
        )
        targets = {_file_of(name.removeprefix("/"), paths) for name in names}
        imported.add(path, *(targets - {None, path}))
    try:
        imported.prepare()
    except CycleError as error:
        return [f"imports in a circle: {' - '.join(error.args[1])}"]
    return []


def _file_of(name: str, paths: dict[str, str]) -> str | None:
    """Return the file of the module that ``name`` is, or is taken from."""
    while name and name not in paths:
        name = name.rpartition(".")[0]
    return paths.get(name)


def _is_upwards(layer: str, target: str) -> bool:
    return LAYERS[target] >= LAYERS[layer]


def _layer_of(module: str) -> str:
    """Return the top folder that a module name means; ``/`` marks the addon."""
    if module.startswith("/"):
        return module[1:].partition(".")[0]
    top = module.partition(".")[0]
    return top if top in TOOLS or top in LAYERS else ""


def _imports(path: str, tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and module of each import; a relative one begins with ``/``."""
    package = path.split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            if not node.level:
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                kept = package[: len(package) - node.level + 1]
                base = [*kept, *filter(None, [node.module])]
                names = ["/" + ".".join([*base, alias.name]) for alias in node.names]
            for name in names:
                yield node.lineno, name


def _inside_addon(module: str) -> str:
    """Return a module's name as if it had been imported relatively.

    The addon's own package becomes the empty text.
    """
    for name in (ADDON, "account_ai"):
        if module == name:
            return ""
        if module.startswith(f"{name}."):
            return "/" + module.removeprefix(f"{name}.")
    return module
