/* The header needs nothing before it, and its macros work, in C99, C11 and C++20. */
#include "holdfast.h"

int header_alone(void);

int header_alone(void) {
  holdfast_str text = HOLDFAST_STR("2026-07-01");
  holdfast_error error;
  error.struct_size = sizeof error;
  return text.size == 10 && error.struct_size == 256 && HOLDFAST_ABI_VERSION == 1;
}
