#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "score_sheets.h"
#include "scoring.h"

namespace ptravel::train {

/// Everything that was measured; what was not is absent.
struct ScoreReport {
  std::vector<std::pair<std::string, std::string>> settings;  ///< How, by name.
  std::optional<double> psnr;                                 ///< The autoencoder's, in dB.
  std::optional<Tally> judge;                                 ///< The judge on fresh drawings.
  std::optional<Tally> prompts;
  std::optional<Share> blur;
  std::optional<TravelScore> travels;
  std::vector<Sheet> sheets;
};

/// The report as one JSON object (text).
std::string to_json(const ScoreReport& report);
/// The report as a page for people.
std::string to_markdown(const ScoreReport& report);

/// A tally as lines of text, worst attributes first.
std::string to_lines(const Tally& tally);

}  // namespace ptravel::train
