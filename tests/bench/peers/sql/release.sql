WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
released AS (
  UPDATE holdfast.resource_holds h SET status = 'RELEASED', updated_at = clock.now
  FROM clock WHERE h.resource_id = $1 AND h.id = $2 AND h.holder = $3
    AND h.status || '' = 'ACTIVE' AND h.expires_at > clock.now
  RETURNING h.dates, h.quantity)
UPDATE holdfast.resource_capacity c
SET available_capacity = c.available_capacity + released.quantity
FROM released WHERE c.resource_id = $1 AND c.date = ANY (released.dates)
