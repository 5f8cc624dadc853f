#include "pipeline/prompt_encoder.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/support/tensor_testing.h"

namespace ptravel {
namespace {

at::Tensor some_encoding() {
  return at::arange(2 * 77 * 4, at::kFloat).reshape({2, 77, 4}) * 0.01 + 1;
}

TEST(Emphasis, OriginalRestoresTheMeanOfAllTexts) {
  const at::Tensor z = some_encoding();
  at::Tensor multipliers = at::ones({2, 77});
  multipliers[0][3] = 1.5f;
  multipliers[1][9] = 0.0f;
  const at::Tensor weighted = apply_emphasis(z, multipliers, Emphasis::Original);
  EXPECT_NEAR(weighted.mean().item<float>(), z.mean().item<float>(), 1e-5);
  EXPECT_CLOSE(apply_emphasis(z, multipliers, Emphasis::NoNorm), z * multipliers.unsqueeze(-1), 0);
  EXPECT_CLOSE(apply_emphasis(z, multipliers, Emphasis::Ignore), z, 0);
}

TEST(Emphasis, MultipliersOfOneChangeNothing) {
  const at::Tensor z = some_encoding();
  EXPECT_CLOSE(apply_emphasis(z, at::ones({2, 77}), Emphasis::Original), z, 1e-6);
}

TEST(PromptEncoder, ExtraNetworkTagsAreNamed) {
  EXPECT_EQ(unknown_network_names("a cat <lora:fluffy:0.8> and <what:x> <lyco:y> <hypernet:z>"),
            (std::vector<std::string>{"what:x"}));
}

}  // namespace
}  // namespace ptravel
