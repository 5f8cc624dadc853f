#include "request/records.h"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

[[noreturn]] void throw_bad_records(const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, why);
}

bool stands_bare(std::string_view value) {
  return value.find_first_of(",\"\n\r") == std::string_view::npos && trimmed(value) == value;
}

std::string value_text(const std::string& value) {
  return stands_bare(value) ? value : Json(value).dump();
}

/// The end of the JSON string that begins at `begin`: behind its closing quotation mark.
std::size_t end_of_string(std::string_view text, std::size_t begin) {
  for (std::size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  throw_bad_records("\"" + std::string(text) + "\" has a quotation mark that is not closed");
}

/// Takes a value off the front of `rest`, up to the comma behind it.
std::string take_value(std::string_view& rest) {
  const std::size_t begin = rest.find_first_not_of(" \t");
  if (begin == std::string_view::npos || rest[begin] != '"') {
    const std::size_t end = std::min(rest.find(','), rest.size());
    std::string value(trimmed(rest.substr(0, end)));
    rest.remove_prefix(end);
    return value;
  }
  const std::size_t end = end_of_string(rest, begin);
  const Json value = Json::parse(rest.substr(begin, end - begin), nullptr, false);
  if (!value.is_string()) {
    throw_bad_records("\"" + std::string(rest) + "\" does not begin with a JSON string");
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t", end), rest.size()));
  return value.get<std::string>();
}

bool is_member(std::string_view name, const std::vector<RequestField>& members) {
  return std::any_of(members.begin(), members.end(),
                     [name](const RequestField& member) { return member.name == name; });
}

std::string names_of(const std::vector<RequestField>& members) {
  std::string names;
  for (const RequestField& member : members) {
    names += (names.empty() ? "" : ", ") + std::string(member.name);
  }
  return names;
}

/// Takes "name=" off the front of `rest`; for the first member the name may be missing.
std::string take_name(std::string_view& rest,
                      bool first,
                      const std::vector<RequestField>& members) {
  const std::size_t equals = rest.find('=');
  std::string name(trimmed(rest.substr(0, std::min(equals, rest.size()))));
  if (equals != std::string_view::npos && is_member(name, members)) {
    rest.remove_prefix(equals + 1);
    return name;
  }
  if (first) {
    return std::string(members.front().name);
  }
  throw_bad_records("\"" + std::string(rest) + "\", expected one of " + names_of(members) +
                    ", then = and its value");
}

RecordText parse_record(std::string_view line, const std::vector<RequestField>& members) {
  RecordText record;
  std::string_view rest = line;
  while (true) {
    std::string name = take_name(rest, record.empty(), members);
    record.emplace_back(std::move(name), take_value(rest));
    if (rest.empty()) {
      return record;
    }
    if (rest.front() != ',') {
      throw_bad_records("\"" + std::string(rest) + "\", expected a comma before the next value");
    }
    rest.remove_prefix(1);
  }
}

}  // namespace

std::string format_records(const std::vector<RecordText>& records) {
  std::string text;
  for (const RecordText& record : records) {
    text += text.empty() ? "" : "\n";
    for (std::size_t i = 0; i < record.size(); ++i) {
      text += (i == 0 ? "" : ",") + record[i].first + "=" + value_text(record[i].second);
    }
  }
  return text;
}

std::vector<RecordText> parse_records(std::string_view text,
                                      const std::vector<RequestField>& members) {
  std::vector<RecordText> records;
  for (const std::string_view line : split(text, '\n')) {
    if (!trimmed(line).empty()) {
      records.push_back(parse_record(trimmed(line), members));
    }
  }
  return records;
}

}  // namespace ptravel
