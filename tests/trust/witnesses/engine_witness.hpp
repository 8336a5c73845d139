// The engine through its C++ interface, on any backend; and through the C ABI.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "witnesses/step.hpp"

namespace holdfast::test::witnesses {

std::unique_ptr<Witness> open_engine_witness(const std::string& name, const std::string& uri,
                                             std::function<Instant()> clock);
/// `clock` outlives the witness.
std::unique_ptr<Witness> open_capi_witness(const std::string& uri,
                                           const std::function<Instant()>& clock);

/// What a token that the host did not give looks like to it: nothing.
inline std::string own_token(const std::string& token) {
  return token.starts_with("tok_") ? "" : token;
}

}  // namespace holdfast::test::witnesses
