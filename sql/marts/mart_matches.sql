-- One row per post of others and claim that it matches, while the post is kept; its words redacted, no author.
create view marts.mart_matches as
select
    matches.match_id,
    matches.claim_id,
    claims.claim,
    claims.harm,
    matches.claim_version,
    posts.platform,
    stg_posts.kept_apart,
    posts.kind as post_kind,
    posts.lang,
    (stg_posts.published_at at time zone 'UTC')::date as published_on,
    matches.decision,
    matches.reason,
    matches.stance,
    matches.p_match,
    matches.score,
    matches.matched_text,
    matches.true_statement,
    matches.calibration,
    matches.screened_at,
    posts.redacted_text
from public.matches
inner join staging.stg_posts on matches.post_id = stg_posts.post_id
inner join public.posts on matches.post_id = posts.post_id
left join public.claims
    on
        matches.claim_id = claims.claim_id
        and matches.claim_version = claims.version;
comment on view marts.mart_matches is
'One row per match: a post, the claim that it is about, what it does with it, how sure that is, its redacted words.';
comment on column marts.mart_matches.match_id is 'number of the match; changes when the post is screened again';
comment on column marts.mart_matches.claim_id is 'slug of the claim';
comment on column marts.mart_matches.claim is 'the claim in words, in the version that was matched';
comment on column marts.mart_matches.harm is 'low, medium or high: what belief in it can lead to';
comment on column marts.mart_matches.claim_version is 'version of the claim that was matched';
comment on column marts.mart_matches.platform is 'platform of the post';
comment on column marts.mart_matches.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_matches.post_kind is 'post, comment or review';
comment on column marts.mart_matches.lang is 'language as the platform reports it';
comment on column marts.mart_matches.published_on is 'day of publication (UTC)';
comment on column marts.mart_matches.decision is 'alert, review (a person looks) or counted';
comment on column marts.mart_matches.reason is 'named reason of the decision';
comment on column marts.mart_matches.stance is
'what the post does with the claim: promotes, debunks, questions or neutral';
comment on column marts.mart_matches.p_match is 'probability that the post is about the claim';
comment on column marts.mart_matches.score is 'p_match times the probability that it spreads the claim: what decides';
comment on column marts.mart_matches.matched_text is 'wording of the claim that was nearest; ours, not the post''s';
comment on column marts.mart_matches.true_statement is 'what is so instead';
comment on column marts.mart_matches.calibration is
'version of the thresholds, fitted to reviews, that it was decided by (mart_calibrations); NULL for the policy''s own';
comment on column marts.mart_matches.screened_at is 'clock of the run that judged it, UTC';
comment on column marts.mart_matches.redacted_text is
'title and words of the post, with what points to a person replaced by its kind; NULL until it is screened anew';
