#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "diffusion/text_encoding.h"
#include "tensor/mixed_attention.h"

namespace ptravel {

/// A picture that a ControlNet goes by.
struct ControlHint {
  std::string model;
  at::Tensor picture;  ///< [channels, H, W].
  double strength = 1;
};

/// How strongly an adapter of the networks acts.
struct AdapterStrength {
  std::string model;
  double strength = 1;
  bool operator==(const AdapterStrength&) const = default;
};

struct Conditioning;
using SharedConditioning = std::shared_ptr<const Conditioning>;

/// Two pictures of the same call that a picture attends to as well.
struct AttentionMix {
  AttentionBlend blend;
  SharedConditioning from;  ///< The conditionings of their rows: no other row may have them.
  SharedConditioning to;
  SharedConditioning from_text;  ///< Their texts, of one length.
  SharedConditioning to_text;
};

/// What one picture's network call is conditioned on. Shared and never copied: its address is its
/// identity, so that equal rows are found without looking at their numbers. Whoever remembers a
/// conditioning holds it.
struct Conditioning {
  explicit Conditioning(TextEncoding encoding) : text(std::move(encoding)) {}
  Conditioning(const Conditioning&) = delete;
  Conditioning& operator=(const Conditioning&) = delete;

  TextEncoding text;
  // What no text encoder makes; plain models take none of these.
  std::vector<ControlHint> control_hints;
  std::vector<AdapterStrength> adapter_strengths;
  std::vector<AdapterStrength> hypernetworks;  ///< In the order in which they act.
  std::vector<float> side_strengths;           ///< How strongly the UNet's side branches act.
  std::optional<AttentionMix> attention;
  /// [C, h, w]: a picture (and a mask) as the network takes them, behind the latent's channels.
  at::Tensor picture;
};

SharedConditioning make_conditioning(TextEncoding text);

/// `like` with another text; `like` itself where the text is its own.
SharedConditioning with_text(const SharedConditioning& like, TextEncoding text);

/// `like` under another identity, attending to others or, without `attention`, to itself alone.
SharedConditioning with_attention(const SharedConditioning& like,
                                  std::optional<AttentionMix> attention);

/// `like` with another picture, under another identity.
SharedConditioning with_picture(const SharedConditioning& like, at::Tensor picture);

/// Whether two have one identity, or texts of the same numbers.
bool same_text(const SharedConditioning& a, const SharedConditioning& b);

/// The conditioning by one prompt, which prompt editing may change during a run.
struct ScheduledConditioning {
  struct Entry {
    int end_at_step = 0;  ///< Last step of this entry, counted in planned model calls from 1.
    SharedConditioning conditioning;
  };
  std::vector<Entry> entries;  ///< Ascending; at least one.

  ScheduledConditioning() = default;
  /// One conditioning for the whole run.
  explicit ScheduledConditioning(SharedConditioning conditioning);
  explicit ScheduledConditioning(TextEncoding text);

  /// The conditioning of model call number `call`, counted from 0 (active_entry).
  const SharedConditioning& at_call(int call) const;
};

/// One part of a prompt composed with AND.
struct ConditioningPart {
  ScheduledConditioning schedule;
  double weight = 1;
};

/// What one picture is conditioned on.
struct ImageConditioning {
  std::vector<ConditioningPart> parts;  ///< The positive prompt; at least one part.
  ScheduledConditioning uncond;         ///< The negative prompt.
  /// Model calls after which nobody looks at the picture: its results are zeros then.
  std::optional<int> calls = {};
};

/// An image all of whose conditionings have these hypernetworks, under other identities where that
/// is new.
ImageConditioning with_hypernetworks(ImageConditioning image,
                                     const std::vector<AdapterStrength>& hypernetworks);

/// Gives each of the images' conditionings its image's picture (`pictures`: one each). Those that
/// attend to others of the same images attend to these under their new identities.
std::vector<ImageConditioning> with_pictures(std::vector<ImageConditioning> images,
                                             const std::vector<at::Tensor>& pictures);

/// The same with each image's strengths of adapters.
std::vector<ImageConditioning> with_adapters(
    std::vector<ImageConditioning> images,
    const std::vector<std::vector<AdapterStrength>>& strengths);

/// The same with each image's strengths of side branches.
std::vector<ImageConditioning> with_side_strengths(
    std::vector<ImageConditioning> images, const std::vector<std::vector<float>>& strengths);

/// Throws InvalidArgument when a conditioning is missing, its text is not [tokens, width], or
/// differs in width from the others, or when there is no picture.
void check_conditioning(const std::vector<ImageConditioning>& images);

}  // namespace ptravel
