-- Reads of a source after the operator withdrew the last acceptance of its terms. A recheck may ask what to erase.
with withdrawn as (
    select
        source,
        max(withdrawn_at) as withdrawn_at
    from source_terms
    group by source
    having bool_and(withdrawn_at is not null)
)

select ingest_runs.run_id
from ingest_runs
inner join withdrawn on ingest_runs.source = withdrawn.source
where
    ingest_runs.calls > 0
    and ingest_runs.purpose <> 'recheck'
    and ingest_runs.run_at > withdrawn.withdrawn_at
