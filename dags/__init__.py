"""The DAGs; a package so that import-linter sees the folder."""
