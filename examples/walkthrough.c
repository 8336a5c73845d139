/* What Holdfast is for, in ten steps: a hundred customers want the last sixteen places of a tour.
 *
 *   walkthrough_c [URI]     sqlite:PATH (sqlite:bookings.db when not given), memory:,
 * postgres://...
 *
 * Ends with 0 only if every step came out as it says. walkthrough.cpp is the same in C++. */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "holdfast.h"

enum { PLACES = 16, CUSTOMERS = 100, ID_SIZE = 72, DAY_SIZE = 11 };

static const holdfast_instant kHour = (holdfast_instant)3600 * 1000000;

/* Failures of the main thread's calls; the customers' threads have their own. */
static holdfast_error error = {.struct_size = sizeof error};

static void expect(int came_out, const char* what) {
  if (came_out) return;
  printf("NOT AS EXPECTED: %s\n", what);
  exit(1);
}

/* Without an answer (no database, no disk) there is nothing to show. */
static void answered(holdfast_status status, const holdfast_error* failure) {
  if (status == HOLDFAST_STATUS_OK) return;
  printf("%s: %s\n", holdfast_status_name(status), failure->message);
  exit(1);
}

/* The answer has to be this one. */
static void expect_outcome(const holdfast_result* result, holdfast_outcome outcome) {
  expect(holdfast_result_outcome(result) == outcome, holdfast_outcome_name(outcome));
}

static void accepted(holdfast_status status, holdfast_result* const* result) {
  answered(status, &error);
  expect_outcome(*result, HOLDFAST_OUTCOME_ACCEPTED);
}

static holdfast_str text(const char* characters) {
  return (holdfast_str){characters, strlen(characters)};
}

/* Keeps a string that ends with its result. */
static void keep(char* copy, holdfast_str from) {
  snprintf(copy, ID_SIZE, "%.*s", (int)from.size, from.data);
}

typedef struct DayName {
  char text[DAY_SIZE];
} DayName;

static DayName name_of(holdfast_date date) {
  DayName name;
  answered(holdfast_format_date(date, name.text, sizeof name.text, &error), &error);
  return name;
}

/* 1970-01-01, day 0, was a Thursday. 1 = Monday ... 7 = Sunday. */
static int weekday(holdfast_date date) { return (date + 3) % 7 + 1; }

static int day_of_month(holdfast_date date) { return atoi(name_of(date).text + 8); }

typedef struct Shop {
  holdfast_engine engine;
  char vehicle[ID_SIZE];
  char tour[ID_SIZE];
  char guide[ID_SIZE];
  holdfast_date today;
  holdfast_date month;     /* the first day of next month */
  holdfast_date departure; /* the day that everybody wants */
} Shop;

typedef struct HeldPlace {
  char id[ID_SIZE];
  char token[ID_SIZE];
  holdfast_instant expires_at;
} HeldPlace;

static holdfast_status hold_one_place(const Shop* shop, const char* token, int64_t ttl_ms,
                                      holdfast_result** result_out, holdfast_error* failure) {
  char email[ID_SIZE + 16];
  snprintf(email, sizeof email, "%s@example.com", token);
  const holdfast_create_hold_request request = {.struct_size = sizeof request,
                                                .quantity = 1,
                                                .ttl_ms = ttl_ms,
                                                .resource_id = text(shop->tour),
                                                .dates = &shop->departure,
                                                .dates_count = 1,
                                                .customer_email = text(email),
                                                .idempotency_token = text(token)};
  return holdfast_create_hold(shop->engine, &request, result_out, failure);
}

static int places_left(const Shop* shop) {
  const holdfast_check_availability_request request = {.struct_size = sizeof request,
                                                       .quantity = 1,
                                                       .start_date = shop->departure,
                                                       .end_date = shop->departure,
                                                       .resource_id = text(shop->tour)};
  holdfast_result* result = NULL;
  accepted(holdfast_check_availability(shop->engine, &request, &result, &error), &result);
  const int left = holdfast_result_availabilities(result, NULL)[0].days[0].available_capacity;
  holdfast_result_free(result);
  return left;
}

/* ---- the steps --------------------------------------------------------------------------------*/

static void migrate(const Shop* shop) {
  printf("Holdfast %s\n\n1. Migrate the database\n", holdfast_version_string());
  holdfast_result* result = NULL;
  accepted(holdfast_migrate(shop->engine, NULL, &result, &error), &result);
  printf("   schema version %d\n", (int)holdfast_result_counts(result)->schema_version);
  holdfast_result_free(result);
}

