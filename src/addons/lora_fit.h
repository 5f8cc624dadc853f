#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "addons/lora_layer.h"
#include "addons/lora_targets.h"

namespace ptravel {

/// A file of LoRA's family fitted to a model: by names and shapes alone. Immutable.
class LoraFit {
 public:
  /// A layer of the file and the model's weight that it changes.
  struct Layer {
    std::string weight;  ///< Our name, with ".weight".
    std::string bias;    ///< The bias that it changes too; empty: none.
    bool text = false;   ///< It is a text encoder's.
    LoraLayer layer;
  };

  static std::shared_ptr<const LoraFit> make(std::shared_ptr<const LoraFile> file,
                                             const ModelFiles& model,
                                             const LoraTargets& targets);

  const LoraFile& file() const { return *file_; }
  const std::vector<Layer>& layers() const { return layers_; }
  bool changes_text() const;
  bool changes_unet() const;
  /// Layers that the model has, but that do not fit it: each is left as it is.
  std::size_t misfits() const { return misfits_; }

 private:
  std::shared_ptr<const LoraFile> file_;
  std::vector<Layer> layers_;
  std::size_t misfits_ = 0;
};

}  // namespace ptravel
