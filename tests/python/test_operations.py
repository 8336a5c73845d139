"""Every operation, waiting and awaited, on every backend: what goes in comes out."""

import datetime

import holdfast
import pytest
from holdfast._convert import json_value
from support import DAY, FIRST, MINUTE, NOON


def test_a_resource_comes_back_with_every_field(shop):
    made = shop.booking.create_resource(
        type="TOUR", name="Reef", description="Wet € 5", metadata={"a": [1, None, "ü"]},
        timezone="Australia/Melbourne", is_active=False)
    resource = made.resource
    assert not made.replayed
    assert (resource.type, resource.name, resource.description) == ("TOUR", "Reef", "Wet € 5")
    assert resource.metadata == {"a": [1, None, "ü"]}
    assert (resource.timezone, resource.is_active) == ("Australia/Melbourne", False)
    assert resource.created_at == resource.updated_at == NOON
    assert resource.created_at.tzinfo is datetime.timezone.utc
    assert resource.deleted_at is None
    assert shop.booking.retrieve_resource(resource_id=resource.id).resource == resource


def test_an_update_changes_what_is_given_and_empties_what_is_empty(shop):
    made = shop.booking.create_resource(type="TOUR", name="Reef", description="Wet").resource
    shop.clock.advance(MINUTE)
    changed = shop.booking.update_resource(
        resource_id=made.id, description="", metadata=[1], is_active=False).resource
    assert (changed.name, changed.description, changed.metadata) == ("Reef", "", [1])
    assert not changed.is_active
    assert (changed.created_at, changed.updated_at) == (NOON, NOON + MINUTE)


def test_delete_is_soft_and_restore_takes_it_back(shop):
    resource = shop.resource()
    assert shop.booking.delete_resource(resource_id=resource).resource.deleted_at == NOON
    assert shop.booking.delete_resource(resource_id=resource).replayed
    assert shop.booking.restore_resource(resource_id=resource).resource.deleted_at is None


def test_lists_are_paged_and_filtered(shop):
    name = f"Page {shop.resource()}"
    made = [shop.resource(name=name) for _ in range(5)]
    first = shop.booking.list_resources(text=name, limit=3)
    rest = shop.booking.list_resources(text=name, limit=3, after=first.next)
    assert sorted(r.id for r in first.items + rest.items) == sorted(made)
    assert first.next and not rest.next
    shop.booking.delete_resource(resource_id=made[0])
    assert len(shop.booking.list_resources(text=name).items) == 4
    assert len(shop.booking.list_resources(text=name, include_deleted=True).items) == 5
    assert shop.booking.list_resources(text=name, type="GUIDE").items == ()
    assert shop.booking.list_resources(text=name, is_active=False).items == ()


def test_capacity_is_set_on_weekdays_and_adjusted(shop):
    resource = shop.resource()
    done = shop.booking.initialize_capacity(
        resource_id=resource, start_date=FIRST, end_date=FIRST + 6 * DAY, daily_capacity=4,
        weekdays=[6, 7])
    assert (done.days_created, done.days_changed, done.replayed) == (2, 0, False)
    again = dict(resource_id=resource, start_date=FIRST, end_date=FIRST + 6 * DAY,
                 daily_capacity=5, on_existing="replace", idempotency_token="t")
    assert shop.booking.initialize_capacity(**again).days_changed == 2
    assert shop.booking.initialize_capacity(**again).replayed
    adjusted = shop.booking.adjust_capacity(resource_id=resource, dates=[FIRST + DAY, FIRST],
                                            delta=-2)
    assert [(day.date, day.max_capacity, day.available_capacity) for day in adjusted.days] \
        == [(FIRST, 3, 3), (FIRST + DAY, 3, 3)]
    assert adjusted.days[0].resource_id == resource and adjusted.days[0].id.startswith("cap_")


def test_availability_says_what_is_left_and_why_not(shop):
    resource = shop.resource(places=2, days=3)
    shop.hold(resource, 0, quantity=2)
    shop.booking.create_blackout(resource_id=resource, start_date=FIRST + DAY,
                                 end_date=FIRST + DAY)
    found = shop.booking.check_availability(
        resource_id=resource, start_date=FIRST, end_date=FIRST + 3 * DAY)
    assert found.resource_id == resource and found.start_dates == ()
    assert [(d.date, d.max_capacity, d.available_capacity, d.is_available, d.reason)
            for d in found.days] == [
        (FIRST, 2, 0, False, "SOLD_OUT"), (FIRST + DAY, 2, 2, False, "BLACKOUT"),
        (FIRST + 2 * DAY, 2, 2, True, None), (FIRST + 3 * DAY, 0, 0, False, "NO_CAPACITY_SET")]


