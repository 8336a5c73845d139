// Paged reads across resources.
#pragma once

#include "holdfast/storage.hpp"
#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

/// REQUIRES: inside a transaction.
ListPage list_page(Connection& connection, const ListQuery& query, Instant now);

}  // namespace holdfast::sqlite
