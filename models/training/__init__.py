"""Fits and measurements on the research sets named by AUSCULT_RESEARCH_DATA; nothing here runs in production."""
