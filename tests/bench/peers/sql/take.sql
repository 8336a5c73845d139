-- Both writes in one trip: the hold is made only when every day gave its places.
WITH taken AS (
  UPDATE holdfast.resource_capacity SET available_capacity = available_capacity - $3::integer
  WHERE resource_id = $1 AND date = ANY ($2::date[]) AND available_capacity >= $3::integer
  RETURNING 1)
INSERT INTO holdfast.resource_holds (resource_id, id, dates, quantity, customer_email, holder,
  idempotency_token, item_no, fingerprint, status, expires_at, group_id, created_at, updated_at)
SELECT $1, $4, $2::date[], $3::integer, $5, $6, $7, 0, $8, 'ACTIVE',
  clock.now + make_interval(mins => $9::integer), '', clock.now, clock.now
FROM (SELECT clock_timestamp() AS now) AS clock
WHERE (SELECT count(*) FROM taken) = cardinality($2::date[])
