#include "jobs/manifest.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "jobs/same_files.h"
#include "ptravel/error.h"
#include "tests/support/errors.h"
#include "tests/support/setting_samples.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

Manifest some_manifest() {
  Manifest manifest;
  manifest.program_version = "1.2.3";
  manifest.request.model = "/models/a.safetensors";
  manifest.request.prompt = "a\n\"b\"";
  manifest.request.seed = {5};
  manifest.model_name = "a";
  manifest.model_sha256 = std::string(64, '0');
  manifest.kernels = "avx2";
  manifest.files = {{"model", "a.safetensors", std::string(64, '0')},
                    {"config", "config.json", std::string(64, '1')}};
  manifest.frames = 7;
  return manifest;
}

TEST(Manifest, RoundTrips) {
  const TemporaryFolder folder;
  const Manifest manifest = some_manifest();
  write_manifest(folder / "travel.json", manifest);
  const Manifest back = read_manifest(folder / "travel.json");
  EXPECT_EQ(back.request, manifest.request);
  EXPECT_EQ(back.frames, 7);
  EXPECT_EQ(back.state, RunState::Running);
  EXPECT_EQ(back.model_sha256, manifest.model_sha256);
}

TEST(Manifest, KeepsThePaceToTheLastBit) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  PaceResult pace;
  pace.pace = {{{1.0 / 3, 0.1 + 0.2}, {}, {0.9999999999999999}}, {5, 0, 7}, {{0, 0.1, 0.4, 9}}};
  pace.jumps = {{2, 0.25, 0.2500001, 0.4}};
  pace.pictures = 17;
  pace.largest_over_median = std::numeric_limits<double>::infinity();
  manifest.pace = pace;
  write_manifest(folder / "travel.json", manifest);
  EXPECT_EQ(read_manifest(folder / "travel.json").pace, pace);
}

TEST(Manifest, APaceThatIsNoneIsRefused) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  manifest.pace = PaceResult{{{{0.5}}, {}, {{0, 0.25, 1, 2}}}, {{0, 0.1, 0.2, 1}}, 3, 1};
  write_manifest(folder / "travel.json", manifest);
  const auto whole = nlohmann::json::parse(read_file(folder / "travel.json"));
  const std::pair<const char*, const char*> wrong[] = {{"/pace", "[]"},
                                                       {"/pace/alphas", "3"},
                                                       {"/pace/alphas/0", "0.5"},
                                                       {"/pace/alphas/0/0", "\"0.5\""},
                                                       {"/pace/alphas/0/0", "1e400"},
                                                       {"/pace/walk_steps", "[-1]"},
                                                       {"/pace/walk_steps", "[2.5]"},
                                                       {"/pace/bridges", "{}"},
                                                       {"/pace/bridges/0", "7"},
                                                       {"/pace/bridges/0/to_alpha", "1.5"},
                                                       {"/pace/bridges/0/steps", "1000001"},
                                                       {"/pace/jumps", "[7]"},
                                                       {"/pace/jumps/0/from_alpha", "null"},
                                                       {"/pace/pictures", "18446744073709551615"},
                                                       {"/pace/largest_over_median", "\"wide\""}};
  for (const auto& [place, value] : wrong) {
    auto changed = whole;
    changed[nlohmann::json::json_pointer(place)] = "@";
    std::string text = changed.dump();
    text.replace(text.find("\"@\""), 3, value);
    write_file_atomic(folder / "travel.json", text);
    expect_error(ErrorCode::Corrupt, "travel.json", [&] { read_manifest(folder / "travel.json"); });
  }
}

TEST(Manifest, HoldsEverySettingButTheOutputFolder) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  for (const RequestField& field : request_fields()) {
    const auto value = other_value(field);
    ASSERT_TRUE(value) << field.name;
    ASSERT_FALSE(set_request_field(manifest.request, field.name, *value)) << field.name;
  }
  write_manifest(folder / "travel.json", manifest);
  manifest.request.out = TravelRequest{}.out;
  EXPECT_EQ(read_manifest(folder / "travel.json").request, manifest.request);
}

TEST(Manifest, TheOutputFolderIsNotPartOfIt) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  write_manifest(folder / "a.json", manifest);
  manifest.request.out = "elsewhere";
  write_manifest(folder / "b.json", manifest);
  EXPECT_EQ(read_file(folder / "a.json"), read_file(folder / "b.json"));
}

/// Takes "format", "kernels" and "files" away, as the first program wrote travel.json.
std::string in_first_format(const std::string& text) {
  auto object = nlohmann::ordered_json::parse(text);
  for (const char* key : {"format", "kernels", "files"}) {
    object.erase(key);
  }
  return object.dump(2) + "\n";
}

