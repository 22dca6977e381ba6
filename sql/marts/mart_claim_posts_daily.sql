-- One row per claim, platform, stance and day (UTC) of publication; no text, no author.
create view marts.mart_claim_posts_daily as
with told as (
    select
        matches.claim_id,
        matches.stance,
        matches.decision,
        posts.platform,
        posts.kept_apart,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, 'unknown') as voice,
        (posts.published_at at time zone 'UTC')::date as published_on
    from public.matches
    inner join staging.stg_posts as posts on matches.post_id = posts.post_id
),

daily as (
    select
        claim_id,
        platform,
        kept_apart,
        stance,
        published_on,
        count(*) as matched_posts,
        count(distinct voice) as voices,
        count(*) filter (where decision = 'alert') as alerting_posts,
        count(distinct voice) filter (where decision = 'alert') as alerting_voices,
        count(*) filter (where decision = 'review') as review_posts,
        count(distinct voice) filter (where decision = 'review') as review_voices
    from told
    group by claim_id, platform, kept_apart, stance, published_on
)

select
    claim_id,
    platform,
    kept_apart,
    stance,
    published_on,
    staging.shown(matched_posts, voices) as matched_posts,
    staging.shown(voices, voices) as voices,
    staging.shown(alerting_posts, alerting_voices) as alerting_posts,
    staging.shown(review_posts, review_voices) as review_posts
from daily;
comment on view marts.mart_claim_posts_daily is
'One row per claim, platform, stance and day of publication (UTC).';
comment on column marts.mart_claim_posts_daily.claim_id is 'slug of the claim';
comment on column marts.mart_claim_posts_daily.platform is 'platform of the posts';
comment on column marts.mart_claim_posts_daily.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_claim_posts_daily.stance is
'what the posts do with the claim: promotes, debunks, questions or neutral';
comment on column marts.mart_claim_posts_daily.published_on is 'day of publication (UTC)';
comment on column marts.mart_claim_posts_daily.matched_posts is
'posts that match the claim; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_claim_posts_daily.voices is 'distinct authors; all unknown ones are one';
comment on column marts.mart_claim_posts_daily.alerting_posts is 'of these posts, those that raised an alert';
comment on column marts.mart_claim_posts_daily.review_posts is 'of these posts, those that a person should look at';
