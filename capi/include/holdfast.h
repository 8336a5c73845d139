/* Holdfast, the booking engine, for C and every language that speaks C.
 *
 * Conventions
 *
 *  1. Every name starts with holdfast_ or HOLDFAST_. C99. No C enum and no bool in the interface:
 *     fixed-width typedefs and #defined values, whose numbers never change and are never reused.
 *     Keep a branch for values you do not know: a newer library may add some.
 *  2. Status says whether the question was answered, outcome says what the answer is. A refusal
 *     ("sold out") is HOLDFAST_STATUS_OK and a result with an outcome, never an error.
 *  3. Structs you fill start with struct_size = sizeof the struct; zero the rest, zero means "not
 *     given". A shorter struct than this header's is read as if its missing end were zero, down to
 *     the size of the first release; a longer one is accepted if its extra bytes are zero. In an
 *     array of structs that you fill, struct_size is also the distance between the elements.
 *     `reserved` fields are zero.
 *  4. Functions that can fail return holdfast_status. Results go to `*_out`, which is NULL, 0 or
 *     untouched on failure. The last argument is a holdfast_error* (struct_size set) or NULL; it is
 *     written on success too.
 *  5. Strings are UTF-8, pointer and size, without NUL inside and not NUL-terminated. An empty
 *     string may have a NULL pointer. Days are days since 1970-01-01 (holdfast_date), instants are
 *     microseconds since 1970-01-01T00:00:00Z (holdfast_instant). Ranges include both ends.
 *  6. Inputs are copied before a call returns. What a result points to lives until
 *     holdfast_result_free, also after the engine is closed. Nothing else is yours to free.
 *  7. Any function may be called from any thread at any time, also while another closes the engine.
 *     An engine is a number, not a pointer: a closed, stale or foreign one is answered with an
 *     error. A result never changes; only freeing it must be the last use of it.
 *  8. The library never prints, aborts on bad input, installs signal handlers or changes the
 *     process. It calls you only through the wake-up, log and clock functions you hand it; these
 *     must not call the library with an engine (HOLDFAST_STATUS_MISUSE) and must not throw.
 *  9. Within one HOLDFAST_ABI_VERSION: functions, values and request fields may be added; nothing
 *     is removed, reordered or resized, and structs that the library fills never change.
 * 10. Not supported through C: storage backends of your own, reading an engine's options back, use
 *     of an engine in a forked child (HOLDFAST_STATUS_MISUSE), unloading the library while an
 *     engine is open, more than 1,024 open engines in a process.
 *
 * Refused with HOLDFAST_STATUS_MISUSE and the name of the field, before anything is copied: NULL
 * where something is needed, a wrong struct_size, invalid UTF-8 or NUL in a string, a string over
 * 1 MiB, an array over 4,096 elements, all strings of a request over 4 MiB, all dates of a request
 * over 65,536, a value outside its #defines. Everything tighter is a rule of the engine and is
 * answered with HOLDFAST_OUTCOME_INVALID_ARGUMENT.
 *
 * `since: 1` (the first HOLDFAST_ABI_VERSION's first release) holds for every function here.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define HOLDFAST_API __attribute__((visibility("default")))
#define HOLDFAST_MUST_USE __attribute__((warn_unused_result))
#else
#define HOLDFAST_API
#define HOLDFAST_MUST_USE
#endif

#ifdef __cplusplus
#define HOLDFAST_NOEXCEPT noexcept
extern "C" {
#else
#define HOLDFAST_NOEXCEPT
#endif

/* Also the shared library's SOVERSION. */
#define HOLDFAST_ABI_VERSION 1

/* ---- vocabulary -------------------------------------------------------------------------------*/

/* An open engine; 0 is none. */
typedef uint64_t holdfast_engine;

/* An answer; see "results". */
typedef struct holdfast_result holdfast_result;

/* 0 or 1. */
typedef int32_t holdfast_bool;

/* A yes or no that may be left open. */
typedef int32_t holdfast_choice;
#define HOLDFAST_UNSET 0
#define HOLDFAST_NO 1
#define HOLDFAST_YES 2

/* A calendar day in a resource's own zone: days since 1970-01-01. */
typedef int32_t holdfast_date;

/* Microseconds since 1970-01-01T00:00:00Z. */
typedef int64_t holdfast_instant;

typedef struct holdfast_str {
  const char* data;
  size_t size; /* bytes */
} holdfast_str;

/* A holdfast_str of a string literal. */
#ifdef __cplusplus
#define HOLDFAST_STR(literal) (holdfast_str{(literal), sizeof(literal) - 1})
#else
#define HOLDFAST_STR(literal) ((holdfast_str){(literal), sizeof(literal) - 1})
#endif

/* Whether the question was answered. */
typedef int32_t holdfast_status;
#define HOLDFAST_STATUS_OK 0
#define HOLDFAST_STATUS_BUSY 1          /* lock timeout, deadlock, a busy file, a full queue */
#define HOLDFAST_STATUS_UNAVAILABLE 2   /* the database cannot be reached or refuses writes now */
#define HOLDFAST_STATUS_UNKNOWN 3       /* connection lost during COMMIT: done or not done */
#define HOLDFAST_STATUS_SCHEMA 4        /* not migrated, newer than the library, not Holdfast's */
#define HOLDFAST_STATUS_CONFIGURATION 5 /* bad address or option, missing privilege or backend */
#define HOLDFAST_STATUS_STORAGE 6       /* a database error that a retry does not cure */
#define HOLDFAST_STATUS_INVARIANT 7     /* a database CHECK was hit: a defect, nothing written */
#define HOLDFAST_STATUS_NO_MEMORY 8
#define HOLDFAST_STATUS_MISUSE 9 /* a call that this interface forbids */
#define HOLDFAST_STATUS_CLOSED 10
#define HOLDFAST_STATUS_INTERNAL 11

