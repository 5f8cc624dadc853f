// ComfyUI's prompt graph: one KSampler between a checkpoint, two texts and a saved picture.

#include <algorithm>
#include <cctype>
#include <set>

#include "base/text.h"
#include "request/picture_formats.h"
#include "request/picture_json.h"

namespace ptravel {
namespace {

using Json = nlohmann::json;

/// A node of the graph that is not of the one kind of chain that is read.
struct ForeignNode {
  std::string name;  ///< "node 12 (LatentUpscale)"
  std::string what;
};

/// Follows the chain backwards from the saved picture. Throws ForeignNode where it leaves it.
class GraphReader {
 public:
  GraphReader(const Json& graph, PictureDraft& draft) : graph_(graph), draft_(draft) {}

  void read() {
    const Json& sampler = node(find_sampler());
    read_sampler(sampler);
    read_latent(input(sampler, "latent_image"), sampler);
    std::string id = input(sampler, "model");
    pass_through(id, "model");
    read_checkpoint(id);
    Infotext& meant = draft_.result.meant;
    meant.prompt = conditioning(input(sampler, "positive"));
    meant.negative_prompt = conditioning(input(sampler, "negative"));
    settle_emphasis();
    // The chain was followed from the sampler back; networks act from the checkpoint on.
    for (auto lora = loras_.rbegin(); lora != loras_.rend(); ++lora) {
      add_lora(draft_, name_of(lora->id), value(node(lora->id), "lora_name"), lora->unet,
               lora->text);
    }
  }

 private:
  std::string name_of(const std::string& id) const {
    return "node " + id + " (" + class_of(node(id)) + ")";
  }
  static std::string class_of(const Json& node) { return member_text(node, "class_type"); }

  [[noreturn]] void refuse(const std::string& id, const std::string& what) const {
    throw ForeignNode{name_of(id), what};
  }

  const Json& node(const std::string& id) const {
    const Json* found = find_member(graph_, id);
    if (found == nullptr || class_of(*found).empty()) {
      throw ForeignNode{"node " + id, "is not in the graph"};
    }
    return *found;
  }

  static const Json* inputs(const Json& node) { return find_member(node, "inputs"); }

  /// The node that an input is linked to; empty when it holds a value of its own.
  static std::string link(const Json& value) {
    const bool linked = value.is_array() && value.size() == 2 && value[1].is_number_integer();
    return linked ? scalar_text(value[0]) : std::string();
  }

  /// The node that must be linked to an input.
  std::string input(const Json& from, std::string_view name) const {
    const Json* all = inputs(from);
    const Json* value = all == nullptr ? nullptr : find_member(*all, name);
    std::string id = value == nullptr ? std::string() : link(*value);
    if (id.empty()) {
      throw ForeignNode{"a node (" + class_of(from) + ")", "has no input " + std::string(name)};
    }
    return id;
  }

  /// A value, or that of the node of one value that it is linked to.
  std::string value(const Json& from, std::string_view name) const {
    const Json* all = inputs(from);
    const Json* found = all == nullptr ? nullptr : find_member(*all, name);
    if (found == nullptr) {
      return "";
    }
    const std::string id = link(*found);
    return id.empty() ? scalar_text(*found) : only_value(id);
  }

  /// What a node gives that holds one text or number (primitives, constants, seeds).
  std::string only_value(const std::string& id) const {
    const Json* all = inputs(node(id));
    std::string found;
    int count = 0;
    if (all != nullptr && all->is_object()) {
      for (const auto& [name, value] : all->items()) {
        if (value.is_array()) {
          refuse(id, "computes a value, expected a value that stands in the graph");
        }
        const bool setting = name == "control_after_generate" || value.is_boolean();
        if (!setting && !value.is_null()) {
          found = scalar_text(value);
          ++count;
        }
      }
    }
    if (count != 1) {
      refuse(id, "gives a value that does not stand in the graph");
    }
    return found;
  }

  /// The one KSampler that the saved pictures come from.
  std::string find_sampler() {
    std::set<std::string> found;
    for (const auto& [id, node] : graph_.items()) {
      const Json* all = inputs(node);
      const std::string kind = class_of(node);
      const bool saves =
          kind.find("Save") != std::string::npos || kind == "PreviewImage" || kind == "Image Save";
      const Json* images = all == nullptr ? nullptr : find_member(*all, "images");
      if (saves && images != nullptr && !link(*images).empty()) {
        found.insert(sampler_of_picture(link(*images)));
      }
    }
    if (found.empty()) {
      for (const auto& [id, node] : graph_.items()) {
        if (is_sampler(class_of(node))) {
          found.insert(id);
        }
      }
    }
    if (found.empty()) {
      throw ForeignNode{"the graph", "has no KSampler"};
    }
    if (found.size() > 1) {
      refuse(*std::next(found.begin()), "is a second sampler, expected one");
    }
    return *found.begin();
  }

  static bool is_sampler(const std::string& kind) {
    return kind == "KSampler" || kind == "KSamplerAdvanced";
  }

