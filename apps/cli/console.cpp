#include "apps/cli/console.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>

#include <sys/ioctl.h>
#include <unistd.h>

#include "ptravel/job.h"

namespace ptravel::cli {
namespace {

constexpr double kTerminalInterval = 0.1;  // seconds between redraws
constexpr double kPlainInterval = 5.0;     // seconds between plain lines
constexpr int kBarWidth = 24;

int terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    return size.ws_col;
  }
  return 80;
}

std::string rate_text(const ProgressSnapshot& snapshot) {
  if (snapshot.units_per_second <= 0) {
    return {};
  }
  char text[64];
  if (snapshot.units_per_second >= 1) {
    std::snprintf(text, sizeof text, "%.1f %s/s", snapshot.units_per_second, snapshot.unit.c_str());
  } else {
    std::string unit = snapshot.unit;
    if (unit.ends_with('s')) {
      unit.pop_back();
    }
    std::snprintf(text, sizeof text, "%.1f s/%s", 1 / snapshot.units_per_second, unit.c_str());
  }
  return text;
}

std::string count_text(const ProgressSnapshot& snapshot) {
  char text[64];
  const bool whole = std::floor(snapshot.done) == snapshot.done;
  std::snprintf(text, sizeof text, whole ? "%.0f/%.0f %s" : "%.1f/%.0f %s", snapshot.done,
                snapshot.total, snapshot.unit.c_str());
  return text;
}

std::string progress_text(const ProgressSnapshot& snapshot, bool with_bar) {
  std::string text = snapshot.activity;
  if (snapshot.total > 0) {
    if (with_bar) {
      const double fraction = std::clamp(snapshot.done / snapshot.total, 0.0, 1.0);
      const int filled = static_cast<int>(fraction * kBarWidth);
      text += " [" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "]";
    }
    text += "  " + count_text(snapshot);
  }
  const std::string rate = rate_text(snapshot);
  if (!rate.empty()) {
    text += "  " + rate;
  }
  if (snapshot.seconds_left >= 0) {
    text += "  " + duration_text(snapshot.seconds_left) + " left";
  }
  return text;
}

/// Writes to standard output; Io when nobody takes it any more.
void print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    const int number = errno;
    std::clearerr(stdout);
    throw Error(ErrorCode::Io, std::string("[output] standard output: ") + std::strerror(number));
  }
}

}  // namespace

std::string duration_text(double seconds) {
  const auto total = static_cast<long long>(std::llround(std::max(0.0, seconds)));
  char text[32];
  if (total >= 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60,
                  total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  }
  return text;
}

Console::Console(bool json, bool debug)
    : json_(json), debug_(debug), terminal_(!json && ::isatty(STDERR_FILENO) != 0) {}

void Console::clear_line() {
  if (terminal_ && line_width_ > 0) {
    std::fprintf(stderr, "\r%s\r", std::string(line_width_, ' ').c_str());
    line_width_ = 0;
  }
}

void Console::progress(const ProgressSnapshot& snapshot) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto now = Clock::now();
  const double since = std::chrono::duration<double>(now - last_print_).count();
  const bool new_activity = snapshot.activity != last_activity_;
  const bool complete = snapshot.total > 0 && snapshot.done >= snapshot.total;
  if (!new_activity && !complete && since < (terminal_ ? kTerminalInterval : kPlainInterval)) {
    return;
  }
  last_activity_ = snapshot.activity;
  last_print_ = now;
  if (json_) {
    print(to_json(snapshot) + "\n");
    return;
  }
  std::string text = progress_text(snapshot, terminal_);
  if (!terminal_) {
    std::fprintf(stderr, "%s\n", text.c_str());
    return;
  }
  text.resize(std::min(text.size(), static_cast<std::size_t>(terminal_width() - 1)));
  clear_line();
  std::fprintf(stderr, "\r%s", text.c_str());
  std::fflush(stderr);
  line_width_ = text.size();
}

void Console::event(const RunEvent& event) {
  if (event.kind == RunEvent::Kind::Debug && !debug_) {
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  if (json_) {
    print(to_json(event) + "\n");
    return;
  }
  if (event.kind == RunEvent::Kind::Frame) {
    return;
  }
  clear_line();
  if (event.kind == RunEvent::Kind::Note || event.kind == RunEvent::Kind::Debug) {
    std::fprintf(stderr, "%s\n", event.text.c_str());
  } else if (event.kind == RunEvent::Kind::Folder) {
    std::fprintf(stderr, "run folder: %s\n", event.path.c_str());
  }
}

void Console::result(const std::string& event,
                     const std::vector<std::pair<std::string, std::string>>& fields) {
  const std::lock_guard<std::mutex> lock(mutex_);
  clear_line();
  if (json_) {
    print(event_json(event, fields) + "\n");
    return;
  }
  for (const auto& [field, text] : fields) {
    print(text + "\n");
  }
}

void Console::output(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  clear_line();
  print(text + (text.ends_with('\n') ? "" : "\n"));
}

void Console::hint(const std::string& text) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!json_) {
    clear_line();
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

void Console::failure(const Error& error) {
  const std::lock_guard<std::mutex> lock(mutex_);
  clear_line();
  if (json_) {
    std::printf("%s\n",
                to_json(error).c_str());  // Where nobody listens there is nothing left to do.
    std::fflush(stdout);
  }
  std::string text = error.what();
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    std::fprintf(stderr, "prompt-travel: %s\n", text.substr(begin, end - begin).c_str());
    begin = end + 1;
  }
}

}  // namespace ptravel::cli
