#include "checkpoint/single_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "checkpoint/key_map.h"
#include "checkpoint/model_family.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

using Source = std::shared_ptr<const StoredTensors>;

constexpr std::size_t kMaxNamed = 5;

/// Adds EMA weights: all of them when the file has no others, else in place of the plain ones.
void apply_ema(const Source& file,
               bool prefer_ema,
               RenamedTensors& tensors,
               std::vector<std::string>& notes) {
  if (prefer_ema && !has_prefix(*file, kEmaPrefix)) {
    notes.emplace_back("The file has no EMA weights; the plain ones are used.");
  }
  if (has_prefix(*file, kUnetPrefix)) {
    for (const std::string& name : prefer_ema ? tensors.names() : std::vector<std::string>{}) {
      if (name.starts_with(kUnetPrefix) && file->contains(ema_name(name))) {
        tensors.add(name, file, ema_name(name));
      }
    }
    return;
  }
  const auto plain_names = unet_names_by_ema_name();
  for (const std::string& name : file->names()) {
    if (const auto plain = plain_names.find(name); plain != plain_names.end()) {
      tensors.add(plain->second, file, name);
    }
  }
}

/// The prefixes of the text encoders that a family has, under OpenCLIP's names in the file or not.
std::vector<std::string_view> text_prefixes(const FamilyTraits& traits, bool open_clip) {
  std::vector<std::string_view> prefixes;
  for (std::size_t i = 0; i < traits.texts.size(); ++i) {
    if (traits.texts[i].open_clip == open_clip) {
      prefixes.push_back(ldm_prefix(kTextParts[i]));
    }
  }
  return prefixes;
}

bool starts_with_any(std::string_view name, const std::vector<std::string_view>& prefixes) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// What of a file's tensors the networks of a family ask for.
class SingleFileMap {
 public:
  SingleFileMap(const StoredTensors& file, const FamilyTraits& traits)
      : plain_texts_(text_prefixes(traits, false)),
        open_clip_texts_(text_prefixes(traits, true)),
        with_vector_(takes_vector(file)) {}

  /// What the tensor is to the networks; nothing where it belongs to none of them. Empty for what
  /// is known and not needed.
  std::optional<std::vector<MappedTensor>> of(const std::string& name) const {
    if (is_open_clip_name(name) && !is_lora_name(name) && !open_clip_texts_.empty()) {
      std::vector<MappedTensor> pieces = map_open_clip_name(name);
      const bool ours = std::all_of(pieces.begin(), pieces.end(), [&](const MappedTensor& piece) {
        return starts_with_any(piece.name, open_clip_texts_);
      });
      return ours ? std::optional(std::move(pieces)) : std::nullopt;
    }
    const auto mapped = map_single_file_name(name);
    if (!mapped) {
      return std::vector<MappedTensor>();
    }
    return is_known(*mapped) ? std::optional(std::vector<MappedTensor>{{*mapped}}) : std::nullopt;
  }

 private:
  /// One tensor of the vector embedding alone makes no UNet that takes vectors.
  bool is_known(std::string_view name) const {
    if (is_lora_name(name) || (name.starts_with(kVectorPrefix) && !with_vector_)) {
      return false;
    }
    return (name.starts_with(kUnetPrefix) && is_unet_name(name)) || name.starts_with(kVaePrefix) ||
           starts_with_any(name, plain_texts_);
  }

  std::vector<std::string_view> plain_texts_;
  std::vector<std::string_view> open_clip_texts_;
  bool with_vector_;
};

}  // namespace

void add_single_file(const Source& file,
                     ModelFamily family,
                     bool prefer_ema,
                     RenamedTensors& tensors,
                     std::vector<std::string>& notes) {
  std::vector<std::string> strangers;
  const SingleFileMap map(*file, family_traits(family));
  for (const std::string& name : file->names()) {
    const auto pieces = map.of(name);
    if (!pieces) {
      strangers.push_back(name);
      continue;
    }
    for (const MappedTensor& piece : *pieces) {
      if (tensors.contains(piece.name)) {
        throw Error(ErrorCode::Corrupt, "[model] " + file->file(name).string() +
                                            ": two tensors stand for " + piece.name);
      }
      tensors.add(piece.name, file, name, piece.view);
    }
  }
  apply_ema(file, prefer_ema, tensors, notes);
  if (!strangers.empty()) {
    std::string note =
        std::to_string(strangers.size()) + " tensors belong to no network and are ignored:";
    for (std::size_t i = 0; i < std::min(strangers.size(), kMaxNamed); ++i) {
      note.append(i == 0 ? " " : ", ").append(strangers[i]);
    }
    note.append(strangers.size() > kMaxNamed ? ", ..." : "");
    notes.push_back(std::move(note));
  }
}

}  // namespace ptravel