/* What may be done about a failure. */
typedef int32_t holdfast_retry;
#define HOLDFAST_RETRY_NEVER 0      /* the same call fails again */
#define HOLDFAST_RETRY_SAFE 1       /* nothing happened: try again */
#define HOLDFAST_RETRY_SAME_TOKEN 2 /* it may have happened: repeat with the same token */

/* The answer. In order of precedence: a request that can be refused for two reasons gets the one
 * that stands first. */
typedef int32_t holdfast_outcome;
#define HOLDFAST_OUTCOME_ACCEPTED 0
#define HOLDFAST_OUTCOME_INVALID_ARGUMENT 1
#define HOLDFAST_OUTCOME_IDEMPOTENCY_MISMATCH 2
#define HOLDFAST_OUTCOME_RESOURCE_NOT_FOUND 3
#define HOLDFAST_OUTCOME_RESOURCE_INACTIVE 4
#define HOLDFAST_OUTCOME_DATE_IN_PAST 5
#define HOLDFAST_OUTCOME_NO_CAPACITY_SET 6
#define HOLDFAST_OUTCOME_BLACKOUT 7
#define HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY 8
#define HOLDFAST_OUTCOME_HOLD_NOT_FOUND 9
#define HOLDFAST_OUTCOME_HOLD_EXPIRED 10
#define HOLDFAST_OUTCOME_HOLD_EXPIRED_AND_TAKEN 11
#define HOLDFAST_OUTCOME_HOLD_RELEASED 12
#define HOLDFAST_OUTCOME_ALREADY_CONFIRMED 13
#define HOLDFAST_OUTCOME_HOLD_LIFETIME_EXCEEDED 14
#define HOLDFAST_OUTCOME_ALLOCATION_NOT_FOUND 15
#define HOLDFAST_OUTCOME_ALREADY_CANCELLED 16
#define HOLDFAST_OUTCOME_CAPACITY_BELOW_BOOKED 17
#define HOLDFAST_OUTCOME_BLACKOUT_NOT_FOUND 18
#define HOLDFAST_OUTCOME_BLACKOUT_CONFLICT 19

typedef int32_t holdfast_hold_status;
#define HOLDFAST_HOLD_ACTIVE 0
#define HOLDFAST_HOLD_CONFIRMED 1
#define HOLDFAST_HOLD_RELEASED 2
#define HOLDFAST_HOLD_EXPIRED 3

typedef int32_t holdfast_allocation_status;
#define HOLDFAST_ALLOCATION_CONFIRMED 0
#define HOLDFAST_ALLOCATION_CANCELLED 1

/* Why a day cannot be booked: the first that applies. */
typedef int32_t holdfast_unavailable;
#define HOLDFAST_UNAVAILABLE_NONE 0
#define HOLDFAST_UNAVAILABLE_INACTIVE 1
#define HOLDFAST_UNAVAILABLE_PAST 2
#define HOLDFAST_UNAVAILABLE_NO_CAPACITY_SET 3
#define HOLDFAST_UNAVAILABLE_BLACKOUT 4
#define HOLDFAST_UNAVAILABLE_SOLD_OUT 5

typedef int32_t holdfast_on_existing;
#define HOLDFAST_ON_EXISTING_KEEP 0
#define HOLDFAST_ON_EXISTING_REPLACE 1

typedef int32_t holdfast_if_expired;
#define HOLDFAST_IF_EXPIRED_REJECT 0
#define HOLDFAST_IF_EXPIRED_RECLAIM 1

typedef int32_t holdfast_on_conflict;
#define HOLDFAST_ON_CONFLICT_REFUSE 0
#define HOLDFAST_ON_CONFLICT_KEEP 1

typedef int32_t holdfast_log_level;
#define HOLDFAST_LOG_DEBUG 0
#define HOLDFAST_LOG_INFO 1
#define HOLDFAST_LOG_WARNING 2
#define HOLDFAST_LOG_ERROR 3

/* Weekdays, to be or-ed. */
#define HOLDFAST_MONDAY 1
#define HOLDFAST_TUESDAY 2
#define HOLDFAST_WEDNESDAY 4
#define HOLDFAST_THURSDAY 8
#define HOLDFAST_FRIDAY 16
#define HOLDFAST_SATURDAY 32
#define HOLDFAST_SUNDAY 64
#define HOLDFAST_EVERY_DAY 127

/* A failure: 256 bytes, yours, nothing to free. Texts are NUL-terminated. If struct_size is wrong
 * the call does nothing, writes nothing here and returns HOLDFAST_STATUS_MISUSE. */
typedef struct holdfast_error {
  uint32_t struct_size;
  holdfast_status status;
  holdfast_retry retry;
  char sqlstate[8]; /* PostgreSQL's five characters, or "" */
  /* With HOLDFAST_RETRY_SAME_TOKEN: the token to repeat with, also when the engine made it; "" if
   * it has more than 63 bytes, which only a token of your own can have. */
  char idempotency_token[64];
  char message[172]; /* one line of English, cut between characters if too long */
} holdfast_error;

/* The names that every layer uses, "INSUFFICIENT_CAPACITY" and so on. Static text; never NULL: for
 * a value that this library does not know, a text that starts with UNKNOWN_. Blocks: no. */
HOLDFAST_API const char* holdfast_status_name(holdfast_status status) HOLDFAST_NOEXCEPT;
HOLDFAST_API const char* holdfast_retry_name(holdfast_retry retry) HOLDFAST_NOEXCEPT;
HOLDFAST_API const char* holdfast_outcome_name(holdfast_outcome outcome) HOLDFAST_NOEXCEPT;
HOLDFAST_API const char* holdfast_hold_status_name(holdfast_hold_status status) HOLDFAST_NOEXCEPT;
HOLDFAST_API const char* holdfast_allocation_status_name(holdfast_allocation_status status)
    HOLDFAST_NOEXCEPT;
