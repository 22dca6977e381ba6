-- Alerts that count a canary among the posts of people, or people's posts among canaries.
select
    alerts.alert_key,
    posts.post_id
from alerts
inner join alert_posts on alerts.alert_id = alert_posts.alert_id
inner join posts on alert_posts.post_id = posts.post_id
where (alerts.kind = 'canary') <> (posts.platform = 'canary')
