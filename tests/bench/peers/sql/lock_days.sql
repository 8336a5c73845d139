SELECT pg_advisory_xact_lock(hashtext($1), day - DATE '2000-01-01')
FROM unnest($2::date[]) AS day
