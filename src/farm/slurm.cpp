#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/files.h"
#include "base/text.h"
#include "farm/child_process.h"
#include "jobs/manifest.h"
#include "jobs/run_folder.h"
#include "jobs/run_units.h"
#include "ptravel/error.h"
#include "ptravel/farm.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// Slurm's own limit unless its administrator sets another one (MaxArraySize).
constexpr std::int64_t kMostTasks = 1000;
/// So many tasks that fast nodes take more of them, and few enough that loading the model stays
/// small beside drawing.
constexpr std::int64_t kWantedTasks = 50;
constexpr std::uint64_t kRecordLimit = std::uint64_t{1} << 20;

/// Beside the run's folder, whose files depend on the request alone.
fs::path side_folder(const RunFolder& folder) {
  const fs::path path = fs::absolute(folder.path()).lexically_normal();
  return path.parent_path() / (path.filename().string() + ".slurm");
}

fs::path record_path(const RunFolder& folder) { return side_folder(folder) / "jobs.json"; }

bool is_job(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The jobs that were submitted last for the folder.
std::vector<std::string> recorded_jobs(const RunFolder& folder) {
  std::error_code error;
  std::vector<std::string> jobs;
  if (!fs::exists(record_path(folder), error)) {
    return jobs;
  }
  const Json object = Json::parse(read_file(record_path(folder), kRecordLimit), nullptr, false);
  for (const char* key : {"frames_job", "finish_job"}) {
    const auto found = object.is_object() ? object.find(key) : object.end();
    if (object.is_object() && found != object.end() && found->is_string()) {
      if (const auto id = found->get<std::string>(); is_job(id)) {
        jobs.push_back(id);
      }
    }
  }
  return jobs;
}

/// For a shell: 'text'.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  }
  return result + "'";
}

std::string command_line(const EngineJob& job, const char* command, const fs::path& folder) {
  std::string line = "exec " + quoted(job.program.string()) + " " + command + " " +
                     quoted(fs::absolute(folder).lexically_normal().string());
  for (const std::string& word : job.words) {
    line += " " + quoted(word);
  }
  return line;
}

/// What a command of Slurm prints. Throws Io with its own words.
std::string ask(const std::vector<std::string>& words) {
  std::vector<std::string> line = {"/usr/bin/env"};
  line.insert(line.end(), words.begin(), words.end());
  ChildProcess process(line, ChildProcess::Errors::WithOutput);
  std::string text;
  while (process.output() >= 0) {
    for (const std::string& part : process.read_lines()) {
      text += part + "\n";
    }
  }
  text += process.rest();
  const int status = process.wait();
  text = std::string(trimmed(text));
  if (status != 0) {
    throw Error(ErrorCode::Io,
                "[slurm] " + words.front() + ": " +
                    (text.empty() ? "ended with status " + std::to_string(status) : text));
  }
  return text;
}

/// The number of a new job, "12" or "12;cluster", in a line of its own: a site's filters and
/// sbatch's warnings may print others around it.
std::string submitted(const std::vector<std::string>& words) {
  const std::string text = ask(words);
  const auto lines = split(text, '\n');
  for (auto line = lines.rbegin(); line != lines.rend(); ++line) {
    const std::string_view id = trimmed(line->substr(0, line->find(';')));
    if (is_job(id)) {
      return std::string(id);
    }
  }
  throw Error(ErrorCode::Io, "[slurm] sbatch: printed \"" + text.substr(0, 200) +
                                 "\", expected the number of a job");
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) {
    text += (text.empty() ? "" : ",") + word;
  }
  return text;
}

/// Those of the folder's jobs that have not ended.
std::vector<std::string> jobs_in_slurm(const RunFolder& folder) {
  const std::vector<std::string> jobs = recorded_jobs(folder);
  if (jobs.empty()) {
    return {};
  }
  // Slurm refuses numbers that it does not know any more when it is asked for one of them.
  const std::string all = ask({"squeue", "--noheader", "--format=%A %F"});
  std::vector<std::string> there;
  for (const std::string& job : jobs) {
    for (const std::string_view line : split(all, '\n')) {
      const auto ids = split(trimmed(line), ' ');
      if (std::ranges::find(ids, job) != ids.end()) {
        there.push_back(job);
        break;
      }
    }
  }
  return there;
}

