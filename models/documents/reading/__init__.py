"""Reads accounting entries as neutral documents: queries here, meaning there."""
