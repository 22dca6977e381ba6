-- Narratives that hold more live posts than they say. Fewer are right until the next narrate step.
select narratives.narrative_id
from narratives
inner join narrative_posts on narratives.narrative_id = narrative_posts.narrative_id
inner join posts on narrative_posts.post_id = posts.post_id
where posts.status = 'live'
group by narratives.narrative_id, narratives.posts
having count(*) > narratives.posts
