-- Days without a row are filled in by the caller.
WITH shelf AS MATERIALIZED (
  SELECT r.is_active, clock.now, (clock.now AT TIME ZONE r.timezone)::date AS today
  FROM holdfast.resources r, (SELECT clock_timestamp() AS now) AS clock
  WHERE r.id = $1 AND r.deleted_at IS NULL),
due AS MATERIALIZED (
  SELECT day, sum(h.quantity) AS quantity
  FROM holdfast.resource_holds h CROSS JOIN unnest(h.dates) AS day
  WHERE h.resource_id = $1 AND h.status = 'ACTIVE' AND h.expires_at <= (SELECT now FROM shelf)
  GROUP BY day),
closed AS MATERIALIZED (
  SELECT b.start_date, b.end_date FROM holdfast.resource_blackouts b
  WHERE b.resource_id = $1 AND b.deleted_at IS NULL
    AND b.end_date >= $2::date AND b.start_date <= $3::date)
SELECT shelf.is_active, shelf.today, c.date, c.max_capacity,
  c.available_capacity + coalesce((SELECT due.quantity FROM due WHERE due.day = c.date), 0),
  EXISTS (SELECT FROM closed WHERE c.date BETWEEN closed.start_date AND closed.end_date)
FROM shelf LEFT JOIN holdfast.resource_capacity c
  ON c.resource_id = $1 AND c.date BETWEEN $2::date AND $3::date
ORDER BY c.date
