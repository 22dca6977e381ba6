"""Alerts: what deserves a person's time, how it is told, and how it is handed to the mail relay."""
