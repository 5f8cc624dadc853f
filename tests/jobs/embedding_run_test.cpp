// Embeddings in runs: found by name, told in manifests and pictures, checked before frames are
// drawn again.
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checkpoint/decode_numbers.h"
#include "checkpoint/tensor_file.h"
#include "jobs/manifest.h"
#include "media/image_file.h"
#include "media/infotext.h"
#include "tests/jobs/tiny_run.h"
#include "tests/support/tiny_files.h"
#include "text/tokenizer.h"

namespace ptravel {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr const char* kTokens =
    "cond_stage_model.transformer.text_model.embeddings.token_embedding.weight";

/// The rows of the tiny model's token table for some words.
TinyTensor rows_of(const std::string& words) {
  const TensorFile model = open_tensor_file(PTRAVEL_TEST_DATA "/tiny_sd1/model.safetensors");
  const std::int64_t width = model.tensors->shape(kTokens).at(1);
  const NumberFormat format = model.tensors->format(kTokens);
  const std::vector<std::int32_t> ids = Tokenizer::clip().encode(words);
  TinyTensor tensor{{static_cast<std::int64_t>(ids.size()), width}, {}, NumberFormat::F32};
  for (const std::int32_t id : ids) {
    const auto size = static_cast<std::size_t>(width) * bytes_per_number(format);
    std::vector<std::byte> bytes(size);
    model.tensors->read(kTokens, static_cast<std::uint64_t>(id) * size, bytes);
    std::vector<float> row(static_cast<std::size_t>(width));
    decode_numbers(format, bytes, row);
    tensor.numbers.insert(tensor.numbers.end(), row.begin(), row.end());
  }
  return tensor;
}

class EmbeddingRun : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& words) const {
    write_tiny_safetensors(folder_ / ("models/embeddings/" + name + ".safetensors"),
                           {{"emb_params", rows_of(words)}});
  }
  TravelRequest request(const std::string& prompt, const std::string& negative = "blurry") const {
    TravelRequest request = tiny_request(folder_);
    request.models_dir = (folder_ / "models").string();
    request.prompt = prompt;
    request.negative_prompt = negative;
    return request;
  }
  fs::path run(const TravelRequest& request) {
    Progress progress;
    notes_.clear();
    const RunEventSink keep = [&](const RunEvent& event) {
      notes_ += event.kind == RunEvent::Kind::Note ? event.text + "\n" : "";
    };
    return run_travel(request, progress, keep, &shared_store()).folder;
  }
  static std::string parameter(const fs::path& picture, const std::string& key) {
    const auto texts = read_png_text(picture);
    return parse_infotext(find_text(texts, "parameters").value_or("")).find(key).value_or("");
  }
  std::string refusal(const fs::path& picture) const {
    Progress progress;
    try {
      redraw_frame(picture, {}, folder_ / "again.png", progress, kNoEvents);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  const TemporaryFolder folder_;
  std::string notes_;
};

TEST_F(EmbeddingRun, RowsOfWordsDrawTheWordsPictures) {
  write("zyxthing", "red dog");
  for (const TravelMode mode : {TravelMode::Linear, TravelMode::Grad}) {
    TravelRequest named = request("a cat\na ZYXthing, house", "zyxthing");
    TravelRequest plain = request("a cat\na red dog, house", "red dog");
    named.mode = plain.mode = mode;
    const fs::path with = run(named);
    const fs::path without = run(plain);
    for (const char* const frame : {"00000.png", "00001.png", "00002.png", "00003.png"}) {
      EXPECT_EQ(read_image(with / frame).image, read_image(without / frame).image) << frame;
    }
  }
}

TEST_F(EmbeddingRun, ReplaceMovesItAsOne) {
  write("zyxthing", "red dog house tree");
  TravelRequest named = request("a cat on green grass\nzyxthing");
  named.mode = TravelMode::Replace;
  named.replace_order = ReplaceOrder::Different;
  const fs::path with = run(named);
  const std::string log = read_file(with / "log.txt");
  EXPECT_THAT(log, HasSubstr("zyxthing"));
  TravelRequest plain = request("a cat on green grass\nred dog house tree");
  plain.mode = TravelMode::Replace;
  plain.replace_order = ReplaceOrder::Different;
  const fs::path without = run(plain);
  EXPECT_EQ(read_image(with / "00003.png").image, read_image(without / "00003.png").image);
  EXPECT_NE(read_image(with / "00001.png").image, read_image(without / "00001.png").image)
      << "half of five words, or one of two units";
}

TEST_F(EmbeddingRun, HashesAreToldAndChecked) {
  write("zyxthing", "red dog");
  write("qqother", "tree");
  const fs::path folder = run(request("a zyxthing\nqqother", "zyxthing"));
  const Manifest manifest = read_manifest(folder / "travel.json");
  std::vector<std::string> names;
  std::string hash;
  for (const FileIdentity& file : manifest.files) {
    if (file.role == kEmbeddingRole) {
      names.push_back(file.name);
      hash = file.name == "zyxthing.safetensors" ? file.sha256.substr(0, 12) : hash;
    }
  }
  EXPECT_THAT(names, testing::ElementsAre("qqother.safetensors", "zyxthing.safetensors"));
  const std::string told = "zyxthing: " + hash;
  EXPECT_EQ(parameter(folder / "00000.png", "TI hashes"), told + ", " + told)
      << "once for each side, as the web UI";
  EXPECT_THAT(parameter(folder / "00001.png", "TI hashes"), HasSubstr("qqother: "));
  EXPECT_THAT(parameter(folder / "00001.png", "TI hashes"), HasSubstr(told));
  EXPECT_EQ(refusal(folder / "00001.png"), "none");
  EXPECT_EQ(read_image(folder_ / "again.png").image, read_image(folder / "00001.png").image);
  // Another file of that name, and none.
  write("zyxthing", "blue dog");
  EXPECT_THAT(refusal(folder / "00001.png"), HasSubstr("zyxthing.safetensors has sha256"));
  fs::remove(folder_ / "models/embeddings/zyxthing.safetensors");
  EXPECT_THAT(refusal(folder / "00001.png"), HasSubstr("zyxthing: the file with sha256 " + hash));
  EXPECT_EQ(refusal(folder / "00003.png"), "embedding: zyxthing: the file with sha256 " + hash +
                                               "... is not in the models folders")
      << "its negative prompt names it";
}

TEST_F(EmbeddingRun, ARunGoesOnWithTheSameFilesOnly) {
  write("zyxthing", "red dog");
  const fs::path folder = stopped_run(request("a zyxthing\na tree"), 2);
  fs::remove(folder_ / "models/embeddings/zyxthing.safetensors");
  Progress progress;
  try {
    resume_travel(folder, {.store = &shared_store()}, progress, kNoEvents);
    ADD_FAILURE() << "went on without the embedding";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("zyxthing.safetensors is not there any more"));
  }
  write("zyxthing", "red dog");
  Progress again;
  resume_travel(folder, {.store = &shared_store()}, again, kNoEvents);
  EXPECT_EQ(contents(folder), contents(run(request("a zyxthing\na tree"))));
}

TEST_F(EmbeddingRun, WhatCannotBeUsedIsSaid) {
  write_tiny_safetensors(folder_ / "models/embeddings/zyxthing.safetensors",
                         {{"emb_params", tiny_tensor({1, 7}, 1)}});
  write_bytes(folder_ / "models/embeddings/qqbroken.pt", "no pickle");
  write_bytes(folder_ / "models/embeddings/unnamed.pt", "no pickle");
  const fs::path folder = run(request("a zyxthing\nqqbroken"));
  EXPECT_THAT(notes_, HasSubstr("zyxthing.safetensors has vectors of width 7"));
  EXPECT_THAT(notes_, HasSubstr("qqbroken"));
  EXPECT_THAT(notes_, testing::Not(HasSubstr("unnamed"))) << "nobody asked for it";
  EXPECT_EQ(parameter(folder / "00000.png", "TI hashes"), "");
}

}  // namespace
}  // namespace ptravel
