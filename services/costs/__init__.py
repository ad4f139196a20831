"""Figures of the cost dashboard that need no database: forecast and percentiles."""
