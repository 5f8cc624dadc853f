#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace ptravel {

/// What the web UI's pages keep of an add-on in a JSON file beside it.
struct AddonWords {
  std::string description;
  std::string notes;
  std::string activation;                  ///< "activation text"
  std::optional<double> preferred_weight;  ///< "preferred weight": from -100 to 100, never 0.
  std::int64_t text_width = 0;             ///< Of "sd version"; 0: none that is known.
};

/// Reads such a JSON text. It is anybody's: members of other kinds, texts of more than 2000 bytes
/// and what is no JSON object are left out.
AddonWords parse_addon_words(std::string_view json);

/// The same of the file "x.json" beside "x.safetensors"; nothing where there is none of at most
/// 1 MiB.
AddonWords addon_words_beside(const std::filesystem::path& path);

}  // namespace ptravel
