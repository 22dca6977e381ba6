-- One row per narrative, platform and hour (UTC) in which posts of it were written; no text, no author.
create view marts.mart_narrative_posts_hourly as
with hourly as (
    select
        narrative_posts.narrative_id,
        posts.platform,
        date_trunc('hour', posts.published_at, 'UTC') as hour_at,
        count(*) as posts,
        count(distinct posts.author_hash) + max((posts.author_hash is null)::int) as voices
    from public.narrative_posts
    inner join staging.stg_posts as posts on narrative_posts.post_id = posts.post_id
    group by narrative_posts.narrative_id, posts.platform, date_trunc('hour', posts.published_at, 'UTC')
)

select
    narrative_id,
    platform,
    hour_at,
    staging.shown(posts, voices) as posts,
    staging.shown(voices, voices) as voices
from hourly;
comment on view marts.mart_narrative_posts_hourly is
'One row per narrative, platform and hour (UTC) of writing: posts and voices.';
comment on column marts.mart_narrative_posts_hourly.narrative_id is 'the narrative';
comment on column marts.mart_narrative_posts_hourly.platform is 'platform of the posts';
comment on column marts.mart_narrative_posts_hourly.hour_at is 'hour of writing (UTC)';
comment on column marts.mart_narrative_posts_hourly.posts is
'live posts; NULL where one to four voices stand behind it';
comment on column marts.mart_narrative_posts_hourly.voices is
'distinct authors; all unknown ones are one; NULL likewise';
