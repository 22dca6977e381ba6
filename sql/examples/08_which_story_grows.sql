-- Which stories have most voices, how fast did they grow, and are they about a known claim?
select
    narrative_id,
    claim,
    posts,
    voices,
    platforms,
    first_post_at,
    posts / greatest(extract(epoch from last_post_at - first_post_at)::double precision / 86400, 1) as posts_per_day
from marts.mart_narratives
order by voices desc nulls last, last_post_at desc, narrative_id asc
limit 20