static void add_resource(const Shop* shop, const char* type, const char* label, char* id) {
  const holdfast_create_resource_request request = {
      .struct_size = sizeof request, .type = text(type), .name = text(label)};
  holdfast_result* result = NULL;
  accepted(holdfast_create_resource(shop->engine, &request, &result, &error), &result);
  keep(id, holdfast_result_resources(result, NULL)[0].id);
  holdfast_result_free(result);
}

static void add_year(const Shop* shop, const char* label, const char* id, int places,
                     uint32_t weekdays) {
  const holdfast_initialize_capacity_request request = {.struct_size = sizeof request,
                                                        .daily_capacity = places,
                                                        .start_date = shop->today,
                                                        .end_date = shop->today + 364,
                                                        .weekdays = weekdays,
                                                        .resource_id = text(id)};
  holdfast_result* result = NULL;
  accepted(holdfast_initialize_capacity(shop->engine, &request, &result, &error), &result);
  printf("   %-16s %2d a day on %d days\n", label, places,
         (int)holdfast_result_counts(result)->days_created);
  holdfast_result_free(result);
}

/* The engine knows what day it is where the resource is; the host's clock and TZ do not matter. */
static holdfast_date today_of(const Shop* shop, const char* id) {
  const holdfast_str ids[] = {text(id)};
  const holdfast_metrics_request request = {
      .struct_size = sizeof request, .resource_ids = ids, .resource_ids_count = 1};
  holdfast_result* result = NULL;
  accepted(holdfast_metrics(shop->engine, &request, &result, &error), &result);
  const holdfast_date today = holdfast_result_reports(result, NULL)[0].days[0].date;
  holdfast_result_free(result);
  return today;
}

static void set_up(Shop* shop) {
  printf("\n2. Three resources, and a year of capacity\n");
  add_resource(shop, "VEHICLE", "4WD wagon", shop->vehicle);
  add_resource(shop, "TOUR", "Island day tour", shop->tour);
  add_resource(shop, "GUIDE", "Island guide", shop->guide);
  shop->today = today_of(shop, shop->tour);
  shop->month = shop->today + 1;
  while (day_of_month(shop->month) != 1) ++shop->month;
  shop->departure = shop->month + 14;
  printf("   today in Australia/Brisbane is %s\n", name_of(shop->today).text);
  add_year(shop, "4WD wagon", shop->vehicle, 1, HOLDFAST_EVERY_DAY);
  add_year(shop, "Island day tour", shop->tour, PLACES, HOLDFAST_EVERY_DAY);
  add_year(shop, "Island guide", shop->guide, 1, HOLDFAST_EVERY_DAY & ~HOLDFAST_MONDAY);
}

static holdfast_status close_days(const Shop* shop, holdfast_date start_date,
                                  holdfast_date end_date, const char* reason,
                                  holdfast_result** result_out) {
  const holdfast_create_blackout_request request = {.struct_size = sizeof request,
                                                    .start_date = start_date,
                                                    .end_date = end_date,
                                                    .resource_id = text(shop->tour),
                                                    .reason = text(reason)};
  return holdfast_create_blackout(shop->engine, &request, result_out, &error);
}

static void print_day(const holdfast_availability_day* day) {
  if (day->reason == HOLDFAST_UNAVAILABLE_BLACKOUT) {
    printf(" %2d:--", day_of_month(day->date));
  } else {
    printf(" %2d:%-2d", day_of_month(day->date), day->available_capacity);
  }
  if (weekday(day->date) == 7) printf("\n");
}

static void print_calendar(const Shop* shop) {
  holdfast_date end = shop->month + 27;
  while (day_of_month(end + 1) != 1) ++end;
  const holdfast_check_availability_request request = {.struct_size = sizeof request,
                                                       .quantity = 1,
                                                       .start_date = shop->month,
                                                       .end_date = end,
                                                       .resource_id = text(shop->tour)};
  holdfast_result* result = NULL;
  accepted(holdfast_check_availability(shop->engine, &request, &result, &error), &result);
  const holdfast_availability* month = holdfast_result_availabilities(result, NULL);
  printf("\n     Mon   Tue   Wed   Thu   Fri   Sat   Sun\n  ");
  for (int i = 1; i < weekday(shop->month); ++i) printf("      ");
  for (size_t i = 0; i < month->days_count; ++i) {
    print_day(&month->days[i]);
    if (weekday(month->days[i].date) == 7 && month->days[i].date != end) printf("  ");
  }
  if (weekday(end) != 7) printf("\n");
  expect(month->days[0].date == shop->month, "the calendar starts on the first of the month");
  expect(month->days[14].date == shop->departure, "and has a row for each of its days");
  holdfast_result_free(result);
}