ModelIdentity identity_of(const Manifest& manifest) {
  ModelIdentity identity;
  identity.sha256 = manifest.model_sha256;
  identity.vae_sha256 = manifest.vae_sha256;
  identity.files = manifest.files;
  return identity;
}

std::string refusal(const Manifest& manifest, const ModelIdentity& identity) {
  try {
    check_same_files(manifest, identity, "resume");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    return error.what();
  }
  return "";
}

TEST(Manifest, TheFirstFormatIsReadAndKept) {
  const TemporaryFolder folder;
  write_manifest(folder / "new.json", some_manifest());
  const std::string old = in_first_format(read_file(folder / "new.json"));
  write_file_atomic(folder / "old.json", old);
  const Manifest manifest = read_manifest(folder / "old.json");
  EXPECT_EQ(manifest.format, 1);
  EXPECT_EQ(refusal(manifest, identity_of(some_manifest())), "");
  ModelIdentity other = identity_of(some_manifest());
  other.sha256[0] = 'f';
  EXPECT_THAT(refusal(manifest, other), testing::HasSubstr(other.sha256));
  write_manifest(folder / "again.json", manifest);
  EXPECT_EQ(read_file(folder / "again.json"), old);
}

TEST(Manifest, ANewerFormatIsRefusedByItsNumber) {
  const TemporaryFolder folder;
  Manifest manifest = some_manifest();
  manifest.format = kManifestFormat + 1;
  write_manifest(folder / "a.json", manifest);
  try {
    read_manifest(folder / "a.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Unsupported);
    EXPECT_THAT(error.what(), testing::HasSubstr("newer program"));
  }
}

TEST(Manifest, EachChangedFileIsNamedWithBothHashes) {
  const Manifest manifest = some_manifest();
  EXPECT_EQ(refusal(manifest, identity_of(manifest)), "");
  ModelIdentity changed = identity_of(manifest);
  changed.files[1].sha256 = std::string(64, '2');
  EXPECT_THAT(refusal(manifest, changed),
              testing::AllOf(testing::HasSubstr("config: "), testing::HasSubstr("config.json"),
                             testing::HasSubstr(std::string(64, '1')),
                             testing::HasSubstr(std::string(64, '2'))));
  ModelIdentity moved = identity_of(manifest);
  moved.files[0].name = "another-name.safetensors";
  EXPECT_EQ(refusal(manifest, moved), "");
  ModelIdentity fewer = identity_of(manifest);
  fewer.files.pop_back();
  EXPECT_THAT(refusal(manifest, fewer), testing::HasSubstr("not there any more"));
  ModelIdentity more = identity_of(manifest);
  more.files.push_back({"vae", "a.vae.pt", std::string(64, '3')});
  EXPECT_THAT(refusal(manifest, more), testing::HasSubstr("a.vae.pt was not there"));
}

TEST(Manifest, AnotherProgramIsANote) {
  Manifest manifest = some_manifest();
  EXPECT_EQ(program_notes(manifest, "avx2").size(), 1u) << "version 1.2.3 is not this one";
  EXPECT_EQ(program_notes(manifest, "amx").size(), 2u);
}

TEST(Manifest, NumbersThatDoNotFitAreRefusedByName) {
  const TemporaryFolder folder;
  write_manifest(folder / "good.json", some_manifest());
  const std::string good = read_file(folder / "good.json");
  for (const char* bad :
       {"1e308", "-1e308", "1.5", "9223372036854775808", "18446744073709551615", "\"text\"", "0"}) {
    for (const std::string key : {"format", "frames"}) {
      auto object = nlohmann::ordered_json::parse(good);
      object[key] = nlohmann::ordered_json::parse(bad);
      write_file_atomic(folder / "bad.json", object.dump());
      try {
        read_manifest(folder / "bad.json");
        ADD_FAILURE() << key << " " << bad;
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("bad.json: "));
        EXPECT_THAT(error.what(), testing::HasSubstr(key + " "));
      }
    }
  }
}

TEST(Manifest, BrokenOnesAreRefused) {
  const TemporaryFolder folder;
  const std::string good = [&] {
    write_manifest(folder / "good.json", some_manifest());
    return read_file(folder / "good.json");
  }();
  std::string wrong_state = good, wrong_setting = good;
  wrong_state.replace(wrong_state.find("running"), 7, "walking");
  wrong_setting.replace(wrong_setting.find("\"steps\""), 7, "\"stepz\"");
  for (const std::string& bad : {std::string("{"), std::string("[]"), std::string("{}"),
                                 good.substr(0, good.size() / 2), wrong_state, wrong_setting}) {
    write_file_atomic(folder / "bad.json", bad);
    EXPECT_THROW(read_manifest(folder / "bad.json"), Error) << bad.substr(0, 80);
  }
  EXPECT_THROW(read_manifest(folder / "missing.json"), Error);
}

}  // namespace
}  // namespace ptravel
