-- Erased posts without a tombstone: the next page would bring them back.
select posts.post_id
from posts
where
    posts.status <> 'live'
    and not exists (select 1 from tombstones where tombstones.post_key = posts.platform_id)
