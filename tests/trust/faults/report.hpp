// The figure of a campaign: printed when the program ends, so that it stands on its last lines.
#pragma once

#include <string>

namespace holdfast::test {

/// `campaign: text`.
void figure(const std::string& campaign, const std::string& text);

}  // namespace holdfast::test
