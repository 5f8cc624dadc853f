#include "ptravel/default_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

fs::path make_model(const fs::path& folder) {
  create_folders(folder);
  write_file_atomic(folder / "model_index.json", "{}");
  return folder;
}

TEST(DefaultModel, IsFoundAboveABuildFolder) {
  const TemporaryFolder root;
  const fs::path program = root / "build/release/bin/prompt-travel";
  EXPECT_FALSE(find_default_model(program, "").path);
  create_folders(root / "models/default");
  EXPECT_FALSE(find_default_model(program, "").path) << "an empty folder is no model";
  make_model(root / "models/default");
  EXPECT_EQ(find_default_model(program, "").path, root / "models/default");
  EXPECT_FALSE(find_default_model(root / "a/b/c/d/e/prompt-travel", "").path) << "too far above";
  EXPECT_EQ(find_default_model(root / "b/c/d/e/prompt-travel", "").path, root / "models/default");
}

TEST(DefaultModel, IsFoundBesideAnInstalledProgram) {
  const TemporaryFolder root;
  const fs::path model = make_model(root / "usr/share/prompt-travel/models/default");
  EXPECT_EQ(find_default_model(root / "usr/bin/prompt-travel", "").path, model);
  const fs::path nearer = make_model(root / "models/default");
  EXPECT_EQ(find_default_model(root / "usr/bin/prompt-travel", "").path, nearer);
}

TEST(DefaultModel, TheVariableIsTheOnlyPlace) {
  const TemporaryFolder root;
  make_model(root / "models/default");
  write_file_atomic(root / "model.safetensors", "");
  const fs::path program = root / "bin/prompt-travel";
  const fs::path named = make_model(root / "named");
  EXPECT_EQ(find_default_model(program, named.string()).path, named);
  const fs::path file = root / "model.safetensors";
  EXPECT_EQ(find_default_model(program, file.string()).path, file);
  const DefaultModel gone = find_default_model(program, (root / "gone").string());
  EXPECT_FALSE(gone.path);
  EXPECT_THAT(gone.places, testing::ElementsAre(root / "gone"));
}

TEST(DefaultModel, PlacesEndAtTheTopFolder) {
  EXPECT_THAT(find_default_model("/bin/prompt-travel", "").places,
              testing::ElementsAre("/bin/models/default", "/models/default",
                                   "/share/prompt-travel/models/default"));
}

}  // namespace
}  // namespace ptravel