  std::string sampler_of_picture(const std::string& id) {
    const Json& decoder = node(id);
    if (class_of(decoder) != "VAEDecode" && class_of(decoder) != "VAEDecodeTiled") {
      refuse(id, "makes the picture, expected VAEDecode");
    }
    const std::string vae = input(decoder, "vae");
    if (class_of(node(vae)) == "VAELoader" && noted_.insert(vae).second) {
      draft_.leave_out(KeyEffect::Vae, name_of(vae), value(node(vae), "vae_name"));
    }
    if (class_of(decoder) == "VAEDecodeTiled") {
      draft_.keys.add(KeyEffect::Network, name_of(id), "on");
    }
    std::string sampler = input(decoder, "samples");
    if (!is_sampler(class_of(node(sampler)))) {
      refuse(sampler, "makes the latents, expected KSampler");
    }
    return sampler;
  }

  void read_sampler(const Json& sampler) {
    const bool advanced = class_of(sampler) == "KSamplerAdvanced";
    Infotext& meant = draft_.result.meant;
    draft_.sampler = value(sampler, "sampler_name");
    draft_.schedule = value(sampler, "scheduler");
    meant.set("Steps", value(sampler, "steps"));
    meant.set("Sampler", draft_.sampler);
    meant.set("Schedule type", draft_.schedule);
    meant.set("CFG scale", value(sampler, "cfg"));
    meant.set("Seed", value(sampler, advanced ? "noise_seed" : "seed"));
    if (advanced) {
      check_advanced(sampler);
    }
  }

  /// All steps, from noise, to the end: then it is a KSampler.
  void check_advanced(const Json& sampler) const {
    const auto number = [&](std::string_view name) {
      return parse_number(value(sampler, name)).value_or(0);
    };
    if (value(sampler, "add_noise") == "disable" || number("start_at_step") > 0 ||
        number("end_at_step") < number("steps") ||
        value(sampler, "return_with_leftover_noise") == "enable") {
      throw ForeignNode{"a node (KSamplerAdvanced)",
                        "draws a part of the steps, expected all of them"};
    }
  }

  void read_latent(const std::string& id, const Json& sampler) {
    const Json& latent = node(id);
    const std::string kind = class_of(latent);
    const std::string strength = value(sampler, "denoise");
    if (kind == "EmptyLatentImage") {
      draft_.result.meant.set("Size", value(latent, "width") + "x" + value(latent, "height"));
      if (parse_number(strength).value_or(1) < 1) {
        refuse(id, "is denoised by " + strength + ", expected 1 for an empty latent");
      }
      if (parse_number(value(latent, "batch_size")).value_or(1) > 1) {
        draft_.note("batch_size: " + value(latent, "batch_size") +
                    ": the first picture of the batch is drawn");
      }
      return;
    }
    if (kind != "VAEEncode") {
      refuse(id, "makes the first latents, expected EmptyLatentImage or VAEEncode");
    }
    const std::string pixels = input(latent, "pixels");
    const std::string source = class_of(node(pixels));
    if (source != "LoadImage" && source.rfind("ImageScale", 0) != 0) {
      refuse(pixels, "makes the init picture, expected LoadImage");
    }
    if (source != "LoadImage") {
      draft_.note(name_of(pixels) + ": the init picture is fitted as --resize-mode says");
    }
    // The steps that are asked for are all done, as with the web UI's img2img_fix_steps.
    draft_.result.meant.set("Denoising strength", strength.empty() ? "1" : strength);
    draft_.result.meant.set("Fix steps", "True");
  }

  /// Follows nodes that change a model and are left out, with a note, to the checkpoint.
  void pass_through(std::string& id, std::string_view name) {
    constexpr std::pair<std::string_view, KeyEffect> kChanges[] = {
        {"LoraLoader", KeyEffect::Applied},
        {"LoraLoaderModelOnly", KeyEffect::Applied},
        {"SeamlessTile", KeyEffect::Applied},
        {"RescaleCFG", KeyEffect::Applied},
        {"FreeU", KeyEffect::Network},
        {"FreeU_V2", KeyEffect::Network},
        {"HyperTile", KeyEffect::Network},
        {"TomePatchModel", KeyEffect::Merging},
        {"PatchModelAddDownscale", KeyEffect::Network},
        {"SelfAttentionGuidance", KeyEffect::Network},
        {"PerturbedAttentionGuidance", KeyEffect::Network}};
    for (int depth = 0; depth < kLongestChain; ++depth) {
      const Json& current = node(id);
      const std::string kind = class_of(current);
      bool changed = false;
      for (const auto& [change, effect] : kChanges) {
        if (kind == change) {
          if (effect == KeyEffect::Applied) {
            apply(id, name);
          } else if (noted_.insert(id).second) {
            draft_.keys.add(effect, name_of(id), "on");
          }
          id = input(current, name);
          changed = true;
          break;
        }
      }
      if (!changed) {
        return;
      }
    }
    refuse(id, "stands in a circle or in too long a chain");
  }