def test_a_search_finds_where_a_stay_can_start(shop):
    ids = sorted([shop.resource(places=2, days=4), shop.resource(places=1, days=4)])
    found = shop.booking.search_availability(
        resource_ids=ids, start_date=FIRST, end_date=FIRST + 3 * DAY, consecutive_days=3)
    assert [one.resource_id for one in found.resources] == ids
    assert found.resources[0].start_dates == (FIRST, FIRST + DAY)
    kind = "T" + ids[0][-20:]
    other = shop.resource(places=1, type=kind)
    of_type = shop.booking.search_availability(type=kind, start_date=FIRST, end_date=FIRST)
    assert [one.resource_id for one in of_type.resources] == [other]


def test_the_report_counts_held_and_booked(shop):
    resource = shop.resource(places=4, days=2)
    shop.booking.confirm_hold(hold_id=shop.hold(resource, 0).id, order_id="o")
    shop.hold(resource, 0, quantity=2)
    report = shop.booking.get_capacity_report(
        resource_id=resource, start_date=FIRST, end_date=FIRST + DAY)
    day = report.days[0]
    assert (day.date, day.max_capacity, day.available_capacity, day.held, day.booked,
            day.blackout, day.utilisation) == (FIRST, 4, 1, 2, 1, False, 0.75)
    assert (report.resource_id, report.max_capacity, report.available_capacity, report.held,
            report.booked, report.utilisation) == (resource, 8, 5, 2, 1, 0.375)


def test_a_hold_comes_back_with_every_field(shop):
    resource = shop.resource(places=4)
    wanted = dict(resource_id=resource, dates=[FIRST + DAY, FIRST], quantity=2, ttl=3 * MINUTE,
                  customer_email="ann@example.com", holder="cart", idempotency_token="t")
    made = shop.booking.create_hold(**wanted)
    hold = made.hold
    assert not made.replayed and hold.id.startswith("hold_")
    assert (hold.resource_id, hold.dates, hold.quantity) == (resource, (FIRST, FIRST + DAY), 2)
    assert (hold.customer_email, hold.holder) == ("ann@example.com", "cart")
    assert (hold.idempotency_token, hold.group_id, hold.status) == ("t", "", "ACTIVE")
    assert (hold.created_at, hold.updated_at) == (NOON, NOON)
    assert hold.expires_at == NOON + 3 * MINUTE
    assert shop.booking.create_hold(**wanted) == holdfast.HoldAnswer(hold, True)
    assert shop.booking.retrieve_hold(hold_id=hold.id, holder="cart").hold == hold
    assert shop.booking.retrieve_hold(hold_id=hold.id, as_host=True).hold == hold


def test_a_group_is_held_extended_confirmed_and_released_together(shop):
    one, two = shop.resource(places=3), shop.resource(places=3)
    items = [holdfast.HoldItem(one, [FIRST], 2), holdfast.HoldItem(two, (FIRST, FIRST + DAY))]
    made = shop.booking.create_holds(items=items, ttl=MINUTE, idempotency_token="group")
    assert [(h.resource_id, h.quantity) for h in made.holds] == [(one, 2), (two, 1)]
    assert made.group_id.startswith("grp_") and not made.replayed
    ids = [hold.id for hold in made.holds]
    extended = shop.booking.extend_holds(hold_ids=ids, ttl=5 * MINUTE)
    assert {hold.expires_at for hold in extended.holds} == {NOON + 5 * MINUTE}
    listed = shop.booking.list_holds(group_id=made.group_id, status="ACTIVE", resource_id=two)
    assert [hold.id for hold in listed.items] == ids[1:]
    booked = shop.booking.confirm_holds(hold_ids=ids, order_id="o", line_item_id="l")
    assert [a.hold_id for a in booked.allocations] == ids and not booked.replayed
    assert shop.booking.confirm_holds(hold_ids=ids, order_id="o", line_item_id="l").replayed
    others = [shop.hold(one).id, shop.hold(two, 1).id]
    released = shop.booking.release_holds(hold_ids=others)
    assert [hold.status for hold in released.holds] == ["RELEASED"] * 2
    assert shop.booking.release_holds(hold_ids=others).replayed


def test_a_hold_is_extended_moved_and_released(shop):
    resource = shop.resource(places=2)
    hold = shop.hold(resource, 0, 1)
    extended = shop.booking.extend_hold(hold_id=hold.id, ttl=60 * MINUTE).hold
    assert extended.expires_at == NOON + 60 * MINUTE
    moved = shop.booking.move_hold(hold_id=hold.id, dates=[FIRST + DAY, FIRST + 2 * DAY],
                                   quantity=2).hold
    assert (moved.dates, moved.quantity) == ((FIRST + DAY, FIRST + 2 * DAY), 2)
    assert (shop.left(resource, 0), shop.left(resource, 1)) == (2, 0)
    assert shop.booking.release_hold(hold_id=hold.id).hold.status == "RELEASED"
    assert shop.left(resource, 1) == 2


