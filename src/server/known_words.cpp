#include "server/known_words.h"

#include "base/files.h"
#include "base/text.h"
#include "ptravel/default_model.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMostBytes = 1 << 20;

std::vector<std::string> read_words() {
  std::vector<std::string> words;
  const auto model = find_default_model().path;
  if (!model) {
    return words;
  }
  try {
    const std::string text = read_file(*model / "words.txt", kMostBytes);
    for (const std::string_view line : split(text, '\n')) {
      if (!trimmed(line).empty()) {
        words.emplace_back(trimmed(line));
      }
    }
  } catch (const Error&) {
    words.clear();  // a model that does not say draws all the same
  }
  return words;
}

}  // namespace

const std::vector<std::string>& known_words() {
  static const std::vector<std::string> words = read_words();
  return words;
}

}  // namespace ptravel
