#include "apps/cli/words.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "ptravel/error.h"
#include "ptravel/request.h"
#include "ptravel/text_input.h"

namespace ptravel::cli {
namespace {

/// Options with a value that are no settings.
constexpr std::array<std::string_view, 8> kOtherOptions = {
    "--config",      "--prompt-file", "--from", "--frame-out",
    "--from-images", "--frames",      "--unit", "--part"};

bool is_option(std::string_view word) {
  return word.size() > 2 && word.starts_with("--") && word[2] >= 'a' && word[2] <= 'z';
}

/// "--steps" of "--steps=3".
std::string_view name_of(std::string_view word) { return word.substr(0, word.find('=')); }

const RequestField* field_of(std::string_view option) {
  return is_option(option) ? find_request_field(option.substr(2)) : nullptr;
}

bool is_switch(std::string_view option) {
  const RequestField* field = field_of(option);
  return field != nullptr && field->kind == RequestField::Kind::Boolean;
}

bool takes_value(std::string_view option) {
  return (field_of(option) != nullptr && !is_switch(option)) ||
         std::find(kOtherOptions.begin(), kOtherOptions.end(), option) != kOtherOptions.end();
}

void check_text(const std::vector<std::string>& words) {
  std::vector<Problem> problems;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (const auto problem = text_problem(words[i])) {
      const bool behind_option = i > 0 && takes_value(words[i - 1]);
      const std::string where = is_option(words[i]) ? std::string(name_of(words[i]))
                                : behind_option     ? words[i - 1]
                                                    : "argument " + std::to_string(i + 1);
      problems.push_back({where, *problem});
    }
  }
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, std::move(problems));
  }
}

/// "--loop=true" for "--loop", "--loop=false" for "--no-loop"; other words as they are.
std::string with_value(const std::string& word) {
  if (is_switch(word)) {
    return word + "=true";
  }
  if (word.starts_with("--no-") && is_switch("--" + word.substr(5))) {
    return "--" + word.substr(5) + "=false";
  }
  return word;
}

}  // namespace

std::vector<std::string> command_words(int argc, char** argv) {
  const std::vector<std::string> typed(argv + std::min(argc, 1), argv + argc);
  check_text(typed);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const std::string& word = typed[i];
    const bool empty_value =
        word.ends_with('=') && (takes_value(name_of(word)) || is_switch(name_of(word)));
    if (empty_value && name_of(word).size() + 1 == word.size()) {
      words.emplace_back(name_of(word));
      words.emplace_back();
      continue;
    }
    words.push_back(with_value(word));
    if (!takes_value(word) || i + 1 == typed.size()) {
      continue;
    }
    const std::string& value = typed[++i];
    if (is_option(value)) {
      std::string message = "\"" + value + "\" looks like an option, expected a value (or ";
      message.append(word).append("=").append(value).append(")");
      throw Error(ErrorCode::InvalidArgument, Problem{word, std::move(message)});
    }
    words.push_back(value);
  }
  return words;
}

}  // namespace ptravel::cli
