-- Finds of the own-post guard in posts of others: it judges what we write, never what is written to us.
select mentions.mention_id
from mentions
inner join posts on mentions.post_id = posts.post_id
where mentions.kind = 'own_post' and not posts.own
