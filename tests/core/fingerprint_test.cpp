// What makes two requests the same request.
#include <functional>
#include <set>

#include "core/fingerprint.hpp"
#include "core/scene.hpp"
#include "core/sha256.hpp"
#include "support/catch.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;
using core::Command;

std::string hex(const std::string& message) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const auto byte : core::sha256(message)) {
    out.push_back(kHex[byte >> 4]);
    out.push_back(kHex[byte & 15]);
  }
  return out;
}

template <class R>
std::string print_of(R request, const std::string& group = "") {
  Command command{std::move(request)};
  command.group_id = group;
  return core::fingerprint(command);
}

// Every change makes another fingerprint, and no two the same one.
template <class R>
void all_matter(const R& request, const std::vector<std::function<void(R&)>>& changes) {
  std::set<std::string> seen = {print_of(request)};
  CHECK(seen.begin()->size() == 32);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    INFO("change " << i);
    R changed = request;
    changes[i](changed);
    CHECK(seen.insert(print_of(changed)).second);
  }
  R other_token = request;
  other_token.idempotency_token = "another";
  CHECK(print_of(other_token) == print_of(request));
}

const std::string kOne = resource_id(1);
const std::string kTwo = resource_id(2);

CreateHolds two_items() {
  CreateHolds r;
  r.items = {{kOne, days(1, 2), 1}, {kTwo, days(1, 1), 2}};
  r.ttl = 5min;
  r.holder = "anna";
  r.idempotency_token = "t";
  return r;
}

}  // namespace

