// The larger families: tiny_sd2, tiny_sdxl and travels through the latter.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>

#include <ATen/ATen.h>

#include "checkpoint/key_map.h"
#include "checkpoint/model_files.h"
#include "model/clip.h"
#include "model/safetensors_writer.h"
#include "pipeline/find_prediction.h"
#include "tests/golden/networks.h"
#include "tests/golden/run_support.h"
#include "tests/golden/runs.h"
#include "tests/support/temporary_folder.h"
#include "travel/mode_linear.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;

constexpr double kTextTolerance = 2e-5;
constexpr double kVectorTolerance = 2e-4;  // sinusoids of sizes up to 1216
constexpr double kSlerpTolerance = 2e-4;

/// The web UI's test of what a network predicts.
void check_prediction(const Pipeline& pipeline,
                      const json& config,
                      const char* key,
                      bool predicts_v,
                      Report& report) {
  if (!config.contains(key)) {
    return;
  }
  const std::string name = std::string("tiny_sd2/") + key;
  const double answer = answer_to_constants(pipeline.unet());
  report.close(name, at::scalar_tensor(answer), at::scalar_tensor(config.at(key).get<double>()),
               pipeline.compute().dtype == at::kFloat ? 1e-4 : 2e-2);
  report.exact(name + " is " + (predicts_v ? "v" : "eps"),
               (find_prediction(open_model(pipeline.files().path)) == Prediction::V) == predicts_v);
}

/// The ids, and what the text encoder of tiny_sd2 makes of them.
void check_sd2_texts(const Context& context, const Pipeline& pipeline, Report& report) {
  const auto tensors = FileTensors::open(context.folder / "text.safetensors");
  const SharedTextEncoders encoders = pipeline.text_encoders();
  const ClipTextModel& clip = encoders->front();
  const json set = read_json(context.folder / "text.json");
  for (const json& entry : set.at("cases")) {
    const std::string key = entry.at("key");
    if (!tensors->contains(key + "ids")) {
      continue;
    }
    report.guarded("tiny_sd2/text/" + key, [&] {
      const at::Tensor ids = tensors->tensor(key + "ids").to(at::kLong);
      const TextChunks text =
          tokenize_text(pipeline.tokenizers(), entry.at("text").get<std::string>(), {});
      at::Tensor ours = at::empty_like(ids);
      bool same = text.size() == static_cast<std::size_t>(ids.size(0));
      for (std::int64_t i = 0; same && i < ids.size(0); ++i) {
        const Chunk& chunk = text.encoders.front()[static_cast<std::size_t>(i)];
        std::copy(chunk.tokens.begin(), chunk.tokens.end(), ours[i].data_ptr<std::int64_t>());
      }
      report.exact("tiny_sd2/text/" + key + "ids", same && ours.equal(ids));
      const BlockObserver observer = [&](const std::string& name, const at::Tensor& value) {
        if (tensors->contains(key + name)) {
          report.close("tiny_sd2/text/" + key + name, value, tensors->tensor(key + name),
                       kTextTolerance);
        }
        // The penultimate layer is the last one that is run.
        if (name == "layer" + std::to_string(clip.config().num_layers - 2)) {
          report.close("tiny_sd2/text/" + key + "penultimate", value,
                       tensors->tensor(key + "penultimate"), kTextTolerance);
        }
      };
      report.close("tiny_sd2/text/" + key + "z", clip.forward(ids, 1, observer),
                   tensors->tensor(key + "z"), kTextTolerance);
    });
  }
}

/// An inpainting model whose weights for mask and picture are zeros draws as the plain one does.
void check_zero_channels(const Context& context, const Pipeline& plain, Report& report) {
  constexpr std::int64_t kInpainting = 9;
  const std::string name = "model.diffusion_model.input_blocks.0.0.weight";
  const at::Tensor first = FileTensors::open(context.folder / "model.safetensors")->tensor(name);
  std::vector<std::int64_t> more = first.sizes().vec();
  more[1] = kInpainting - more[1];
  const TemporaryFolder folder;
  write_safetensors(folder / "first.safetensors",
                    {{name, at::cat({first, at::zeros(more, first.options())}, 1)}});
  std::filesystem::create_directories(folder / "model");
  const auto inpainting = open_pipeline(
      context, write_variant(context.folder, folder / "first.safetensors",
                             {{"unet", {{"in_channels", kInpainting}}}}, folder / "model"));
  report.exact("tiny_sd2/nine channels/family",
               inpainting->files().family == ModelFamily::Sd2Inpainting);
  SamplingSettings settings;
  settings.num_steps = 3;
  const auto drawn = [&](const Pipeline& pipeline) {
    PictureBatch batch;
    batch.width = batch.height = 64;
    batch.images = {pipeline.encoder().encode("a cat", "blurry", {})};
    batch.seeds.resize(1);
    return pipeline.sample(settings, batch);
  };
  report.exact("tiny_sd2/nine channels/latent", drawn(*inpainting).equal(drawn(plain)));
}

}  // namespace

