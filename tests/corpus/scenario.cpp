#include "corpus/scenario.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <regex>
#include <sstream>
#include <stdexcept>

namespace holdfast::test {
namespace {

namespace chr = std::chrono;

std::string text_of(const Json& step, const std::string& name) {
  const Json* value = step.find(name);
  if (value == nullptr) return {};
  const auto* text = value->get_if<std::string>();
  if (text == nullptr || text->empty()) throw std::runtime_error(name + " is no text");
  return *text;
}

void only(const Json& object, std::initializer_list<std::string_view> names) {
  const auto* members = object.get_if<Json::Object>();
  if (members == nullptr) throw std::runtime_error("not an object: " + object.dump());
  for (const auto& [name, value] : *members) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      throw std::runtime_error("nobody knows what \"" + name + "\" means");
    }
  }
}

Step read_step(const Json& json) {
  only(json, {"ask", "at", "as", "with", "note"});
  Step step{text_of(json, "ask"), text_of(json, "at"), text_of(json, "as")};
  if (step.ask.empty() == step.at.empty()) {
    throw std::runtime_error("a step has one of ask and at: " + json.dump());
  }
  if (!step.at.empty()) {
    only(json, {"at", "note"});
    parse_instant(step.at);
  }
  const Json* with = json.find("with");
  step.with = with == nullptr ? Json(Json::Object{}) : *with;
  if (step.with.get_if<Json::Object>() == nullptr) throw std::runtime_error("with is no object");
  return step;
}

Json look_up(const std::string& path, const std::map<std::string, Json>& answers) {
  std::istringstream words(path.substr(1));
  std::string word;
  std::getline(words, word, '.');
  const auto named = answers.find(word);
  const Json* at = named == answers.end() ? nullptr : &named->second;
  while (at != nullptr && std::getline(words, word, '.')) at = at->find(word);
  if (at == nullptr) throw std::runtime_error("no answer has " + path);
  return *at;
}

// Rows of one instant are listed by their ids.
void settle_rows(Json& rows, const Names& names) {
  auto* array = rows.get_if<Json::Array>();
  if (array == nullptr) return;
  const auto created = [](const Json& row) {
    const Json* at = row.find("created_at");
    return at == nullptr ? std::string() : at->dump();
  };
  const auto order = [&names](const Json& row) {
    const Json* id = row.find("id");
    if (id == nullptr) id = row.find("resource_id");
    return names.order(*id->get_if<std::string>());
  };
  for (auto begin = array->begin(); begin != array->end();) {
    const auto end = std::find_if(begin, array->end(),
                                  [&](const Json& row) { return created(row) != created(*begin); });
    std::stable_sort(begin, end, [&](const Json& a, const Json& b) { return order(a) < order(b); });
    begin = end;
  }
}

}  // namespace

std::vector<Step> read_scenario(const std::string& text) {
  const Json json = Json::parse(text);
  only(json, {"about", "steps"});
  if (text_of(json, "about").empty()) throw std::runtime_error("about is missing");
  const Json* steps = json.find("steps");
  const auto* array = steps == nullptr ? nullptr : steps->get_if<Json::Array>();
  if (array == nullptr || array->empty()) throw std::runtime_error("steps are missing");
  std::vector<Step> out;
  for (const Json& each : *array) out.push_back(read_step(each));
  if (out.front().at.empty()) throw std::runtime_error("the first step sets the clock");
  if (out.back().ask != "verify") throw std::runtime_error("the last step is verify");
  return out;
}

std::int64_t parse_instant(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0, ms = 0;
  std::sscanf(text.c_str(), "%4d-%2u-%2uT%2d:%2d:%2d.%3dZ", &year, &month, &day, &hour, &minute,
              &second, &ms);
  const chr::year_month_day date{chr::year(year), chr::month(month), chr::day(day)};
  const chr::sys_time<chr::microseconds> at = chr::sys_days(date) + chr::hours(hour) +
                                              chr::minutes(minute) + chr::seconds(second) +
                                              chr::milliseconds(ms);
  const std::int64_t us = at.time_since_epoch().count();
  if (instant_text(us) != text) throw std::runtime_error("no instant: " + text);
  return us;
}

