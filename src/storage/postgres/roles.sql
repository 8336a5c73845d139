-- Three roles for a shop's database, so that a leaked password is worth as little as possible:
--
--   holdfast_owner   owns the schema; migrate() is run as it, and nothing else
--   holdfast_app     what the shop's processes are members of: books, and cannot change the schema,
--                    rewrite who holds what, or remove a booking
--   holdfast_read    availability and reports; no ids, no e-mail addresses, no tokens
--
-- Run it as a superuser on the shop's database, once before the first migrate() and once after
-- each; again does no harm. The roles cannot log in; give them members:
--
--   CREATE ROLE shop_migrate LOGIN IN ROLE holdfast_owner;
--   ALTER ROLE shop_migrate SET role = 'holdfast_owner';
--   CREATE ROLE shop LOGIN IN ROLE holdfast_app;
--
-- Any role may take advisory locks, also the ones that bookings wait for. Where other programs of
-- the server are not trusted that far:
--
--   REVOKE EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_try_advisory_lock(bigint),
--     pg_advisory_xact_lock(bigint), pg_try_advisory_xact_lock(bigint) FROM PUBLIC;
--   GRANT EXECUTE ON FUNCTION pg_advisory_xact_lock(bigint), pg_try_advisory_xact_lock(bigint)
--     TO holdfast_owner, holdfast_app;

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['holdfast_owner', 'holdfast_app', 'holdfast_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
      EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN', name);
    END IF;
  END LOOP;
END
$$;

CREATE SCHEMA IF NOT EXISTS holdfast AUTHORIZATION holdfast_owner;
REVOKE ALL ON SCHEMA holdfast FROM PUBLIC;
GRANT USAGE ON SCHEMA holdfast TO holdfast_app, holdfast_read;

DO $$
BEGIN
  IF pg_catalog.to_regclass('holdfast.schema_info') IS NULL THEN
    RAISE NOTICE 'there are no tables yet: migrate as holdfast_owner, then run this again';
    RETURN;
  END IF;

  GRANT SELECT ON ALL TABLES IN SCHEMA holdfast TO holdfast_app;
  GRANT INSERT ON holdfast.resources, holdfast.resource_capacity, holdfast.resource_holds,
    holdfast.resource_allocations, holdfast.resource_blackouts, holdfast.commands TO holdfast_app;
  GRANT UPDATE (type, name, description, metadata, timezone, is_active, updated_at, deleted_at)
    ON holdfast.resources TO holdfast_app;
  GRANT UPDATE (max_capacity, available_capacity) ON holdfast.resource_capacity TO holdfast_app;
  GRANT UPDATE (dates, quantity, customer_email, status, expires_at, updated_at)
    ON holdfast.resource_holds TO holdfast_app;
  GRANT UPDATE (dates, first_date, last_date, quantity, status, cancelled_at)
    ON holdfast.resource_allocations TO holdfast_app;
  GRANT UPDATE (deleted_at) ON holdfast.resource_blackouts TO holdfast_app;
  -- What prune() removes. A booking is never removed.
  GRANT DELETE ON holdfast.resource_holds, holdfast.resource_blackouts, holdfast.commands
    TO holdfast_app;

  GRANT SELECT ON holdfast.schema_info, holdfast.resources, holdfast.resource_capacity,
    holdfast.resource_blackouts TO holdfast_read;
  GRANT SELECT (resource_id, dates, quantity, status, expires_at, created_at, updated_at)
    ON holdfast.resource_holds TO holdfast_read;
  GRANT SELECT (resource_id, dates, first_date, last_date, quantity, status, created_at,
    cancelled_at) ON holdfast.resource_allocations TO holdfast_read;
END
$$;
