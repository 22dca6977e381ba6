"""The warehouse room: the engine, the shapes of the tables, and all SQL that Python runs."""
