"""A load test: thousands of mixed calls through the gateway, with every fault injected.

``plan`` says what is asked, the same for the same seed; ``worker`` asks it from a few
processes with several threads each; ``balance`` compares the ledger with what the
simulator says it was asked, did and bills.
"""
