#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/prompt_markup.h"

namespace ptravel {

/// The tags of one kind, in the order of the prompt.
struct NetworkKind {
  std::string kind;
  std::vector<ExtraNetwork> tags;
};

/// The tags by kind, as the web UI takes them: kinds in the order in which they appear first.
std::vector<NetworkKind> by_kind(const std::vector<ExtraNetwork>& networks);

/// Why the tags of a kind cannot be used.
struct UnreadableTag {
  /// What is wrong with the argument.
  enum class Problem {
    NotANumber,       ///< A strength is no finite number.
    NotAWholeNumber,  ///< The rank to use is no whole number.
    NoName,           ///< There is no argument without a key.
    NotAVersion,      ///< The version of DoRA is none that is known.
  };
  std::string tag;       ///< As it stands, without what follows the name: "<lora:name>".
  std::string argument;  ///< The text that cannot be read.
  Problem problem = Problem::NotANumber;

  /// One sentence: the tag, the argument, what was expected.
  std::string message() const;
};

/// <lora:name:te:unet:dyn>.
struct LoraTag {
  std::string name;
  double text_encoder = 1;  ///< Strength for the text encoders; any finite number.
  double unet = 1;          ///< Strength for the UNet.
  /// How many of the ranks to use: the first ones, or, below 0, all but the last ones.
  std::optional<std::int64_t> dyn;
  /// DoRA as version 1.9 of the web UI computes it: "dora=1.9", which is no argument to the web UI
  /// itself. Else as 1.10 does.
  bool dora_1_9 = false;
  bool operator==(const LoraTag&) const = default;
};

/// The LoRAs of a prompt. One argument that cannot be read disables all of them.
struct LoraTags {
  std::vector<LoraTag> tags;  ///< In the order in which they are applied.
  std::optional<UnreadableTag> unreadable;
};

/// Reads the tags of the kinds "lora" and "lyco".
LoraTags lora_tags(const std::vector<ExtraNetwork>& networks);

/// The same tags where a name that comes several times has what its last tag says in all of them:
/// to the web UI they are one network.
std::vector<LoraTag> with_last_strengths(std::vector<LoraTag> tags);

/// <hypernet:name:strength>.
struct HypernetTag {
  std::string name;
  double strength = 1;  ///< Any finite number.
  bool operator==(const HypernetTag&) const = default;
};

/// The hypernetworks of a prompt, likewise.
struct HypernetTags {
  std::vector<HypernetTag> tags;
  std::optional<UnreadableTag> unreadable;
};

/// Reads the tags of the kind "hypernet".
HypernetTags hypernet_tags(const std::vector<ExtraNetwork>& networks);

/// Whether some part of the program knows tags of this kind.
bool is_known_network_kind(std::string_view kind);

}  // namespace ptravel
