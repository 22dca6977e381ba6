"""Screening: which claims a post repeats, what it does with them, and whether it names the practice. Pure."""