TEST_CASE("SHA-256 answers the vectors of FIPS 180-4") {
  CHECK(hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
            "klmnopqrlmnopqrsmnopqrstnopqrstu") ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(hex(std::string(1'000'000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 pads every length of message to its own digest") {
  std::set<std::string> seen;
  for (std::size_t size = 0; size <= 200; ++size) {
    CHECK(seen.insert(hex(std::string(size, 'a'))).second);
  }
  // The lengths at which the padding takes one block more, as sha256sum prints them.
  CHECK(hex(std::string(55, 'a')) ==
        "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
  CHECK(hex(std::string(56, 'a')) ==
        "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
  CHECK(hex(std::string(64, 'a')) ==
        "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

TEST_CASE("everything that create_holds asks for makes its fingerprint, but not the email") {
  const CreateHolds r = two_items();
  all_matter<CreateHolds>(
      r,
      {[](auto& x) { x.items[0].resource_id = kTwo; },
       [](auto& x) { x.items[0].dates = days(1, 3); },
       [](auto& x) { x.items[0].dates = days(2, 3); }, [](auto& x) { x.items[0].quantity = 2; },
       [](auto& x) { x.items[1].quantity = 1; }, [](auto& x) { std::swap(x.items[0], x.items[1]); },
       [](auto& x) { x.items.pop_back(); }, [](auto& x) { x.items.push_back(x.items[0]); },
       [](auto& x) { x.ttl = 6min; }, [](auto& x) { x.ttl.reset(); },
       [](auto& x) { x.holder = "bert"; }, [](auto& x) { x.holder.clear(); }});
  CreateHolds email = r;
  email.customer_email = "anna@example.org";
  CHECK(print_of(email) == print_of(r));
  CHECK(print_of(r, group_id(1)) == print_of(r, group_id(2)));
  CHECK(print_of(r, group_id(1)) != print_of(r));
}

TEST_CASE("every field of every remembered request makes its fingerprint") {
  CreateResource create;
  create.type = "TOUR";
  create.name = "n";
  all_matter<CreateResource>(
      create, {[](auto& x) { x.type = "VEHICLE"; }, [](auto& x) { x.name = "m"; },
               [](auto& x) { x.description = "d"; }, [](auto& x) { x.metadata = "d"; },
               [](auto& x) { x.timezone = "d"; }, [](auto& x) { x.is_active = false; }});
  UpdateResource update;
  update.resource_id = kOne;
  all_matter<UpdateResource>(update,
                             {[](auto& x) { x.resource_id = kTwo; }, [](auto& x) { x.type = ""; },
                              [](auto& x) { x.name = ""; }, [](auto& x) { x.description = ""; },
                              [](auto& x) { x.metadata = ""; }, [](auto& x) { x.timezone = ""; },
                              [](auto& x) { x.name = "d"; }, [](auto& x) { x.is_active = false; },
                              [](auto& x) { x.is_active = true; }});
  InitializeCapacity initialize{kOne, day(1), day(2), 3};
  all_matter<InitializeCapacity>(
      initialize,
      {[](auto& x) { x.resource_id = kTwo; }, [](auto& x) { x.start_date = day(0); },
       [](auto& x) { x.end_date = day(3); }, [](auto& x) { x.daily_capacity = 4; },
       [](auto& x) { x.weekdays = 1; }, [](auto& x) { x.on_existing = OnExisting::kReplace; }});
  AdjustCapacity adjust{kOne, days(1, 2), 1, "t"};
  all_matter<AdjustCapacity>(
      adjust, {[](auto& x) { x.resource_id = kTwo; }, [](auto& x) { x.dates = days(1, 1); },
               [](auto& x) { x.delta = -1; }});
  ExtendHolds extend{{hold_id(kOne, 1), hold_id(kOne, 2)}, 5min, "anna", false, "t"};
  all_matter<ExtendHolds>(
      extend,
      {[](auto& x) { x.hold_ids.pop_back(); }, [](auto& x) { x.hold_ids[0] = hold_id(kOne, 3); },
       [](auto& x) { x.ttl.reset(); }, [](auto& x) { x.ttl = 6min; },
       [](auto& x) { x.holder = "bert"; }, [](auto& x) { x.as_host = true; }});
  MoveHold move{hold_id(kOne, 1), days(1, 2), 2, "anna", false, "t"};
  all_matter<MoveHold>(
      move, {[](auto& x) { x.hold_id = hold_id(kOne, 2); }, [](auto& x) { x.dates = days(1, 3); },
             [](auto& x) { x.quantity = 3; }, [](auto& x) { x.quantity.reset(); },
             [](auto& x) { x.holder = "bert"; }, [](auto& x) { x.as_host = true; }});
  MoveAllocation rebook{allocation_id(kOne, 1), days(1, 2), 2, "t"};
  all_matter<MoveAllocation>(
      rebook, {[](auto& x) { x.allocation_id = allocation_id(kOne, 2); },
               [](auto& x) { x.dates = days(1, 3); }, [](auto& x) { x.quantity = 3; },
               [](auto& x) { x.quantity.reset(); }});
  CreateBlackout blackout{kOne, day(1), day(2), "r"};
  all_matter<CreateBlackout>(
      blackout, {[](auto& x) { x.resource_id = kTwo; }, [](auto& x) { x.start_date = day(0); },
                 [](auto& x) { x.end_date = day(3); }, [](auto& x) { x.reason = "s"; },
                 [](auto& x) { x.on_conflict = OnConflict::kKeep; }});
}

TEST_CASE("text cannot move from one field to the next unseen") {
  CreateResource a;
  a.type = "TOUR";
  a.name = "ab";
  a.description = "c";
  CreateResource b = a;
  b.name = "a";
  b.description = "bc";
  CHECK(print_of(a) != print_of(b));
  CHECK(print_of(MoveHold{hold_id(kOne, 1), days(1, 1), {}, {}, false, "t"}) !=
        print_of(MoveAllocation{hold_id(kOne, 1), days(1, 1), {}, "t"}));
}

TEST_CASE("the comparison in constant time compares") {
  CHECK(core::equal_constant_time("", ""));
  CHECK(core::equal_constant_time("secret", "secret"));
  CHECK_FALSE(core::equal_constant_time("secret", "secreT"));
  CHECK_FALSE(core::equal_constant_time("secret", "Secret"));
  CHECK_FALSE(core::equal_constant_time("secret", "secret2"));
  CHECK_FALSE(core::equal_constant_time("secret", ""));
  CHECK_FALSE(core::equal_constant_time("", "secret"));
  CHECK_FALSE(core::equal_constant_time("\x80", std::string_view("\0", 1)));
}

}  // namespace holdfast::test
