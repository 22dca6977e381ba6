"""Tables of what people taught: their reviews, the thresholds that were fitted to them, and which are in force."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from pipeline.warehouse.shapes import MOMENT, column, metadata, one_of, share, surrogate

_FIGURES = tuple(
    (f"{measure}_{when}{end}", f"{words} {spoken}{bound}")
    for measure, words in (
        ("precision", "share of the labelled alerts that were right,"),
        ("recall", "share of the labelled posts that spread a claim which alarmed,"),
    )
    for when, spoken in (("before", "with the thresholds then in force"), ("after", "with this version"))
    for end, bound in (("", ""), ("_low", ", lower end of the 95 % interval"), ("_high", ", upper end of it"))
)

reviews = Table(
    "reviews",
    metadata,
    surrogate("review_id", "surrogate key"),
    column("practice_id", Text, "the practice whose staff decided"),
    column("subject", Text, "match or alert"),
    column("platform", Text, "platform of the reviewed post", null=True),
    column("platform_id", Text, "id of the reviewed post; NULL once it is erased", null=True),
    column("claim_id", Text, "claim of the reviewed match", null=True),
    column("alert_key", Text, "the reviewed alert", null=True),
    column("p_match", Double, "probability of the match when it was reviewed", null=True),
    column("promotes", Double, "probability that the post spreads the claim, likewise", null=True),
    column("source", Text, "source that the reviewed post came from", null=True),
    column("claim_version", Integer, "version of the claim that the person saw", null=True),
    column("scored_by", Text, "encoder, reader and stance model that gave the scores", null=True),
    column("calibration", BigInteger, "version of the calibration that the match was decided by", null=True),
    column("drawn", Text, "how the match came before the person: alert (the clearest of one) or check", null=True),
    column("verdict", Text, "confirmed or rejected"),
    column("reviewed_by", Text, "who decided"),
    column("reviewed_at", MOMENT, "when, UTC"),
    column("note", Text, "why", server_default=""),
    one_of("subject", "match", "alert"),
    one_of("verdict", "confirmed", "rejected"),
    one_of("drawn", "alert", "check"),
    Index("ix_reviews_of_match", "platform", "platform_id", "claim_id", postgresql_where=text("subject = 'match'")),
    Index("ix_reviews_alert_key", "alert_key", postgresql_where=text("alert_key is not null")),
    comment="One row per verdict of a person; nothing that is recomputed touches it.",
)

calibration_fits = Table(
    "calibration_fits",
    metadata,
    surrogate("version", "number of the version; a later one is greater"),
    column("basis", BigInteger, "version then in force; NULL where none was", null=True),
    column("scored_by", Text, "encoder, reader and stance model whose scores were labelled"),
    column("policy_version", Text, "version of the policy table"),
    column("labels", Integer, "labels that were read"),
    column("labels_from", MOMENT, "labels from this moment on, UTC"),
    column("labels_until", MOMENT, "and before this one, UTC"),
    *(column(name, Double, comment, null=True) for name, comment in _FIGURES),
    column("alerts_gained", Integer, "matches of the retained window that would alarm and did not"),
    column("alerts_lost", Integer, "matches of the retained window that alarmed and would not"),
    column("beyond_bounds", Text, "why a person must apply it; empty where it is inside the bounds", server_default=""),
    column("fitted_at", MOMENT, "the clock of the step, UTC"),
    *(share(name) for name, _ in _FIGURES),
    comment="One row per set of thresholds that was fitted to reviews; nothing is overwritten.",
)

calibrations = Table(
    "calibrations",
    metadata,
    column("version", BigInteger, "the set that it belongs to", ForeignKey("calibration_fits.version")),
    column("source", Text, "source whose posts it is for; empty for all", server_default=""),
    column("claim_id", Text, "claim that it is for; empty for all", server_default=""),
    column("threshold", Double, "score (p_match times promotes) from which a match alarms"),
    column("proven", Boolean, "whether labels prove that such alerts are right as often as promised"),
    column("labels", Integer, "labels at or above the threshold"),
    column("confirmed", Integer, "how many of them a person confirmed"),
    PrimaryKeyConstraint("version", "source", "claim_id"),
    comment="One row per fitted threshold of a version; nothing is overwritten.",
)

calibration_acts = Table(
    "calibration_acts",
    metadata,
    surrogate("act_id", "surrogate key"),
    column("act", Text, "apply, undo or dismiss"),
    column(
        "version",
        BigInteger,
        "version in force after it, NULL for none; of a dismissal the version that is not wanted",
        ForeignKey("calibration_fits.version"),
        null=True,
    ),
    column("acted_by", Text, "who did it; the step, where it was inside the bounds"),
    column("acted_at", MOMENT, "when, UTC"),
    column("note", Text, "why", server_default=""),
    one_of("act", "apply", "undo", "dismiss"),
    comment="One row per decision on a version; the newest that is no dismissal says which one is in force.",
)
