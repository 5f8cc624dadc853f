#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ATen/core/Tensor.h>

#include "checkpoint/model_files.h"
#include "diffusion/sample.h"
#include "pipeline/embedding_shelf.h"
#include "pipeline/hypernetwork_shelf.h"
#include "pipeline/loaded_model.h"
#include "pipeline/open_model.h"
#include "pipeline/prompt_encoder.h"
#include "pipeline/shared_calls.h"
#include "ptravel/image.h"
#include "ptravel/progress.h"

namespace ptravel {

/// Which model to open and how to compute with it.
struct PipelineOptions : ModelSpec {
  int threads = 0;
};

/// Pictures to draw together; one entry of each list per picture.
struct PictureBatch {
  std::vector<ImageConditioning> images;
  std::vector<ImageSeed> seeds;
  int width = 512;  ///< Multiples of Pipeline::size_factor().
  int height = 512;
  at::Tensor init_latent;   ///< [N, C, h, w] for image-to-image; undefined for text-to-image.
  at::Tensor repaint = {};  ///< SamplingBatch.
  /// What a network that takes pictures is given, [picture_channels, h, w] for each; empty:
  /// blank_picture() for all.
  std::vector<at::Tensor> pictures = {};
  std::vector<double> guidance_scales;  ///< One per picture; empty: the settings' for all.
  /// What each picture is drawn with instead of the model's own add-ons; empty: those for all.
  std::vector<std::vector<ModelAddon>> addons = {};
  /// How strongly the model's side branches act on each (ModelAddon::beside); for models that have
  /// some.
  std::vector<std::vector<double>> strengths = {};
};

/// A model at work: prompts in, pictures out. The model is shared and never changes; what one piece
/// of work changes lives here. One thread; several pipelines may share a model.
class Pipeline {
 public:
  /// Opens the files (names and shapes only) for the work of the calling thread; load() follows.
  static std::unique_ptr<Pipeline> open(const PipelineOptions& options);
  explicit Pipeline(std::shared_ptr<const OpenModel> model);
  /// Reads the weights. Call once, before anything that computes.
  void load(Progress& progress);
  /// Takes them from `store`.
  void load(ModelStore& store, Progress& progress);
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Where networks that are read in the middle of the work (ModelSpec::low_memory) are told of;
  /// null: nowhere. It must live until another one is set.
  void report_to(Progress* progress) { progress_ = progress; }

  const OpenModel& model() const { return *model_; }
  int size_factor() const { return model_->size_factor(); }
  int trained_size() const { return model_->trained_size(); }
  const ModelFiles& files() const { return model_->files(); }
  const Compute& compute() const { return model_->compute(); }
  const Tokenizers& tokenizers() const { return model_->tokenizers(); }
  SigmaTable sigma_table() const { return model_->sigma_table(); }
  bool predicts_v() const { return model_->predicts_v(); }
  /// The embeddings that its prompts may name; null: none. Before anything is tokenized.
  void set_embeddings(std::shared_ptr<EmbeddingShelf> embeddings) {
    embeddings_ = std::move(embeddings);
  }
  const std::shared_ptr<EmbeddingShelf>& embeddings() const { return embeddings_; }
  /// The hypernetworks that its prompts may name; null: none. Before anything is drawn.
  void set_hypernetworks(std::shared_ptr<HypernetworkShelf> hypernetworks) {
    hypernetworks_ = std::move(hypernetworks);
  }
  const std::shared_ptr<HypernetworkShelf>& hypernetworks() const { return hypernetworks_; }
  /// What the convolutions of its networks see beyond a picture's edges. Before anything is drawn.
  void set_wrap(Wrap wrap) { wrap_ = wrap; }
  Wrap wrap() const { return wrap_; }
  /// Those that a conditioning names. All are on the shelf.
  std::vector<HypernetworkUse> uses_of(const std::vector<AdapterStrength>& hypernetworks) const;
  const PromptEncoder& encoder() const;
  /// The encoder of the model with these add-ons instead of its own. Text encoders that they change
  /// are read anew, and kept until others are asked for; it refers to this pipeline.
  PromptEncoder encoder_with(const std::vector<ModelAddon>& addons) const;
  /// Whoever calls a network by itself gives it wrap().
  const Vae& vae() const;
  const Unet& unet() const;
  SharedTextEncoders text_encoders() const;
  /// What a latent [C, h, w] looks like, without the VAE: by the tiny decoder, of at most some
  /// hundred pixels a side, else by LatentColours. Values that are not numbers are grey.
  Image sketch(const at::Tensor& latent) const;

  /// Whether the network takes a picture behind the latent, and which channels.
  PictureInput picture_input() const { return files().picture; }
  /// What such a network takes where there is no picture: all of a grey one to be drawn, as the web
  /// UI has it for text-to-image, or zeros where pictures are changed. Undefined for other
  /// networks. `width`, `height`: pixels.
  at::Tensor blank_picture(int width, int height) const;

  /// decode_latents with its VAE, or its tiny decoder where that is asked for. What a card has not
  /// the memory for is decoded on the CPU, where large pictures go through in bands.
  std::vector<Image> decode(const at::Tensor& latents) const;

  /// Draws a batch; returns float32 latents [N, C, h, w] on the networks' device.
  at::Tensor sample(const SamplingSettings& settings,
                    const PictureBatch& batch,
                    const SamplingHooks& hooks = {}) const;

 private:
  /// The UNet with other add-ons than the model's, and what is remembered of its calls.
  struct Variant {
    std::vector<AdapterStrength> adapters;
    std::shared_ptr<const Unet> unet;
    std::unique_ptr<SharedCalls> calls;
  };
  void use(std::shared_ptr<const LoadedModel> loaded);
  SharedCalls::Hypernetworks hypernetworks_by_name() const;
  /// The model's names and shapes with these add-ons.
  std::shared_ptr<const OpenModel> opened_with(const std::vector<ModelAddon>& addons) const;
  /// The images as their pictures' add-ons draw them; reads the UNets that this takes.
  std::vector<ImageConditioning> with_variants(
      std::vector<ImageConditioning> images,
      const std::vector<std::vector<ModelAddon>>& addons) const;
  std::vector<ImageConditioning> with_strengths(
      std::vector<ImageConditioning> images,
      const std::vector<std::vector<double>>& strengths) const;
  at::Tensor call(const std::vector<NetworkRow>& rows) const;
  at::Tensor family_latent(const at::Tensor& latent) const;

  std::shared_ptr<const OpenModel> model_;
  std::shared_ptr<const LoadedModel> loaded_;
  std::shared_ptr<EmbeddingShelf> embeddings_;
  std::shared_ptr<HypernetworkShelf> hypernetworks_;
  Wrap wrap_;
  Progress* progress_ = nullptr;
  std::optional<PromptEncoder> encoder_;
  mutable std::vector<Variant> variants_;   // of the pictures in work; the model's own first
  mutable std::string known_text_changes_;  // of the text encoders beneath
  mutable SharedTextEncoders known_texts_;
  mutable std::map<std::pair<int, int>, at::Tensor> blank_pictures_;  // by size
};

}  // namespace ptravel
