-- The status is hidden from the planner in what ends a hold: on an empty table it would take the
-- index of the due holds for the one hold that is meant, and read every hold of the resource.
WITH clock AS MATERIALIZED (SELECT clock_timestamp() AS now),
confirmed AS (
  UPDATE holdfast.resource_holds h SET status = 'CONFIRMED', updated_at = clock.now
  FROM clock WHERE h.resource_id = $1 AND h.id = $2 AND h.holder = $3
    AND h.status || '' = 'ACTIVE' AND h.expires_at > clock.now
  RETURNING h.dates, h.quantity)
INSERT INTO holdfast.resource_allocations (resource_id, id, hold_id, order_id, line_item_id,
  dates, first_date, last_date, quantity, status, created_at)
SELECT $1, $4, $2, $5, $6, dates, dates[1], dates[cardinality(dates)], quantity, 'CONFIRMED',
  clock.now
FROM confirmed, clock