  /// A node that changes a model in a way that is done here, met on the way of this name.
  void apply(const std::string& id, std::string_view way) {
    const Json& change = node(id);
    const std::string kind = class_of(change);
    if (kind == "RescaleCFG") {
      draft_.result.meant.set("CFG Rescale", value(change, "multiplier"));
      return;
    }
    if (kind == "SeamlessTile") {
      const std::string tiling = value(change, "tiling");
      set_tiling(draft_, tiling == "enable" || tiling == "x_only",
                 tiling == "enable" || tiling == "y_only");
      return;
    }
    auto lora = std::find_if(loras_.begin(), loras_.end(),
                             [&](const LoraNode& known) { return known.id == id; });
    if (lora == loras_.end()) {
      lora = loras_.insert(loras_.end(), {id, 0, 0});
    }
    const char* const name = way == "model" ? "strength_model" : "strength_clip";
    (way == "model" ? lora->unet : lora->text) = parse_number(value(change, name)).value_or(1);
  }

  void read_checkpoint(const std::string& id) {
    const Json& loader = node(id);
    const std::string kind = class_of(loader);
    if (kind != "CheckpointLoaderSimple" && kind != "CheckpointLoader") {
      refuse(id, "gives the model, expected CheckpointLoaderSimple");
    }
    draft_.result.meant.set("Model", value(loader, "ckpt_name"));
  }

  std::string conditioning(const std::string& id) {
    const Json& encoder = node(id);
    if (class_of(encoder) != "CLIPTextEncode") {
      refuse(id, "makes a conditioning, expected CLIPTextEncode");
    }
    std::string clip = input(encoder, "clip");
    pass_through(clip, "clip");
    if (class_of(node(clip)) == "CLIPSetLastLayer") {
      const auto layer = parse_integer(value(node(clip), "stop_at_clip_layer"));
      if (!layer || *layer > -1 || *layer < -12) {
        refuse(clip, "stops at no layer that there is");
      }
      draft_.result.meant.set("Clip skip", std::to_string(-*layer));
      clip = input(node(clip), "clip");
      pass_through(clip, "clip");
    }
    read_checkpoint(clip);
    return value(encoder, "text");
  }

  /// Embeddings have a mark and perhaps an ending in the prompt, which their names here have not.
  static void take_embedding_marks(std::string& prompt) {
    constexpr std::string_view kMark = "embedding:";
    const std::string_view all = prompt;
    std::string plain;
    std::size_t from = 0;
    for (std::size_t at = all.find(kMark); at != std::string::npos; at = all.find(kMark, from)) {
      const bool in_word = at > 0 && std::isalnum(static_cast<unsigned char>(all[at - 1])) != 0;
      const std::size_t begin = at + kMark.size();
      plain += all.substr(from, (in_word ? begin : at) - from);
      const std::size_t end = std::min(all.find_first_of(" ,():\n", begin), all.size());
      std::string_view name = all.substr(begin, end - begin);
      for (const std::string_view ending : {".safetensors", ".pt", ".bin"}) {
        if (!in_word && name.ends_with(ending)) {
          name.remove_suffix(ending.size());
          break;
        }
      }
      plain += name;
      from = end;
    }
    plain += all.substr(from);
    prompt = std::move(plain);
  }

  void settle_emphasis() {
    Infotext& meant = draft_.result.meant;
    meant.set("RNG", "CPU");
    meant.set("Comma backtrack", "0");
    if (has_weights(meant.prompt, PromptScheme::ComfyUi) ||
        has_weights(meant.negative_prompt, PromptScheme::ComfyUi)) {
      meant.set("Emphasis", "No norm");
      draft_.note(
          "ComfyUI measures weights in the prompt from the empty prompt: here they scale "
          "the words, the picture will be like it, not equal");
    }
    take_embedding_marks(meant.prompt);
    take_embedding_marks(meant.negative_prompt);
  }

  static constexpr int kLongestChain = 100;
  const Json& graph_;
  PictureDraft& draft_;
  std::set<std::string> noted_;
  struct LoraNode {
    std::string id;
    double unet, text;
  };
  std::vector<LoraNode> loras_;  // from the sampler back
};

}  // namespace

bool is_comfy_graph(std::string_view text) {
  const auto graph = parse_picture_json(text);
  if (!graph) {
    return false;
  }
  const auto& nodes = graph->get_ref<const Json::object_t&>();
  return std::any_of(nodes.begin(), nodes.end(), [](const auto& node) {
    return find_member(node.second, "class_type") != nullptr;
  });
}

std::optional<PictureDraft> read_comfy_graph(std::string_view text) {
  if (!is_comfy_graph(text)) {
    return std::nullopt;
  }
  const auto graph = parse_picture_json(text);
  PictureDraft draft;
  draft.result.program = PictureProgram::ComfyUi;
  draft.scheme = PromptScheme::ComfyUi;
  draft.sampler_key = "sampler_name";
  draft.note(
      "ComfyUI scales the first noise by 0.2 % more: the picture will be like it, not equal");
  try {
    GraphReader(*graph, draft).read();
  } catch (const ForeignNode& foreign) {
    draft.problem(foreign.name, "", foreign.what);
  }
  return draft;
}

}  // namespace ptravel
