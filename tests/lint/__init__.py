"""Checks that no linter offers; `make lint` runs them."""
