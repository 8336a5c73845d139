// Every operation of the C ABI, by name.
#pragma once

#define HOLDFAST_EACH_OPERATION(X) \
  X(create_resource)               \
  X(update_resource)               \
  X(retrieve_resource)             \
  X(list_resources)                \
  X(delete_resource)               \
  X(restore_resource)              \
  X(initialize_capacity)           \
  X(adjust_capacity)               \
  X(check_availability)            \
  X(search_availability)           \
  X(get_capacity_report)           \
  X(create_hold)                   \
  X(create_holds)                  \
  X(extend_hold)                   \
  X(extend_holds)                  \
  X(confirm_hold)                  \
  X(confirm_holds)                 \
  X(release_hold)                  \
  X(release_holds)                 \
  X(retrieve_hold)                 \
  X(list_holds)                    \
  X(cleanup_expired_holds)         \
  X(cancel_allocation)             \
  X(move_hold)                     \
  X(move_allocation)               \
  X(list_allocations)              \
  X(create_blackout)               \
  X(list_blackouts)                \
  X(delete_blackout)               \
  X(migrate)                       \
  X(verify)                        \
  X(metrics)                       \
  X(prune)
