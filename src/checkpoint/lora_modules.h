#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptravel {

/// How a file names layers.
enum class LoraNaming {
  /// Kohya's and LyCORIS': "lora_unet_down_blocks_0_...", no dots in a layer's name; ComfyUI's
  /// ("diffusion_model.input_blocks.1....") are told by these.
  WebUi,
  Diffusers,  ///< Those of diffusers and PEFT: "unet.down_blocks.0....".
};

/// The tensors of a file that belong to one layer.
struct LoraModule {
  std::string name;  ///< "lora_unet_...", or "unet....", "text_encoder....", "text_encoder_2....".
  LoraNaming naming = LoraNaming::WebUi;
  /// Names of tensors in the file by the web UI's names of their roles ("lora_up.weight", "alpha").
  std::map<std::string, std::string, std::less<>> parts;
};

/// The kinds of change that a layer of such a file may hold.
enum class LoraKind {
  LowRank,    ///< LoRA and LoCon.
  Hadamard,   ///< LoHa.
  Scaling,    ///< IA3.
  Kronecker,  ///< LoKr.
  Full,       ///< A whole difference.
  Norm,       ///< Of a norm's weight and bias.
  General,    ///< GLoRA.
  Rotation,   ///< OFT and BOFT.
};

/// The tensors of such a file by layer, in the order of the layers' names. Names of another kind
/// are left out.
std::vector<LoraModule> lora_modules(const std::vector<std::string>& tensors);

/// What kind a layer's parts make, in the web UI's order; nothing where they make none.
std::optional<LoraKind> lora_kind(const LoraModule& module);

}  // namespace ptravel
