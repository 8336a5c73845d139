// What is asked of the witnesses: one operation after the other, of what earlier answers named.
#pragma once

#include <string>
#include <vector>

#include "support/random.hpp"
#include "witnesses/step.hpp"

namespace holdfast::test::witnesses {

class Stream {
 public:
  /// A chapter begins with resources of its own, and looks at these alone.
  void begin_chapter();
  Step next();
  /// The answer to the last step, whose rows later steps may name.
  void heard(const Answer& answer);

  /// Of this chapter.
  const std::vector<std::string>& resources() const { return resources_; }
  Date first_day() const { return first_; }
  Date last_day() const { return first_ + std::chrono::days(6); }

 private:
  bool chance(double p) { return random_.chance(p); }
  int between(int low, int high) { return static_cast<int>(random_.between(low, high)); }
  std::vector<Date> some_days(int most);
  std::vector<Date> some_range();
  std::string some_resource();
  std::string some_row(const std::vector<std::string>& rows, const char* nobody);
  std::vector<std::string> some_holds();
  std::string some_token(double given);
  void of_resources(Step& step, int roll);
  void of_holds(Step& step, int roll);
  void of_bookings(Step& step, int roll);

  Random random_{4};
  int number_ = 0;
  Instant now_{std::chrono::microseconds(1'770'091'506'789'012)};
  Date first_{};
  std::size_t opened_ = 0;  ///< steps of this chapter so far that set it up
  std::vector<std::string> resources_{};
  std::vector<std::string> holds_{};
  std::vector<std::string> bookings_{};
  std::vector<std::string> blackouts_{};
  std::vector<Step> said_{};
  bool prunes_next_ = false;
};

}  // namespace holdfast::test::witnesses
