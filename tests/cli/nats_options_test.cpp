// What `worker` and `submit --engine nats` refuse before anything is drawn. tests/farm/test_nats
// tries them with a server.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/files.h"
#include "tests/cli/run_program.h"

namespace ptravel {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Outcome submit_nats(const TemporaryFolder& folder, const std::string& words) {
  return run(folder, "submit nowhere --engine nats " + words);
}

TEST(NatsOptions, AreCheckedByName) {
  const TemporaryFolder folder;
  EXPECT_THAT(submit_nats(folder, "").errors, HasSubstr("--nats: is missing, expected a server"));
  EXPECT_THAT(submit_nats(folder, "--nats http://here").errors,
              HasSubstr("--nats: \"http://here\", expected a server such as nats://host:4222"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://me:secret@here").errors,
              AllOf(HasSubstr("has a user or password in it"), testing::Not(HasSubstr("secret"))));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --nats-user me").errors,
              HasSubstr("--nats-user: expected together with --nats-password-file"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --nats-token-file none").errors,
              HasSubstr("--nats-token-file: \"none\", expected a file that exists"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --nats-tls-cert out.txt").errors,
              HasSubstr("--nats-tls-cert: expected together with --nats-tls-key"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --partition fast").errors,
              HasSubstr("--partition: is Slurm's, expected --engine slurm"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --lease 0").errors,
              HasSubstr("--lease: 0, expected 1 to 86400 seconds"));
  EXPECT_THAT(submit_nats(folder, "--nats nats://here --cancel --lease 3").errors,
              HasSubstr("--lease: is for jobs that begin"));
  const Outcome slurm = run(folder, "submit nowhere --engine slurm --nats nats://here --lease 3");
  EXPECT_EQ(slurm.status, 2);
  EXPECT_THAT(slurm.errors,
              AllOf(HasSubstr("--lease: is for NATS"), HasSubstr("--nats: is for NATS")));
  EXPECT_THAT(run(folder, "submit nowhere --engine pbs").errors,
              HasSubstr("--engine: \"pbs\", expected slurm or nats"));
}

TEST(NatsOptions, WorkerNeedsAServerAndAName) {
  const TemporaryFolder folder;
  EXPECT_THAT(run(folder, "worker").errors, HasSubstr("--nats is required"));
  const Outcome name = run(folder, "worker --nats nats://here --name 'my pc'");
  EXPECT_EQ(name.status, 2);
  EXPECT_THAT(name.errors, HasSubstr("--name: \"my pc\", expected 1 to 64 letters"));
  EXPECT_THAT(run(folder, "worker --nats nats://here --idle-exit -1").errors,
              HasSubstr("--idle-exit: -1, expected 0 to"));
  const Outcome away = run(folder, "worker --nats nats://127.0.0.1:1 --scratch scratch");
  EXPECT_EQ(away.status, 1);
  EXPECT_THAT(away.errors, HasSubstr("[nats] connect to nats://127.0.0.1:1: "));
}

}  // namespace
}  // namespace ptravel
