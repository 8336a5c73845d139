// Plays every scenario of the corpus on every backend and compares what was answered, line by line.
//
//   corpus_LANGUAGE [--write] [SCENARIO...]
//
// --write writes the .answers anew. Without names, all scenarios, and together they must ask every
// operation twice and be refused for every reason.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "corpus/scenario.hpp"
#include "support/database.hpp"

namespace {

using namespace holdfast::test;
namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream out;
  out << file.rdbuf();
  return out.str();
}

Lines lines_of(const std::string& text) {
  Lines out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::string joined(const Lines& lines) {
  std::string out;
  for (const auto& line : lines) out += line + "\n";
  return out;
}

struct Seen {
  std::map<std::string, int> asked{};
  std::string answers{};
};

class Corpus {
 public:
  Corpus(fs::path folder, bool write) : folder_(std::move(folder)), write_(write) {}

  void run(const std::string& name) {
    const auto steps = read_scenario(read_file(folder_ / (name + ".json")));
    for (const Step& step : steps) ++seen_.asked[step.ask];
    bool written = !write_;
    for (const Backend& backend : backends()) {
      for (const std::string& way : ways()) {
        const Database database(backend);
        std::atomic<std::int64_t> now_us = 0;
        const auto told = play(steps, *open_host(database.uri(), way, now_us), now_us);
        if (!written) std::ofstream(answers_of(name), std::ios::binary) << joined(told);
        written = true;
        compare(name + " on " + backend.name + ", " + way, name, told);
      }
    }
  }

  Lines names() const {
    std::set<std::string> found;
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const auto extension = entry.path().extension();
      if (extension == ".json" || extension == ".answers") found.insert(entry.path().stem());
    }
    return {found.begin(), found.end()};
  }

  void check_that_all_is_asked() {
    for (const auto& operation : operations()) {
      if (seen_.asked[operation] < 2) fail(operation + " is not asked twice");
    }
    for (const auto& refusal : refusals()) {
      if (seen_.answers.find("\"code\":\"" + refusal + "\"") == std::string::npos) {
        fail(refusal + " is never answered");
      }
    }
  }

  void fail(const std::string& what) {
    std::printf("%s\n", what.c_str());
    ++failures_;
  }
  int failures() const { return failures_; }

 private:
  fs::path answers_of(const std::string& name) const { return folder_ / (name + ".answers"); }

  void compare(const std::string& where, const std::string& name, const Lines& told) {
    const std::string golden = read_file(answers_of(name));
    seen_.answers += golden;
    if (joined(told) == golden) return;
    const Lines expected = lines_of(golden);
    std::size_t line = 0;
    while (line < std::min(told.size(), expected.size()) && told[line] == expected[line]) ++line;
    const auto at = [line](const Lines& lines) {
      return line < lines.size() ? lines[line] : std::string("nothing");
    };
    fail(where + ": line " + std::to_string(line + 1) + " of its answers should be\n  " +
         at(expected) + "\nand is\n  " + at(told));
  }

  const fs::path folder_;
  const bool write_;
  Seen seen_{};
  int failures_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  Lines names(argv + 1, argv + argc);
  const bool write = !names.empty() && names.front() == "--write";
  if (write) names.erase(names.begin());
  Corpus corpus(HOLDFAST_CORPUS, write);
  const bool all = names.empty();
  if (all) names = corpus.names();
  for (const std::string& name : names) {
    try {
      corpus.run(name);
    } catch (const std::exception& error) {
      corpus.fail(name + ": " + error.what());
    }
  }
  if (all) corpus.check_that_all_is_asked();
  std::printf("%zu scenarios, %d failures\n", names.size(), corpus.failures());
  return corpus.failures() == 0 ? 0 : 1;
}
