// One thread of the host's with N requests in flight: the C ABI, submit and drain.
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <thread>

#include "holdfast.h"
#include "host.hpp"

namespace holdfast::bench {
namespace {

holdfast_str str(const std::string& text) { return {text.data(), text.size()}; }

template <class T>
T sized() {
  T value{};
  value.struct_size = sizeof(T);
  return value;
}

holdfast_error no_error() { return sized<holdfast_error>(); }

holdfast_date number_of(Date day) {
  return static_cast<holdfast_date>(day.time_since_epoch().count());
}

// A caller that is in flight.
struct Slot {
  Slot(Load& load, int number)
      : chooser(load, number), tally(&load.tallies[static_cast<std::size_t>(number)]) {}
  Chooser chooser;
  Tally* tally;
  Clock::time_point began{};
  bool is_held = false;  ///< the first of two requests has been answered
};

class Loop {
 public:
  Loop(holdfast_engine engine, Load& load, int bell) : engine_(engine), load_(load), bell_(bell) {
    for (const auto& id : load.shop.resources) ids_.push_back(str(id));
    for (int i = 0; i < load.callers; ++i) slots_.emplace_back(load, i);
  }

  void run() {
    for (std::size_t i = 0; i < slots_.size(); ++i) begin(i);
    std::vector<holdfast_completion> completions(256);
    while (in_flight_ > 0) {
      pollfd waiting{bell_, POLLIN, 0};
      poll(&waiting, 1, -1);
      std::uint64_t rings = 0;
      if (read(bell_, &rings, sizeof rings) != sizeof rings) continue;
      std::size_t count = completions.size();
      while (count == completions.size()) {
        auto error = no_error();
        if (holdfast_drain(engine_, completions.data(), completions.size(), &count, &error) !=
            HOLDFAST_STATUS_OK) {
          die(error.message);
        }
        for (std::size_t i = 0; i < count; ++i) take(completions[i]);
      }
    }
  }

 private:
  void begin(std::size_t number) {
    Slot& slot = slots_[number];
    slot.began = Clock::now();
    slot.is_held = false;
    auto error = no_error();
    if (submit(slot, number, &error) != HOLDFAST_STATUS_OK) die(error.message);
    ++in_flight_;
  }

  holdfast_status submit(Slot& slot, std::uint64_t tag, holdfast_error* error) {
    if (load_.workload == Workload::kCheck) return submit_check(slot, tag, error);
    if (load_.workload == Workload::kSearch) return submit_search(tag, error);
    const auto stay = slot.chooser.stay();
    const std::string token = slot.chooser.token();
    dates_.resize(static_cast<std::size_t>(stay.days));
    for (int i = 0; i < stay.days; ++i) {
      dates_[static_cast<std::size_t>(i)] = number_of(stay.first) + i;
    }
    auto request = sized<holdfast_create_hold_request>();
    request.quantity = 1;
    request.resource_id = str(*stay.resource);
    request.dates = dates_.data();
    request.dates_count = dates_.size();
    request.customer_email = HOLDFAST_STR("guest@example.com");
    request.idempotency_token = str(token);
    return holdfast_create_hold_submit(engine_, &request, tag, error);
  }

  holdfast_status submit_check(Slot& slot, std::uint64_t tag, holdfast_error* error) {
    const auto month = slot.chooser.month();
    auto request = sized<holdfast_check_availability_request>();
    request.quantity = 1;
    request.resource_id = str(*month.resource);
    request.start_date = number_of(month.first);
    request.end_date = number_of(month.first) + month.days - 1;
    return holdfast_check_availability_submit(engine_, &request, tag, error);
  }

  holdfast_status submit_search(std::uint64_t tag, holdfast_error* error) {
    auto request = sized<holdfast_search_availability_request>();
    request.quantity = 1;
    request.start_date = number_of(load_.shop.first_day);
    request.end_date = number_of(load_.shop.first_day) + kMonth - 1;
    request.resource_ids = ids_.data();
    request.resource_ids_count = ids_.size();
    return holdfast_search_availability_submit(engine_, &request, tag, error);
  }

