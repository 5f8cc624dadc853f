#include "checkpoint/embedding_file.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/tensor_file.h"
#include "ptravel/error.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double counted(std::size_t i) { return static_cast<double>(i); }

class EmbeddingFile : public testing::Test {
 protected:
  EmbeddingContent written(const TinyTensors& tensors) {
    write_tiny_safetensors(path(), tensors);
    return open_embedding(path());
  }
  std::string problem_of(const TinyTensors& tensors) {
    try {
      written(tensors);
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::Internal);
      return error.what();
    }
    return "none";
  }
  std::filesystem::path path() const { return folder_.path() / "x.safetensors"; }

  TemporaryFolder folder_;
};

TEST_F(EmbeddingFile, OneTensorOfAnyNameIsOneEncoders) {
  const EmbeddingContent two = written({{"emb_params", tiny_tensor({2, 3}, counted)}});
  ASSERT_EQ(two.rows.size(), 1u);
  EXPECT_EQ(two.vectors(), 2);
  EXPECT_EQ(two.width(), 3);
  EXPECT_THAT(two.rows[0].numbers, ElementsAre(0, 1, 2, 3, 4, 5));
  const EmbeddingContent one = written({{"<thing>", tiny_tensor({3}, counted, NumberFormat::F16)}});
  EXPECT_EQ(one.vectors(), 1);
  EXPECT_THAT(one.rows[0].numbers, ElementsAre(0, 1, 2));
}

TEST_F(EmbeddingFile, APairIsForTwoEncoders) {
  const EmbeddingContent pair =
      written({{"clip_g", tiny_tensor({2, 4}, 1)}, {"clip_l", tiny_tensor({3, 2}, 2)}});
  ASSERT_EQ(pair.rows.size(), 2u);
  EXPECT_EQ(pair.rows[0].width, 2) << "the first encoder's is clip_l";
  EXPECT_EQ(pair.vectors(), 2) << "as the web UI counts: clip_g's";
  EXPECT_EQ(pair.width(), 6);
}

TEST_F(EmbeddingFile, ParametersOfACheckpointAreFound) {
  write_checkpoint(folder_.path() / "x.pt", {{"string_to_param.*", tiny_tensor({2, 2}, counted)}},
                   {.state_dict = false});
  EXPECT_THAT(open_embedding(folder_.path() / "x.pt").rows.at(0).numbers, ElementsAre(0, 1, 2, 3));
}

TEST_F(EmbeddingFile, OthersAreRefusedInOneLine) {
  EXPECT_THAT(problem_of({{"a", tiny_tensor({1, 2})}, {"b", tiny_tensor({1, 2})}}),
              HasSubstr("several tensors"));
  EXPECT_THAT(problem_of({{"a", tiny_tensor({1, 2, 2})}}), HasSubstr("[1, 2, 2]"));
  EXPECT_THAT(problem_of({{"a", tiny_tensor({})}}), HasSubstr("expected [vectors, width]"));
  EXPECT_THAT(problem_of({{"a", tiny_tensor({0, 2})}}), HasSubstr("[0, 2]"));
  EXPECT_THAT(problem_of({{"a", tiny_tensor({2}, std::numeric_limits<double>::infinity())}}),
              HasSubstr("not finite"));
  EXPECT_THAT(problem_of({{"clip_l", tiny_tensor({1, 2})}, {"x", tiny_tensor({1, 2})}}),
              HasSubstr("several tensors"));
}

TEST_F(EmbeddingFile, JsonOfPicturesIsRead) {
  const EmbeddingContent content = parse_embedding_json(
      R"({"name": "n", "step": 7, "string_to_param": {"*": {"TORCHTENSOR": [[1, 2], [3, 4.5]]}}})",
      "x.png");
  EXPECT_EQ(content.name, "n");
  EXPECT_EQ(content.step, 7);
  EXPECT_THAT(content.rows.at(0).numbers, ElementsAre(1, 2, 3, 4.5));
  for (const char* const text : {"", "[]", "{}", "3", R"({"a": 1})", R"({"string_to_param": {}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": [[1, 2], [3]]}}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": [[1, "x"]]}}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": [[[1]]]}}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": []}}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": [[]]}}})",
                                 R"({"string_to_param": {"*": {"TORCHTENSOR": [1e60]}}})",
                                 R"({"string_to_param": {"*": [1]}})"}) {
    EXPECT_THROW(parse_embedding_json(text, "x.png"), Error) << text;
  }
}

TEST_F(EmbeddingFile, LorasBringEmbeddingsAlong) {
  write_tiny_safetensors(path(),
                         {{"bundle_emb.cat.string_to_param.*", tiny_tensor({1, 2}, counted)},
                          {"bundle_emb.dog.emb_params", tiny_tensor({2, 2}, counted)},
                          {"lora_unet_x.alpha", tiny_tensor({}, 1)}});
  const TensorFile file = open_tensor_file(path());
  EXPECT_THAT(bundled_embeddings(*file.tensors), ElementsAre("cat", "dog"));
  EXPECT_EQ(read_embedding(*file.tensors, bundle_prefix("cat"), "x").vectors(), 1);
  EXPECT_EQ(read_embedding(*file.tensors, bundle_prefix("dog"), "x").vectors(), 2);
}

TEST_F(EmbeddingFile, PlainValuesOfACheckpointAreKept) {
  // {"n": 3, "t": "x", "f": True, "l": [1, 2]}
  const auto text = [](const std::string& word) {
    return "X" + little_endian(word.size(), 4) + word;
  };
  const std::string whole = "}(" + text("n") + "K\x03" + text("t") + text("x") + text("f") +
                            "\x88" + text("l") + "](K\x01K\x02" + "eu";
  write_checkpoint(folder_.path() / "x.pt", {{"a", tiny_tensor({1})}},
                   {.state_dict = false, .extra_pickle = whole});
  const PlainValues values = open_tensor_file(folder_.path() / "x.pt").values;
  EXPECT_EQ(values.at("extra.n"), PlainValue(std::int64_t{3}));
  EXPECT_EQ(values.at("extra.t"), PlainValue(std::string("x")));
  EXPECT_EQ(values.at("extra.f"), PlainValue(true));
  EXPECT_EQ(values.at("extra.l.1"), PlainValue(std::int64_t{2}));
}

}  // namespace
}  // namespace ptravel
