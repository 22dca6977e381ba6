-- One row per public post of others: no canary, none of our own accounts, no words.
create view staging.stg_posts as
select
    posts.post_id,
    posts.platform,
    posts.platform_id,
    posts.source,
    posts.kind,
    posts.lang,
    posts.author_hash,
    posts.created_at,
    posts.ingested_at,
    posts.backfilled,
    case when not source_uses.combined then posts.platform end as kept_apart,
    -- A post that says it is from tomorrow counts for the moment it was stored.
    least(coalesce(posts.created_at, posts.ingested_at), posts.ingested_at) as published_at,
    coalesce((posts.metrics ->> 'likes')::bigint, 0)
    + coalesce((posts.metrics ->> 'shares')::bigint, 0)
    + coalesce((posts.metrics ->> 'quotes')::bigint, 0)
    + coalesce((posts.metrics ->> 'replies')::bigint, 0) as reactions,
    (posts.metrics ->> 'views')::bigint as views
from public.posts
left join public.source_uses on posts.platform = source_uses.platform
where posts.status = 'live' and posts.platform <> 'canary' and not posts.own;
