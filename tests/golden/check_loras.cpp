// LoRA and its family: lora.json with lora/ on tiny_sd1, sdxl.json with lora_sdxl/ on tiny_sdxl,
// sd2.json with lora_sd2/ on tiny_sd2.
#include <algorithm>
#include <map>
#include <set>

#include <ATen/ATen.h>

#include "addons/changed_tensors.h"
#include "checkpoint/key_map.h"
#include "model/stable_diffusion.h"
#include "pipeline/prompt_encoder.h"
#include "tests/golden/addons.h"
#include "tests/golden/run_support.h"
#include "text/network_tags.h"

namespace ptravel::golden {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr double kDeltaTolerance = 1e-5;
constexpr double kTextTolerance = 2e-5;
constexpr double kVectorTolerance = 2e-4;

/// Files by the names that prompts call them.
std::map<std::string, fs::path> files_by_name(const fs::path& folder) {
  std::map<std::string, fs::path> files;
  std::map<std::string, fs::path> aliases;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      files[entry.path().stem().string()] = entry.path();
      const std::string alias = LoraFile::open(entry.path())->output_name();
      if (!alias.empty()) {
        aliases[alias] = entry.path();
      }
    }
  }
  files.merge(aliases);
  return files;
}

class LoraCheck {
 public:
  LoraCheck(const Context& context, const LoraSet& set, Report& report)
      : context_(context),
        set_(set),
        cases_(read_json(context.folder / set.cases)),
        tensors_(FileTensors::open(context.folder / set.tensors)),
        files_(files_by_name(context.folder / set.files)),
        stored_(FileTensors::open(context.root / set.model / "model.safetensors")),
        pipeline_(open_pipeline(context, context.root / set.model / "model.safetensors")),
        model_(open_model(context.root / set.model / "model.safetensors")),
        targets_(model_),
        report_(report) {
    for (const std::string& name : stored_->names()) {
      if (is_open_clip_name(name)) {
        pieces_[name] = map_open_clip_name(name);
      } else if (const auto mapped = map_single_file_name(name)) {
        pieces_[name] = {{*mapped}};
      }
    }
  }

  void check() {
    for (const json& test : cases_.at("cases")) {
      const std::string key = test.at("key");
      const bool embedding = key.starts_with("ti") || key == "bundled";
      if (!embedding) {
        report_.guarded(title() + key, [&] { check_case(test); });
      }
    }
    check_hashes();
  }

 private:
  std::string title() const { return std::string("addons/") + set_.title + "/"; }

  void check_hashes() {
    const json none = json::object();
    for (const auto& [name, hashes] :
         (cases_.contains("hashes") ? cases_["hashes"] : none).items()) {
      report_.exact(title() + "hash/" + name,
                    lora_hash(files_.at(name)).substr(0, 12) == hashes.at("lora"));
    }
  }

  /// The case whose numbers this one has here: names that the web UI does not understand have those
  /// of the names that it does.
  json numbers_of(const json& test) const {
    if (test.value("key", "") != "diffusers_peft_in_webui") {
      return test;
    }
    return *std::find_if(cases_.at("cases").begin(), cases_.at("cases").end(),
                         [](const json& other) { return other.at("key") == "kohya_names_peft"; });
  }

  void check_case(const json& test) {
    const std::string name = title() + test.at("key").get<std::string>();
    const PromptWithNetworks taken = take_extra_networks(test.at("prompt").get<std::string>());
    const LoraTags read = lora_tags(taken.networks);
    json networks = json::array(), missing = json::array(), errors = json::array();
    std::string hashes;
    std::vector<AppliedLora> loras;
    for (const LoraTag& tag : with_last_strengths(read.tags)) {
      const auto found = files_.find(tag.name);
      if (found == files_.end()) {
        missing.push_back(tag.name);
        continue;
      }
      networks.push_back({{"name", tag.name},
                          {"te", tag.text_encoder},
                          {"unet", tag.unet},
                          {"dyn", tag.dyn ? json(*tag.dyn) : json(nullptr)}});
      const auto fit = LoraFit::make(LoraFile::open(found->second), model_, targets_);
      if (fit->misfits() > 0) {
        errors.push_back(tag.name + " (" + std::to_string(fit->misfits()) + ")");
      }
      const std::string hash = tag.name + ": " + lora_hash(found->second).substr(0, 12);
      if (hashes.find(hash) == hashes.npos) {
        hashes += (hashes.empty() ? "" : ", ") + hash;
      }
      const auto rule = name.ends_with("_194") ? DoraRule::ScaleBehind : DoraRule::ScaleInside;
      loras.push_back({fit, tag.text_encoder, tag.unet, {tag.dyn, rule}});
    }
    json comments = json::array(), log = json::array();
    if (!missing.empty()) {
      comments.push_back("Lora not found: " + joined(missing));
    }
    if (!errors.empty()) {
      comments.push_back("Networks with errors: " + joined(errors));
    }
    if (read.unreadable) {
      log.push_back(python_message(*read.unreadable));
    }
    same(name + "/networks", test, "networks", networks);
    same(name + "/comments", test, "comments", comments);
    same(name + "/log", test, "log", log);
    same(name + "/lora_hashes", test, "lora_hashes", hashes.empty() ? json(nullptr) : json(hashes));
    check_numbers(name, numbers_of(test), loras, taken.prompt);
  }

  static std::string joined(const json& words) {
    std::string text;
    for (const json& word : words) {
      text += (text.empty() ? "" : ", ") + word.get<std::string>();
    }
    return text;
  }

  void same(const std::string& name, const json& test, const char* key, const json& actual) {
    if (test.contains(key)) {
      report_.exact(name, actual == test.at(key), actual.dump());
    }
  }

