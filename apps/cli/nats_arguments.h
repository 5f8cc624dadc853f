#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "apps/cli/run_arguments.h"
#include "ptravel/nats_farm.h"

namespace ptravel::cli {

/// What is typed about a NATS server.
struct NatsArguments {
  std::string url;
  std::string user;
  std::string password_file;
  std::string token_file;
  std::string creds_file;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
};

void add_nats_options(CLI::App& command, NatsArguments& arguments);
/// Throws InvalidArgument, a problem for each option that is wrong.
NatsLogin nats_login(const NatsArguments& arguments);
/// The options of them that were typed.
std::vector<std::string> given_options(const NatsArguments& arguments);

/// What submit is given for NATS.
struct NatsSubmission {
  std::optional<std::int64_t> chunk;
  std::optional<std::int64_t> lease;
  bool wait = false;
  bool cancel = false;
};
/// submit --engine nats.
Made submit_over_nats(const RunArguments& arguments,
                      const NatsArguments& nats,
                      const NatsSubmission& submission,
                      Console& console,
                      Progress& progress,
                      const RunEventSink& events);

}  // namespace ptravel::cli
