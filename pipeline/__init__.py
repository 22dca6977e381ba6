"""Auscult: hear what the public says about a practice and about health, and tell the people who can answer."""

__version__ = "0.1.0"
