// Reads bounds.txt and holds a count against it.
#pragma once

#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

#include "support/catch.hpp"

namespace holdfast::counted {

struct Bound {
  double figure = 0;
  double room_percent = 0;
  double most() const { return figure * (1 + room_percent / 100); }
};

inline Bound bound_of(const std::string& name) {
  std::ifstream table(COUNTED_BOUNDS);
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string found;
    Bound bound;
    if (words >> found >> bound.figure >> bound.room_percent && found == name) return bound;
  }
  throw std::runtime_error("no bound for " + name + " in " COUNTED_BOUNDS);
}

/// The count must not be above its bound. Printed either way, for whoever sets the next bound.
inline void hold_to(const std::string& name, double counted) {
  const Bound bound = bound_of(name);
  std::printf("%-40s %10.2f   figure %10.2f   at most %10.2f\n", name.c_str(), counted,
              bound.figure, bound.most());
  INFO(name << ": counted " << counted << ", at most " << bound.most());
  CHECK(counted <= bound.most());
  // What counts nothing guards nothing.
  CHECK(counted > 0);
}

}  // namespace holdfast::counted
