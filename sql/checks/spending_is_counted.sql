-- Reads that claim to have given money or requests back: the budget of their source would never be used up.
select run_id
from ingest_runs
where calls < 0 or cost_usd < 0 or cost_usd = 'NaN'