static void show_calendar(const Shop* shop) {
  printf("\n3. The tour's calendar for %.7s: day:places left (--: no boat, a blackout)\n",
         name_of(shop->month).text);
  holdfast_result* result = NULL;
  accepted(close_days(shop, shop->month + 20, shop->month + 21, "the boat is in the dock", &result),
           &result);
  holdfast_result_free(result);
  print_calendar(shop);
  expect(places_left(shop) == PLACES, "all places of the day are free");
}

typedef struct Customer {
  pthread_t thread;
  pthread_barrier_t* start;
  const Shop* shop;
  int number;
  holdfast_status status;
  holdfast_result* result;
  holdfast_error error;
} Customer;

static void* shop_for_a_place(void* argument) {
  Customer* self = argument;
  char token[ID_SIZE];
  snprintf(token, sizeof token, "cart-%d", self->number);
  self->error.struct_size = sizeof self->error;
  pthread_barrier_wait(self->start);
  self->status = hold_one_place(self->shop, token, 0, &self->result, &self->error);
  return NULL;
}

/* Adds to `held` or checks the refusal; returns whether a place was held. */
static int look_at(const Shop* shop, const Customer* customer, HeldPlace* held) {
  answered(customer->status, &customer->error);
  if (holdfast_result_outcome(customer->result) == HOLDFAST_OUTCOME_ACCEPTED) {
    const holdfast_hold* hold = holdfast_result_holds(customer->result, NULL);
    keep(held->id, hold->id);
    keep(held->token, hold->idempotency_token);
    held->expires_at = hold->expires_at;
    return 1;
  }
  expect_outcome(customer->result, HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY);
  const holdfast_day_conflict* day = holdfast_result_conflicts(customer->result, NULL);
  expect(day->date == shop->departure && day->available_capacity == 0, "told the day, 0 left");
  return 0;
}

/* Fills `held` with the holds that were made. */
static void rush(const Shop* shop, HeldPlace held[PLACES]) {
  printf("\n4. %d customers go for the last %d places on %s at once\n", CUSTOMERS, PLACES,
         name_of(shop->departure).text);
  static Customer customers[CUSTOMERS];
  pthread_barrier_t start;
  expect(pthread_barrier_init(&start, NULL, CUSTOMERS) == 0, "a barrier");
  for (int i = 0; i < CUSTOMERS; ++i) {
    customers[i] = (Customer){.start = &start, .shop = shop, .number = i};
    expect(pthread_create(&customers[i].thread, NULL, shop_for_a_place, &customers[i]) == 0,
           "a thread for each customer");
  }
  int held_count = 0;
  int sold_out = 0;
  for (int i = 0; i < CUSTOMERS; ++i) {
    pthread_join(customers[i].thread, NULL);
    HeldPlace place;
    if (!look_at(shop, &customers[i], &place)) {
      ++sold_out;
    } else if (held_count++ < PLACES) {
      held[held_count - 1] = place;
    }
    holdfast_result_free(customers[i].result);
  }
  pthread_barrier_destroy(&start);
  printf("   %d hold a place\n   %d were refused: %s, %s has 0 left\n", held_count, sold_out,
         holdfast_outcome_name(HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY),
         name_of(shop->departure).text);
  expect(held_count == PLACES && sold_out == CUSTOMERS - PLACES, "16 hold, 84 are refused");
}

static void retry_with_token(const Shop* shop, const HeldPlace* held) {
  printf("\n5. A customer's request arrives twice (a retry with the same token)\n");
  holdfast_result* result = NULL;
  accepted(hold_one_place(shop, held->token, 0, &result, &error), &result);
  char again[ID_SIZE];
  keep(again, holdfast_result_holds(result, NULL)[0].id);
  const int replayed = holdfast_result_replayed(result);
  printf("   first  %s\n   again  %s (%s)\n", held->id, again,
         replayed ? "replayed" : "a second one");
  expect(replayed && strcmp(again, held->id) == 0, "the same hold is answered");
  holdfast_result_free(result);
}

