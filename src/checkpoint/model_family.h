#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "checkpoint/stored_tensors.h"
#include "ptravel/model.h"

namespace ptravel {

/// What the tensors are, by what is complete among them and else by telling names and a few shapes;
/// LDM names for complete models (diffusers folders are mapped first). No data is read.
ModelFamily recognise_model(const StoredTensors& tensors);

/// The family that a model of `family` is of by how many channels its UNet takes.
ModelFamily variant_of(ModelFamily family, const StoredTensors& tensors);

/// Whether the UNet's vector embedding is there as a whole: such a network wants more than a text.
bool takes_vector(const StoredTensors& tensors);

/// Whether this program can load the family as its model.
bool is_loadable(ModelFamily family);

/// What the weights of a text encoder do not show.
struct TextTraits {
  bool open_clip =
      false;  ///< Of OpenCLIP: other names in single files, exact GELU, its own tokens.
  /// The clip_skip that always holds, for single files and for diffusers folders, whose encoders
  /// may lack the layers that nobody needs; 0: what is asked for.
  std::int64_t fixed_skip = 0;
  std::int64_t folder_skip = 0;
  bool final_norm = true;  ///< Encodings go through the final layer norm.
};

/// What a UNet takes behind the noisy latent.
enum class PictureInput {
  None,
  /// A mask (1: to be drawn) and the latent of the picture without what the mask covers: inpainting
  /// models.
  Masked,
  Edited,  ///< The latent, unscaled, of the picture that is to be changed: instruct-pix2pix.
};

/// How many channels that is, of a model whose latents have `latent_channels`.
std::int64_t picture_channels(PictureInput input, std::int64_t latent_channels);

/// What the weights of a family that is_loadable do not show.
struct FamilyTraits {
  std::span<const TextTraits> texts;  ///< One for each of the model's text encoders.
  double scale_factor = 0.18215;      ///< Of latents.
  int picture_size = 512;             ///< The side in pixels that it was usually trained on,
  int picture_size_v = 512;           ///< and where it predicts v.
  bool zero_blank_negative = false;   ///< A negative prompt without a letter is encoded as zeros.
  bool tests_prediction = false;      ///< Only the network's answers tell what it predicts.
  PictureInput picture = PictureInput::None;
};
const FamilyTraits& family_traits(ModelFamily family);

/// One sentence without a full stop that says why a family cannot be given as the model.
std::string refusal(ModelFamily family);

}  // namespace ptravel
