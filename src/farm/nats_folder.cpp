#include "farm/nats_folder.h"

#include <fstream>
#include <system_error>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/sha256.h"
#include "base/text.h"
#include "farm/nats_messages.h"
#include "farm/nats_objects.h"
#include "ptravel/error.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr std::uint64_t kRecordLimit = 64 * 1024;
constexpr std::uint64_t kLogLimit = std::uint64_t{64} << 20;

fs::path record(const fs::path& folder) { return folder / "run.json"; }
fs::path log(const fs::path& folder) { return folder / "frames.log"; }

}  // namespace

NatsFolder::NatsFolder(const RunFolder& folder) : of_(folder.path()) {
  const fs::path path = fs::absolute(folder.path()).lexically_normal();
  path_ = path.parent_path() / (path.filename().string() + ".nats");
  std::error_code error;
  if (!fs::exists(log(path_), error)) {
    return;
  }
  const std::string text = read_file(log(path_), kLogLimit);
  for (const std::string_view line : split(text, '\n')) {
    const auto words = split(line, ' ');
    const auto frame = words.size() == 2 ? parse_integer(words[0]) : std::nullopt;
    if (frame && *frame >= 0 && is_machine_name(words[1])) {
      machines_[std::string(words[1])].push_back(*frame);
    }
  }
}

LockFile NatsFolder::lock() const {
  create_folders(path_);
  auto taken = LockFile::try_take(path_ / ".submit.lock");
  if (!taken) {
    throw Error(ErrorCode::InvalidArgument,
                "[nats] " + of_.string() +
                    ": another process submits it or collects its frames, expected one at a time");
  }
  return std::move(*taken);
}

std::optional<std::string> NatsFolder::run() const {
  std::error_code error;
  if (!fs::exists(record(path_), error)) {
    return std::nullopt;
  }
  const Json object = Json::parse(read_file(record(path_), kRecordLimit), nullptr, false);
  const auto found = object.is_object() ? object.find("run") : object.end();
  if (!object.is_object() || found == object.end() || !found->is_string()) {
    return std::nullopt;
  }
  auto run = found->get<std::string>();
  return is_run_name(run) ? std::optional(std::move(run)) : std::nullopt;
}

std::string NatsFolder::new_run() const {
  const std::string run = sha256_of(new_nuid()).substr(0, 16);
  write_file_atomic(record(path_), Json{{"run", run}}.dump() + "\n");
  return run;
}

void NatsFolder::forget_run() const {
  std::error_code ignored;
  fs::remove(record(path_), ignored);
}

void NatsFolder::drew(std::int64_t frame, const std::string& machine) {
  machines_[machine].push_back(frame);
  std::ofstream(log(path_), std::ios::app) << frame << " " << machine << "\n";
}

}  // namespace ptravel
