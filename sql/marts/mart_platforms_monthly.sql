-- One row per platform and month (UTC) in which anything was heard there; no text, no author.
create view marts.mart_platforms_monthly as
with stances as (
    select
        post_id,
        bool_or(stance = 'promotes') as promotes,
        bool_or(stance = 'debunks') as debunks
    from public.matches
    group by post_id
),

named as (
    select distinct post_id
    from staging.stg_mentions
    where sure
),

heard as (
    select
        posts.platform,
        posts.reactions,
        posts.views,
        stances.post_id is not null as matched,
        coalesce(stances.promotes, false) as promotes,
        coalesce(stances.debunks, false) as debunks,
        named.post_id is not null as naming,
        -- All unknown authors of a platform are one voice.
        coalesce(posts.author_hash, 'unknown') as voice,
        date_trunc('month', posts.published_at at time zone 'UTC')::date as month_on
    from staging.stg_posts as posts
    left join stances on posts.post_id = stances.post_id
    left join named on posts.post_id = named.post_id
),

monthly as (
    select
        platform,
        month_on,
        count(*) as heard_posts,
        count(*) filter (where matched) as matched_posts,
        count(*) filter (where promotes) as promoting_posts,
        count(*) filter (where debunks) as debunking_posts,
        count(*) filter (where naming) as mentioning_posts,
        count(distinct voice) as voices,
        count(distinct voice) filter (where matched) as matched_voices,
        count(distinct voice) filter (where promotes) as promoting_voices,
        count(distinct voice) filter (where debunks) as debunking_voices,
        count(distinct voice) filter (where naming) as mentioning_voices,
        coalesce(sum(reactions) filter (where promotes), 0)::bigint as promoting_reactions,
        (sum(views) filter (where promotes))::bigint as promoting_views
    from heard
    group by platform, month_on
)

select
    platform,
    month_on,
    staging.shown(heard_posts, voices) as heard_posts,
    staging.shown(matched_posts, matched_voices) as matched_posts,
    staging.shown(promoting_posts, promoting_voices) as promoting_posts,
    staging.shown(debunking_posts, debunking_voices) as debunking_posts,
    staging.shown(mentioning_posts, mentioning_voices) as mentioning_posts,
    staging.shown(voices, voices) as voices,
    staging.shown(promoting_voices, promoting_voices) as promoting_voices,
    staging.shown(promoting_reactions, promoting_voices) as promoting_reactions,
    staging.shown(promoting_views, promoting_voices) as promoting_views
from monthly;
comment on view marts.mart_platforms_monthly is
'One row per platform and month: posts heard, posts that tell or refute a claim, posts that name a practice.';
comment on column marts.mart_platforms_monthly.platform is 'platform of the posts';
comment on column marts.mart_platforms_monthly.month_on is 'first day of the month (UTC) of publication';
comment on column marts.mart_platforms_monthly.heard_posts is
'live posts that were stored; this and each number below is NULL where one to four voices stand behind it';
comment on column marts.mart_platforms_monthly.matched_posts is 'of these, posts that match any claim';
comment on column marts.mart_platforms_monthly.promoting_posts is 'of these, posts that spread a claim';
comment on column marts.mart_platforms_monthly.debunking_posts is 'of these, posts that refute a claim';
comment on column marts.mart_platforms_monthly.mentioning_posts is
'of the posts heard, those that surely name a practice';
comment on column marts.mart_platforms_monthly.voices is 'distinct authors of all of them; all unknown ones are one';
comment on column marts.mart_platforms_monthly.promoting_voices is 'distinct authors of the posts that spread a claim';
comment on column marts.mart_platforms_monthly.promoting_reactions is
'likes, shares, quotes and replies of the posts that spread a claim, as last read';
comment on column marts.mart_platforms_monthly.promoting_views is
'views of the posts that spread a claim, as last read; NULL where the platform shows none';
