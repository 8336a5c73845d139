// Ranges of days, days that are closed, and whose day it is.
#include "wall.hpp"

namespace holdfast::test {
namespace {

Reply<BlackoutAnswer> close(Engine& host, const std::string& resource_id, Date first, Date last) {
  return host.create_blackout(
      {.resource_id = resource_id, .start_date = first, .end_date = last, .reason = "closed"});
}

/// What each day of a range is: `free`, or why not.
std::string look(Engine& host, const std::string& resource_id, Date first, Date last) {
  std::string out;
  for (const auto& seen :
       accepted(host.check_availability(
                    {.resource_id = resource_id, .start_date = first, .end_date = last}))
           .days) {
    out += (out.empty() ? "" : " ") + std::string(seen.is_available ? "free" : name(seen.reason));
  }
  return out;
}

WALL(
    "WooCommerce Accommodation Bookings", "285",
    "a stay that spans a booked one is not seen to collide with it",
    "https://github.com/woocommerce/woocommerce-accommodation-bookings/issues/285",
    "one night more than the booked stay: INSUFFICIENT_CAPACITY; nights that stand in the way: 3") {
  const auto room = add_resource(*shop, 1);
  booked(*shop, room, days(10, 12), "order 1");
  const auto spanning = try_hold(*shop, room, days(10, 13));
  return told({{"one night more than the booked stay", spanning},
               {"nights that stand in the way", refused(spanning).days.size()}});
}

WALL("CommonsBooking", "1900", "the middle of a booking of several days can be booked again",
     "https://github.com/wielebenwir/commonsbooking/issues/1900",
     "the day in the middle: INSUFFICIENT_CAPACITY; the day after: ACCEPTED") {
  const auto item = add_resource(*shop, 1);
  booked(*shop, item, days(25, 27), "order 1");
  return told({{"the day in the middle", try_hold(*shop, item, {day(26)})},
               {"the day after", try_hold(*shop, item, {day(28)})}});
}

WALL("JetBooking", "3755", "the night before a booked night cannot be sold",
     "https://github.com/Crocoblock/suggestions/issues/3755",
     "the night before: ACCEPTED; the night itself: INSUFFICIENT_CAPACITY; the night after: "
     "ACCEPTED") {
  const auto room = add_resource(*shop, 1);
  booked(*shop, room, {day(5)}, "order 1");
  return told({{"the night before", try_hold(*shop, room, {day(4)})},
               {"the night itself", try_hold(*shop, room, {day(5)})},
               {"the night after", try_hold(*shop, room, {day(6)})}});
}

WALL("cal.com", "244",
     "a date that is not offered can be booked all the same by writing it into the request",
     "https://github.com/calcom/cal.diy/issues/244",
     "a closed day: BLACKOUT; a day without places: NO_CAPACITY_SET; a day that is past: "
     "DATE_IN_PAST") {
  const auto slots = add_resource(*shop, 1);
  accepted(close(*shop, slots, day(1), day(1)));
  return told({{"a closed day", try_hold(*shop, slots, {day(1)})},
               {"a day without places", try_hold(*shop, slots, {day(60)})},
               {"a day that is past", try_hold(*shop, slots, {on("2026-02-01")})}});
}

WALL("LibreBooking", "1224", "in a week that is closed in part nothing can be booked",
     "https://github.com/LibreBooking/librebooking/issues/1224",
     "Monday to Friday: free free BLACKOUT BLACKOUT BLACKOUT; Tuesday: ACCEPTED; "
     "Tuesday to Wednesday: BLACKOUT") {
  const auto room = add_resource(*shop, 2);
  accepted(close(*shop, room, day(2), day(13)));
  return told({{"Monday to Friday", look(*shop, room, day(0), day(4))},
               {"Tuesday", try_hold(*shop, room, {day(1)})},
               {"Tuesday to Wednesday", try_hold(*shop, room, days(1, 2))}});
}

WALL("Yale Reservations", "1645", "a closure is put over reservations without a word",
     "https://github.com/YaleSTC/reservations/issues/1645",
     "closed over them: BLACKOUT_CONFLICT; holds it names: 1; bookings it names: 1; the day is: "
     "free") {
  const auto camera = add_resource(*shop, 3);
  hold(*shop, camera, {day(0)});
  booked(*shop, camera, days(0, 1), "order 1");
  const auto closed = close(*shop, camera, day(0), day(2));
  return told({{"closed over them", closed},
               {"holds it names", refused(closed).holds.size()},
               {"bookings it names", refused(closed).allocations.size()},
               {"the day is", look(*shop, camera, day(0), day(0))}});
}

WALL("Yale Reservations", "1489", "reservations that are long over prevent a closure",
     "https://github.com/YaleSTC/reservations/issues/1489",
     "closed where all is cancelled, given back or expired: ACCEPTED; the day is: BLACKOUT") {
  const auto camera = add_resource(*shop, 3);
  accepted(cancel(*shop, booked(*shop, camera, {day(0)}, "order 1")));
  accepted(release(*shop, hold(*shop, camera, {day(0)})));
  hold(*shop, camera, {day(0)});
  let_holds_expire(shop);
  return told({{"closed where all is cancelled, given back or expired",
                close(*shop, camera, day(0), day(2))},
               {"the day is", look(*shop, camera, day(0), day(0))}});
}

WALL("Easy!Appointments", "961",
     "who books from a zone where it is still yesterday gets another day than they chose",
     "https://github.com/alextselegidis/easyappointments/issues/961",
     "2026-02-03 in Melbourne: ACCEPTED; the day held: 2026-02-03; "
     "2026-02-02 there: DATE_IN_PAST; in Los Angeles, where it is today: ACCEPTED") {
  const auto provider_in = [&](const std::string& zone) {
    return add_resource(*shop, 1, on("2026-02-02"), on("2026-02-03"), "GUIDE", zone);
  };
  const auto melbourne = provider_in("Australia/Melbourne");
  const auto chosen = try_hold(*shop, melbourne, {on("2026-02-03")});
  return told({{"2026-02-03 in Melbourne", chosen},
               {"the day held", to_string(chosen->value().hold.dates.at(0))},
               {"2026-02-02 there", try_hold(*shop, melbourne, {on("2026-02-02")})},
               {"in Los Angeles, where it is today",
                try_hold(*shop, provider_in("America/Los_Angeles"), {on("2026-02-02")})}});
}

WALL("cal.com", "10200", "a closure shows on the wrong day where UTC is already on the next",
     "https://github.com/calcom/cal.diy/issues/10200",
     "Kiritimati, UTC+14: free BLACKOUT free; Brisbane, UTC+10: free BLACKOUT free; "
     "Pago Pago, UTC-11: free BLACKOUT free") {
  const auto seen_in = [&](const std::string& zone) {
    const auto resource = add_resource(*shop, 1, day(0), day(2), "TOUR", zone);
    accepted(close(*shop, resource, day(1), day(1)));
    return look(*shop, resource, day(0), day(2));
  };
  return told({{"Kiritimati, UTC+14", seen_in("Pacific/Kiritimati")},
               {"Brisbane, UTC+10", seen_in("Australia/Brisbane")},
               {"Pago Pago, UTC-11", seen_in("Pacific/Pago_Pago")}});
}

WALL("Easy!Appointments", "1168",
     "with the zone set to Sao Paulo one hour can be booked several times",
     "https://github.com/alextselegidis/easyappointments/issues/1168",
     "in Sao Paulo: ACCEPTED; once more: INSUFFICIENT_CAPACITY; in UTC: ACCEPTED; once more there: "
     "INSUFFICIENT_CAPACITY") {
  const auto there = add_resource(*shop, 1, day(0), day(0), "GUIDE", "America/Sao_Paulo");
  const auto utc = add_resource(*shop, 1, day(0), day(0), "GUIDE", "UTC");
  return told({{"in Sao Paulo", try_hold(*shop, there, {day(0)})},
               {"once more", try_hold(*shop, there, {day(0)})},
               {"in UTC", try_hold(*shop, utc, {day(0)})},
               {"once more there", try_hold(*shop, utc, {day(0)})}});
}

}  // namespace
}  // namespace holdfast::test
