// Requests on their way in: values of JavaScript, in a table's order, into a struct of the C ABI.
#pragma once

#include <node_api.h>

#include <array>
#include <cstddef>
#include <memory_resource>
#include <span>
#include <string>

#include "operations.hpp"

namespace holdfast::node {

/// `resource_id` as JavaScript writes it: `resourceId`.
std::string camel_case(const char* name);

/// Reads one request. What it wrote points into it, so it outlives the call into the library.
///
/// lib/fields.js has checked the types and names what is wrong; what is checked here is what only
/// the engine's own reader of days knows, and what a broken caller could do to memory.
class RequestReader {
 public:
  explicit RequestReader(napi_env env) : env_(env) {}
  RequestReader(const RequestReader&) = delete;
  RequestReader& operator=(const RequestReader&) = delete;

  /// `request` is zeroed but for its struct_size. False: an exception is pending.
  bool read(std::span<const Field> fields, std::span<const napi_value> values, std::byte* request);

 private:
  static constexpr std::ptrdiff_t kNoIndex = -1;

  bool read_field(const Field& field, napi_value value, std::byte* request);
  bool read_text(const Field& field, napi_value value, holdfast_str& out,
                 std::ptrdiff_t index = kNoIndex);
  bool read_integer(const Field& field, napi_value value, std::byte* to);
  bool read_long(const Field& field, napi_value value, std::byte* to);
  bool read_day(const Field& field, napi_value value, holdfast_date& out);
  bool read_days(const Field& field, napi_value value, std::byte* request);
  bool read_list(const Field& field, napi_value value, std::byte* request);
  bool read_item(const Field& field, napi_value value, std::byte* item);
  bool has_half_a_character(napi_value value) const;
  bool fail(const Field& field, std::ptrdiff_t index, const char* what, bool is_range) const;
  char* allocate(std::size_t size) { return static_cast<char*>(memory_.allocate(size, 1)); }

  napi_env env_;
  std::string path_{};  ///< "items[2]." while an item is read
  // More than a usual request needs, so that reading one allocates nothing.
  std::array<std::byte, 4096> first_;
  std::pmr::monotonic_buffer_resource memory_{first_.data(), first_.size()};
};

}  // namespace holdfast::node