  void check_numbers(const std::string& name,
                     const json& test,
                     const std::vector<AppliedLora>& loras,
                     const std::string& text) {
    const auto changed =
        std::make_shared<ChangedTensors>(std::make_shared<FileTensors>(model_.weights), loras);
    check_weights(name, test, *changed);
    const NetworkLoader loader(model_, changed, pipeline_->compute());
    check_text(name, test, loader, text);
    const std::string key = test.at("key").get<std::string>() + "/";
    const std::string result = key + (tensors_->contains(key + "eps") ? "eps" : "out");
    const Unet unet = loader.unet();
    const at::Device device = pipeline_->compute().device;
    UnetInputs inputs{tensors_->tensor("x").to(device), tensors_->tensor("t").to(device),
                      expected_text(key).unsqueeze(0).to(device)};
    if (tensors_->contains(key + "vector")) {
      inputs.vector = tensors_->tensor(key + "vector").unsqueeze(0).to(device);
    }
    const double tolerance = context_.precision == Precision::Fp32 ? 1e-3 : 5e-2;
    report_.close(name + "/eps", unet.forward(inputs), tensors_->tensor(result), tolerance);
  }

  at::Tensor expected_text(const std::string& key) const {
    const std::string tensor = set_.text;
    return tensors_->tensor((tensors_->contains(key + tensor) ? key : "base/") + tensor);
  }

  void check_text(const std::string& name,
                  const json& test,
                  const NetworkLoader& loader,
                  const std::string& text) {
    const auto encoders =
        std::make_shared<const std::vector<ClipTextModel>>(loader.text_encoders());
    const PromptEncoder encoder(pipeline_->tokenizers(), model_.clips, [&] { return encoders; },
                                {model_.unet.vector_dim, model_.zero_blank_negative});
    PromptOptions options;
    options.sizes = {cases_.value("width", 64), cases_.value("height", 64)};
    const ImageConditioning image = encoder.encode(text, "", options);
    const TextEncoding& encoded = image.parts.at(0).schedule.at_call(0)->text;
    const std::string key = test.at("key").get<std::string>() + "/";
    report_.close(name + "/" + set_.text, encoded.tokens, expected_text(key), kTextTolerance,
                  kTextTolerance);
    if (tensors_->contains(key + "vector")) {
      report_.close(name + "/vector", encoded.vector, tensors_->tensor(key + "vector"),
                    kVectorTolerance);
    }
  }

  /// The difference of a tensor of the file, whose pieces are our tensors.
  at::Tensor difference(const std::string& stored, const ChangedTensors& changed) const {
    const FileTensors plain(model_.weights);
    std::vector<at::Tensor> pieces;
    for (const MappedTensor& piece : pieces_.at(stored)) {
      pieces.push_back(changed.tensor(piece.name).to(at::kFloat) -
                       plain.tensor(piece.name).to(at::kFloat));
    }
    return pieces.size() == 1 ? pieces[0] : at::cat(pieces);
  }

  void check_weights(const std::string& name, const json& test, const ChangedTensors& changed) {
    const std::vector<std::string> names = changed.changed();
    const std::set<std::string> ours(names.begin(), names.end());
    std::map<std::string, at::Tensor> differences;
    for (const auto& [stored, pieces] : pieces_) {
      if (!std::any_of(pieces.begin(), pieces.end(),
                       [&](const MappedTensor& piece) { return ours.contains(piece.name); })) {
        continue;
      }
      const at::Tensor change = difference(stored, changed);
      if (change.abs().max().item<double>() > 0) {
        differences[stored] = change;
      }
    }
    json weights = json::array(), biases = json::array();
    for (const auto& [stored, change] : differences) {
      (stored.ends_with("bias") ? biases : weights).push_back(stored);
    }
    same(name + "/changed_weights", test, "changed_weights", weights);
    same(name + "/changed", test, "changed", weights);
    same(name + "/changed_biases", test, "changed_biases", biases);
    const json means = test.value("delta_abs_mean", json::object());
    for (const auto& [stored, mean] : means.items()) {
      const auto found = differences.find(stored);
      const double ours_mean =
          found == differences.end() ? 0 : found->second.abs().mean().item<double>();
      report_.close(name + "/mean/" + stored, at::scalar_tensor(ours_mean),
                    at::scalar_tensor(mean.get<double>()), 2e-6, 1e-4);
    }
    const std::string key = test.at("key").get<std::string>() + "/";
    for (const std::string& tensor : tensors_->names()) {
      for (const std::string kind : {"delta/", "delta_first4/"}) {
        if (!tensor.starts_with(key + kind)) {
          continue;
        }
        const auto found = differences.find(tensor.substr(key.size() + kind.size()));
        at::Tensor change = found == differences.end() ? at::zeros({0}) : found->second;
        if (kind == "delta_first4/" && change.numel() > 0) {
          change = change.narrow(0, 0, 4);
        }
        report_.close(title() + tensor, change, tensors_->tensor(tensor), kDeltaTolerance);
      }
    }
  }

  const Context& context_;
  LoraSet set_;
  json cases_;
  std::shared_ptr<FileTensors> tensors_;
  std::map<std::string, fs::path> files_;
  std::shared_ptr<FileTensors> stored_;
  std::unique_ptr<Pipeline> pipeline_;
  ModelFiles model_;
  LoraTargets targets_;
  std::map<std::string, std::vector<MappedTensor>> pieces_;
  Report& report_;
};

}  // namespace

void check_loras(const Context& context, const LoraSet& set, Report& report) {
  report.guarded(std::string("addons/") + set.title,
                 [&] { LoraCheck(context, set, report).check(); });
}

}  // namespace ptravel::golden
