#include <algorithm>
#include <csignal>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <poll.h>

#include "base/error_codes.h"
#include "farm/child_process.h"
#include "ptravel/error.h"
#include "ptravel/farm.h"
#include "ptravel/run_parts.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// How often Ctrl-C is looked for.
constexpr int kLookMilliseconds = 200;

/// Hears what workers tell, line by line.
class Listener {
 public:
  Listener(std::int64_t there, Progress& progress, const RunEventSink& events)
      : drawn_(there), progress_(progress), events_(events) {}

  void hear(const std::string& line) {
    const Json object = Json::parse(line, nullptr, false);
    if (!object.is_object()) {
      return;
    }
    const std::string event = text_at(object, "event");
    if (event == "frame") {
      progress_.update(static_cast<double>(++drawn_));
      const Json index = object.value("index", Json());
      events_({RunEvent::Kind::Frame, "", text_at(object, "path"),
               index.is_number_integer() ? index.get<std::int64_t>() : 0});
    } else if (event == "file") {
      events_({RunEvent::Kind::File, "", text_at(object, "path"), 0});
    } else if (event == "note") {
      const std::string text = text_at(object, "text");
      if (notes_.insert(text).second) {
        events_({RunEvent::Kind::Note, text, {}, 0});
      }
    } else if (event == "error" && !failure_) {
      failure_ = Error(error_code_of(text_at(object, "code")), text_at(object, "message"));
    }
  }

  const std::optional<Error>& failure() const { return failure_; }

 private:
  static std::string text_at(const Json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  }

  std::int64_t drawn_;
  Progress& progress_;
  const RunEventSink& events_;
  std::set<std::string> notes_;
  std::optional<Error> failure_;
};

/// Waits until some of them have said something, and hears it. False once all have ended.
bool hear_some(std::vector<ChildProcess>& children, Listener& listener) {
  std::vector<pollfd> outputs;
  std::vector<ChildProcess*> speakers;
  for (ChildProcess& child : children) {
    if (child.output() >= 0) {
      outputs.push_back({child.output(), POLLIN, 0});
      speakers.push_back(&child);
    }
  }
  if (outputs.empty()) {
    return false;
  }
  ::poll(outputs.data(), outputs.size(), kLookMilliseconds);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].revents != 0) {
      for (const std::string& line : speakers[i]->read_lines()) {
        listener.hear(line);
      }
    }
  }
  return true;
}

}  // namespace

void draw_by_local_workers(const fs::path& path,
                           const LocalWorkers& workers,
                           Progress& progress,
                           const RunEventSink& events) {
  const RunStatus before = run_status(path);
  std::vector<std::string> words = {workers.program.string(), "frames", path.string(), "--json"};
  words.insert(words.end(), workers.words.begin(), workers.words.end());
  progress.enter(WorkPhase::Drawing);
  progress.begin("drawing", "frames", static_cast<double>(before.frames));
  progress.set_initial(static_cast<double>(before.drawn));
  Listener listener(before.drawn, progress, events);
  std::vector<ChildProcess> children;
  for (int i = 0; i < workers.count; ++i) {
    children.emplace_back(words);
  }
  bool asked_to_stop = false;
  while (hear_some(children, listener)) {
    if (progress.cancelled() && !asked_to_stop) {
      asked_to_stop = true;
      std::ranges::for_each(children, &ChildProcess::interrupt);
    }
  }
  std::string died;
  ErrorCode code = ErrorCode::Internal;
  for (std::size_t i = 0; i < children.size(); ++i) {
    const int status = children[i].wait();
    if (status != 0 && died.empty()) {
      code = status == 128 + SIGKILL || status == 128 + SIGTERM ? ErrorCode::Io : code;
      died = "worker " + std::to_string(i + 1) + " of " + std::to_string(children.size()) +
             (status > 128 ? " was ended by signal " + std::to_string(status - 128)
                           : " ended with status " + std::to_string(status));
    }
  }
  progress.check_cancelled();
  if (listener.failure()) {
    throw Error(*listener.failure());
  }
  if (!died.empty()) {
    throw Error(code, "[workers] " + died);
  }
}

}  // namespace ptravel