static holdfast_status confirm(const Shop* shop, const char* hold_id, const char* order_id,
                               holdfast_result** result_out) {
  const holdfast_confirm_hold_request request = {.struct_size = sizeof request,
                                                 .hold_id = text(hold_id),
                                                 .order_id = text(order_id),
                                                 .line_item_id = HOLDFAST_STR("item-1")};
  return holdfast_confirm_hold(shop->engine, &request, result_out, &error);
}

static void pay(const Shop* shop, const HeldPlace* held) {
  holdfast_result* result = NULL;
  accepted(confirm(shop, held->id, "order-1001", &result), &result);
  const holdfast_allocation* booked = holdfast_result_allocations(result, NULL);
  char id[ID_SIZE], order[ID_SIZE], hold[ID_SIZE];
  keep(id, booked->id);
  keep(order, booked->order_id);
  keep(hold, booked->hold_id);
  printf("   confirmed  %s for %s\n", id, order);
  expect(strcmp(hold, held->id) == 0, "the allocation names its hold");
  holdfast_result_free(result);
}

static void change_mind(const Shop* shop, const HeldPlace* held) {
  const holdfast_release_hold_request request = {.struct_size = sizeof request,
                                                 .hold_id = text(held->id)};
  holdfast_result* result = NULL;
  accepted(holdfast_release_hold(shop->engine, &request, &result, &error), &result);
  printf("   released   now %s, %d place is free\n",
         holdfast_hold_status_name(holdfast_result_holds(result, NULL)[0].status),
         places_left(shop));
  expect(places_left(shop) == 1, "the released place is free");
  holdfast_result_free(result);
}

static void ask_for_time(const Shop* shop, const HeldPlace* held) {
  const holdfast_extend_hold_request request = {
      .struct_size = sizeof request, .ttl_ms = 2 * 3600 * 1000, .hold_id = text(held->id)};
  holdfast_result* result = NULL;
  accepted(holdfast_extend_hold(shop->engine, &request, &result, &error), &result);
  const holdfast_instant gained =
      holdfast_result_holds(result, NULL)[0].expires_at - held->expires_at;
  printf("   extended   by more than %d minutes\n", (int)(gained / kHour) * 60);
  expect(gained > kHour && gained <= 2 * kHour, "the extended hold ends two hours from now");
  holdfast_result_free(result);
}

static void run_out(const Shop* shop) {
  printf("\n7. The free place is held for two seconds and not paid\n");
  holdfast_result* hesitant = NULL;
  holdfast_result* early = NULL;
  holdfast_result* next = NULL;
  holdfast_result* late = NULL;
  accepted(hold_one_place(shop, "cart-hesitant", 2000, &hesitant, &error), &hesitant);
  answered(hold_one_place(shop, "cart-next", 0, &early, &error), &error);
  expect_outcome(early, HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY);
  printf("   within the two seconds  the next customer: %s\n",
         holdfast_outcome_name(holdfast_result_outcome(early)));
  nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 200000000}, NULL);
  accepted(hold_one_place(shop, "cart-next", 0, &next, &error), &next);
  printf("   after them              the next customer: %s\n",
         holdfast_hold_status_name(holdfast_result_holds(next, NULL)[0].status));
  char id[ID_SIZE];
  keep(id, holdfast_result_holds(hesitant, NULL)[0].id);
  answered(confirm(shop, id, "order-1002", &late), &error);
  expect_outcome(late, HOLDFAST_OUTCOME_HOLD_EXPIRED);
  printf("                           the first one pays: %s\n",
         holdfast_outcome_name(holdfast_result_outcome(late)));
  expect(places_left(shop) == 0, "the place is sold again, once");
  holdfast_result_free(hesitant);
  holdfast_result_free(early);
  holdfast_result_free(next);
  holdfast_result_free(late);
}

