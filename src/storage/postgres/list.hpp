// Paged reads.
#pragma once

#include <optional>

#include "holdfast/storage.hpp"
#include "storage/postgres/connection.hpp"

namespace holdfast::postgres {

/// Queues the read of one page and returns its step. `now` as in Loader::queue.
std::size_t queue_list(Trip& trip, const ListQuery& query, std::optional<Instant> now);
/// REQUIRES: the trip has run without failure. Fills in rows and more.
void take_list(const Trip& trip, std::size_t step, const ListQuery& query, ListPage& page);

}  // namespace holdfast::postgres
