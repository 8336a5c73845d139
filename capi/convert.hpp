// Requests, from C to C++. Each function checks what it reads and throws Misuse.
#pragma once

#include <string>

#include "check.hpp"
#include "holdfast.h"
#include "holdfast/engine.hpp"
#include "holdfast/operations.hpp"

namespace holdfast::capi {

/// The options without their callbacks; those are the caller's business to wrap.
EngineOptions convert_options(const holdfast_options& options, Check& check);

CreateResource convert(const holdfast_create_resource_request& r, Check& check);
UpdateResource convert(const holdfast_update_resource_request& r, Check& check);
RetrieveResource convert(const holdfast_retrieve_resource_request& r, Check& check);
ListResources convert(const holdfast_list_resources_request& r, Check& check);
DeleteResource convert(const holdfast_delete_resource_request& r, Check& check);
RestoreResource convert(const holdfast_restore_resource_request& r, Check& check);
InitializeCapacity convert(const holdfast_initialize_capacity_request& r, Check& check);
AdjustCapacity convert(const holdfast_adjust_capacity_request& r, Check& check);
CheckAvailability convert(const holdfast_check_availability_request& r, Check& check);
SearchAvailability convert(const holdfast_search_availability_request& r, Check& check);
GetCapacityReport convert(const holdfast_get_capacity_report_request& r, Check& check);
CreateHold convert(const holdfast_create_hold_request& r, Check& check);
CreateHolds convert(const holdfast_create_holds_request& r, Check& check);
ExtendHold convert(const holdfast_extend_hold_request& r, Check& check);
ExtendHolds convert(const holdfast_extend_holds_request& r, Check& check);
ConfirmHold convert(const holdfast_confirm_hold_request& r, Check& check);
ConfirmHolds convert(const holdfast_confirm_holds_request& r, Check& check);
ReleaseHold convert(const holdfast_release_hold_request& r, Check& check);
ReleaseHolds convert(const holdfast_release_holds_request& r, Check& check);
RetrieveHold convert(const holdfast_retrieve_hold_request& r, Check& check);
ListHolds convert(const holdfast_list_holds_request& r, Check& check);
CleanupExpiredHolds convert(const holdfast_cleanup_expired_holds_request& r, Check& check);
CancelAllocation convert(const holdfast_cancel_allocation_request& r, Check& check);
MoveHold convert(const holdfast_move_hold_request& r, Check& check);
MoveAllocation convert(const holdfast_move_allocation_request& r, Check& check);
ListAllocations convert(const holdfast_list_allocations_request& r, Check& check);
CreateBlackout convert(const holdfast_create_blackout_request& r, Check& check);
ListBlackouts convert(const holdfast_list_blackouts_request& r, Check& check);
DeleteBlackout convert(const holdfast_delete_blackout_request& r, Check& check);
Migrate convert(const holdfast_migrate_request& r, Check& check);
Verify convert(const holdfast_verify_request& r, Check& check);
GetMetrics convert(const holdfast_metrics_request& r, Check& check);
Prune convert(const holdfast_prune_request& r, Check& check);

}  // namespace holdfast::capi
