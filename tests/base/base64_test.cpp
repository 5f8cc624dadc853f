#include "base/base64.h"

#include <utility>

#include <gtest/gtest.h>

namespace ptravel {
namespace {

TEST(Base64, WritesTheStandardsExamples) {
  const std::pair<const char*, const char*> examples[] = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, ReadsEveryByteBack) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) {
    bytes += static_cast<char>(i * 7);
    ASSERT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, AllowsWhiteSpaceAndMissingPaddingAndNothingElse) {
  EXPECT_EQ(from_base64("Zm9v\r\nYg"), "foob");
  EXPECT_EQ(from_base64("Zg"), "f");
  for (const char* wrong : {"Z", "Zm9vY", "Zm9v!", "Zg==Zg==", "Zm-_"}) {
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
  }
}

}  // namespace
}  // namespace ptravel
