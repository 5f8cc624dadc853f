#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "model/layers.h"
#include "model/vae_blocks.h"

#include "look.h"

namespace ptravel::train {

/// The side in pixels of the pictures that are judged.
inline constexpr int kJudgedSize = 128;

/// The prefix of the judge's weights.
inline constexpr const char* kJudgePrefix = "judge";

/// A small convolutional classifier (0.8 million weights): four halvings of the picture, then one
/// linear map from a grid of 4x4 cells to a score for each value of each judged attribute.
class JudgeNetwork {
 public:
  JudgeNetwork(const Weights& weights, const Compute& compute);
  /// Pictures [N, 3, 128, 128] in -1..1 give scores, float32 [N, all values].
  at::Tensor forward(const at::Tensor& pictures) const;

 private:
  Compute compute_;
  Conv2d in_;
  GroupNorm norm1_;
  Conv2d down1_;
  GroupNorm norm2_;
  Conv2d down2_;
  VaeResBlock block2_;
  GroupNorm norm3_;
  Conv2d down3_;
  VaeResBlock block3_;
  GroupNorm norm_out_;
  Linear out_;
};

/// The part of the scores that belongs to an attribute: [N, values].
at::Tensor scores_of(const at::Tensor& scores, Attribute attribute);

/// Says what is seen in pictures. One thread.
class Judge {
 public:
  /// Throws NotFound, Corrupt.
  static Judge load(const std::filesystem::path& path, const Compute& compute);
  /// From weights by name, as training gives them.
  Judge(const std::map<std::string, at::Tensor>& weights, const Compute& compute);

  /// Pictures [N, 3, 128, 128] in -1..1 give the most likely value of each judged attribute. The
  /// values mean nothing for attributes that the picture cannot show.
  std::vector<Look> look_at(const at::Tensor& pictures) const;

 private:
  Judge(std::shared_ptr<const TensorSource> source, const Compute& compute);
  Compute compute_;
  JudgeNetwork network_;
};

/// Writes weights in half precision, for Judge::load. Makes the folder where it is missing. Throws
/// Io.
void save_judge(const std::map<std::string, at::Tensor>& weights,
                const std::filesystem::path& path);

}  // namespace ptravel::train
