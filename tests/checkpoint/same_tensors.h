#pragma once

#include <gtest/gtest.h>

#include "checkpoint/stored_tensors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {

/// The bytes of a stored tensor.
inline std::string bytes_of(const StoredTensors& tensors, const std::string& name) {
  std::string bytes(number_count(tensors, name) * bytes_per_number(tensors.format(name)), '\0');
  tensors.read(name, 0, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

/// Expects exactly these tensors: names, shapes, number formats and bytes.
inline void expect_same(const StoredTensors& actual, const TinyTensors& expected) {
  EXPECT_EQ(actual.names().size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    ASSERT_TRUE(actual.contains(name)) << name;
    EXPECT_EQ(actual.shape(name), tensor.shape) << name;
    EXPECT_EQ(actual.format(name), tensor.format) << name;
    EXPECT_EQ(bytes_of(actual, name), tensor.bytes()) << name;
  }
}

}  // namespace ptravel
