-- Narratives that became part of another which is not in force, and those that still hold posts of their own.
select younger.narrative_id
from narratives as younger
left join narratives as older on younger.merged_into = older.narrative_id
where
    younger.merged_into is not null
    and (
        older.narrative_id is null
        or older.merged_into is not null
        or exists (
            select 1
            from narrative_posts
            where narrative_posts.narrative_id = younger.narrative_id
        )
    )
