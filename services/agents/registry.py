"""Finds the agents: every module of this folder may hold one."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import MappingProxyType

from .agent import Agent


@cache
def agents() -> MappingProxyType[str, Agent]:
    """Return all agents by name, in alphabetical order.

    :raises ValueError: when two agents claim one name
    """
    package = __name__.rpartition(".")[0]
    found: dict[str, Agent] = {}
    for module_info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        module = importlib.import_module(f"{package}.{module_info.name}")
        for _name, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ != module.__name__ or inspect.isabstract(member):
                continue
            if not issubclass(member, Agent):
                continue
            if member.name in found:
                raise ValueError(f"two agents are called {member.name!r}")
            found[member.name] = member()
    return MappingProxyType(dict(sorted(found.items())))


def agent(name: str) -> Agent:
    """Return the agent called ``name``.

    :raises KeyError: when there is none
    """
    return agents()[name]
