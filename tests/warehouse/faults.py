"""Faults that no constraint refuses: the check that must catch each, and the statements that plant it."""

from dataclasses import dataclass

_FIRST_POST = "(select min(post_id) from posts where platform = 'x' and not own)"
_OWN_POST = "(select min(post_id) from posts where own)"
_CANARY = "(select min(post_id) from posts where platform = 'canary')"
_MATCH = "(select min(match_id) from matches where stance = 'promotes')"
_MENTION = "(select min(mention_id) from mentions)"
_ALERT = "(select min(alert_id) from alerts where kind = 'misinformation')"
_NARRATIVE = "(select min(narrative_id) from narratives where posts > 1)"
_PLAIN = (
    "(select min(post_id) from posts where platform <> 'canary' and not own"
    " and not exists (select 1 from matches where matches.post_id = posts.post_id)"
    " and not exists (select 1 from mentions where mentions.post_id = posts.post_id))"
)


@dataclass(frozen=True)
class Fault:
    """What is wrong, in words; the check that finds it; and statements, of which the last one plants it."""

    what: str
    check: str
    statements: tuple[str, ...]


def _fault(what: str, check: str, *statements: str) -> Fault:
    return Fault(what, check, statements)


FAULTS = (
    _fault(
        "a debunk may alarm",
        "alarming_matches_promote",
        "update matches set decision = 'alert' where match_id ="
        " (select min(match_id) from matches where stance = 'debunks')",
    ),
    _fault(
        "an erased post kept its author",
        "erased_posts_leave_nothing",
        "insert into tombstones values (repeat('a', 64), 'x', now(), 'gone')",
        f"delete from matches where post_id = {_FIRST_POST}",
        f"delete from mentions where post_id = {_FIRST_POST}",
        f"delete from alert_posts where post_id = {_FIRST_POST}",
        f"delete from narrative_posts where post_id = {_FIRST_POST}",
        "update posts set status = 'gone', text = '', title = null, url = null, redacted_text = null,"
        f" platform_id = repeat('a', 64), screened_key = null where post_id = {_FIRST_POST}",
    ),
    _fault(
        "an erased post is still in a narrative",
        "erased_posts_leave_nothing",
        "insert into tombstones values (repeat('a', 64), 'x', now(), 'gone')",
        "create temporary table erased on commit drop as select min(narrative_posts.post_id) as post_id"
        " from narrative_posts inner join posts on narrative_posts.post_id = posts.post_id where platform = 'x'",
        "delete from matches using erased where matches.post_id = erased.post_id",
        "delete from mentions using erased where mentions.post_id = erased.post_id",
        "delete from alert_posts using erased where alert_posts.post_id = erased.post_id",
        "update posts set status = 'gone', text = '', title = null, url = null, author_hash = null,"
        " redacted_text = null, platform_id = repeat('a', 64), screened_key = null"
        " from erased where posts.post_id = erased.post_id",
    ),
    _fault(
        "an erased post has no tombstone",
        "erased_posts_are_remembered",
        f"delete from narrative_posts where post_id = {_PLAIN}",
        "update posts set status = 'deleted', text = '', title = null, url = null, author_hash = null,"
        f" screened_key = null where post_id = {_PLAIN}",
    ),
    _fault(
        "a read counts new posts below zero and balances all the same",
        "ledger_balances",
        "update ingest_runs set edited_posts = -1, duplicate_posts = duplicate_posts + 1 + edited_posts"
        " where run_id = (select max(run_id) from ingest_runs where source = 'reddit')",
    ),
    _fault(
        "a page was stored and its count was not",
        "ledger_knows_all_posts",
        "update ingest_runs set fetched_posts = fetched_posts - new_posts, new_posts = 0"
        " where source = 'reddit' and new_posts > 0",
    ),
    _fault(
        "a read gives money back",
        "spending_is_counted",
        "update ingest_runs set cost_usd = -5 where run_id = (select max(run_id) from ingest_runs where source = 'x')",
    ),
    _fault(
        "a source was read after its terms were withdrawn",
        "withdrawn_sources_are_not_read",
        "update source_terms set withdrawn_at = accepted_at + interval '1 hour' where source = 'reddit'",
    ),
    _fault(
        "a watermark lies in the next month",
        "watermarks_are_not_ahead",
        "update watermarks set floor_at = floor_at + interval '30 days' where source = 'reddit'",
    ),
    _fault(
        "a gap ends before it begins",
        "coverage_gaps_are_stretches",
        "insert into coverage_gaps (source, query_key, from_at, to_at, reason, found_at)"
        " values ('x', 'q', '2026-10-02', '2026-10-01', 'missed_hours', '2026-10-03')",
    ),
    _fault(
        "a post is from next year",
        "posts_are_not_from_tomorrow",
        f"update posts set created_at = created_at + interval '1 year' where post_id = {_PLAIN}",
    ),
    _fault(
        "words were changed behind the screen step's back",
        "posts_keep_the_words_that_were_screened",
        f"update posts set text = text || ' and more' where post_id = {_PLAIN}",
    ),
    _fault(
        "a match points behind the end of its post",
        "spans_lie_in_their_post",
        f"update matches set span_end = 70000 where match_id = {_MATCH}",
    ),
    _fault(
        "a mention points behind the end of its post",
        "spans_lie_in_their_post",
        f"update mentions set term_end = 70000 where mention_id = {_MENTION}",
    ),
    _fault(
        "a match has no redacted copy",
        "redacted_copies_fit",
        "update posts set redacted_text = null where post_id = (select max(post_id) from matches)",
    ),
    _fault(
        "a post in which nothing was found has a redacted copy",
        "redacted_copies_fit",
        f"update posts set redacted_text = text where post_id = {_PLAIN}",
    ),
    _fault(
        "a post that nothing was made of kept its words for fifty days",
        "nothing_is_kept_too_long",
        "update posts set ingested_at = ingested_at - interval '50 days', created_at = created_at - interval '50 days'"
        f" where post_id = {_PLAIN}",
    ),
    _fault(
        "a match scores more than its parts",
        "match_scores_agree",
        f"update matches set score = 1, p_match = 0.4 where match_id = {_MATCH}",
    ),
    _fault(
        "a match has a stance that is not the likeliest",
        "match_scores_agree",
        "update matches set stance = 'neutral' where match_id ="
        " (select match_id from matches where stance = 'debunks' order by debunks desc limit 1)",
    ),
    _fault(
        "a category that nobody knows",
        "mention_words_are_known",
        f"update mentions set category = 'grumble' where mention_id = {_MENTION}",
    ),
    _fault(
        "a tone on a platform that allows none",
        "tone_is_allowed",
        "insert into source_uses values ('google_reviews', false, true)",
    ),
    _fault(
        "the guard judged a post of somebody else",
        "own_finds_are_of_own_posts",
        f"update mentions set kind = 'own_post', term = 'diagnosis' where mention_id = {_MENTION}",
    ),
    _fault(
        "a post of our own is counted in an alert",
        "own_posts_alarm_nobody",
        f"update alerts set posts = posts + 1, platforms = array_append(platforms, 'x') where alert_id = {_ALERT}",
        f"insert into alert_posts values ({_ALERT}, {_OWN_POST})",
    ),
    _fault(
        "a canary is counted in an alert",
        "canaries_alarm_nobody",
        f"update alerts set posts = posts + 1, platforms = array_append(platforms, 'canary') where alert_id = {_ALERT}",
        f"insert into alert_posts values ({_ALERT}, {_CANARY})",
    ),
    _fault(
        "an alert says fewer posts than it holds",
        "alerts_count_their_posts",
        "update alerts set posts = 1, voices = 1 where alert_id ="
        " (select alert_id from alert_posts group by alert_id having count(*) > 1 limit 1)",
    ),
    _fault(
        "an alert does not name a platform of its posts",
        "alerts_count_their_posts",
        f"update alerts set platforms = '{{}}' where alert_id = {_ALERT}",
    ),
    _fault(
        "an alert nobody raised",
        "alerts_have_a_history",
        f"delete from alert_events where alert_key = (select alert_key from alerts where alert_id = {_ALERT})",
    ),
    _fault(
        "an alert was resolved at no moment",
        "alert_times_are_in_order",
        "update alerts set resolved_at = null where state = 'resolved'",
    ),
    _fault(
        "an urgent mention was told to nobody",
        "urgent_alerts_are_told",
        "update outbox set alert_keys = '{}' where kind <> 'canary'",
    ),
    _fault(
        "a mail was parked",
        "mail_is_not_stuck",
        "update outbox set state = 'parked' where outbox_id ="
        " (select min(outbox_id) from outbox where kind = 'digest')",
    ),
    _fault(
        "a silence that nobody answers for",
        "silences_have_an_owner",
        "insert into silences (practice_id, kind, owner, reason, starts_at, ends_at, written_at)"
        " values ('larkspur-family-health', 'surge', ' ', 'noise', '2026-10-12', '2026-10-13', '2026-10-12')",
    ),
    _fault(
        "a verdict on no claim",
        "reviews_say_of_what",
        "update reviews set claim_id = null where review_id = (select min(review_id) from reviews)",
    ),
    _fault(
        "a match was decided by thresholds that nobody fitted",
        "matches_name_their_calibration",
        f"update matches set calibration = 7 where match_id = {_MATCH}",
    ),
    _fault(
        "more people confirmed than looked",
        "calibrations_count_their_labels",
        "insert into calibration_fits (scored_by, policy_version, labels, labels_from, labels_until, alerts_gained,"
        " alerts_lost, fitted_at) values ('a/b/c', 'p', 3, '2026-10-01', '2026-10-12', 0, 0, '2026-10-12')",
        "insert into calibrations (version, source, threshold, proven, labels, confirmed)"
        " select version, 'x', 0.5, true, 3, 4 from calibration_fits",
    ),
    _fault(
        "a claim lost its evidence",
        "claims_have_evidence",
        "update claims set evidence = '[]' where claim_id = 'vax-mmr-autism'",
    ),
    _fault(
        "a replaced claim is in force",
        "newest_claims_are_in_force",
        'insert into claims select (jsonb_populate_record(claims, \'{"version": 2, "end_reason": "replaced",'
        ' "ended_at": "2026-10-12T00:00:00Z"}\')).* from claims where claim_id = \'vax-mmr-autism\'',
    ),
    _fault(
        "posts were screened with a claim that never was",
        "claim_sets_name_known_claims",
        "update claim_sets set versions = versions || '{\"no-such-claim\": 1}'",
    ),
    _fault(
        "a vector of no post",
        "vectors_belong_to_posts",
        "insert into vectors (content_hash, model_id, vector) select repeat('b', 64), model_id, vector"
        " from vectors limit 1",
    ),
    _fault(
        "a vector that is not of unit length",
        "vectors_are_of_unit_length",
        "update vectors set vector = vector + vector where ctid = (select min(ctid) from vectors)",
    ),
    _fault(
        "a narrative says fewer posts than it holds",
        "narratives_count_their_posts",
        f"update narratives set posts = 1, voices = 1 where narrative_id = {_NARRATIVE}",
    ),
    _fault(
        "a merged narrative leads nowhere",
        "merged_narratives_lead_on",
        "insert into narratives (narrative_id, posts, voices, merged_into, updated_at)"
        " values ('younger', 0, 0, 'nowhere', '2026-10-12')",
    ),
    _fault(
        "we are part of a narrative",
        "narratives_are_told_by_others",
        f"update narratives set posts = posts + 1 where narrative_id = {_NARRATIVE}",
        f"insert into narrative_posts values ({_OWN_POST}, {_NARRATIVE})",
    ),
    _fault(
        "a platform is counted with others against its terms",
        "platforms_are_kept_apart",
        "update source_uses set combined = false where platform = 'reddit'",
    ),
    _fault(
        "fewer than no followers",
        "own_numbers_are_counts",
        "update account_metrics set value = -1 where metric = 'followers'",
    ),
)
