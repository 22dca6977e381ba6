-- Posts in a narrative or a live alert together with those of other platforms, which their platform's terms forbid.
select
    narrative_posts.narrative_id as grouped_in,
    posts.post_id
from narrative_posts
inner join narratives on narrative_posts.narrative_id = narratives.narrative_id
inner join posts on narrative_posts.post_id = posts.post_id
inner join source_uses on posts.platform = source_uses.platform
where not source_uses.combined and narratives.apart <> posts.platform
union all
select
    alerts.alert_key as grouped_in,
    posts.post_id
from alert_posts
inner join alerts on alert_posts.alert_id = alerts.alert_id
inner join posts on alert_posts.post_id = posts.post_id
inner join source_uses on posts.platform = source_uses.platform
where
    not source_uses.combined
    and alerts.state <> 'resolved'
    and alerts.platforms <> array[posts.platform]
