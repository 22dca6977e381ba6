-- Mentions with a category, a theme or a tone on a platform whose terms do not let us derive one.
select mentions.mention_id
from mentions
inner join posts on mentions.post_id = posts.post_id
inner join source_uses on posts.platform = source_uses.platform
where
    not source_uses.tone
    and (mentions.category is not null or mentions.theme is not null or mentions.tone is not null)