void check_tiny_sd2(const Context& context, Report& report) {
  const json config = read_json(context.folder / "config.json");
  const std::filesystem::path v_model = context.folder / "model.safetensors";
  check_unet(context, v_model, "", report);
  check_unet(context, v_model, "v", report);
  const auto v = open_pipeline(context, v_model);
  check_prediction(*v, config, "v_test_mean_difference", true, report);
  check_sd2_texts(context, *v, report);
  check_text_conditionings(context, *v, report);
  check_runs(context, *v, "v", report);
  report.guarded("tiny_sd2/nine channels", [&] { check_zero_channels(context, *v, report); });
  if (std::filesystem::exists(context.folder / "eps_override.safetensors")) {
    const TemporaryFolder folder;
    const auto eps_model =
        write_variant(context.folder, context.folder / "eps_override.safetensors",
                      {{"parameterization", "eps"}}, folder.path());
    check_unet(context, eps_model, "eps", report);
    const auto eps = open_pipeline(context, eps_model);
    check_prediction(*eps, config, "v_test_mean_difference_eps_variant", false, report);
    check_runs(context, *eps, "eps", report);
  }
}

namespace {

/// What both text encoders of tiny_sdxl make of one text.
class SdxlTextCheck {
 public:
  SdxlTextCheck(const Pipeline& pipeline,
                const FileTensors& tensors,
                const json& entry,
                Report& report)
      : pipeline_(pipeline),
        tensors_(tensors),
        entry_(entry),
        key_(entry.at("key").get<std::string>()),
        report_(report) {}

  /// A single text.
  void check_text() {
    const std::string words = entry_.at("text");
    const TextChunks text = tokenize_text(pipeline_.tokenizers(), words, {});
    check_encoder(text, 0, "l");
    const ClipText g = check_encoder(text, 1, "g");
    close("pooled_g", g.pooled, kTextTolerance);
    PromptOptions options;
    options.sizes = {entry_.at("vector_width"), entry_.at("vector_height")};
    for (const auto& [name, emphasis] : {std::pair{"original", Emphasis::Original},
                                         {"no_norm", Emphasis::NoNorm},
                                         {"none", Emphasis::None}}) {
      const std::string tensor = std::string("crossattn_") + name;
      if (!tensors_.contains(key_ + tensor)) {
        continue;
      }
      options.emphasis = emphasis;
      const TextEncoding encoded =
          pipeline_.encoder()
              .encode_texts({tokenize_text(pipeline_.tokenizers(), words, options)}, options)
              .front();
      close(tensor, encoded.tokens, kTextTolerance);
      close("vector", encoded.vector, kVectorTolerance);
    }
  }

  /// Several texts of one schedule.
  void check_batch() {
    PromptOptions options;
    options.sizes = sizes_of(entry_);
    std::vector<ScheduledChunks> schedule;
    for (const json& text : entry_.at("texts")) {
      const std::string words = text.get<std::string>();
      schedule.push_back({1, tokenize_text(pipeline_.tokenizers(), words, options), words.empty()});
    }
    const auto side = entry_.at("is_negative_prompt") ? PromptSide::Negative : PromptSide::Positive;
    std::vector<at::Tensor> tokens, vectors;
    for (const auto& entry : pipeline_.encoder().encode_schedule(schedule, options, side).entries) {
      tokens.push_back(entry.conditioning->text.tokens);
      vectors.push_back(entry.conditioning->text.vector);
    }
    close("crossattn", at::stack(tokens), kTextTolerance);
    close("vector", at::stack(vectors), kVectorTolerance);
  }

 private:
  void close(const std::string& tensor, const at::Tensor& actual, double tolerance) {
    // Also relative: emphasis divides by a small mean, which magnifies rounding.
    report_.close("tiny_sdxl/text/" + key_ + tensor, actual, tensors_.tensor(key_ + tensor),
                  tolerance, tolerance);
  }

