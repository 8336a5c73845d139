#include "guillotine.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace holdfast::test {

const char* name(Blade blade) {
  switch (blade) {
    case Blade::kClose:
      return "close";
    case Blade::kReset:
      return "reset";
    case Blade::kHalfClose:
      return "half-close";
    case Blade::kStall:
      return "stall";
  }
  return "";
}

class Guillotine::Edge final : public Tap {
 public:
  explicit Edge(Guillotine& wire) : wire_(wire) {}
  Passed said(Side speaker, std::string_view bytes) override { return wire_.said(speaker, bytes); }

 private:
  Guillotine& wire_;
};

Guillotine::Guillotine(const std::string& conninfo)
    : address_(conninfo),
      relay_([this] { return address_.connect(); }, [this] { return admit(); }) {}

std::unique_ptr<Tap> Guillotine::admit() {
  const std::scoped_lock guard(mutex_);
  if (armed_ && passage_.cut && cut_.unreachable) return nullptr;
  return std::make_unique<Edge>(*this);
}

void Guillotine::arm(const Cut& cut) {
  const std::scoped_lock guard(mutex_);
  armed_ = true;
  cut_ = cut;
  passage_ = {};
  last_ = Side::kServer;  // so that the client begins
}

Passage Guillotine::disarm() {
  const std::scoped_lock guard(mutex_);
  armed_ = false;
  return passage_;
}

Passed Guillotine::said(Side speaker, std::string_view bytes) {
  using Then = Passed::Then;
  std::unique_lock lock(mutex_);
  Passed all{std::string(bytes)};
  if (!armed_) return all;
  const bool is_client = speaker == Side::kClient;
  std::int64_t& passed = is_client ? passage_.from_client : passage_.from_server;
  const std::int64_t before = passed;
  if (std::exchange(last_, speaker) != speaker)
    (is_client ? passage_.turns_of_client : passage_.turns_of_server).push_back(before);
  passed += static_cast<std::int64_t>(bytes.size());
  if (passage_.cut || speaker != cut_.speaker || passed <= cut_.after) return all;
  passage_.cut = true;
  if (cut_.blade == Blade::kStall) {
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    return all;
  }
  all.bytes.resize(static_cast<std::size_t>(cut_.after - before));
  all.then = cut_.blade == Blade::kReset       ? Then::kReset
             : cut_.blade == Blade::kHalfClose ? Then::kHalfClose
                                               : Then::kClose;
  return all;
}

}  // namespace holdfast::test
