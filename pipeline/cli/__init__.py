"""The command line: every step without Airflow, and looks at what is stored."""
