-- Alerts that count a post of our own, other than those that tell of the own-post guard's find.
select
    alerts.alert_key,
    posts.post_id
from alerts
inner join alert_posts on alerts.alert_id = alert_posts.alert_id
inner join posts on alert_posts.post_id = posts.post_id
where posts.own and coalesce(alerts.category, '') not like 'own_post:%'