std::string instant_text(std::int64_t us) {
  const chr::sys_time<chr::milliseconds> at =
      chr::floor<chr::milliseconds>(chr::sys_time<chr::microseconds>(chr::microseconds(us)));
  const auto midnight = chr::floor<chr::days>(at);
  const chr::year_month_day date(midnight);
  const chr::hh_mm_ss time(at - midnight);
  std::array<char, 80> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
                static_cast<int>(time.subseconds().count()));
  return out.data();
}

Json resolve(const Json& with, const std::map<std::string, Json>& answers) {
  if (const auto* text = with.get_if<std::string>(); text != nullptr && text->rfind('$', 0) == 0) {
    return look_up(*text, answers);
  }
  if (const auto* array = with.get_if<Json::Array>()) {
    Json::Array out;
    for (const Json& each : *array) out.push_back(resolve(each, answers));
    return out;
  }
  if (const auto* object = with.get_if<Json::Object>()) {
    Json::Object out;
    for (const auto& [name, value] : *object) out[name] = resolve(value, answers);
    return out;
  }
  return with;
}

std::string Names::rename(const std::string& text) {
  static const std::regex kId(
      "(res|cap|hold|alloc|blk|grp|tok)_[0-9A-Z]{26}(_[0-9A-Z]{26}|_[0-9]{8})?");
  std::string out;
  auto rest = text.begin();
  for (std::sregex_iterator at(text.begin(), text.end(), kId), end; at != end; ++at) {
    const std::string id = at->str();
    auto found = names_.find(id);
    if (found == names_.end()) {
      const std::string kind = at->str(1);
      order_.emplace(id, order_.size());
      found = names_.emplace(id, kind + "_" + std::to_string(++kinds_[kind])).first;
    }
    out.append(rest, (*at)[0].first);
    out += found->second;
    rest = (*at)[0].second;
  }
  return out.append(rest, text.end());
}

std::size_t Names::order(const std::string& id) const {
  const auto found = order_.find(id);
  return found == order_.end() ? order_.size() : found->second;
}

void settle_order(const std::string& operation, Json& answer, const Names& names) {
  static const std::map<std::string, std::vector<std::string>> kListedById = {
      {"search_availability", {"resources"}}, {"metrics", {"use"}},
      {"list_resources", {"items"}},          {"list_holds", {"items"}},
      {"list_allocations", {"items"}},        {"list_blackouts", {"items"}},
      {"cancel_allocation", {"allocations"}}, {"create_blackout", {"holds", "allocations"}}};
  const auto listed = kListedById.find(operation);
  if (listed == kListedById.end()) return;
  Json* inside = &answer;
  if (const auto* object = answer.get_if<Json::Object>(); object->count("rejected") > 0) {
    inside = &answer.get_if<Json::Object>()->at("rejected");
  }
  for (const auto& name : listed->second) {
    auto* object = inside->get_if<Json::Object>();
    if (object != nullptr && object->count(name) > 0) settle_rows(object->at(name), names);
  }
}

std::vector<std::string> play(const std::vector<Step>& steps, Host& host,
                              std::atomic<std::int64_t>& now_us) {
  std::vector<std::string> lines;
  std::map<std::string, Json> answers;
  Names names;
  for (const Step& step : steps) {
    if (!step.at.empty()) {
      now_us = parse_instant(step.at);
      lines.push_back(Json(Json::Object{{"at", step.at}}).dump());
      continue;
    }
    Json answer = host.ask(step.ask, resolve(step.with, answers));
    settle_order(step.ask, answer, names);
    lines.push_back(names.rename(answer.dump()));
    if (!step.as.empty()) answers[step.as] = std::move(answer);
  }
  return lines;
}

}  // namespace holdfast::test
