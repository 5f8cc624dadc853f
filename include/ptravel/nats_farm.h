#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ptravel/jobs.h"
#include "ptravel/progress.h"

namespace ptravel {

// One film on a few machines without a shared disk: work and files go over a NATS server with
// JetStream. docs/scale.md tells how to use it and what travels how.

/// Where the server is, and who asks. Empty: not given.
struct NatsLogin {
  std::string url;  ///< "nats://host:4222" or "tls://host:4222".
  std::string user;
  std::filesystem::path password_file;  ///< Its first line.
  std::filesystem::path token_file;     ///< Its first line.
  std::filesystem::path creds_file;     ///< JWT and key as `nsc` writes them.
  std::filesystem::path tls_ca;         ///< PEM of who signed the server's certificate.
  std::filesystem::path tls_cert;       ///< This machine's own, with tls_key.
  std::filesystem::path tls_key;
};

/// Throws InvalidArgument, with a problem for each option, for what no login can be.
void check_nats_login(const NatsLogin& login);

/// A run that workers are to draw.
struct NatsJob {
  NatsLogin login;
  std::int64_t chunk = 0;  ///< Units in one piece of work; 0: the program decides.
  std::chrono::seconds lease{
      30};                  ///< How long a worker may say nothing before others get its work.
  bool wait = true;         ///< Collect the frames and finish the run; else only hand it over.
  ResumeOptions finishing;  ///< As for finish_run.
};

/// What became of it.
struct NatsOutcome {
  std::string run;                  ///< What the run is called on the server.
  std::int64_t pieces = 0;          ///< Pieces of work that were handed over by this call.
  std::optional<RunResult> result;  ///< Of a run that was waited for.
};

/// Hands the frames that a run lacks to workers at a NATS server, takes the frames that come back,
/// each checked as finish_run does and only then put into the folder, and finishes the run; nothing
/// of it is left on the server then. One that was handed over before goes on where it was.
/// Progress counts frames; notes tell which machines draw, what they lack, which frames had to be
/// drawn again. Throws InvalidArgument while another process does the same with this folder, for a
/// paced run whose frames are not chosen yet (Unsupported), for a frame that failed on three
/// machines (Internal, with the machines' reasons; what else was drawn is kept), Cancelled, and
/// what the server says (Io).
NatsOutcome submit_to_nats(const std::filesystem::path& folder,
                           const NatsJob& job,
                           Progress& progress,
                           const RunEventSink& events);

/// Takes a run off the server, whatever is drawn of it. Workers stop with their next step. Throws
/// NotFound where the folder has no run there.
void cancel_in_nats(const std::filesystem::path& folder, const NatsLogin& login);

/// A machine that draws.
struct NatsWorker {
  NatsLogin login;
  std::string name;  ///< What others call it: letters, digits, "-", "_", "."; at most 64.
  std::filesystem::path
      scratch;            ///< Where runs in work are kept; empty: in the user's cache folder.
  ResumeOptions drawing;  ///< Models folders, device, threads, kernels.
  std::optional<std::chrono::seconds> idle_exit;  ///< Ends when nothing came for so long.
};

/// Draws frames of whatever runs are at the server and can be drawn with this machine's models,
/// until it is cancelled (Cancelled) or has been idle. What comes from the server is checked like
/// any foreign file: none of its names becomes a path, and runs draw from this machine's models
/// folders and the pictures that came with them alone. Returns how many frames it drew.
std::int64_t work_for_nats(const NatsWorker& worker,
                           Progress& progress,
                           const RunEventSink& events);

}  // namespace ptravel
