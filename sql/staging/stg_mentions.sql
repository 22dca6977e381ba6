-- One row per practice and post that names it: the surest place, and what triage says of the post.
create view staging.stg_mentions as
select distinct on (mentions.practice_id, mentions.post_id)
    mentions.practice_id,
    mentions.post_id,
    mentions.kind,
    mentions.term,
    mentions.context,
    mentions.p_mention,
    -- mention_sure of Policy: below it a person has to say whether the practice is meant.
    mentions.p_mention >= 0.5 as sure,
    mentions.category,
    mentions.theme,
    mentions.tone,
    mentions.urgency,
    mentions.p_urgent
from public.mentions
where mentions.kind <> 'own_post'
order by mentions.practice_id asc, mentions.post_id asc, mentions.p_mention desc, mentions.mention_id asc;
