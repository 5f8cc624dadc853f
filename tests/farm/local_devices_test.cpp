// Lists of devices (--device cuda:0,cuda:1) and the processes that are started for them. What
// processes say and see is tried with a shell script in place of the program: no card is needed.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "jobs/manifest.h"
#include "ptravel/farm.h"
#include "tests/support/errors.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAre;

std::vector<LocalDevice> parsed(const std::string& text,
                                const std::optional<std::string>& visible = std::nullopt) {
  return parse_local_devices(text, visible);
}

void expect_refused(const std::string& text,
                    const std::string& message,
                    const std::optional<std::string>& visible = std::nullopt) {
  expect_error(ErrorCode::InvalidArgument, "device: " + message, [&] { parsed(text, visible); });
}

LocalDevice card(const std::string& name, const std::string& visible) {
  return {name, DeviceChoice::Cuda, visible};
}

TEST(LocalDevices, AreProcessorsOrCards) {
  const LocalDevice cpu{"cpu", DeviceChoice::Cpu, ""};
  EXPECT_EQ(parsed("cpu,cpu"), (std::vector{cpu, cpu}));
  EXPECT_EQ(parsed("cuda:1"), std::vector{card("cuda:1", "1")});
  EXPECT_EQ(parsed("cuda:0, cuda:10,cuda:0"),
            (std::vector{card("cuda:0", "0"), card("cuda:10", "10"), card("cuda:0", "0")}));
}

TEST(LocalDevices, CardsAreCountedAsThisProcessSeesThem) {
  EXPECT_EQ(parsed("cuda:1,cuda:0", "3, GPU-5ab"),
            (std::vector{card("cuda:1", "GPU-5ab"), card("cuda:0", "3")}));
  expect_refused("cuda:2",
                 "\"cuda:2\", expected one of the cards that CUDA_VISIBLE_DEVICES shows, "
                 "which are 2",
                 "3,GPU-5ab");
  expect_refused("cuda:0",
                 "\"cuda:0\", expected one of the cards that CUDA_VISIBLE_DEVICES shows, "
                 "which are 0",
                 "");
}

TEST(LocalDevices, WrongMembersAreNamed) {
  const std::string expected = ", expected cpu or a card such as cuda:1";
  expect_refused("cuda:x", "\"cuda:x\"" + expected);
  expect_refused("cuda:0,cuda:x", "\"cuda:x\" in \"cuda:0,cuda:x\"" + expected);
  expect_refused("cuda:0,", "\"\" in \"cuda:0,\"" + expected);
  expect_refused(",", "\"\" in \",\"" + expected);
  for (const char* bad : {"cuda:", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:12345", "cuda", "auto"}) {
    expect_refused("cuda:0," + std::string(bad), "\"" + std::string(bad) + "\" in ");
  }
  expect_refused("cpu,cuda:0", "\"cpu,cuda:0\" has processor and cards, whose frames differ");
  std::string many = "cpu";
  for (int i = 1; i < 64; ++i) {
    many += ",cpu";
  }
  EXPECT_EQ(parsed(many).size(), 64u);
  expect_refused(many + ",cpu", "a list of 65 devices, expected 1 to 64");
}

/// A run folder of three frames, and a program that takes the place of the real one.
class LocalDeviceWorkers : public testing::Test {
 protected:
  LocalDeviceWorkers() {
    std::signal(SIGINT, SIG_DFL);  // A shell's jobs in the background ignore it, and so do scripts.
    Manifest manifest;
    manifest.program_version = "test";
    manifest.frames = 3;
    manifest.files = {{"UNet", "model.safetensors", std::string(64, '0')}};
    manifest.request.prompt = "a\nb\nc";
    fs::create_directory(folder_);
    write_manifest(folder_ / "travel.json", manifest);
  }

  /// What the processes tell in notes.
  std::vector<std::string> notes_of(const std::string& script,
                                    const std::vector<LocalDevice>& devices) {
    write_file_atomic(out_ / "program", "#!/bin/sh\n" + script);
    fs::permissions(out_ / "program", fs::perms::owner_all);
    LocalWorkers workers;
    workers.count = static_cast<int>(devices.size());
    workers.program = out_ / "program";
    workers.words = {"--part=1/1"};
    workers.devices = devices;
    std::vector<std::string> notes;
    Progress progress;
    draw_by_local_workers(folder_, workers, progress, [&](const RunEvent& event) {
      if (event.kind == RunEvent::Kind::Note) {
        notes.push_back(event.text);
      }
    });
    return notes;
  }

 private:
  TemporaryFolder out_;
  fs::path folder_ = out_ / "run";
};

TEST_F(LocalDeviceWorkers, EachSeesItsOwnCard) {
  ::setenv("CUDA_VISIBLE_DEVICES", "0", 1);  // The first one's, as this process would have it.
  const std::string tell =
      R"(echo "{\"event\":\"note\",\"text\":\"$1 $3 $4 $5 sees $CUDA_VISIBLE_DEVICES $PTRAVEL_KEPT\"}")";
  ::setenv("PTRAVEL_KEPT", "and more", 1);
  EXPECT_THAT(notes_of(tell, {card("cuda:0", "4"), card("cuda:1", "GPU-5ab")}),
              UnorderedElementsAre("frames --json --part=1/1 --device=cuda sees 4 and more",
                                   "frames --json --part=1/1 --device=cuda sees GPU-5ab and more"));
  ::unsetenv("CUDA_VISIBLE_DEVICES");
  EXPECT_THAT(notes_of(tell, {LocalDevice{"cpu", DeviceChoice::Cpu, ""}}),
              UnorderedElementsAre("frames --json --part=1/1 --device=cpu sees  and more"));
  ::unsetenv("PTRAVEL_KEPT");
}

TEST_F(LocalDeviceWorkers, OneThatMayNotDrawStopsTheOthersAndIsNamed) {
  const std::string other_kernels = R"(
if [ $CUDA_VISIBLE_DEVICES = 1 ]; then
  echo '{"event":"error","code":"unsupported","message":"[frames] kernels: other ones"}'
  exit 1
fi
exec sleep 60
)";
  const auto begin = std::chrono::steady_clock::now();
  expect_error(ErrorCode::Unsupported, "cuda:1: [frames] kernels: other ones", [&] {
    notes_of(other_kernels, {card("cuda:0", "0"), card("cuda:1", "1")});
  });
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST_F(LocalDeviceWorkers, OneThatDiesIsNamed) {
  expect_error(ErrorCode::Internal, "cuda:1: worker 2 of 2 ended with status 5", [&] {
    notes_of("exit $((5 * $CUDA_VISIBLE_DEVICES))", {card("cuda:0", "0"), card("cuda:1", "1")});
  });
}

}  // namespace
}  // namespace ptravel
