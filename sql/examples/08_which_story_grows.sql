-- Which stories have most voices, how fast did they grow, and are they about a known claim?
select
    narrative_id,
    claim,
    posts,
    voices,
    platforms,
    first_post_at,
    posts / greatest(extract(epoch from last_post_at - first_post_at) / 86400, 1) as posts_per_day
from marts.mart_narratives
order by voices desc, posts desc
limit 20
