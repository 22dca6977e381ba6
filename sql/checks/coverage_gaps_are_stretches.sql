-- Coverage gaps that end before they begin: no hour would be drawn as one.
select gap_id
from coverage_gaps
where to_at < from_at
