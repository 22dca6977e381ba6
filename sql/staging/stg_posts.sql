-- One row per public post of others: no canary, none of our own accounts, no words.
create view staging.stg_posts as
select
    post_id,
    platform,
    platform_id,
    source,
    kind,
    lang,
    author_hash,
    created_at,
    ingested_at,
    backfilled,
    -- A post that says it is from tomorrow counts for the moment it was stored.
    least(coalesce(created_at, ingested_at), ingested_at) as published_at,
    coalesce((metrics ->> 'likes')::bigint, 0)
    + coalesce((metrics ->> 'shares')::bigint, 0)
    + coalesce((metrics ->> 'quotes')::bigint, 0)
    + coalesce((metrics ->> 'replies')::bigint, 0) as reactions,
    (metrics ->> 'views')::bigint as views
from public.posts
where status = 'live' and platform <> 'canary' and not own;
