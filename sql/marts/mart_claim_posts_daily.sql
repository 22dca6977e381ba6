-- One row per claim, platform, stance and day (UTC) of publication; no text, no author.
create view marts.mart_claim_posts_daily as
select
    matches.claim_id,
    posts.platform,
    matches.stance,
    (coalesce(posts.created_at, posts.ingested_at) at time zone 'UTC')::date as published_on,
    count(*) as matched_posts,
    count(distinct posts.author_hash) as voices,
    count(*) filter (where matches.decision = 'alert') as alerting_posts,
    count(*) filter (where matches.decision = 'review') as review_posts
from public.matches
inner join public.posts on matches.post_id = posts.post_id
where posts.platform <> 'canary' and not posts.own
group by
    matches.claim_id,
    posts.platform,
    matches.stance,
    (coalesce(posts.created_at, posts.ingested_at) at time zone 'UTC')::date;
comment on view marts.mart_claim_posts_daily is
'One row per claim, platform, stance and day of publication (UTC).';
