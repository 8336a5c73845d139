-- The shop's operations inside the database: one call is one statement and one transaction.
-- Each statement of a VOLATILE function has a snapshot of its own under READ COMMITTED, so what
-- follows the locks sees what was committed before they were granted.
CREATE SCHEMA shop;

CREATE FUNCTION shop.expire_due(p_resource text, p_now timestamptz) RETURNS void
LANGUAGE sql AS $$
WITH due AS (
  SELECT h.id FROM holdfast.resource_holds h
  WHERE h.resource_id = p_resource AND h.status = 'ACTIVE' AND h.expires_at <= p_now
  ORDER BY h.expires_at LIMIT 100 FOR UPDATE),
ended AS (
  UPDATE holdfast.resource_holds h SET status = 'EXPIRED', updated_at = p_now
  FROM due WHERE h.resource_id = p_resource AND h.id = due.id
  RETURNING h.dates, h.quantity),
places AS (
  SELECT day, sum(ended.quantity) AS quantity
  FROM ended CROSS JOIN unnest(ended.dates) AS day GROUP BY day)
UPDATE holdfast.resource_capacity c
SET available_capacity = c.available_capacity + places.quantity
FROM places WHERE c.resource_id = p_resource AND c.date = places.day
$$;

CREATE FUNCTION shop.create_hold(
  p_resource text, p_dates date[], p_quantity integer, p_id text, p_email text, p_holder text,
  p_token text, p_fingerprint text, p_ttl_minutes integer,
  OUT outcome text, OUT id text, OUT replayed boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz;
  v_found record;
  v_days integer := cardinality(p_dates);
  v_taken integer;
  v_first boolean := true;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext(p_resource), day - DATE '2000-01-01')
  FROM unnest(p_dates) AS day;
  v_now := clock_timestamp();
  LOOP
    SELECT r.is_active, r.deleted_at IS NOT NULL AS is_deleted,
      p_dates[1] < (v_now AT TIME ZONE r.timezone)::date AS is_past,
      seen.id AS replay_id, seen.fingerprint AS replay_print, days.days_set, days.days_short,
      EXISTS (SELECT FROM holdfast.resource_holds h
        WHERE h.resource_id = p_resource AND h.status = 'ACTIVE'
          AND h.expires_at <= v_now) AS has_due,
      EXISTS (SELECT FROM holdfast.resource_blackouts b JOIN unnest(p_dates) AS day
          ON day BETWEEN b.start_date AND b.end_date
        WHERE b.resource_id = p_resource AND b.deleted_at IS NULL
          AND b.end_date >= p_dates[1]) AS is_blackout
    INTO v_found
    FROM holdfast.resources r
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE c.max_capacity > 0) AS days_set,
        count(*) FILTER (WHERE c.available_capacity < p_quantity) AS days_short
      FROM holdfast.resource_capacity c
      WHERE c.resource_id = p_resource AND c.date = ANY (p_dates)) AS days
    LEFT JOIN LATERAL (
      SELECT h.id, h.fingerprint FROM holdfast.resource_holds h
      WHERE h.resource_id = p_resource AND h.idempotency_token = p_token AND h.item_no >= 0
      ORDER BY h.item_no LIMIT 1) AS seen ON true
    WHERE r.id = p_resource;
    EXIT WHEN v_found.replay_id IS NOT NULL OR v_found.has_due IS NOT TRUE;
    EXIT WHEN NOT v_first AND v_found.days_short = 0;
    PERFORM shop.expire_due(p_resource, v_now);
    v_first := false;
  END LOOP;

  replayed := v_found.replay_id IS NOT NULL;
  outcome := CASE
    WHEN replayed AND v_found.replay_print = p_fingerprint THEN 'ACCEPTED'
    WHEN replayed THEN 'IDEMPOTENCY_MISMATCH'
    WHEN v_found.is_deleted IS NOT FALSE THEN 'RESOURCE_NOT_FOUND'
    WHEN NOT v_found.is_active THEN 'RESOURCE_INACTIVE'
    WHEN v_found.is_past THEN 'DATE_IN_PAST'
    WHEN v_found.days_set < v_days THEN 'NO_CAPACITY_SET'
    WHEN v_found.is_blackout THEN 'BLACKOUT'
    WHEN v_found.days_short > 0 THEN 'INSUFFICIENT_CAPACITY'
    ELSE 'ACCEPTED' END;
  id := v_found.replay_id;
  IF replayed OR outcome <> 'ACCEPTED' THEN RETURN; END IF;

  UPDATE holdfast.resource_capacity SET available_capacity = available_capacity - p_quantity
  WHERE resource_id = p_resource AND date = ANY (p_dates) AND available_capacity >= p_quantity;
  GET DIAGNOSTICS v_taken = ROW_COUNT;
  IF v_taken <> v_days THEN
    RAISE EXCEPTION 'a day lost its places under the lock';
  END IF;
  INSERT INTO holdfast.resource_holds (resource_id, id, dates, quantity, customer_email, holder,
    idempotency_token, item_no, fingerprint, status, expires_at, group_id, created_at, updated_at)
  VALUES (p_resource, p_id, p_dates, p_quantity, p_email, p_holder, p_token, 0, p_fingerprint,
    'ACTIVE', v_now + make_interval(mins => p_ttl_minutes), '', v_now, v_now);
  id := p_id;