void record(const RunFolder& folder, const SubmittedRun& run) {
  write_file_atomic(
      record_path(folder),
      Json{{"frames_job", run.frames_job}, {"finish_job", run.finish_job}}.dump() + "\n");
}

void take_out(const std::vector<std::string>& jobs) {
  std::vector<std::string> words = {"scancel"};
  words.insert(words.end(), jobs.begin(), jobs.end());
  ask(words);
}

/// After a failure: takes out what was begun. "", or behind the failure what is left in Slurm.
std::string left_behind(const std::vector<std::string>& begun) {
  try {
    if (!begun.empty()) {
      take_out(begun);
    }
  } catch (const Error& error) {
    return "; " + joined(begun) + " is left in Slurm: " + error.what();
  }
  return "";
}

/// A path in sbatch's --output, where % begins a pattern.
std::string literal(const fs::path& path) {
  std::string text;
  for (const char c : path.string()) {
    text += c == '%' ? std::string("%%") : std::string(1, c);
  }
  return text;
}

/// `log`: sbatch's pattern for the name in the folder.
std::vector<std::string> batch(const EngineJob& job,
                               const fs::path& logs,
                               const char* log,
                               const char* name) {
  std::vector<std::string> words = {"sbatch",
                                    "--parsable",
                                    "--requeue",
                                    "--open-mode=append",
                                    "--job-name=" + std::string(name),
                                    "--output=" + literal(logs) + "/" + log};
  if (!job.partition.empty()) {
    words.push_back("--partition=" + job.partition);
  }
  return words;
}

}  // namespace

SubmittedRun submit_to_slurm(const fs::path& path, const EngineJob& job) {
  const RunFolder folder = RunFolder::open(path);
  const Manifest manifest = read_manifest(folder.manifest_path());
  if (const auto there = jobs_in_slurm(folder); !there.empty()) {
    throw Error(ErrorCode::InvalidArgument, "[slurm] " + folder.path().string() +
                                                ": is in Slurm already as " + joined(there) +
                                                ", expected to wait for it, or --cancel");
  }
  SubmittedRun run;
  run.folder = folder.path();
  run.logs = side_folder(folder);
  const auto units = static_cast<std::int64_t>(run_units(manifest).size());
  run.chunk = job.chunk > 0 ? job.chunk : (units + kWantedTasks - 1) / kWantedTasks;
  run.chunk = std::max(run.chunk, (units + kMostTasks - 1) / kMostTasks);
  run.tasks = (units + run.chunk - 1) / run.chunk;
  create_folders(run.logs);
  std::vector<std::string> frames = batch(job, run.logs, "frames-%a.log", "prompt-travel");
  frames.push_back("--array=0-" + std::to_string(run.tasks - 1));
  frames.push_back("--wrap=" + command_line(job, "frames", folder.path()));
  std::vector<std::string> begun;
  try {
    run.frames_job = submitted(frames);
    begun.push_back(run.frames_job);
    record(folder, run);  // Should this process end now, --cancel finds it.
    std::vector<std::string> finish = batch(job, run.logs, "finish.log", "prompt-travel-finish");
    finish.push_back("--dependency=afterok:" + run.frames_job);
    finish.push_back("--kill-on-invalid-dep=yes");
    finish.push_back("--wrap=" + command_line(job, "finish", folder.path()));
    run.finish_job = submitted(finish);
    begun.push_back(run.finish_job);
    record(folder, run);
  } catch (const Error& error) {
    throw Error(error.code(), error.what() + left_behind(begun));
  }
  return run;
}

bool is_in_slurm(const fs::path& path) { return !jobs_in_slurm(RunFolder::open(path)).empty(); }

void cancel_in_slurm(const fs::path& path) {
  const RunFolder folder = RunFolder::open(path);
  const std::vector<std::string> jobs = jobs_in_slurm(folder);
  if (jobs.empty()) {
    throw Error(ErrorCode::NotFound, "[slurm] " + folder.path().string() +
                                         ": has no job in Slurm, expected a run that was submitted "
                                         "and has not ended");
  }
  take_out(jobs);
}

}  // namespace ptravel