  ClipText check_encoder(const TextChunks& text, std::size_t place, const std::string& letter) {
    const at::Tensor ids = tensors_.tensor(key_ + "ids_" + letter).to(at::kLong);
    at::Tensor ours = at::empty_like(ids);
    bool same = text.size() == static_cast<std::size_t>(ids.size(0));
    for (std::int64_t i = 0; same && i < ids.size(0); ++i) {
      const Chunk& chunk = text.encoders.at(place)[static_cast<std::size_t>(i)];
      std::copy(chunk.tokens.begin(), chunk.tokens.end(), ours[i].data_ptr<std::int64_t>());
    }
    report_.exact("tiny_sdxl/text/" + key_ + "ids_" + letter, same && ours.equal(ids));
    const BlockObserver observer = [&](const std::string& name, const at::Tensor& value) {
      // The set counts the embeddings as layer 0.
      const bool layer = name.starts_with("layer");
      const std::string number =
          layer ? std::to_string(std::stoi(name.substr(5)) + 1) : std::string("0");
      const std::string tensor = letter + "_layer" + number;
      if ((layer || name == "embeddings") && tensors_.contains(key_ + tensor)) {
        close(tensor, value, kTextTolerance);
      }
    };
    ClipText encoded = pipeline_.text_encoders()->at(place).encode(ids, 1, observer);
    close("hidden_" + letter, encoded.tokens, kTextTolerance);
    return encoded;
  }

  const Pipeline& pipeline_;
  const FileTensors& tensors_;
  const json& entry_;
  std::string key_;
  Report& report_;
};

}  // namespace

namespace {

/// What a diffusers folder has of a single file's tensor.
at::Tensor as_in_folder(const at::Tensor& stored, const json& row) {
  const std::string operation = row.size() > 2 ? row[2].get<std::string>() : "";
  int first = 0, last = 0;
  if (std::sscanf(operation.c_str(), "rows %d..%d", &first, &last) == 2) {
    return stored.slice(0, first, last + 1).contiguous();
  }
  if (operation == "transposed") {
    return stored.t().contiguous();
  }
  return row.size() > 3 ? stored.reshape(row[3].get<std::vector<std::int64_t>>()) : stored;
}

/// The model's weights as a diffusers folder, by the names that the set lists.
void write_folder(const Context& context, const std::filesystem::path& folder) {
  std::filesystem::copy(context.folder / "diffusers", folder,
                        std::filesystem::copy_options::recursive);
  const auto model = FileTensors::open(context.folder / "model.safetensors");
  const json keys = read_json(context.folder / "diffusers_keys.json");
  for (const json& file : keys.at("files")) {
    std::map<std::string, at::Tensor> tensors;
    for (const json& row : file.at("tensors")) {
      tensors.insert_or_assign(row[0].get<std::string>(),
                               as_in_folder(model->tensor(row[1].get<std::string>()), row));
    }
    const std::filesystem::path path = folder / file.at("file").get<std::string>();
    std::filesystem::create_directories(path.parent_path());
    std::filesystem::remove(path);
    write_safetensors(path, tensors);
  }
}

/// The same weights, used in the same way, as a folder and as a single file.
void check_folder(const Context& context, Report& report) {
  const TemporaryFolder folder;
  write_folder(context, folder / "model");
  const ModelFiles single = open_model(context.folder / "model.safetensors");
  const ModelFiles opened = open_model(folder / "model");
  const std::string set = context.folder.filename().string() + "/diffusers";
  const bool same_names = single.weights->names() == opened.weights->names();
  report.exact(set + " names", same_names);
  const FileTensors ours(single.weights), theirs(opened.weights);
  std::string different;
  for (const std::string& name : same_names ? ours.names() : std::vector<std::string>()) {
    different += at::equal(ours.tensor(name), theirs.tensor(name)) ? "" : " " + name;
  }
  report.exact(set + " weights", different.empty(), different);
  bool same = single.family == opened.family && single.prediction == opened.prediction &&
              single.unet.heads == opened.unet.heads &&
              single.vae.scale_factor == opened.vae.scale_factor &&
              single.clips.size() == opened.clips.size();
  for (std::size_t i = 0; same && i < single.clips.size(); ++i) {
    const ClipConfig& a = single.clips[i];
    const ClipConfig& b = opened.clips[i];
    same = a.num_heads == b.num_heads && a.quick_gelu == b.quick_gelu &&
           a.fixed_skip == b.fixed_skip && a.final_norm == b.final_norm &&
           a.projection == b.projection && a.open_clip_tokens == b.open_clip_tokens;
  }
  report.exact(set + " configs", same);
}

}  // namespace

void check_tiny_sdxl(const Context& context, Report& report) {
  if (std::filesystem::exists(context.folder / "diffusers_keys.json")) {
    report.guarded("tiny_sdxl/diffusers", [&] { check_folder(context, report); });
  }
  const std::filesystem::path model = context.folder / "model.safetensors";
  check_unet(context, model, "", report);
  check_vae(context, report);
  const auto pipeline = open_pipeline(context, model);
  const auto tensors = FileTensors::open(context.folder / "text.safetensors");
  const json set = read_json(context.folder / "text.json");
  for (const json& entry : set.at("cases")) {
    report.guarded("tiny_sdxl/text/" + entry.at("key").get<std::string>(), [&] {
      SdxlTextCheck check(*pipeline, *tensors, entry, report);
      entry.contains("texts") ? check.check_batch() : check.check_text();
    });
  }
  check_runs(context, *pipeline, "", report);
}

