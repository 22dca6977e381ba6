-- One row per narrative, platform and hour (UTC) in which posts of it were written; no text, no author.
create view marts.mart_narrative_posts_hourly as
select
    narrative_posts.narrative_id,
    posts.platform,
    date_trunc('hour', least(coalesce(posts.created_at, posts.ingested_at), posts.ingested_at), 'UTC') as hour_at,
    count(*) as posts,
    count(distinct posts.author_hash) as voices
from public.narrative_posts
inner join public.posts on narrative_posts.post_id = posts.post_id
where posts.status = 'live'
group by
    narrative_posts.narrative_id,
    posts.platform,
    date_trunc('hour', least(coalesce(posts.created_at, posts.ingested_at), posts.ingested_at), 'UTC');
comment on view marts.mart_narrative_posts_hourly is
'One row per narrative, platform and hour (UTC) of writing: posts and known voices.';
