// What readers see: days, calendars, reports, and holds as they are at an instant.
#pragma once

#include <string>

#include "holdfast/operations.hpp"
#include "holdfast/storage.hpp"

namespace holdfast::core {

/// One answer for each day of `range`. REQUIRES: `key` was read with that range, and its resource
/// exists. With `consecutive_days` > 0 also the days on which such a stay can start.
Availability availability(const KeySnapshot& key, DateRange range, std::int32_t quantity,
                          std::int32_t consecutive_days);

CapacityReport report(const KeySnapshot& key, DateRange range);

/// As a reader at `now` sees it: a due ACTIVE hold is EXPIRED.
Hold as_seen(Hold hold, Instant now);

/// Everything that is wrong with one key's rows; `key` was read with `everything`.
void audit(const KeySnapshot& key, VerifyAnswer& answer);

}  // namespace holdfast::core
