-- Posts of our own and canaries in a narrative: it would grow by what we say ourselves.
select narrative_posts.post_id
from narrative_posts
inner join posts on narrative_posts.post_id = posts.post_id
where posts.own or posts.platform = 'canary'
