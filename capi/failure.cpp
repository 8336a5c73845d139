#include "failure.hpp"

#include <algorithm>

namespace holdfast::capi {
namespace {

template <std::size_t N>
void put(char (&to)[N], std::string_view text) {
  const std::string_view kept = cut(text, N - 1);
  std::fill(std::copy(kept.begin(), kept.end(), to), to + N, '\0');
}

}  // namespace

std::string_view cut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return text.substr(0, bytes);
}

bool usable(const holdfast_error* error) {
  return error == nullptr || struct_size(error) == sizeof(holdfast_error);
}

void clear(holdfast_error& error) {
  error.status = HOLDFAST_STATUS_OK;
  error.retry = HOLDFAST_RETRY_NEVER;
  error.sqlstate[0] = '\0';
  error.idempotency_token[0] = '\0';
  error.message[0] = '\0';
}

holdfast_status report(holdfast_error* error, Status status, Retry retry, std::string_view message,
                       std::string_view sqlstate, std::string_view token) {
  const auto number = static_cast<holdfast_status>(status);
  if (error == nullptr) return number;
  error->status = number;
  error->retry = static_cast<holdfast_retry>(retry);
  put(error->sqlstate, sqlstate);
  // Half a token is another token.
  put(error->idempotency_token, token.size() < sizeof error->idempotency_token ? token : "");
  put(error->message, message);
  return number;
}

holdfast_status report(holdfast_error* error, const Error& failure) {
  return report(error, failure.status, failure.retry, failure.message, failure.sqlstate,
                failure.idempotency_token);
}

}  // namespace holdfast::capi