def test_a_booking_comes_back_with_every_field_moves_and_is_cancelled(shop):
    resource = shop.resource(places=2)
    hold = shop.hold(resource)
    order = f"order-{hold.id}"
    shop.clock.advance(MINUTE)
    booked = shop.booking.confirm_hold(hold_id=hold.id, order_id=order, line_item_id="l").allocation
    assert booked.id.startswith("alloc_")
    assert (booked.resource_id, booked.hold_id, booked.order_id, booked.line_item_id,
            booked.dates, booked.quantity, booked.status, booked.created_at,
            booked.cancelled_at) == (resource, hold.id, order, "l", (FIRST,), 1, "CONFIRMED",
                                     NOON + MINUTE, None)
    moved = shop.booking.move_allocation(allocation_id=booked.id, dates=[FIRST + DAY]).allocation
    assert (moved.dates, moved.quantity) == ((FIRST + DAY,), 1)
    listed = shop.booking.list_allocations(
        resource_id=resource, order_id=order, line_item_id="l", status="CONFIRMED",
        start_date=FIRST, end_date=FIRST + DAY)
    assert listed == holdfast.Page((moved,), "")
    cancelled = shop.booking.cancel_allocation(allocation_id=booked.id)
    assert cancelled.allocations[0].status == "CANCELLED"
    assert cancelled.allocations[0].cancelled_at == NOON + MINUTE
    again = shop.booking.cancel_allocation(order_id=order, line_item_id="l")
    assert again.replayed and again.allocations == cancelled.allocations
    assert shop.left(resource, 1) == 2


def test_a_blackout_comes_back_with_what_is_inside(shop):
    resource = shop.resource(places=2)
    hold = shop.hold(resource)
    booked = shop.booking.confirm_hold(hold_id=shop.hold(resource).id, order_id="o").allocation
    made = shop.booking.create_blackout(
        resource_id=resource, start_date=FIRST, end_date=FIRST + DAY, reason="storm",
        on_conflict="keep")
    blackout = made.blackout
    assert (made.holds, made.allocations, made.replayed) == ((hold,), (booked,), False)
    assert blackout.id.startswith("blk_")
    assert (blackout.resource_id, blackout.start_date, blackout.end_date, blackout.reason,
            blackout.created_at, blackout.deleted_at) \
        == (resource, FIRST, FIRST + DAY, "storm", NOON, None)
    listed = shop.booking.list_blackouts(resource_id=resource, start_date=FIRST + DAY,
                                         end_date=FIRST + 2 * DAY)
    assert listed.items == (blackout,)
    deleted = shop.booking.delete_blackout(blackout_id=blackout.id)
    assert deleted.blackout.deleted_at == NOON
    assert shop.booking.delete_blackout(blackout_id=blackout.id).replayed


@pytest.mark.parametrize("way", ["blocking", "awaited"])
def test_upkeep_counts_what_it_did(way, fresh_uri):
    from conftest import make_shop
    shop = make_shop(way, fresh_uri)
    assert shop.booking.migrate() == holdfast.Migration(schema_version=1)
    resource = shop.resource(places=3, days=2)
    shop.hold(resource, ttl=MINUTE, customer_email="ann@example.com")
    shop.booking.confirm_hold(hold_id=shop.hold(resource, 1).id, order_id="o")
    shop.clock.advance(2 * MINUTE)
    assert shop.booking.cleanup_expired_holds(limit=10) == holdfast.Cleanup(holds_expired=1)
    assert shop.booking.verify() == holdfast.Verification(
        violations=(), resources=1, days=2, holds=1, allocations=1)
    pruned = shop.booking.prune(erase_customer_email="ann@example.com")
    assert (pruned.emails_erased, pruned.holds_removed) == (1, 0)
    shop.clock.advance(26 * 60 * MINUTE)
    assert shop.booking.prune(older_than=24 * 60 * MINUTE).holds_removed == 1
    metrics = shop.booking.metrics(resource_ids=[resource])
    assert (metrics.holds_requested, metrics.holds_created, metrics.holds_confirmed,
            metrics.holds_expired) == (2, 2, 1, 1)
    assert metrics.commands >= metrics.batches > 0 and metrics.batch_size_max >= 1
    assert metrics.rejections["BLACKOUT"] == 0 and metrics.failures["BUSY"] == 0
    assert metrics.use[0].resource_id == resource
    assert metrics.use[0].days[0].date == datetime.date(2027, 6, 2)
    assert metrics.prometheus.startswith("# HELP holdfast_")
    shop.booking.close()


def test_metadata_is_any_json_value(memory):
    for value in ({}, [], "x", 0, 1.5, True, {"deep": [[[{"é": "\u2028"}]]]}, 2**70):
        made = memory.booking.create_resource(type="T", name="n", metadata=value).resource
        assert made.metadata == value and type(made.metadata) is type(value)
    assert memory.booking.create_resource(type="T", name="n").resource.metadata == {}


def test_an_integer_of_another_host_that_python_will_not_read_does_not_lose_the_answer():
    assert json_value("[" + "9" * 5000 + "]")[0] > 1e300


def test_an_answer_cannot_be_changed(memory):
    hold = memory.hold(memory.resource(places=1))
    with pytest.raises(AttributeError):
        hold.status = "CONFIRMED"
    assert hash(hold) and "status='ACTIVE'" in repr(hold)
