#pragma once

#include <string>
#include <vector>

namespace ptravel {

/// The words that the default model was trained on, most frequent first; empty when the model is
/// not there or does not say. Read once.
const std::vector<std::string>& known_words();

}  // namespace ptravel
