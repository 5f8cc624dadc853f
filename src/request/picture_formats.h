#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "request/picture_keys.h"
#include "request/picture_parameters.h"
#include "request/picture_prompt.h"

namespace ptravel {

// One reader for each way of writing parameters, and what they have in common.

/// A picture's parameters while they are read.
struct PictureDraft {
  PictureParameters result;
  KeyNotes keys;
  /// Names in the program's own words: how messages call the settings.
  std::string sampler_key = "Sampler";
  std::string sampler;
  std::string schedule;
  PromptScheme scheme = PromptScheme::WebUi;
  PromptMarkup markup;
  std::string tags;  ///< Of networks that stood elsewhere, behind the prompt.

  void note(std::string text) { result.notes.push_back({std::move(text), ""}); }
  void problem(std::string key, std::string field, std::string message) {
    result.problems.push_back({std::move(key), std::move(field), std::move(message)});
  }
  /// A key that is not applied (KeyNotes::add); a VAE's name is kept, for whoever knows folders.
  void leave_out(KeyEffect effect,
                 std::string_view key,
                 std::string_view value,
                 std::string_view topic = {});
};

// Networks and tiling as other programs tell them (picture_addons.cpp).

/// A LoRA of the UNet and the text encoder as a tag behind the prompt; `key` and `value` are what
/// tells of it, for the note where no tag can. `name` may have folders and an ending.
void add_lora(
    PictureDraft& draft, std::string_view key, std::string_view name, double unet, double text);
/// The same of a hypernetwork.
void add_hypernetwork(PictureDraft& draft,
                      std::string_view key,
                      std::string_view name,
                      const std::string& strength);
/// Lists of names and of weights side by side: JSON arrays, texts with commas, or one each.
void add_loras(PictureDraft& draft,
               std::string_view key,
               const nlohmann::json& names,
               const nlohmann::json* weights);
/// "Tiling" as it is read here, of an axis that goes on at its other edge or not.
void set_tiling(PictureDraft& draft, bool across, bool down);
/// Applies the one hypernetwork of web UIs before tags, and what the extensions Additional Networks
/// and Asymmetric tiling wrote, and takes it out.
void take_extensions(PictureDraft& draft);
/// Takes out "Lora hashes" where the prompt has a tag for each: they are compared with the files.
/// Empty where one is missing.
std::string take_told_hashes(Infotext& text);

/// Ends a draft: sampler and schedule under our names, prompts in the web UI's grammar, the size of
/// the picture where none is told, notes of keys. The text for people is made of the prompts and
/// settings as they were read, unless there is one already.
PictureParameters finish(PictureDraft draft, const PictureSource& source);

/// A member of a flat JSON object: which key of the web UI it is (sampler, schedule, width, height
/// and the prompts have members of their own in the draft), or what it does.
struct MemberRule {
  std::string_view member;  ///< '*' at the end: any member that begins so.
  std::string_view key;     ///< "Steps", "prompt", "negative", "sampler", "schedule", "width", ...
  KeyEffect effect = KeyEffect::Applied;
  /// Values with which it does what is done here, with "|" between them; empty: those that say off.
  std::string_view rest = {};
};

/// Reads an object's members by rules; others that are not off become notes.
void read_members(const nlohmann::json& object,
                  std::span<const MemberRule> rules,
                  PictureDraft& draft);

/// The draft of a program that writes one flat object, read by rules.
PictureDraft flat_draft(PictureProgram program,
                        PromptScheme scheme,
                        const nlohmann::json& object,
                        std::span<const MemberRule> rules);
/// Says that the program computes otherwise in parts.
void note_likeness(PictureDraft& draft);

/// "512x768" out of "512x768", "(512, 768)" or "[512, 768]"; empty for anything else.
std::string size_of_text(std::string_view text);

/// The web UI's text, as it, its descendants and stable-diffusion.cpp write it. `beside_graph`:
/// ComfyUI's graph lies beside it, so that a node of ComfyUI wrote it.
PictureDraft read_infotext(const std::string& text, bool beside_graph);
/// Of such a text, what stable-diffusion.cpp means otherwise. `description`: its JSON in the text.
void settle_stable_diffusion_cpp(PictureDraft& draft,
                                 const std::optional<std::string>& description);
/// Whether a text is ComfyUI's prompt graph.
bool is_comfy_graph(std::string_view text);
/// Flat JSON objects of Fooocus, SwarmUI, Easy Diffusion, Draw Things; nullopt for others.
std::optional<PictureDraft> read_flat_json(const nlohmann::json& object);
std::optional<PictureDraft> read_easy_diffusion(std::span<const ImageText> texts);
std::optional<PictureDraft> read_draw_things(std::string_view xmp);
/// Its JSON object alone; nullopt for others.
std::optional<PictureDraft> read_draw_things_json(const nlohmann::json& object);
/// NovelAI's description and comment.
std::optional<PictureDraft> read_novelai(std::string_view description,
                                         std::string_view source,
                                         std::string_view comment);
/// InvokeAI's three ways, newest first.
std::optional<PictureDraft> read_invokeai(std::span<const ImageText> texts);
/// ComfyUI's prompt graph.
std::optional<PictureDraft> read_comfy_graph(std::string_view graph);

}  // namespace ptravel
