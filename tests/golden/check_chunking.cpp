#include <algorithm>
#include <cmath>
#include <limits>

#include "tests/support/golden.h"
#include "text/chunks.h"
#include "text/tokenizer.h"

namespace ptravel::golden {
namespace {

constexpr double kMultiplierTolerance = 1e-12;  // Relative, in float64.

using nlohmann::json;

/// The largest relative difference of the multipliers; infinity when ids or lengths differ.
double chunk_difference(const Chunk& actual, const json& expected) {
  const json& multipliers = expected.at("multipliers");
  if (json(actual.tokens) != expected.at("tokens") ||
      multipliers.size() != actual.multipliers.size()) {
    return std::numeric_limits<double>::infinity();
  }
  double largest = 0;
  for (std::size_t i = 0; i < multipliers.size(); ++i) {
    const double wanted = multipliers[i].get<double>();
    const double difference = std::abs(actual.multipliers[i] - wanted);
    largest = std::max(largest, difference == 0 ? 0 : difference / std::abs(wanted));
  }
  return largest;
}

Case compare(const std::string& name, const json& test) {
  ChunkOptions options;
  options.comma_padding_backtrack =
      test.value("comma_padding_backtrack", options.comma_padding_backtrack);
  const PromptChunks actual =
      chunk_prompt(Tokenizer::clip(), test.at("text").get<std::string>(), options);
  const json& expected = test.at("chunks");
  Case result{name, 0, kMultiplierTolerance, false, test.at("text").dump()};
  if (actual.chunks.size() != expected.size() ||
      actual.token_count != test.at("token_count").get<int>()) {
    result.worst_error = std::numeric_limits<double>::infinity();
    result.detail += " gave " + std::to_string(actual.chunks.size()) + " chunks, " +
                     std::to_string(actual.token_count) + " tokens";
    return result;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    result.worst_error =
        std::max(result.worst_error, chunk_difference(actual.chunks[i], expected[i]));
  }
  result.ok = result.worst_error <= kMultiplierTolerance;
  return result;
}

}  // namespace

/// chunks.json: `cases` with `text`, `comma_padding_backtrack`, `chunks` and
/// `token_count`. Ids and counts are exact.
void check_chunking(const Context& context, Report& report) {
  int index = 0;
  const json file = read_json(context.folder / "chunks.json");
  for (const json& test : file.at("cases")) {
    const std::string name = "chunking/" + std::to_string(index++);
    report.guarded(name, [&] { report.add(compare(name, test)); });
  }
}

}  // namespace ptravel::golden
