"""Finds the agents: each folder beside this file may hold one, in its ``agent.py``."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

from .agent import Agent


def agents_in(package: ModuleType) -> dict[str, Agent]:
    """Return the agents in the folders of ``package`` by name, in alphabetical order.

    :raises ValueError: when the ``agent.py`` of a folder has not exactly one agent, or
        its name is not that of the folder
    """
    (root,) = map(Path, package.__path__)
    names = sorted(path.parent.name for path in root.glob("*/agent.py"))
    return {name: _agent_in(package, name) for name in names}


def _agent_in(package: ModuleType, name: str) -> Agent:
    module = importlib.import_module(f"{package.__name__}.{name}.agent")
    found = [
        member
        for _name, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Agent)
        and member.__module__ == module.__name__
        and not inspect.isabstract(member)
    ]
    if [each.name for each in found] != [name]:
        raise ValueError(f"{module.__name__} has to hold one agent, called {name!r}")
    return found[0]()


@cache
def agents() -> Mapping[str, Agent]:
    """Return all agents of the product by name, in alphabetical order."""
    package = importlib.import_module(__name__.rpartition(".")[0])
    return MappingProxyType(agents_in(package))


def agent(name: str) -> Agent:
    """Return the agent called ``name``.

    :raises KeyError: when there is none
    """
    return agents()[name]
