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
#include "farm/visible_cards.h"
#include "ptravel/error.h"
#include "ptravel/farm.h"
#include "ptravel/run_parts.h"
#include "request/request_names.h"

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

  /// `speaker`: what its errors begin with.
  void hear(const std::string& line, const std::string& speaker) {
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
      failure_ =
          Error(error_code_of(text_at(object, "code")), speaker + text_at(object, "message"));
    }
  }

  const std::optional<Error>& failure() const { return failure_; }
  /// Whether one cannot draw this run as it was told to: so it would be each time.
  bool is_refused() const {
    return failure_ && (failure_->code() == ErrorCode::InvalidArgument ||
                        failure_->code() == ErrorCode::Unsupported);
  }

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

/// A process and what its errors begin with.
struct Worker {
  ChildProcess process;
  std::string speaker;
};

/// One for each of the devices, where there are some.
std::vector<Worker> start(const fs::path& folder, const LocalWorkers& workers) {
  std::vector<std::string> words = {workers.program.string(), "frames", folder.string(), "--json"};
  words.insert(words.end(), workers.words.begin(), workers.words.end());
  std::vector<Worker> started;
  for (int i = 0; i < workers.count; ++i) {
    if (workers.devices.empty()) {
      started.push_back({ChildProcess(words), ""});
      continue;
    }
    const LocalDevice& device = workers.devices.at(static_cast<std::size_t>(i));
    std::vector<std::string> own = words;
    own.push_back("--device=" + std::string(kDeviceNames.name(device.kind)));
    std::vector<std::string> variables;
    if (!device.card.empty()) {
      variables.push_back(kVisibleCards + ("=" + device.card));
    }
    started.push_back(
        {ChildProcess(own, ChildProcess::Errors::Lost, variables), device.name + ": "});
  }
  return started;
}

/// Waits until some of them have said something, and hears it. False once all have ended.
bool hear_some(std::vector<Worker>& workers, Listener& listener) {
  std::vector<pollfd> outputs;
  std::vector<Worker*> speakers;
  for (Worker& worker : workers) {
    if (worker.process.output() >= 0) {
      outputs.push_back({worker.process.output(), POLLIN, 0});
      speakers.push_back(&worker);
    }
  }
  if (outputs.empty()) {
    return false;
  }
  ::poll(outputs.data(), outputs.size(), kLookMilliseconds);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].revents != 0) {
      for (const std::string& line : speakers[i]->process.read_lines()) {
        listener.hear(line, speakers[i]->speaker);
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
  progress.enter(WorkPhase::Drawing);
  progress.begin("drawing", "frames", static_cast<double>(before.frames));
  progress.set_initial(static_cast<double>(before.drawn));
  Listener listener(before.drawn, progress, events);
  std::vector<Worker> started = start(path, workers);
  bool asked_to_stop = false;
  while (hear_some(started, listener)) {
    if ((progress.cancelled() || listener.is_refused()) && !asked_to_stop) {
      asked_to_stop = true;
      std::ranges::for_each(started, [](const Worker& worker) { worker.process.interrupt(); });
    }
  }
  std::string died;
  ErrorCode code = ErrorCode::Internal;
  for (std::size_t i = 0; i < started.size(); ++i) {
    const int status = started[i].process.wait();
    if (status != 0 && died.empty()) {
      code = status == 128 + SIGKILL || status == 128 + SIGTERM ? ErrorCode::Io : code;
      died = started[i].speaker + "worker " + std::to_string(i + 1) + " of " +
             std::to_string(started.size()) +
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
