"""Domain experts: what Claude is asked, and how its answer is read.

An agent is one class in the ``agent.py`` of a folder that has its name;
:mod:`.registry` finds it.
"""
