-- One row per narrative in force (posts that tell one story), as it stands; no text, no author.
create view marts.mart_narratives as
select
    narratives.narrative_id,
    nullif(narratives.apart, '') as kept_apart,
    staging.shown(narratives.posts, narratives.voices) as posts,
    staging.shown(narratives.voices, narratives.voices) as voices,
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
comment on column marts.mart_narratives.narrative_id is 'id that stays when posts arrive or another narrative joins';
comment on column marts.mart_narratives.kept_apart is
'platform whose posts may not be counted with others; else NULL';
comment on column marts.mart_narratives.posts is
'live posts that tell it; NULL where one to four voices stand behind it';
comment on column marts.mart_narratives.voices is 'distinct authors among them; NULL likewise';
comment on column marts.mart_narratives.platforms is 'platforms they were published on';
comment on column marts.mart_narratives.claim_id is 'claim that most of its posts match';
comment on column marts.mart_narratives.claim is 'that claim in words; NULL where it is no longer in force';
comment on column marts.mart_narratives.first_post_at is 'earliest publication, UTC';
comment on column marts.mart_narratives.last_post_at is 'latest publication, UTC';
comment on column marts.mart_narratives.merged_narratives is 'narratives that became part of it';
comment on column marts.mart_narratives.updated_at is 'clock of the run that last changed it, UTC';