static void refuse_blackout(const Shop* shop) {
  printf("\n8. Bad weather: close %s\n", name_of(shop->departure).text);
  holdfast_result* result = NULL;
  answered(close_days(shop, shop->departure, shop->departure, "storm warning", &result), &error);
  expect_outcome(result, HOLDFAST_OUTCOME_BLACKOUT_CONFLICT);
  size_t bookings = 0;
  size_t holds = 0;
  const holdfast_allocation* allocation = holdfast_result_allocations(result, &bookings);
  const holdfast_hold* hold = holdfast_result_holds(result, &holds);
  printf("   %s: %zu booking and %zu holds are in the way\n",
         holdfast_outcome_name(holdfast_result_outcome(result)), bookings, holds);
  for (size_t i = 0; i < bookings; ++i) {
    printf("   %.*s (%.*s)\n", (int)allocation[i].id.size, allocation[i].id.data,
           (int)allocation[i].order_id.size, allocation[i].order_id.data);
  }
  for (size_t i = 0; i < holds; ++i) printf("   %.*s\n", (int)hold[i].id.size, hold[i].id.data);
  expect(bookings == 1, "the booking is listed");
  expect(holds == PLACES - 1, "and every hold");
  holdfast_result_free(result);
}

static void report(const Shop* shop) {
  printf("\n9. The capacity report\n");
  const holdfast_get_capacity_report_request request = {.struct_size = sizeof request,
                                                        .start_date = shop->departure - 1,
                                                        .end_date = shop->departure + 1,
                                                        .resource_id = text(shop->tour)};
  holdfast_result* result = NULL;
  accepted(holdfast_get_capacity_report(shop->engine, &request, &result, &error), &result);
  const holdfast_report* report = holdfast_result_reports(result, NULL);
  printf("   %-10s %4s %5s %5s %7s %5s\n", "day", "max", "free", "held", "booked", "used");
  for (size_t i = 0; i < report->days_count; ++i) {
    const holdfast_report_day* day = &report->days[i];
    printf("   %s %4d %5d %5d %7d %4.0f%%\n", name_of(day->date).text, day->max_capacity,
           day->available_capacity, day->held, day->booked, 100 * day->utilisation);
  }
  const holdfast_report_day* day = &report->days[1];
  expect(day->available_capacity == 0 && day->held == PLACES - 1 && day->booked == 1,
         "15 held, 1 booked, none free");
  holdfast_result_free(result);
}

static void print_metrics(const char* line) {
  while (*line != '\0') {
    const size_t size = strcspn(line, "\n");
    if (strncmp(line, "holdfast_holds_", 15) == 0 ||
        strncmp(line, "holdfast_rejections_", 20) == 0) {
      printf("   %.*s\n", (int)size, line);
    }
    line += size + (line[size] == '\n');
  }
}

static void audit(const Shop* shop) {
  printf("\n10. The books\n");
  holdfast_result* verified = NULL;
  accepted(holdfast_verify(shop->engine, NULL, &verified, &error), &verified);
  size_t violations = 0;
  holdfast_result_violations(verified, &violations);
  printf("   verify: %zu violations\n", violations);
  expect(violations == 0, "every day adds up: max = free + held + booked");
  holdfast_result_free(verified);
  holdfast_result* counted = NULL;
  accepted(holdfast_metrics(shop->engine, NULL, &counted, &error), &counted);
  const holdfast_str exposition = holdfast_result_prometheus(counted);
  char* copy = strndup(exposition.data, exposition.size);
  expect(copy != NULL, "memory for the metrics");
  print_metrics(copy);
  free(copy);
  const holdfast_metrics_values* values = holdfast_result_metrics(counted);
  expect(values->holds_created == 18, "18 holds made");
  expect(values->rejections[HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY] == 85, "85 refused");
  holdfast_result_free(counted);
}

int main(int argc, char** argv) {
  const holdfast_options options = {.struct_size = sizeof options,
                                    .abi_version = HOLDFAST_ABI_VERSION,
                                    .uri = text(argc > 1 ? argv[1] : "sqlite:bookings.db")};
  Shop shop = {0};
  answered(holdfast_open(&options, &shop.engine, &error), &error);
  migrate(&shop);
  set_up(&shop);
  show_calendar(&shop);
  HeldPlace held[PLACES];
  rush(&shop, held);
  retry_with_token(&shop, &held[0]);
  printf("\n6. One pays, one changes their mind, one needs more time\n");
  pay(&shop, &held[0]);
  change_mind(&shop, &held[1]);
  ask_for_time(&shop, &held[2]);
  run_out(&shop);
  refuse_blackout(&shop);
  report(&shop);
  audit(&shop);
  answered(holdfast_close(shop.engine, &error), &error);
  printf("\nEverything came out as stated.\n");
  return 0;
}
