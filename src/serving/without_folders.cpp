#include "serving/without_folders.h"

#include <algorithm>

namespace ptravel {

std::string without_folders(std::string_view message) {
  std::string text;
  for (std::size_t i = 0; i < message.size(); ++i) {
    const bool begins_word =
        i == 0 || std::string_view(" \"'([,").find(message[i - 1]) != std::string_view::npos;
    if (message[i] == '/' && begins_word) {
      const std::size_t end = std::min(message.find_first_of(" \"'):,]\n", i), message.size());
      const std::size_t last = message.substr(0, end).rfind('/');
      i = last == end - 1 ? i : last + 1;  // "/" alone and "/a/" stay
      text += message.substr(i, end - i);
      i = end - 1;
    } else {
      text += message[i];
    }
  }
  return text;
}

std::vector<Problem> without_folders(std::vector<Problem> problems) {
  for (Problem& problem : problems) {
    problem.message = without_folders(problem.message);
  }
  return problems;
}

}  // namespace ptravel
