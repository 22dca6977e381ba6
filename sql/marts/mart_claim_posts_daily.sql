-- One row per claim, platform, stance and day (UTC) of publication; no text, no author.
create view marts.mart_claim_posts_daily as
with daily as (
    select
        matches.claim_id,
        posts.platform,
        matches.stance,
        (posts.published_at at time zone 'UTC')::date as published_on,
        count(*) as matched_posts,
        count(distinct posts.author_hash) + max((posts.author_hash is null)::int) as voices,
        count(*) filter (where matches.decision = 'alert') as alerting_posts,
        count(*) filter (where matches.decision = 'review') as review_posts
    from public.matches
    inner join staging.stg_posts as posts on matches.post_id = posts.post_id
    group by matches.claim_id, posts.platform, matches.stance, (posts.published_at at time zone 'UTC')::date
)

select
    claim_id,
    platform,
    stance,
    published_on,
    staging.shown(matched_posts, voices) as matched_posts,
    staging.shown(voices, voices) as voices,
    staging.shown(alerting_posts, voices) as alerting_posts,
    staging.shown(review_posts, voices) as review_posts
from daily;
comment on view marts.mart_claim_posts_daily is
'One row per claim, platform, stance and day of publication (UTC).';
comment on column marts.mart_claim_posts_daily.claim_id is 'slug of the claim';
comment on column marts.mart_claim_posts_daily.platform is 'platform of the posts';
comment on column marts.mart_claim_posts_daily.stance is
'what the posts do with the claim: promotes, debunks, questions or neutral';
comment on column marts.mart_claim_posts_daily.published_on is 'day of publication (UTC)';
comment on column marts.mart_claim_posts_daily.matched_posts is 'posts that match the claim; NULL below five voices';
comment on column marts.mart_claim_posts_daily.voices is 'distinct authors; all unknown ones are one';
comment on column marts.mart_claim_posts_daily.alerting_posts is 'of these posts, those that raised an alert';
comment on column marts.mart_claim_posts_daily.review_posts is 'of these posts, those that a person should look at';