/* "" for HOLDFAST_UNAVAILABLE_NONE. */
HOLDFAST_API const char* holdfast_unavailable_name(holdfast_unavailable reason) HOLDFAST_NOEXCEPT;

/* The library's HOLDFAST_ABI_VERSION, and its version as "major.minor.patch" (static text). */
HOLDFAST_API uint32_t holdfast_abi_version(void) HOLDFAST_NOEXCEPT;
HOLDFAST_API const char* holdfast_version_string(void) HOLDFAST_NOEXCEPT;

/* Reads exactly YYYY-MM-DD, years 0001 to 9999.
 * success: *date_out is the day. failure: MISUSE, *date_out untouched. blocks: no. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_parse_date(
    holdfast_str text, holdfast_date* date_out, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Writes YYYY-MM-DD and a NUL; text_size is at least 11.
 * success: text_out is written. failure: MISUSE (also for a day outside the years 0001 to 9999),
 * text_out untouched. blocks: no. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_format_date(
    holdfast_date date, char* text_out, size_t text_size, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* ---- engine -----------------------------------------------------------------------------------*/

/* Called on the library's threads and on callers' threads, also at once; `line` lives for the call.
 * Lines never hold personal data or a password. */
typedef void (*holdfast_log_fn)(void* user_data, holdfast_log_level level, holdfast_str line);

/* Called on one of the library's threads. */
typedef void (*holdfast_wakeup_fn)(void* user_data);

/* The time, for tests. Called on any thread, also at once. */
typedef holdfast_instant (*holdfast_clock_fn)(void* user_data);

/* How to open an engine. 0 is the default of every number. */
typedef struct holdfast_options {
  uint32_t struct_size;
  uint32_t abi_version; /* HOLDFAST_ABI_VERSION */
  /* sqlite:PATH, sqlite::memory:, memory:, postgres://..., postgresql://..., or postgres: and
   * libpq's own key=value text. */
  holdfast_str uri;
  holdfast_str timezone;        /* of resources that name none; default Australia/Brisbane */
  int64_t hold_ttl_ms;          /* default 30 minutes */
  int64_t max_hold_lifetime_ms; /* from a hold's creation to its last extension; default 24 hours */
  int64_t lock_timeout_ms;      /* for a key that another process has locked; default 2,000 */
  int64_t retry_timeout_ms;     /* how long safe failures are tried again; default 10,000 */
  int32_t lanes;                /* transactions at once, 1 to 16; default 2 */
  int32_t readers;              /* threads that serve submitted reads, 1 to 64; default 2 */
  int32_t queue_max;            /* requests waiting; one more is BUSY; default 65,536 */
  uint32_t reserved;
  holdfast_log_fn log; /* NULL: silent */
  void* log_user_data;
  holdfast_clock_fn clock; /* NULL: the database's or the system's clock; tests may put their own */
  void* clock_user_data;
} holdfast_options;

/* Opens an engine on a database. Creates and changes nothing there but an empty SQLite file: see
 * holdfast_migrate.
 * success: *engine_out is open. failure: *engine_out is 0; MISUSE also when abi_version is not the
 * library's. frees: holdfast_close. blocks: while connecting. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_open(const holdfast_options* options, holdfast_engine* engine_out,
              holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Takes no more requests; carries out those that have begun and completes the others with
 * HOLDFAST_STATUS_CLOSED. After it only holdfast_drain, holdfast_set_wakeup and holdfast_close do
 * anything; every other call is answered CLOSED. Again: nothing. A host with submits in flight
 * stops, drains until it gets none, and closes: so each submit is answered exactly once.
 * success: stopped. failure: still open (MISUSE), or already closed (CLOSED).
 * blocks: until what has begun is done. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_stop(holdfast_engine engine, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Stops the engine, drops completions that were not drained, and ends it. Calls of other threads
 * end first, with a real answer or CLOSED; no function you handed in is called after it returns.
 * Closing a closed engine or 0 is OK and does nothing, or waits for the other thread's close.
 * success: closed. failure: MISUSE: not an engine, called from one of your own callbacks, or in a
 * forked child; nothing was done. blocks: until what has begun is done. */
HOLDFAST_API holdfast_status holdfast_close(holdfast_engine engine,
                                            holdfast_error* error) HOLDFAST_NOEXCEPT;

/* ---- submit and drain -------------------------------------------------------------------------*/

/* A finished submit, filled by holdfast_drain. */
typedef struct holdfast_completion {
  uint64_t tag;            /* what was given to the submit */
  holdfast_result* result; /* yours to free; NULL unless error.status is OK */
  holdfast_error error;
} holdfast_completion;

