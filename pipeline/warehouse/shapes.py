"""What the tables are made of: naming, column and constraint shorthands."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    MetaData,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

MOMENT = TIMESTAMP(timezone=True)
TEXTS = ARRAY(Text)
NOTHING = text("'{}'")


def column(name: str, kind: Any, comment: str, *rules: Any, null: bool = False, **options: Any) -> Column[Any]:  # noqa: ANN401
    """A column with its comment; NOT NULL unless `null`."""
    return Column(name, kind, *rules, nullable=null, comment=comment, **options)


def surrogate(name: str, comment: str) -> Column[Any]:
    """A surrogate primary key that the server counts."""
    return Column(name, BigInteger, Identity(always=True), primary_key=True, comment=comment)


def one_of(name: str, *values: str) -> CheckConstraint:
    """A check that a column holds one of the values (NULL passes)."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{name} in ({listed})", name=name)


def share(name: str) -> CheckConstraint:
    """A check that a column holds a share or probability."""
    return CheckConstraint(f"{name} between 0 and 1", name=name)
