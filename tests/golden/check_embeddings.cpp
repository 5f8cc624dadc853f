// Textual inversion: textual_inversion.json with embeddings/ on tiny_sd1, sdxl.json with
// embeddings_sdxl/ on tiny_sdxl, sd2.json with embeddings_sd2/ on tiny_sd2.
#include <algorithm>
#include <memory>
#include <utility>

#include <ATen/ATen.h>

#include "pipeline/embedding_shelf.h"
#include "ptravel/error.h"
#include "tests/golden/addons.h"
#include "tests/golden/run_support.h"
#include "text/prompt_markup.h"

namespace ptravel::golden {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr double kTextTolerance = 2e-5;
constexpr double kVectorTolerance = 2e-4;  // sinusoids of sizes
constexpr double kEpsTolerance = 1e-3;

/// A model and the embeddings of a folder.
class EmbeddingCheck {
 public:
  EmbeddingCheck(const Context& context,
                 const std::string& set,
                 const std::string& embeddings,
                 Report& report)
      : context_(context), report_(report), name_("addons/" + set + "/") {
    pipeline_ = open_pipeline(context, context.root / model_of(set) / "model.safetensors");
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(context.folder / embeddings)) {
      if (entry.is_regular_file()) {
        files.push_back(entry.path());
      }
    }
    std::ranges::sort(files);
    shelf_ =
        std::make_unique<EmbeddingShelf>(files, pipeline_->tokenizers(), pipeline_->files().clips);
    options_.embeddings = &shelf_->names();
    tensors_ = FileTensors::open(context.folder / (set + ".safetensors"));
  }

  static std::string model_of(const std::string& set) {
    return set == "sdxl" ? "tiny_sdxl" : set == "sd2" ? "tiny_sd2" : "tiny_sd1";
  }

  /// Everything in the folder, against `loaded` and `skipped`.
  void check_files(const json& loaded, const json& skipped, const json* load_errors) {
    std::vector<SharedEmbedding> ours;
    for (const std::string& name : shelf_->all()) {
      if (const SharedEmbedding embedding = shelf_->find(name)) {
        ours.push_back(embedding);
      }
    }
    report_.exact(name_ + "loaded", ours.size() == loaded.size(), std::to_string(ours.size()));
    for (const json& wanted : loaded) {
      const std::string name = wanted.at("name");
      report_.guarded(name_ + "loaded/" + name, [&] {
        const SharedEmbedding embedding = shelf_->find(name);
        if (!embedding) {
          throw Error(ErrorCode::NotFound, "is not loaded");
        }
        check_file(*embedding, wanted);
      });
    }
    std::vector<std::string> others;
    int errors = 0;
    for (const EmbeddingShelf::LeftOut& left : shelf_->left_out()) {
      if (left.other_width) {
        others.push_back(left.name);
      } else {
        ++errors;
      }
    }
    report_.exact(name_ + "skipped", json(others) == skipped, json(others).dump());
    if (load_errors != nullptr) {
      report_.exact(name_ + "load_errors", errors == static_cast<int>(load_errors->size()),
                    std::to_string(errors));
    }
  }

  /// One case: chunks, counts, hashes, encodings.
  void check(const json& test) {
    const std::string key = test.at("key");
    report_.guarded(name_ + key, [&] {
      json texts = test.value("texts", json::array());
      if (texts.empty()) {
        texts.push_back(take_extra_networks(test.value("text", test.value("prompt", ""))).prompt);
      }
      std::vector<ScheduledChunks> schedule;
      int step = 0;
      for (const json& text : texts) {
        schedule.push_back(
            {++step, tokenize_text(pipeline_->tokenizers(), text.get<std::string>(), options_)});
      }
      if (test.contains("error")) {
        check_refused(key, schedule);
        return;
      }
      check_chunks(key, test, schedule, texts);
      if (test.contains("ti_hashes")) {
        check_hashes(key, test.at("ti_hashes"), schedule);
      }
      check_encoding(key, schedule, test);
    });
  }

  void add_bundle(const fs::path& file) {
    shelf_->add_bundle(file);
    options_.embeddings = &shelf_->names();
  }
  void set_sizes(int width, int height) { options_.sizes = {width, height}; }