END
$$;

CREATE FUNCTION shop.refusal_of(p_status text) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
SELECT CASE p_status WHEN 'CONFIRMED' THEN 'ALREADY_CONFIRMED' WHEN 'RELEASED' THEN 'HOLD_RELEASED'
  WHEN 'EXPIRED' THEN 'HOLD_EXPIRED' WHEN 'ACTIVE' THEN 'HOLD_EXPIRED' ELSE 'HOLD_NOT_FOUND' END
$$;

-- The status is hidden from the planner in what ends a hold: on an empty table it would take the
-- index of the due holds for the one hold that is meant, and read every hold of the resource.
CREATE FUNCTION shop.confirm_hold(
  p_resource text, p_hold text, p_holder text, p_id text, p_order text, p_line text,
  OUT outcome text, OUT id text, OUT replayed boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := clock_timestamp();
  v_hold record;
BEGIN
  UPDATE holdfast.resource_holds h SET status = 'CONFIRMED', updated_at = v_now
  WHERE h.resource_id = p_resource AND h.id = p_hold AND h.holder = p_holder
    AND h.status || '' = 'ACTIVE' AND h.expires_at > v_now
  RETURNING h.dates, h.quantity INTO v_hold;
  replayed := NOT FOUND;
  IF NOT replayed THEN
    INSERT INTO holdfast.resource_allocations (resource_id, id, hold_id, order_id, line_item_id,
      dates, first_date, last_date, quantity, status, created_at)
    VALUES (p_resource, p_id, p_hold, p_order, p_line, v_hold.dates, v_hold.dates[1],
      v_hold.dates[cardinality(v_hold.dates)], v_hold.quantity, 'CONFIRMED', v_now);
    outcome := 'ACCEPTED';
    id := p_id;
    RETURN;
  END IF;
  SELECT h.status, a.id AS allocation_id, a.order_id, a.line_item_id INTO v_hold
  FROM holdfast.resource_holds h LEFT JOIN holdfast.resource_allocations a
    ON a.resource_id = h.resource_id AND a.hold_id = h.id AND a.hold_id <> ''
  WHERE h.resource_id = p_resource AND h.id = p_hold AND h.holder = p_holder;
  IF v_hold.status = 'CONFIRMED' AND v_hold.order_id = p_order AND v_hold.line_item_id = p_line THEN
    outcome := 'ACCEPTED';
    id := v_hold.allocation_id;
  ELSE
    outcome := shop.refusal_of(v_hold.status);
  END IF;
END
$$;

CREATE FUNCTION shop.release_hold(
  p_resource text, p_hold text, p_holder text,
  OUT outcome text, OUT id text, OUT replayed boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  v_now timestamptz := clock_timestamp();
  v_hold record;
BEGIN
  UPDATE holdfast.resource_holds h SET status = 'RELEASED', updated_at = v_now
  WHERE h.resource_id = p_resource AND h.id = p_hold AND h.holder = p_holder
    AND h.status || '' = 'ACTIVE' AND h.expires_at > v_now
  RETURNING h.dates, h.quantity INTO v_hold;
  replayed := NOT FOUND;
  id := p_hold;
  IF replayed THEN
    SELECT h.status INTO v_hold FROM holdfast.resource_holds h
    WHERE h.resource_id = p_resource AND h.id = p_hold AND h.holder = p_holder;
    outcome := CASE v_hold.status
      WHEN 'RELEASED' THEN 'ACCEPTED' ELSE shop.refusal_of(v_hold.status) END;
    RETURN;
  END IF;
  UPDATE holdfast.resource_capacity SET available_capacity = available_capacity + v_hold.quantity
  WHERE resource_id = p_resource AND date = ANY (v_hold.dates);
  outcome := 'ACCEPTED';
END
$$;
