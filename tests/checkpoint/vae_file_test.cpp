// VAEs by name.

#include "checkpoint/vae_file.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

TEST(FindVae, TakesFilesAndNamesOfTheModelsFolders) {
  const TemporaryFolder folder;
  write_bytes(folder / "VAE" / "one.safetensors", "x");
  write_bytes(folder / "VAE" / "sub" / "two.pt", "x");
  write_bytes(folder / "Stable-diffusion" / "a.safetensors", "x");
  const std::vector<fs::path> folders = {folder.path()};
  const auto found = [&](const std::string& name) {
    return find_vae(name, folders).lexically_relative(folder.path()).generic_string();
  };
  EXPECT_EQ(found("one.safetensors"), "VAE/one.safetensors");
  EXPECT_EQ(found("one"), "VAE/one.safetensors");
  EXPECT_EQ(found("sub/two"), "VAE/sub/two.pt");
  const fs::path elsewhere = folder / "other.bin";
  write_bytes(elsewhere, "x");
  EXPECT_EQ(find_vae(elsewhere, {}), elsewhere);
}

TEST(FindVae, TellsTheNamesThatAreThere) {
  const TemporaryFolder folder;
  write_bytes(folder / "VAE" / "one.safetensors", "x");
  write_bytes(folder / "VAE" / "two.pt", "x");
  expect_error(ErrorCode::NotFound,
               "[vae] three: is no file and no VAE of the models folders, expected a path or one "
               "of one.safetensors, two.pt",
               [&] { find_vae("three", {folder.path()}); });
  expect_error(ErrorCode::NotFound, "a path (there are none in VAE, vae of the models folders)",
               [&] { find_vae("three", {}); });
  expect_error(ErrorCode::NotFound, "one of", [&] { find_vae("a", {folder.path()}); });
}

}  // namespace
}  // namespace ptravel
