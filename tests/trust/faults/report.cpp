#include "report.hpp"

#include <cstdio>

namespace holdfast::test {
namespace {

class Figures {
 public:
  Figures() = default;
  Figures(const Figures&) = delete;
  Figures& operator=(const Figures&) = delete;
  ~Figures() { std::fputs(text.c_str(), stdout); }
  std::string text{};
};

}  // namespace

void figure(const std::string& campaign, const std::string& text) {
  static Figures all;
  all.text += campaign + ": " + text + "\n";
}

}  // namespace holdfast::test
