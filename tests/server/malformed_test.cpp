// Thousands of wrong requests, made from the OpenAPI document and by mutation: each gets a 4xx (a
// dry run may also tell its problems), and the process neither dies nor grows.

#include <fstream>
#include <random>

#include "tests/server/api_world.h"

namespace ptravel {
namespace {

/// Values that some field or other does not expect.
const std::vector<std::string>& strange_values() {
  static const std::vector<std::string> values = {"-1",
                                                  "0",
                                                  "2147483648",
                                                  "9223372036854775808",
                                                  "-9223372036854775809",
                                                  "18446744073709551616",
                                                  "1e308",
                                                  "-1e308",
                                                  "1.5",
                                                  "NaN",
                                                  "Infinity",
                                                  "null",
                                                  "true",
                                                  "\"\"",
                                                  "\"text\"",
                                                  "\"-1\"",
                                                  "\"1e999\"",
                                                  "\"\\u0000\"",
                                                  "\"\\ud800\"",
                                                  "[]",
                                                  "[null]",
                                                  "[[1]]",
                                                  "[1e308, -1]",
                                                  "{}",
                                                  "{\"a\": [1]}"};
  return values;
}

std::uint64_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word == "VmRSS:") {
      std::uint64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes;
    }
  }
  return 0;
}

/// Every operation with a JSON body, with its path filled in.
struct Target {
  std::string method;
  std::string path;
  Json schema;
};

std::vector<Target> targets(const Json& document) {
  std::vector<Target> found;
  for (const auto& [pattern, operations] : document.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      const Json::json_pointer where("/requestBody/content/application~1json/schema");
      if (!operation.contains(where)) {
        continue;
      }
      std::string path = pattern;
      for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{')) {
        path.replace(at, path.find('}') - at + 1, "first-job");
      }
      std::string name = method;
      for (char& c : name) {
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      }
      found.push_back({name, path, operation.at(where)});
    }
  }
  return found;
}

class Malformed : public testing::Test {
 protected:
  Malformed() {
    world_.post("/api/v1/jobs", {{"id", "first-job"}, {"request", quick_request()}});
    document_ = world_.get("/api/v1/openapi.json");
  }

  /// Sends one; returns its status. 5xx is always wrong.
  int send(const Target& target, const std::string& body) {
    const int status = world_.call(target.method, target.path, body).status;
    EXPECT_LT(status, 500) << target.method << " " << target.path << " " << body.substr(0, 300);
    EXPECT_GE(status, 200);
    ++sent_;
    return status;
  }

  ApiWorld world_{[](ServeOptions& options) { options.limits.queue = 100'000; }};
  Json document_;
  int sent_ = 0;
};

TEST_F(Malformed, EveryFieldWithEveryStrangeValue) {
  const Json& fields = document_.at("components").at("schemas").at("Request").at("properties");
  for (const auto& [field, schema] : fields.items()) {
    for (const std::string& value : strange_values()) {
      const std::string request = "{\"prompt\": \"a\\nb\", \"" + field + "\": " + value + "}";
      const std::string body = "{\"request\": " + request + "}";
      send({"POST", "/api/v1/dry-run", {}}, body);
      send({"PUT", "/api/v1/presets/one", {}}, body);
      const int status = send({"POST", "/api/v1/jobs", {}}, body);
      if (value == "{\"a\": [1]}" || value == "[[1]]" || value == "NaN") {
        EXPECT_EQ(status, 422) << body;
      }
    }
  }
}

TEST_F(Malformed, EveryMemberOfEveryBody) {
  for (const Target& target : targets(document_)) {
    for (const auto& [member, schema] : target.schema.at("properties").items()) {
      for (const std::string& value : strange_values()) {
        send(target, "{\"" + member + "\": " + value + "}");
      }
    }
    for (const std::string& value : strange_values()) {
      send(target, value);
      EXPECT_GE(send(target, "{\"nothing of ours\": " + value + "}"), 400);
    }
  }
}

TEST_F(Malformed, TenThousandMutations) {
  std::mt19937 dice(1);
  const std::vector<Target> list = targets(document_);
  const std::string sound =
      Json({{"id", "other-job"}, {"name", "n"}, {"front", true}, {"request", quick_request()}})
          .dump();
  const auto mutated = [&] {
    std::string text = sound;
    for (int i = static_cast<int>(dice() % 4); i >= 0; --i) {
      const std::size_t at = dice() % text.size();
      switch (dice() % 4) {
        case 0:
          text[at] = static_cast<char>(dice() % 256);
          break;
        case 1:
          text.erase(at, dice() % 8);
          break;
        case 2:
          text.insert(at, strange_values()[dice() % strange_values().size()]);
          break;
        default:
          text.insert(at, text.substr(at, dice() % 16));
      }
      text += text.empty() ? " " : "";
    }
    return text;
  };
  std::uint64_t before = 0;
  for (int i = 0; i < 10'000; ++i) {
    send(list[dice() % list.size()], mutated());
    before = i == 2'000 ? resident_kilobytes() : before;
  }
  EXPECT_EQ(sent_, 10'000);
  // Jobs that happened to be sound are kept on the disk, not in memory.
  EXPECT_LT(resident_kilobytes(), before + 32 * 1024);
  EXPECT_EQ(world_.status("GET", "/api/v1/bootstrap"), 200);
}

}  // namespace
}  // namespace ptravel
