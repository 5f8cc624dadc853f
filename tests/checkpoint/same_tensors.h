#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "model/weights.h"
#include "tests/support/tiny_files.h"

namespace ptravel {

/// Expects exactly these tensors: names, shapes and values.
inline void expect_same(const TensorSource& actual, const TinyTensors& expected) {
  EXPECT_EQ(actual.names().size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_EQ(actual.shape(name), tensor.sizes().vec()) << name;
    EXPECT_TRUE(actual.tensor(name).equal(tensor)) << name;
  }
}

}  // namespace ptravel