/* Sets the function that is called once when completions become available, and again only after a
 * drain has left none. Have it tell your own thread to drain; it must not do so itself. NULL takes
 * it off.
 * success: set, and no call of an earlier one is running or will come. failure: nothing changed.
 * blocks: while an earlier one is running. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_set_wakeup(holdfast_engine engine, holdfast_wakeup_fn wakeup, void* user_data,
                    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Takes at most `max` completions, oldest first. Drain until fewer than `max` come.
 * success: completions_out[0 .. *count_out) are written, 0 when there is none.
 * failure: *count_out is 0, no completion is lost. frees: each result. blocks: no. */
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_drain(holdfast_engine engine, holdfast_completion* completions_out, size_t max,
               size_t* count_out, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* ---- operations -------------------------------------------------------------------------------
 *
 * Each has two forms with one contract.
 *
 *   holdfast_X(engine, request, result_out, error) waits for the answer.
 *     success: *result_out is the answer, accepted or refused. failure: *result_out is NULL;
 *     error->retry says what may be done. frees: holdfast_result_free. blocks: yes.
 *   holdfast_X_submit(engine, request, tag, error) queues it and returns.
 *     success: exactly one completion with this tag will come from holdfast_drain. failure: none
 *     will; BUSY (retry SAFE) when the queue is full. blocks: no.
 *
 * The comment of each request says what the result holds when it is accepted, by the accessors of
 * "results", and which outcomes it can be refused with beside INVALID_ARGUMENT.
 *
 * idempotency_token, at most 255 bytes: the same request with the same token is carried out once
 * and answered again (`replayed`); another request with it is IDEMPOTENCY_MISMATCH. Not given: the
 * engine makes one, so that its own retries are exact.
 * holder: an opaque text that a hold was made with; a later operation must name the same one, or
 * say as_host = 1 when the host acts for itself. Otherwise: HOLD_NOT_FOUND.
 * limit and after: at most `limit` rows (0: 100, at most 1,000) after the page whose
 * holdfast_result_next is `after` (empty: from the start), ordered by creation.
 */

/* Makes a resource. result: resources[0], replayed. IDEMPOTENCY_MISMATCH. */
typedef struct holdfast_create_resource_request {
  uint32_t struct_size;
  holdfast_choice is_active; /* unset: yes */
  holdfast_str type;         /* VEHICLE, TOUR, ...: upper-case letters, digits and _ */
  holdfast_str name;
  holdfast_str description;
  holdfast_str metadata; /* JSON text; empty: {} */
  holdfast_str timezone; /* an IANA name; empty: the engine's */
  holdfast_str idempotency_token;
} holdfast_create_resource_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_resource(holdfast_engine engine, const holdfast_create_resource_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_create_resource_submit(
    holdfast_engine engine, const holdfast_create_resource_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Changes the fields that are given: a string whose data is NULL stays as it is, one of size 0 with
 * a data pointer becomes empty. result: resources[0], replayed. IDEMPOTENCY_MISMATCH,
 * RESOURCE_NOT_FOUND. */
typedef struct holdfast_update_resource_request {
  uint32_t struct_size;
  holdfast_choice is_active;
  holdfast_str resource_id;
  holdfast_str type;
  holdfast_str name;
  holdfast_str description;
  holdfast_str metadata;
  holdfast_str timezone;
  holdfast_str idempotency_token;
} holdfast_update_resource_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_update_resource(holdfast_engine engine, const holdfast_update_resource_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_update_resource_submit(
    holdfast_engine engine, const holdfast_update_resource_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Finds a deleted one too. result: resources[0]. RESOURCE_NOT_FOUND. */
typedef struct holdfast_retrieve_resource_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_str resource_id;
} holdfast_retrieve_resource_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_retrieve_resource(
    holdfast_engine engine, const holdfast_retrieve_resource_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_retrieve_resource_submit(
    holdfast_engine engine, const holdfast_retrieve_resource_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* result: resources, next. */
typedef struct holdfast_list_resources_request {
  uint32_t struct_size;
  int32_t limit;
  holdfast_choice is_active; /* unset: both */
  holdfast_bool include_deleted;
  holdfast_str type; /* empty: all */
  holdfast_str text; /* found in name or description, ASCII letters in either case */
  holdfast_str after;
} holdfast_list_resources_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_list_resources(holdfast_engine engine, const holdfast_list_resources_request* request,
                        holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_list_resources_submit(
    holdfast_engine engine, const holdfast_list_resources_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Soft: nothing new can be held, what is booked stays. Again: the same answer. result:
 * resources[0], replayed. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND. */
typedef struct holdfast_delete_resource_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_str resource_id;
  holdfast_str idempotency_token;
} holdfast_delete_resource_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_delete_resource(holdfast_engine engine, const holdfast_delete_resource_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_delete_resource_submit(
    holdfast_engine engine, const holdfast_delete_resource_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Takes a delete back. result: resources[0], replayed. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND. */
typedef struct holdfast_restore_resource_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_str resource_id;
  holdfast_str idempotency_token;
} holdfast_restore_resource_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_restore_resource(holdfast_engine engine, const holdfast_restore_resource_request* request,
                          holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_restore_resource_submit(
    holdfast_engine engine, const holdfast_restore_resource_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Sets the places of each day of a range of at most 3,660 days. result: counts.days_created,
 * counts.days_changed, replayed. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, CAPACITY_BELOW_BOOKED
 * (replace; conflicts: the days). */
typedef struct holdfast_initialize_capacity_request {
  uint32_t struct_size;
  int32_t daily_capacity; /* 0 to 1,000,000 */
  holdfast_date start_date;
  holdfast_date end_date;
  uint32_t weekdays; /* HOLDFAST_MONDAY | ...; 0: every day */
  holdfast_on_existing on_existing;
  holdfast_str resource_id;
  holdfast_str idempotency_token;
} holdfast_initialize_capacity_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_initialize_capacity(
    holdfast_engine engine, const holdfast_initialize_capacity_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_initialize_capacity_submit(
    holdfast_engine engine, const holdfast_initialize_capacity_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Adds `delta` places, or takes them away, on each day. result: capacities, replayed.
 * IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, NO_CAPACITY_SET, CAPACITY_BELOW_BOOKED (conflicts: the
 * days); nothing is changed then. */
typedef struct holdfast_adjust_capacity_request {
  uint32_t struct_size;
  int32_t delta;
  holdfast_str resource_id;
  const holdfast_date* dates;
  size_t dates_count;
  holdfast_str idempotency_token;
} holdfast_adjust_capacity_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_adjust_capacity(holdfast_engine engine, const holdfast_adjust_capacity_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_adjust_capacity_submit(
    holdfast_engine engine, const holdfast_adjust_capacity_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* A range of at most 366 days. result: availabilities[0]. RESOURCE_NOT_FOUND. */
typedef struct holdfast_check_availability_request {
  uint32_t struct_size;
  int32_t quantity;
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_str resource_id;
} holdfast_check_availability_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_check_availability(
    holdfast_engine engine, const holdfast_check_availability_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_check_availability_submit(
    holdfast_engine engine, const holdfast_check_availability_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Many resources at one consistent moment: those named, or all active ones of `type`. result:
 * availabilities, ascending by resource; ids that do not exist are left out. */
typedef struct holdfast_search_availability_request {
  uint32_t struct_size;
  int32_t quantity;
  holdfast_date start_date;
  holdfast_date end_date;
  int32_t consecutive_days; /* not 0: start_dates are wanted, for stays of this many days */
  uint32_t reserved;
  holdfast_str type;
  const holdfast_str* resource_ids; /* at most 1,000 */
  size_t resource_ids_count;
} holdfast_search_availability_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_search_availability(
    holdfast_engine engine, const holdfast_search_availability_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_search_availability_submit(
    holdfast_engine engine, const holdfast_search_availability_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* A range of at most 366 days. result: reports[0]. RESOURCE_NOT_FOUND. */
typedef struct holdfast_get_capacity_report_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_str resource_id;
} holdfast_get_capacity_report_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_get_capacity_report(
    holdfast_engine engine, const holdfast_get_capacity_report_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_get_capacity_report_submit(
    holdfast_engine engine, const holdfast_get_capacity_report_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Keeps places on each of the dates. result: holds[0], replayed. IDEMPOTENCY_MISMATCH,
 * RESOURCE_NOT_FOUND, RESOURCE_INACTIVE, DATE_IN_PAST, NO_CAPACITY_SET, BLACKOUT,
 * INSUFFICIENT_CAPACITY (conflicts: the days and what is left). */
typedef struct holdfast_create_hold_request {
  uint32_t struct_size;
  int32_t quantity; /* 1 to 1,000,000 */
  int64_t ttl_ms;   /* 0: the engine's */
  holdfast_str resource_id;
  const holdfast_date* dates; /* 1 to 366, any order, none twice */
  size_t dates_count;
  holdfast_str customer_email;
  holdfast_str idempotency_token;
  holdfast_str holder;
} holdfast_create_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_hold(holdfast_engine engine, const holdfast_create_hold_request* request,
                     holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_hold_submit(holdfast_engine engine, const holdfast_create_hold_request* request,
                            uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

typedef struct holdfast_hold_item {
  uint32_t struct_size;
  int32_t quantity;
  holdfast_str resource_id;
  const holdfast_date* dates;
  size_t dates_count;
} holdfast_hold_item;

/* All items or none; a day that stands in several items is summed before it is checked. result:
 * holds in the items' order, group_id, replayed. Refused like create_hold. */
typedef struct holdfast_create_holds_request {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t ttl_ms;
  const holdfast_hold_item* items; /* 1 to 64 */
  size_t items_count;
  holdfast_str customer_email;
  holdfast_str idempotency_token;
  holdfast_str holder;
} holdfast_create_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_holds(holdfast_engine engine, const holdfast_create_holds_request* request,
                      holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_holds_submit(holdfast_engine engine, const holdfast_create_holds_request* request,
                             uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Sets expires_at to now + ttl, never earlier than it was. result: holds[0], replayed.
 * IDEMPOTENCY_MISMATCH, HOLD_NOT_FOUND, HOLD_EXPIRED, HOLD_RELEASED, ALREADY_CONFIRMED,
 * HOLD_LIFETIME_EXCEEDED. */
typedef struct holdfast_extend_hold_request {
  uint32_t struct_size;
  holdfast_bool as_host;
  int64_t ttl_ms; /* 0: the engine's */
  holdfast_str hold_id;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_extend_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_extend_hold(holdfast_engine engine, const holdfast_extend_hold_request* request,
                     holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_extend_hold_submit(holdfast_engine engine, const holdfast_extend_hold_request* request,
                            uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* The same for all or none. result: holds in the request's order, replayed. */
typedef struct holdfast_extend_holds_request {
  uint32_t struct_size;
  holdfast_bool as_host;
  int64_t ttl_ms;
  const holdfast_str* hold_ids; /* 1 to 64, none twice */
  size_t hold_ids_count;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_extend_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_extend_holds(holdfast_engine engine, const holdfast_extend_holds_request* request,
                      holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_extend_holds_submit(holdfast_engine engine, const holdfast_extend_holds_request* request,
                             uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Makes a hold a booking; the same order again: the same allocation. result: allocations[0],
 * replayed. HOLD_NOT_FOUND, HOLD_EXPIRED (with reclaim HOLD_EXPIRED_AND_TAKEN and the reason),
 * HOLD_RELEASED, ALREADY_CONFIRMED. */
typedef struct holdfast_confirm_hold_request {
  uint32_t struct_size;
  holdfast_if_expired if_expired;
  holdfast_bool as_host;
  uint32_t reserved;
  holdfast_str hold_id;
  holdfast_str order_id;
  holdfast_str line_item_id;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_confirm_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_confirm_hold(holdfast_engine engine, const holdfast_confirm_hold_request* request,
                      holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_confirm_hold_submit(holdfast_engine engine, const holdfast_confirm_hold_request* request,
                             uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* The same for all or none. result: allocations in the request's order, replayed. */
typedef struct holdfast_confirm_holds_request {
  uint32_t struct_size;
  holdfast_if_expired if_expired;
  holdfast_bool as_host;
  uint32_t reserved;
  const holdfast_str* hold_ids; /* 1 to 64, none twice */
  size_t hold_ids_count;
  holdfast_str order_id;
  holdfast_str line_item_id;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_confirm_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_confirm_holds(holdfast_engine engine, const holdfast_confirm_holds_request* request,
                       holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_confirm_holds_submit(holdfast_engine engine, const holdfast_confirm_holds_request* request,
                              uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Gives the places back; again: the same answer. result: holds[0], replayed. HOLD_NOT_FOUND,
 * HOLD_EXPIRED, ALREADY_CONFIRMED. */
typedef struct holdfast_release_hold_request {
  uint32_t struct_size;
  holdfast_bool as_host;
  holdfast_str hold_id;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_release_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_release_hold(holdfast_engine engine, const holdfast_release_hold_request* request,
                      holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_release_hold_submit(holdfast_engine engine, const holdfast_release_hold_request* request,
                             uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* The same for all or none. result: holds in the request's order, replayed. */
typedef struct holdfast_release_holds_request {
  uint32_t struct_size;
  holdfast_bool as_host;
  const holdfast_str* hold_ids; /* 1 to 64, none twice */
  size_t hold_ids_count;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_release_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_release_holds(holdfast_engine engine, const holdfast_release_holds_request* request,
                       holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_release_holds_submit(holdfast_engine engine, const holdfast_release_holds_request* request,
                              uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* result: holds[0]. HOLD_NOT_FOUND. */
typedef struct holdfast_retrieve_hold_request {
  uint32_t struct_size;
  holdfast_bool as_host;
  holdfast_str hold_id;
  holdfast_str holder;
} holdfast_retrieve_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_retrieve_hold(holdfast_engine engine, const holdfast_retrieve_hold_request* request,
                       holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_retrieve_hold_submit(holdfast_engine engine, const holdfast_retrieve_hold_request* request,
                              uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Empty filters match all. result: holds, next. */
typedef struct holdfast_list_holds_request {
  uint32_t struct_size;
  int32_t limit;
  holdfast_bool has_status;
  holdfast_hold_status status; /* as readers see it: a due ACTIVE hold is EXPIRED */
  holdfast_str resource_id;
  holdfast_str customer_email;
  holdfast_str group_id;
  holdfast_str after;
} holdfast_list_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_list_holds(holdfast_engine engine, const holdfast_list_holds_request* request,
                    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_list_holds_submit(holdfast_engine engine, const holdfast_list_holds_request* request,
                           uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Records due holds as EXPIRED, in batches, until `limit` is reached. Safe from many hosts at once;
 * never needed for correctness. A NULL request: no limit. result: counts.holds_expired. */
typedef struct holdfast_cleanup_expired_holds_request {
  uint32_t struct_size;
  uint32_t reserved;
  int64_t limit; /* 0: none */
} holdfast_cleanup_expired_holds_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_cleanup_expired_holds(
    holdfast_engine engine, const holdfast_cleanup_expired_holds_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_cleanup_expired_holds_submit(
    holdfast_engine engine, const holdfast_cleanup_expired_holds_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* By allocation, or by order (and line item): every CONFIRMED one of it. Again: the same answer.
 * result: allocations, replayed. ALLOCATION_NOT_FOUND. */
typedef struct holdfast_cancel_allocation_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_str allocation_id;
  holdfast_str order_id;
  holdfast_str line_item_id; /* with order_id only; empty: all of the order */
  holdfast_str idempotency_token;
} holdfast_cancel_allocation_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_cancel_allocation(
    holdfast_engine engine, const holdfast_cancel_allocation_request* request,
    holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_cancel_allocation_submit(
    holdfast_engine engine, const holdfast_cancel_allocation_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Other days or another quantity on the same resource, in one step; refused, nothing changes.
 * result: holds[0], replayed. Refused like create_hold for what it adds, and like extend_hold. */
typedef struct holdfast_move_hold_request {
  uint32_t struct_size;
  int32_t quantity; /* 0: as it was */
  holdfast_bool as_host;
  uint32_t reserved;
  holdfast_str hold_id;
  const holdfast_date* dates;
  size_t dates_count;
  holdfast_str holder;
  holdfast_str idempotency_token;
} holdfast_move_hold_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_move_hold(holdfast_engine engine, const holdfast_move_hold_request* request,
                   holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_move_hold_submit(holdfast_engine engine, const holdfast_move_hold_request* request,
                          uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* The same for a booking. result: allocations[0], replayed. Refused like create_hold for what it
 * adds; ALLOCATION_NOT_FOUND, ALREADY_CANCELLED. */
typedef struct holdfast_move_allocation_request {
  uint32_t struct_size;
  int32_t quantity; /* 0: as it was */
  holdfast_str allocation_id;
  const holdfast_date* dates;
  size_t dates_count;
  holdfast_str idempotency_token;
} holdfast_move_allocation_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_move_allocation(holdfast_engine engine, const holdfast_move_allocation_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_move_allocation_submit(
    holdfast_engine engine, const holdfast_move_allocation_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Empty filters match all. result: allocations, next. */
typedef struct holdfast_list_allocations_request {
  uint32_t struct_size;
  int32_t limit;
  holdfast_bool has_status;
  holdfast_allocation_status status;
  holdfast_bool has_start_date; /* with has_end_date: those with a day in the range */
  holdfast_bool has_end_date;
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_str resource_id;
  holdfast_str order_id;
  holdfast_str line_item_id;
  holdfast_str after;
} holdfast_list_allocations_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_list_allocations(holdfast_engine engine, const holdfast_list_allocations_request* request,
                          holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_list_allocations_submit(
    holdfast_engine engine, const holdfast_list_allocations_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Nothing new can be held on these days, at most 3,660. result: blackouts[0], replayed; with keep
 * the holds and allocations inside. IDEMPOTENCY_MISMATCH, RESOURCE_NOT_FOUND, BLACKOUT_CONFLICT
 * (refuse; the holds and allocations inside). */
typedef struct holdfast_create_blackout_request {
  uint32_t struct_size;
  holdfast_on_conflict on_conflict;
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_str resource_id;
  holdfast_str reason;
  holdfast_str idempotency_token;
} holdfast_create_blackout_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_create_blackout(holdfast_engine engine, const holdfast_create_blackout_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_create_blackout_submit(
    holdfast_engine engine, const holdfast_create_blackout_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* result: blackouts, next. */
typedef struct holdfast_list_blackouts_request {
  uint32_t struct_size;
  int32_t limit;
  holdfast_bool has_start_date; /* with has_end_date: those that touch the range */
  holdfast_bool has_end_date;
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_str resource_id; /* empty: all */
  holdfast_str after;
} holdfast_list_blackouts_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_list_blackouts(holdfast_engine engine, const holdfast_list_blackouts_request* request,
                        holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_list_blackouts_submit(
    holdfast_engine engine, const holdfast_list_blackouts_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Again: the same answer. result: blackouts[0], replayed. BLACKOUT_NOT_FOUND. */
typedef struct holdfast_delete_blackout_request {
  uint32_t struct_size;
  uint32_t reserved;
  holdfast_str blackout_id;
  holdfast_str idempotency_token;
} holdfast_delete_blackout_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_delete_blackout(holdfast_engine engine, const holdfast_delete_blackout_request* request,
                         holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status holdfast_delete_blackout_submit(
    holdfast_engine engine, const holdfast_delete_blackout_request* request, uint64_t tag,
    holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Brings the schema to this library's version; safe when several hosts start at once. The request
 * may be NULL. result: counts.schema_version. */
typedef struct holdfast_migrate_request {
  uint32_t struct_size;
  uint32_t reserved;
} holdfast_migrate_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_migrate(holdfast_engine engine, const holdfast_migrate_request* request,
                 holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_migrate_submit(holdfast_engine engine, const holdfast_migrate_request* request,
                        uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Recomputes every sum and reference from the rows. The request may be NULL. result: violations
 * (none: the tables are sound), counts.resources, .days, .holds, .allocations. */
typedef struct holdfast_verify_request {
  uint32_t struct_size;
  uint32_t reserved;
} holdfast_verify_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_verify(holdfast_engine engine, const holdfast_verify_request* request,
                holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_verify_submit(holdfast_engine engine, const holdfast_verify_request* request, uint64_t tag,
                       holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Counters since the engine was opened. A NULL request asks for no resource's use. result: metrics,
 * prometheus, and reports: today's use of each resource asked for. */
typedef struct holdfast_metrics_request {
  uint32_t struct_size;
  uint32_t reserved;
  const holdfast_str* resource_ids; /* at most 1,000 */
  size_t resource_ids_count;
} holdfast_metrics_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_metrics(holdfast_engine engine, const holdfast_metrics_request* request,
                 holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_metrics_submit(holdfast_engine engine, const holdfast_metrics_request* request,
                        uint64_t tag, holdfast_error* error) HOLDFAST_NOEXCEPT;

/* Removes RELEASED and EXPIRED holds, deleted blackouts and remembered tokens that have not changed
 * for a time; never a CONFIRMED hold or its token, nor a hold as long as one stays that the same
 * request has made after it on the same resource. result: counts.holds_removed, .tokens_removed,
 * .blackouts_removed, .emails_erased. */
typedef struct holdfast_prune_request {
  uint32_t struct_size;
  int32_t older_than_hours;          /* 0: 30 days; at least 24 */
  holdfast_str erase_customer_email; /* taken off every hold, whatever its age */
} holdfast_prune_request;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_prune(holdfast_engine engine, const holdfast_prune_request* request,
               holdfast_result** result_out, holdfast_error* error) HOLDFAST_NOEXCEPT;
HOLDFAST_API HOLDFAST_MUST_USE holdfast_status
holdfast_prune_submit(holdfast_engine engine, const holdfast_prune_request* request, uint64_t tag,
                      holdfast_error* error) HOLDFAST_NOEXCEPT;

/* ---- results ----------------------------------------------------------------------------------
 *
 * Every accessor takes any result: one that does not have what is asked for, and NULL, gives 0,
 * false, an empty string, or NULL with a count of 0. Array accessors return the first element and
 * write the number of elements to *count_out (which may be NULL). Strings have a data pointer even
 * when empty. What they return lives until holdfast_result_free. threads: any, at once. blocks: no.
 */

typedef struct holdfast_resource {
  holdfast_str id;
  holdfast_str type;
  holdfast_str name;
  holdfast_str description;
  holdfast_str metadata; /* JSON text */
  holdfast_str timezone;
  holdfast_instant created_at;
  holdfast_instant updated_at;
  holdfast_instant deleted_at; /* if has_deleted_at */
  holdfast_bool has_deleted_at;
  holdfast_bool is_active;
} holdfast_resource;

typedef struct holdfast_capacity {
  holdfast_str id;
  holdfast_str resource_id;
  holdfast_date date;
  int32_t max_capacity;
  int32_t available_capacity;
  uint32_t reserved;
} holdfast_capacity;

typedef struct holdfast_hold {
  holdfast_str id;
  holdfast_str resource_id;
  const holdfast_date* dates; /* ascending */
  size_t dates_count;
  holdfast_str customer_email;
  holdfast_str holder;
  holdfast_str idempotency_token;
  holdfast_str group_id;
  holdfast_instant expires_at; /* not included */
  holdfast_instant created_at;
  holdfast_instant updated_at;
  int32_t quantity;
  holdfast_hold_status status;
} holdfast_hold;

typedef struct holdfast_allocation {
  holdfast_str id;
  holdfast_str resource_id;
  holdfast_str hold_id;
  holdfast_str order_id;
  holdfast_str line_item_id;
  const holdfast_date* dates; /* ascending */
  size_t dates_count;
  holdfast_instant created_at;
  holdfast_instant cancelled_at; /* if has_cancelled_at */
  int32_t quantity;
  holdfast_allocation_status status;
  holdfast_bool has_cancelled_at;
  uint32_t reserved;
} holdfast_allocation;

typedef struct holdfast_blackout {
  holdfast_str id;
  holdfast_str resource_id;
  holdfast_str reason;
  holdfast_instant created_at;
  holdfast_instant deleted_at; /* if has_deleted_at */
  holdfast_date start_date;
  holdfast_date end_date;
  holdfast_bool has_deleted_at;
  uint32_t reserved;
} holdfast_blackout;

typedef struct holdfast_availability_day {
  holdfast_date date;
  int32_t max_capacity;
  int32_t available_capacity; /* the true number, also on a day that cannot be booked */
  holdfast_bool is_available;
  holdfast_unavailable reason;
} holdfast_availability_day;

typedef struct holdfast_availability {
  holdfast_str resource_id;
  const holdfast_availability_day* days; /* one for each day of the range */
  size_t days_count;
  const holdfast_date* start_dates; /* with consecutive_days */
  size_t start_dates_count;
} holdfast_availability;

typedef struct holdfast_report_day {
  holdfast_date date;
  int32_t max_capacity;
  int32_t available_capacity;
  int32_t held;
  int32_t booked;
  holdfast_bool blackout;
  double utilisation; /* (held + booked) / max_capacity, 0 for a day without places */
} holdfast_report_day;

/* Totals over the days. */
typedef struct holdfast_report {
  holdfast_str resource_id;
  const holdfast_report_day* days;
  size_t days_count;
  int64_t max_capacity;
  int64_t available_capacity;
  int64_t held;
  int64_t booked;
  double utilisation;
} holdfast_report;

/* Why not. Only the fields that the outcome speaks of are filled. */
typedef struct holdfast_rejection {
  holdfast_outcome outcome;
  holdfast_outcome reason; /* HOLD_EXPIRED_AND_TAKEN: what a new hold would be refused for */
  holdfast_str field;      /* INVALID_ARGUMENT: the request's field, items[2].quantity */
  holdfast_str message;    /* one line of English, no personal data */
  holdfast_str id;         /* the resource, hold, allocation or blackout it is about */
} holdfast_rejection;

/* One day that stood in the way. */
typedef struct holdfast_day_conflict {
  holdfast_str resource_id;
  holdfast_date date;
  int32_t requested;          /* places asked for on that day, all items together */
  int32_t available_capacity; /* places left on that day */
  uint32_t reserved;
} holdfast_day_conflict;

/* One thing in the tables that must not be. */
typedef struct holdfast_violation {
  holdfast_str resource_id;
  holdfast_str rule; /* CONSERVATION, RANGE, ORPHAN, BIJECTION or SHAPE */
  holdfast_str detail;
} holdfast_violation;

/* Those that the operation speaks of; the others are 0. */
typedef struct holdfast_counts {
  int64_t days_created;
  int64_t days_changed;
  int64_t holds_expired;
  int64_t holds_removed;
  int64_t tokens_removed;
  int64_t blackouts_removed;
  int64_t emails_erased;
  int64_t schema_version;
  int64_t resources;
  int64_t days;
  int64_t holds;
  int64_t allocations;
} holdfast_counts;

typedef struct holdfast_metrics_values {
  int64_t holds_requested;
  int64_t holds_created;
  int64_t holds_replayed;
  int64_t holds_confirmed;
  int64_t holds_released;
  int64_t holds_expired;
  int64_t allocations_cancelled;
  const int64_t* rejections; /* rejections[outcome] */
  size_t rejections_count;
  const int64_t* failures; /* failures[status] */
  size_t failures_count;
  double hold_to_confirm_mean_s;
  double hold_to_confirm_p95_s;
  int64_t batches;
  int64_t commands; /* decided in those batches */
  int64_t batch_size_max;
  int64_t storage_retries;
  int64_t lock_waits;
  int64_t lock_timeouts;
  int64_t queue_depth;
} holdfast_metrics_values;

/* Frees a result and all it points to. NULL: nothing. threads: any, also after holdfast_close. */
HOLDFAST_API void holdfast_result_free(holdfast_result* result) HOLDFAST_NOEXCEPT;

/* The answer; -1 for NULL. */
HOLDFAST_API holdfast_outcome holdfast_result_outcome(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

/* The refusal, or NULL when it was accepted. Its days are holdfast_result_conflicts, its holds and
 * allocations holdfast_result_holds and _allocations. */
HOLDFAST_API const holdfast_rejection* holdfast_result_rejection(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

/* 1 if an earlier request with the same token, or an earlier call, had done it already. */
HOLDFAST_API holdfast_bool holdfast_result_replayed(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

/* The group of create_holds. */
HOLDFAST_API holdfast_str holdfast_result_group_id(const holdfast_result* result) HOLDFAST_NOEXCEPT;

/* What to pass as `after` for the next page; empty on the last. */
HOLDFAST_API holdfast_str holdfast_result_next(const holdfast_result* result) HOLDFAST_NOEXCEPT;

HOLDFAST_API const holdfast_resource* holdfast_result_resources(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_capacity* holdfast_result_capacities(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_hold* holdfast_result_holds(const holdfast_result* result,
                                                        size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_allocation* holdfast_result_allocations(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_blackout* holdfast_result_blackouts(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_availability* holdfast_result_availabilities(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_report* holdfast_result_reports(const holdfast_result* result,
                                                            size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_day_conflict* holdfast_result_conflicts(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;
HOLDFAST_API const holdfast_violation* holdfast_result_violations(
    const holdfast_result* result, size_t* count_out) HOLDFAST_NOEXCEPT;

/* NULL unless the operation has counts. */
HOLDFAST_API const holdfast_counts* holdfast_result_counts(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

/* NULL unless it is the result of holdfast_metrics. */
HOLDFAST_API const holdfast_metrics_values* holdfast_result_metrics(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

/* The same in Prometheus' text format; empty unless it is the result of holdfast_metrics. */
HOLDFAST_API holdfast_str holdfast_result_prometheus(const holdfast_result* result)
    HOLDFAST_NOEXCEPT;

#ifdef __cplusplus
}
#endif

#endif