 private:
  void check_file(const PromptEmbedding& embedding, const json& wanted) const {
    const std::string name = name_ + "loaded/" + embedding.name;
    report_.exact(name + "/vectors", embedding.vectors == wanted.at("vectors").get<int>());
    if (wanted.contains("shorthash")) {
      report_.exact(name + "/hash", embedding.sha256.substr(0, 12) == wanted.at("shorthash"),
                    embedding.sha256);
    }
    if (wanted.contains("ids")) {
      const auto ids = pipeline_->tokenizers().front().encode(embedding.name);
      report_.exact(name + "/ids", json(ids) == wanted.at("ids"), json(ids).dump());
    }
    if (tensors_->contains("vectors/" + embedding.name)) {
      const EmbeddingVectors& own = embedding.encoders.front();
      report_.close(name + "/values",
                    at::tensor(own.numbers, at::kFloat).reshape({own.count, own.width}),
                    tensors_->tensor("vectors/" + embedding.name), 0);
    }
  }

  /// Ids as the set has them: before what follows the end of a text is replaced by the padding.
  static json ids_of(const json& chunk, const Tokenizer& tokenizer) {
    json ids = chunk.at("tokens");
    const auto end = std::ranges::find(ids, json(tokenizer.end_id()));
    if (end != ids.end()) {
      std::fill(end + 1, ids.end(), json(tokenizer.pad_id()));
    }
    return ids;
  }

  void check_chunks(const std::string& key,
                    const json& test,
                    const std::vector<ScheduledChunks>& schedule,
                    const json& texts) const {
    json wanted = test.value("chunks", json());
    if (wanted.is_array() && !wanted.empty() && wanted.front().is_object()) {
      wanted = json::array({wanted});
    }
    if (test.contains("fixes")) {
      int fixes = 0;
      for (const Chunk& chunk : schedule.front().chunks.encoders.front()) {
        fixes += static_cast<int>(chunk.embeddings.size());
      }
      report_.exact(name_ + key + "/fixes", fixes == test.at("fixes").get<int>());
    }
    if (!wanted.is_array()) {
      return;
    }
    const Tokenizer& tokenizer = pipeline_->tokenizers().front();
    ChunkOptions plain;
    plain.embeddings = options_.embeddings;
    bool same = wanted.size() == schedule.size();
    for (std::size_t i = 0; same && i < wanted.size(); ++i) {
      const PromptChunks text = chunk_prompt(tokenizer, texts[i].get<std::string>(), plain);
      same = text.chunks.size() == wanted[i].size();
      for (std::size_t k = 0; same && k < text.chunks.size(); ++k) {
        const json& chunk = wanted[i][k];
        json fixes = json::array();
        for (const ChunkEmbedding& one : text.chunks[k].embeddings) {
          fixes.push_back({{"offset", one.offset},
                           {"name", one.embedding->name},
                           {"vectors", one.embedding->vectors}});
        }
        same = json(text.chunks[k].tokens) == ids_of(chunk, tokenizer) &&
               (!chunk.contains("multipliers") ||
                json(text.chunks[k].multipliers) == chunk.at("multipliers")) &&
               fixes == chunk.at("fixes");
      }
      if (test.contains("token_counts")) {
        const json& counts = test.at("token_counts");
        report_.exact(name_ + key + "/token_count" + std::to_string(i),
                      text.token_count == counts.at(i).get<int>(),
                      std::to_string(text.token_count));
      }
    }
    report_.exact(name_ + key + "/chunks", same, test.dump());
  }

  void check_hashes(const std::string& key,
                    const json& wanted,
                    const std::vector<ScheduledChunks>& schedule) const {
    const std::string ours = hashes_text(embeddings_of(schedule));
    report_.exact(name_ + key + "/ti_hashes",
                  wanted.is_null() ? ours.empty() : json(ours) == wanted, ours);
  }

  void check_encoding(const std::string& key,
                      const std::vector<ScheduledChunks>& schedule,
                      const json& test) const {
    std::vector<TextChunks> texts;
    for (const ScheduledChunks& entry : schedule) {
      texts.push_back(entry.chunks);
    }
    std::vector<at::Tensor> tokens;
    std::vector<at::Tensor> vectors;
    for (const TextEncoding& text : pipeline_->encoder().encode_texts(texts, options_)) {
      tokens.push_back(text.tokens);
      vectors.push_back(text.vector);
    }
    const bool one_text = !test.contains("texts") && !tensors_->contains(key + "/cond");
    const at::Tensor all = at::stack(tokens);
    for (const char* const tensor : {"cond", "crossattn"}) {
      if (tensors_->contains(key + "/" + tensor)) {
        const at::Tensor wanted = tensors_->tensor(key + "/" + tensor);
        report_.close(name_ + key + "/" + tensor, wanted.dim() == 2 ? all[0] : all, wanted,
                      kTextTolerance, one_text ? kTextTolerance : 0);
      }
    }
    if (tensors_->contains(key + "/vector")) {
      report_.close(name_ + key + "/vector", vectors.front(), tensors_->tensor(key + "/vector"),
                    kVectorTolerance, kVectorTolerance);
    }
    if (tensors_->contains(key + "/out")) {
      report_.close(name_ + key + "/out",
                    pipeline_->unet().forward(tensors_->tensor("x"), tensors_->tensor("t"),
                                              all.narrow(0, 0, 1)),
                    tensors_->tensor(key + "/out"), kEpsTolerance);
    }
  }

