-- One row per practice and post of others that names it, while the post is kept; its words redacted, no author.
create view marts.mart_mentions as
select
    mentions.practice_id,
    mentions.kind as named_as,
    mentions.term,
    mentions.sure,
    mentions.p_mention,
    posts.platform,
    stg_posts.kept_apart,
    posts.kind as post_kind,
    posts.lang,
    (stg_posts.published_at at time zone 'UTC')::date as published_on,
    mentions.category,
    mentions.theme,
    mentions.tone,
    mentions.urgency,
    mentions.p_urgent,
    posts.redacted_text
from staging.stg_mentions as mentions
inner join staging.stg_posts on mentions.post_id = stg_posts.post_id
inner join public.posts on mentions.post_id = posts.post_id;
comment on view marts.mart_mentions is
'One row per practice and post that names it: what about, in which tone, whether it can wait, its redacted words.';
comment on column marts.mart_mentions.practice_id is 'the practice that is named';
comment on column marts.mart_mentions.named_as is
'practice, clinician, location, handle or website: the surest of them';
comment on column marts.mart_mentions.term is 'the term of practice.yaml that was found';
comment on column marts.mart_mentions.sure is
'whether the practice is surely meant; else a person has to say it';
comment on column marts.mart_mentions.p_mention is 'probability that this practice is meant';
comment on column marts.mart_mentions.platform is 'platform of the post';
comment on column marts.mart_mentions.kept_apart is
'platform whose posts may not be counted with others: group by it too when you add platforms up; else NULL';
comment on column marts.mart_mentions.post_kind is 'post, comment or review';
comment on column marts.mart_mentions.lang is 'language as the platform reports it';
comment on column marts.mart_mentions.published_on is 'day of publication (UTC)';
comment on column marts.mart_mentions.category is
'praise, complaint, question, press, job or other; NULL where triage has not sorted it or may not';
comment on column marts.mart_mentions.theme is
'access, billing, staff, care, facilities, safety or none; NULL likewise';
comment on column marts.mart_mentions.tone is 'positive, negative, mixed or neutral; NULL likewise';
comment on column marts.mart_mentions.urgency is 'what cannot wait, or routine; NULL where nothing says so';
comment on column marts.mart_mentions.p_urgent is 'probability that it cannot wait';
comment on column marts.mart_mentions.redacted_text is
'title and words of the post, with what points to a person replaced by its kind; NULL until it is screened anew';