namespace {

/// A travel through the stages of travel_sdxl with one kind of interpolation.
class SdxlTravelCheck {
 public:
  SdxlTravelCheck(const Context& context, const Pipeline& pipeline, Report& report)
      : set_(read_json(context.folder / "travel.json")),
        tensors_(FileTensors::open(context.folder / "travel.safetensors")),
        pipeline_(pipeline),
        allowed_(tolerances(context.precision)),
        report_(report) {
    PromptOptions options;
    options.sizes = sizes_of(set_.at("sampling"));
    options.planned_calls = set_.at("sampling").at("steps");
    for (std::size_t i = 0; i < set_.at("prompts").size(); ++i) {
      stages_.push_back(pipeline.encoder().encode(set_.at("prompts")[i].get<std::string>(),
                                                  set_.at("negatives")[i].get<std::string>(),
                                                  options));
    }
  }

  void check() {
    for (std::size_t i = 0; i < stages_.size(); ++i) {
      check_place("stage" + std::to_string(i) + "/", stages_[i], kTextTolerance);
    }
    for (const json& frame : set_.at("frames")) {
      if (frame.contains("alpha")) {
        check_frame(frame);
      }
    }
    check_empty_negatives();
  }

 private:
  void check_frame(const json& frame) {
    const bool slerp = frame.at("method") == "slerp";
    const LinearMode mode{slerp ? Interpolation::Slerp : Interpolation::Lerp, {}};
    const std::string key = frame.at("key").get<std::string>() + "_";
    report_.guarded("travel_sdxl/" + key, [&] {
      check_place(key,
                  mix_conditionings(stages_.at(frame.at("stage_from")),
                                    stages_.at(frame.at("stage_to")), frame.at("alpha"), mode),
                  slerp ? kSlerpTolerance : kTextTolerance);
    });
  }

  void check_place(const std::string& key, const ImageConditioning& image, double tolerance) {
    check_text(key + "cond_", image.parts.at(0).schedule.at_call(0)->text, tolerance);
    check_text(key + "uncond_", image.uncond.at_call(0)->text, tolerance);
    if (!tensors_->contains(key + "latent")) {
      return;
    }
    const json& sampling = set_.at("sampling");
    PictureBatch batch;
    batch.width = sampling.at("width");
    batch.height = sampling.at("height");
    batch.seeds = seeds_of(sampling);
    batch.images = {image};
    report_.mostly_close(
        "travel_sdxl/" + key + "latent", pipeline_.sample(settings_of(sampling), batch),
        tensors_->tensor(key + "latent"), allowed_.latent, 0, allowed_.latents_beyond);
  }

  void check_text(const std::string& key, const TextEncoding& text, double tolerance) {
    report_.close("travel_sdxl/" + key + "crossattn", text.tokens.unsqueeze(0),
                  tensors_->tensor(key + "crossattn"), tolerance);
    report_.close("travel_sdxl/" + key + "vector", text.vector.unsqueeze(0),
                  tensors_->tensor(key + "vector"), std::max(tolerance, kVectorTolerance));
  }

  /// Two empty negative prompts are zeros, and so is what lies between them: the original gets no
  /// numbers there with slerp.
  void check_empty_negatives() {
    const ImageConditioning empty = pipeline_.encoder().encode("a", "", {});
    for (const auto interpolation : {Interpolation::Lerp, Interpolation::Slerp}) {
      LinearMode mode{interpolation, {}};
      const auto mixed = mix_schedules(empty.uncond, pipeline_.encoder().encode("b", "", {}).uncond,
                                       1.0 / 3, mode);
      report_.exact("travel_sdxl/empty negatives stay zeros",
                    mixed.at_call(0)->text.tokens.abs().max().item<double>() == 0);
    }
  }

  json set_;
  std::shared_ptr<FileTensors> tensors_;
  const Pipeline& pipeline_;
  RunTolerances allowed_;
  Report& report_;
  std::vector<ImageConditioning> stages_;
};

}  // namespace

void check_travel_sdxl(const Context& context, Report& report) {
  const auto pipeline = open_pipeline(context, context.root / "tiny_sdxl" / "model.safetensors");
  SdxlTravelCheck(context, *pipeline, report).check();
}

}  // namespace ptravel::golden
