-- Days of a due hold may be days that are not locked here: its row is, and a delta is right
-- whoever else changes that day.
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
due AS (
  SELECT h.id FROM holdfast.resource_holds h
  WHERE h.resource_id = $1 AND h.status = 'ACTIVE' AND h.expires_at <= (SELECT now FROM clock)
  ORDER BY h.expires_at LIMIT 100 FOR UPDATE),
ended AS (
  UPDATE holdfast.resource_holds h SET status = 'EXPIRED', updated_at = clock.now
  FROM due, clock WHERE h.resource_id = $1 AND h.id = due.id
  RETURNING h.dates, h.quantity),
places AS (
  SELECT day, sum(ended.quantity) AS quantity
  FROM ended CROSS JOIN unnest(ended.dates) AS day GROUP BY day)
UPDATE holdfast.resource_capacity c
SET available_capacity = c.available_capacity + places.quantity
FROM places WHERE c.resource_id = $1 AND c.date = places.day
