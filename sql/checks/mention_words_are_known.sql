-- Mentions with a category or a tone that no view, rule or chart knows.
select mention_id
from mentions
where
    (kind <> 'own_post' and category not in ('praise', 'complaint', 'question', 'press', 'job', 'other'))
    or tone not in ('positive', 'negative', 'mixed', 'neutral')
