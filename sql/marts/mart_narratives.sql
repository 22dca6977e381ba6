-- One row per narrative in force (posts that tell one story), as it stands; no text, no author.
create view marts.mart_narratives as
select
    narratives.narrative_id,
    nullif(narratives.apart, '') as kept_apart,
    narratives.posts,
    narratives.voices,
    narratives.platforms,
    narratives.claim_id,
    claims.claim,
    narratives.first_post_at,
    narratives.last_post_at,
    (
        select count(*)
        from public.narratives as younger
        where younger.merged_into = narratives.narrative_id
    ) as merged_narratives,
    narratives.updated_at
from public.narratives
left join public.claims
    on
        narratives.claim_id = claims.claim_id
        and claims.ended_at is null
-- One that became part of another, or whose posts are all erased, is no story any more.
where narratives.merged_into is null and narratives.posts > 0;
comment on view marts.mart_narratives is
'One row per narrative in force: how many posts, by how many voices, where, since when, and the claim it is about.';
