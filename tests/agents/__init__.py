from . import (
    test_agents_answers,
    test_agents_facts,
    test_agents_new_agent,
    test_agents_prompt,
    test_agents_registry,
)
