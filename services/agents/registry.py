"""Finds the agents: every module below this folder may hold one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from .agent import Agent


def agents_in(package: ModuleType) -> dict[str, Agent]:
    """Return the agents that the modules of ``package`` define, by name.

    :raises ValueError: when two agents claim one name
    """
    found: dict[str, Agent] = {}
    for module_info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(module_info.name)
        for _name, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ != module.__name__ or inspect.isabstract(member):
                continue
            if not issubclass(member, Agent):
                continue
            if member.name in found:
                raise ValueError(f"two agents are called {member.name!r}")
            found[member.name] = member()
    return dict(sorted(found.items()))


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
