"""Domain experts: what Claude is asked, and how its answer is read.

An agent is one class in one module of this folder; :mod:`.registry` finds it.
"""
