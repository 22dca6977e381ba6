"""What triage says of a mention, what the guard finds in our own posts, and consent to testimonials."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = postgresql.TIMESTAMP(timezone=True)
KINDS = ("practice", "clinician", "location", "handle", "website")
THEMES = ("access", "billing", "staff", "care", "facilities", "safety", "none")
URGENCIES = (
    *("danger_to_life", "adverse_event", "patient_safety", "threat_to_staff", "privacy_breach", "time_critical"),
    "routine",
)
RENAMED = (
    "update mentions set urgency = 'threat_to_staff' where urgency = 'threat'",
    "update mentions set urgency = 'privacy_breach' where urgency = 'privacy'",
)
TABLE_COMMENTS = (
    "One row per place where a post names the practice.",
    "One row per place where a post names the practice, or where the guard stops a post of our own.",
)
COMMENTS = (
    (
        "kind",
        "what is named: practice, clinician, location, handle or website",
        "what is named: practice, clinician, location, handle or website; own_post for a find of the own-post guard",
    ),
    (
        "term",
        "the term of practice.yaml that was found",
        "the term of practice.yaml that was found; of an own_post the guard's rule",
    ),
    (
        "category",
        "triage category; NULL until triage has one",
        "triage: praise, complaint, question, press, job or other, or own_post: and the guard's verdict; NULL for none",
    ),
    (
        "tone",
        "triage tone; NULL until triage has one",
        "triage: positive, negative, mixed or neutral; NULL until triage has one",
    ),
    (
        "urgency",
        "what cannot wait; NULL where nothing says so",
        "what cannot wait, or routine; NULL where nothing says so",
    ),
)


def upgrade() -> None:
    for column in (
        _column("theme", sa.Text(), "triage: what it is about; NULL until triage has one", null=True),
        _column("p_urgent", sa.Double(), "probability that it cannot wait; NULL until triage has one", null=True),
        _column("triage_id", sa.Text(), "triage model that sorted it; NULL where none did", null=True),
    ):
        op.add_column("mentions", column)
    for statement in RENAMED:
        op.execute(statement)
    _set_kinds((*KINDS, "own_post"))
    for name, values in (("theme", THEMES), ("urgency", URGENCIES)):
        op.create_check_constraint(op.f(f"ck_mentions_{name}"), "mentions", _one_of(name, values))
    op.create_check_constraint(op.f("ck_mentions_p_urgent"), "mentions", "p_urgent between 0 and 1")
    _create_testimonials()
    op.create_table_comment("mentions", TABLE_COMMENTS[1], existing_comment=TABLE_COMMENTS[0])
    for name, before, after in COMMENTS:
        op.alter_column("mentions", name, comment=after, existing_comment=before)


def downgrade() -> None:
    # The views are made anew by whoever opens the warehouse next.
    op.execute("drop schema if exists marts cascade")
    for name, before, after in COMMENTS:
        op.alter_column("mentions", name, comment=before, existing_comment=after)
    op.create_table_comment("mentions", TABLE_COMMENTS[0], existing_comment=TABLE_COMMENTS[1])
    op.drop_table("testimonials")
    for name in ("p_urgent", "urgency", "theme"):
        op.drop_constraint(op.f(f"ck_mentions_{name}"), "mentions", type_="check")
    op.execute("delete from mentions where kind = 'own_post'")
    _set_kinds(KINDS)
    for name in ("triage_id", "p_urgent", "theme"):
        op.drop_column("mentions", name)


def _create_testimonials() -> None:
    op.create_table(
        "testimonials",
        sa.Column("testimonial_id", sa.BigInteger(), sa.Identity(always=True), nullable=False, comment="surrogate key"),
        _column("practice_id", sa.Text(), "the practice that asks"),
        _column("platform", sa.Text(), "platform of the post"),
        _column("platform_id", sa.Text(), "id of the post on its platform; never its text, never a handle"),
        _column("asked_at", MOMENT, "when a person said that they had asked its author, UTC"),
        _column("asked_by", sa.Text(), "who asked"),
        _column("consent", sa.Text(), "granted, refused or withdrawn; NULL while there is no answer", null=True),
        _column("recorded_at", MOMENT, "when the answer was recorded, UTC", null=True),
        _column("recorded_by", sa.Text(), "who recorded it", null=True),
        _column("note", sa.Text(), "where the consent is filed; never text of the post", default="''"),
        sa.PrimaryKeyConstraint("testimonial_id", name=op.f("pk_testimonials")),
        sa.UniqueConstraint(
            "practice_id", "platform", "platform_id", name=op.f("uq_testimonials_practice_id_platform_platform_id")
        ),
        sa.CheckConstraint(
            _one_of("consent", ("granted", "refused", "withdrawn")), name=op.f("ck_testimonials_consent")
        ),
        sa.CheckConstraint(
            "num_nonnulls(consent, recorded_at, recorded_by) in (0, 3)", name=op.f("ck_testimonials_recorded")
        ),
        comment=(
            "One row per post whose author was asked for a testimonial. It is erased with the post, but for a granted "
            "consent: its ids stay, because what was published with it must remain provable."
        ),
    )


def _set_kinds(kinds) -> None:
    op.drop_constraint(op.f("ck_mentions_kind"), "mentions", type_="check")
    op.create_check_constraint(op.f("ck_mentions_kind"), "mentions", _one_of("kind", kinds))


def _one_of(name, values) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{name} in ({listed})"


def _column(name, kind, comment, null=False, default=None):
    given = sa.text(default) if default else None
    return sa.Column(name, kind, nullable=null, comment=comment, server_default=given)
