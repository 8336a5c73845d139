// What the sources of the zoo ask for. Nothing of it is in the library.
#pragma once

#include <map>
#include <string>

namespace holdfast::zoo {

/// The number of the variant that HOLDFAST_ZOO asks for; 0: the library as it is.
extern const int chosen;

/// One of variants.py's POINTS is passed.
void point(const char* name);

/// How often each point has been passed since the last call.
std::map<std::string, int> passed();
/// From now on, `visit` counted from 1, the process ends at the point as a SIGKILL ends it.
void die_at(const std::string& point, int visit);

}  // namespace holdfast::zoo
