-- Every check of a hold in one trip. It is a statement after the locks, so its snapshot is too.
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now)
SELECT r.is_active, r.deleted_at IS NOT NULL AS is_deleted,
  ($2::date[])[1] < (clock.now AT TIME ZONE r.timezone)::date AS is_past,
  seen.id AS replay_id, seen.fingerprint AS replay_print, days.days_set, days.days_short,
  EXISTS (SELECT FROM holdfast.resource_holds h
    WHERE h.resource_id = $1 AND h.status = 'ACTIVE'
      AND h.expires_at <= (SELECT now FROM clock)) AS has_due,
  EXISTS (SELECT FROM holdfast.resource_blackouts b JOIN unnest($2::date[]) AS day
      ON day BETWEEN b.start_date AND b.end_date
    WHERE b.resource_id = $1 AND b.deleted_at IS NULL
      AND b.end_date >= ($2::date[])[1]) AS is_blackout
FROM clock CROSS JOIN holdfast.resources r
CROSS JOIN LATERAL (
  SELECT count(*) FILTER (WHERE c.max_capacity > 0) AS days_set,
    count(*) FILTER (WHERE c.available_capacity < $3::integer) AS days_short
  FROM holdfast.resource_capacity c
  WHERE c.resource_id = $1 AND c.date = ANY ($2::date[])) AS days
LEFT JOIN LATERAL (
  SELECT h.id, h.fingerprint FROM holdfast.resource_holds h
  WHERE h.resource_id = $1 AND h.idempotency_token = $4 AND h.item_no >= 0
  ORDER BY h.item_no LIMIT 1) AS seen ON true
WHERE r.id = $1