  // The second request of an iteration: what was held is confirmed or released.
  void go_on(Slot& slot, std::uint64_t tag, const holdfast_result* held) {
    slot.is_held = true;
    const holdfast_str hold_id = holdfast_result_holds(held, nullptr)[0].id;
    auto error = no_error();
    holdfast_status status = HOLDFAST_STATUS_OK;
    if (load_.workload == Workload::kConfirm) {
      const std::string order = slot.chooser.order();
      auto request = sized<holdfast_confirm_hold_request>();
      request.hold_id = hold_id;
      request.order_id = str(order);
      request.line_item_id = HOLDFAST_STR("line_1");
      status = holdfast_confirm_hold_submit(engine_, &request, tag, &error);
    } else {
      auto request = sized<holdfast_release_hold_request>();
      request.hold_id = hold_id;
      status = holdfast_release_hold_submit(engine_, &request, tag, &error);
    }
    if (status != HOLDFAST_STATUS_OK) die(error.message);
    ++in_flight_;
  }

  Answered classify(const holdfast_completion& completion) const {
    if (completion.error.status != HOLDFAST_STATUS_OK) {
      complain(completion.error.message);
      return Answered::kFailed;
    }
    const holdfast_outcome outcome = holdfast_result_outcome(completion.result);
    if (outcome == HOLDFAST_OUTCOME_INSUFFICIENT_CAPACITY) return Answered::kRefused;
    if (outcome != HOLDFAST_OUTCOME_ACCEPTED) {
      complain(holdfast_outcome_name(outcome));
      return Answered::kFailed;
    }
    if (load_.workload == Workload::kSearch) {
      std::size_t count = 0;
      holdfast_result_availabilities(completion.result, &count);
      if (count != ids_.size()) return Answered::kFailed;
    }
    return Answered::kAccepted;
  }

  void take(const holdfast_completion& completion) {
    --in_flight_;
    Slot& slot = slots_[completion.tag];
    const Answered answered = classify(completion);
    const bool has_two =
        load_.workload == Workload::kConfirm || load_.workload == Workload::kRelease;
    if (has_two && !slot.is_held && answered == Answered::kAccepted) {
      go_on(slot, completion.tag, completion.result);
    } else {
      load_.record(*slot.tally, slot.began, answered);
      if (!load_.stop.load(std::memory_order_relaxed)) begin(completion.tag);
    }
    holdfast_result_free(completion.result);
  }

  holdfast_engine engine_;
  Load& load_;
  int bell_;
  std::vector<holdfast_str> ids_;
  std::vector<holdfast_date> dates_;
  std::deque<Slot> slots_;
  std::size_t in_flight_ = 0;
};

class DrainingHost final : public Host {
 public:
  DrainingHost(const std::string& uri, int lanes) : bell_(eventfd(0, EFD_NONBLOCK)) {
    auto options = sized<holdfast_options>();
    options.abi_version = HOLDFAST_ABI_VERSION;
    options.uri = str(uri);
    options.lanes = lanes;
    auto error = no_error();
    if (holdfast_open(&options, &engine_, &error) != HOLDFAST_STATUS_OK) die(error.message);
    const auto ring = [](void* bell) {
      const std::uint64_t one = 1;
      if (write(*static_cast<int*>(bell), &one, sizeof one) < 0) std::abort();
    };
    if (holdfast_set_wakeup(engine_, ring, &bell_, &error) != HOLDFAST_STATUS_OK) {
      die(error.message);
    }
  }
  DrainingHost(const DrainingHost&) = delete;
  DrainingHost& operator=(const DrainingHost&) = delete;
  ~DrainingHost() override {
    holdfast_close(engine_, nullptr);
    close(bell_);
  }

  void start(Load& load) override {
    thread_ = std::thread([this, &load] { Loop(engine_, load, bell_).run(); });
  }

  void join() override { thread_.join(); }

  Batches batches() override {
    holdfast_result* result = nullptr;
    auto error = no_error();
    if (holdfast_metrics(engine_, nullptr, &result, &error) != HOLDFAST_STATUS_OK) {
      die(error.message);
    }
    const holdfast_metrics_values* values = holdfast_result_metrics(result);
    const Batches batches{values->batches, values->commands};
    holdfast_result_free(result);
    return batches;
  }

 private:
  int bell_;
  holdfast_engine engine_ = 0;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Host> open_draining(const std::string& uri, int lanes) {
  return std::make_unique<DrainingHost>(uri, lanes);
}

}  // namespace holdfast::bench
