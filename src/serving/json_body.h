#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "ptravel/error.h"

namespace ptravel {

using Json = nlohmann::ordered_json;

/// A text that is not taken as JSON: InvalidArgument with a problem of "body".
class JsonTextError : public Error {
 public:
  JsonTextError(const std::string& message, std::size_t byte);
  /// Where it stops being JSON, counted from 1; 0 where that is not what is wrong.
  std::size_t byte() const { return byte_; }

 private:
  std::size_t byte_;
};

/// Parses a request's body. Throws JsonTextError for what is no JSON, is no UTF-8, lies deeper than
/// 32 levels, or has more than 200,000 values or 2,000 members in one object: memory and time are
/// bounded, and behind this everything may be walked by recursion.
Json parse_json(std::string_view text);

/// A body that must be an object; an empty body counts as {}.
Json parse_json_object(std::string_view text);

/// JSON text of our answers: one line; bytes that are no UTF-8 (file names) are replaced.
std::string json_text(const Json& value);

/// Reads the members of a JSON object one by one and collects what is wrong with them, members that
/// nobody asked for included, so that a client is told everything at once.
class JsonReader {
 public:
  /// `object` must outlive the reader. `prefix`: what problems put before a member's name.
  explicit JsonReader(const Json& object, std::string prefix = "")
      : object_(object), prefix_(std::move(prefix)) {}

  /// The member, or null where it is missing or null.
  const Json* find(const char* name);
  std::string text(const char* name, std::string otherwise = "", std::size_t longest = 4096);
  bool boolean(const char* name, bool otherwise);
  std::int64_t integer(const char* name,
                       std::int64_t otherwise,
                       std::int64_t least,
                       std::int64_t most);
  double number(const char* name, double otherwise, double least, double most);
  /// The member as an object; an empty one where it is missing.
  const Json& object(const char* name);
  void complain(const std::string& name, const std::string& message);

  const std::vector<Problem>& problems() const { return problems_; }
  /// Throws InvalidArgument with all problems, those of unknown members included.
  void finish();

 private:
  const Json& object_;
  std::string prefix_;
  std::vector<std::string> known_;
  std::vector<Problem> problems_;
};

/// A value for messages: short, whatever it is.
std::string shown_json(const Json& value);

}  // namespace ptravel
