-- Alerts that hold more posts than they say, or posts of a platform that they do not name. Fewer are right: what is
-- erased leaves an alert, and the number of what was told stays.
select alerts.alert_key
from alerts
inner join alert_posts on alerts.alert_id = alert_posts.alert_id
inner join posts on alert_posts.post_id = posts.post_id
group by alerts.alert_key, alerts.posts, alerts.platforms
having count(*) > alerts.posts or not array_agg(posts.platform) <@ alerts.platforms