  void check_refused(const std::string& key, const std::vector<ScheduledChunks>& schedule) const {
    bool refused = false;
    try {
      pipeline_->encoder().encode_schedule(schedule, options_);
    } catch (const Error& error) {
      refused = error.code() == ErrorCode::InvalidArgument;
    }
    report_.exact(name_ + key + "/error", refused, "is not refused");
  }

  const Context& context_;
  Report& report_;
  std::string name_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<EmbeddingShelf> shelf_;
  PromptOptions options_;
  std::shared_ptr<FileTensors> tensors_;
};

bool is_bundled(const json& test) {
  return test.at("key").get<std::string>() == "bundled" ||
         test.value("text", "").find("<lora:") != std::string::npos;
}

/// The LoRA file that a case's tag names.
fs::path bundle_of(const json& test, const fs::path& folder) {
  for (const ExtraNetwork& tag : take_extra_networks(test.at("text").get<std::string>()).networks) {
    return folder / (tag.positional.at(0) + ".safetensors");
  }
  throw Error(ErrorCode::InvalidArgument, "no tag");
}

void check_sd1(const Context& context, Report& report) {
  const json file = read_json(context.folder / "textual_inversion.json");
  EmbeddingCheck check(context, "textual_inversion", "embeddings", report);
  check.check_files(file.at("loaded"), file.at("skipped"), &file.at("load_errors"));
  for (const json& test : file.at("cases")) {
    if (is_bundled(test)) {
      EmbeddingCheck with(context, "textual_inversion", "embeddings", report);
      with.add_bundle(bundle_of(test, context.folder / "lora"));
      with.check(test);
    } else {
      check.check(test);
    }
  }
}

void check_sdxl(const Context& context, Report& report) {
  const json file = read_json(context.folder / "sdxl.json");
  EmbeddingCheck check(context, "sdxl", "embeddings_sdxl", report);
  check.set_sizes(file.value("width", 64), file.value("height", 64));
  check.check_files(file.at("embeddings"), file.at("skipped"), nullptr);
  for (const json& test : file.at("cases")) {
    if (test.contains("chunks") || test.contains("error")) {
      check.check(test);
    } else if (test.contains("fixes")) {
      EmbeddingCheck with(context, "sdxl", "embeddings_sdxl", report);
      with.set_sizes(file.value("width", 64), file.value("height", 64));
      with.add_bundle(bundle_of(test, context.folder / "lora_sdxl"));
      with.check(test);
    }
  }
}

void check_sd2(const Context& context, Report& report) {
  const json file = read_json(context.folder / "sd2.json");
  EmbeddingCheck check(context, "sd2", "embeddings_sd2", report);
  for (const json& test : file.at("cases")) {
    if (test.contains("chunks") && test.at("chunks").is_array()) {
      check.check(test);
    }
  }
}

}  // namespace

void check_embeddings(const Context& context, Report& report) {
  const auto there = [&](const char* file, const char* folder, const char* model) {
    return fs::exists(context.folder / file) && fs::is_directory(context.folder / folder) &&
           fs::exists(context.root / model / "model.safetensors");
  };
  if (there("textual_inversion.json", "embeddings", "tiny_sd1")) {
    report.guarded("addons/textual_inversion", [&] { check_sd1(context, report); });
  }
  if (there("sdxl.json", "embeddings_sdxl", "tiny_sdxl")) {
    report.guarded("addons/sdxl/embeddings", [&] { check_sdxl(context, report); });
  }
  if (there("sd2.json", "embeddings_sd2", "tiny_sd2")) {
    report.guarded("addons/sd2/embeddings", [&] { check_sd2(context, report); });
  }
}

}  // namespace ptravel::golden
