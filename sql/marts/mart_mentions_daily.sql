-- One row per practice, platform, urgency and day (UTC) of publication; no text, no author.
create view marts.mart_mentions_daily as
select
    mentions.practice_id,
    posts.platform,
    mentions.urgency,
    (coalesce(posts.created_at, posts.ingested_at) at time zone 'UTC')::date as published_on,
    count(distinct mentions.post_id) as mentioning_posts,
    count(distinct posts.author_hash) as voices
from public.mentions
inner join public.posts on mentions.post_id = posts.post_id
where posts.platform <> 'canary' and not posts.own
group by
    mentions.practice_id,
    posts.platform,
    mentions.urgency,
    (coalesce(posts.created_at, posts.ingested_at) at time zone 'UTC')::date;
comment on view marts.mart_mentions_daily is
'One row per practice, platform, urgency and day of publication (UTC).';
