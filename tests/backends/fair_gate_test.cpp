// Who gets a connection when there are fewer than those who want one.
#include "storage/fair_gate.hpp"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "support/catch.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using Turn = FairGate::Turn;

const auto kLater = std::chrono::steady_clock::now() + 1h;

/// Threads that enter one after the other and say so when they are in.
class Queue {
 public:
  explicit Queue(FairGate& gate) : gate_(gate) {}
  ~Queue() { order(); }

  void line_up(char name, Turn turn = Turn::kLast) {
    const std::size_t before = gate_.waiting();
    threads_.emplace_back([this, name, turn] {
      bool waited = false;
      if (gate_.enter(kLater, waited, turn)) order_.push_back(name);  // the one place guards it
      go_on_.wait(false);
      gate_.leave();
    });
    while (gate_.waiting() == before) std::this_thread::yield();
  }
  /// Those who are in stay until here; then everybody has been.
  const std::string& order() {
    go_on_ = true;
    go_on_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    return order_;
  }

 private:
  FairGate& gate_;
  std::atomic<bool> go_on_ = false;
  std::vector<std::thread> threads_;
  std::string order_;
};

bool enter_at_once(FairGate& gate) {
  bool waited = false;
  return gate.enter(std::chrono::steady_clock::now(), waited);
}

}  // namespace

TEST_CASE("whoever asks first goes first, and a booking before the reads") {
  FairGate gate(1);
  REQUIRE(enter_at_once(gate));
  Queue queue(gate);
  for (const char name : {'a', 'b', 'c'}) queue.line_up(name);
  queue.line_up('B', Turn::kFirst);
  gate.leave();
  CHECK(queue.order() == "Babc");
}

TEST_CASE("who asks again at once goes behind those who wait") {
  FairGate gate(1);
  REQUIRE(enter_at_once(gate));
  Queue queue(gate);
  queue.line_up('a');
  gate.leave();
  CHECK_FALSE(enter_at_once(gate));
  CHECK(queue.order() == "a");
  CHECK(enter_at_once(gate));
}

TEST_CASE("there are as many places as were made, also after somebody gave up") {
  FairGate gate(3);
  for (int i = 0; i < 3; ++i) REQUIRE(enter_at_once(gate));
  bool waited = false;
  CHECK_FALSE(gate.enter(std::chrono::steady_clock::now() + 1ms, waited));
  CHECK(waited);
  CHECK(gate.waiting() == 0);
  for (int i = 0; i < 3; ++i) gate.leave();
  for (int i = 0; i < 3; ++i) CHECK(enter_at_once(gate));
  CHECK_FALSE(enter_at_once(gate));
}

}  // namespace holdfast::test
