-- One row per platform, kind and day (UTC) on which our own accounts published; no text.
create view marts.mart_own_posts_daily as
select
    platform,
    kind,
    (coalesce(created_at, ingested_at) at time zone 'UTC')::date as published_on,
    count(*) as posts,
    sum(coalesce((metrics ->> 'likes')::bigint, 0))::bigint as likes,
    sum(
        coalesce((metrics ->> 'shares')::bigint, 0) + coalesce((metrics ->> 'quotes')::bigint, 0)
    )::bigint as shares,
    sum(coalesce((metrics ->> 'replies')::bigint, 0))::bigint as replies,
    sum((metrics ->> 'views')::bigint)::bigint as views
from public.posts
where own and status = 'live' and platform <> 'canary'
group by platform, kind, (coalesce(created_at, ingested_at) at time zone 'UTC')::date;
comment on view marts.mart_own_posts_daily is
'One row per platform, kind and day: posts of our own accounts and the reactions they have by now.';
comment on column marts.mart_own_posts_daily.platform is 'platform of our posts';
comment on column marts.mart_own_posts_daily.kind is 'post, comment or review';
comment on column marts.mart_own_posts_daily.published_on is 'day of publication (UTC)';
comment on column marts.mart_own_posts_daily.posts is 'posts of our own accounts';
comment on column marts.mart_own_posts_daily.likes is 'likes of these posts as last read';
comment on column marts.mart_own_posts_daily.shares is 'shares and quotes of these posts as last read';
comment on column marts.mart_own_posts_daily.replies is 'replies to these posts as last read';
comment on column marts.mart_own_posts_daily.views is 'views as last read; NULL where the platform shows none';
