// What changes while the server runs: events, the picture in work, numbers for Prometheus.

#include <cstdio>
#include <fstream>

#include "media/image_file.h"
#include "server/api_error.h"
#include "server/api_operation.h"

namespace ptravel {
namespace {

constexpr int kPreviewQuality = 85;

HttpResponse preview(const ServerContext& context) {
  const auto preview = context.queue.preview();
  if (!preview) {
    throw Error(ErrorCode::NotFound, "nothing is being drawn");
  }
  return {200,
          {{"Content-Type", "image/jpeg"},
           {"Cache-Control", "no-store"},
           {"X-Preview-Number", std::to_string(preview->number)}},
          encode_jpeg(preview->image, kPreviewQuality)};
}

/// Bytes of the process that are in memory; 0 where the system does not say.
std::uint64_t resident_bytes() {
  constexpr std::uint64_t kKilobyte = 1024;
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmRSS:") {
      std::uint64_t kilobytes = 0;
      status >> kilobytes;
      return kilobytes * kKilobyte;
    }
  }
  return 0;
}

/// Metrics in Prometheus' text format, version 0.0.4.
class MetricsText {
 public:
  void add(const char* name, const char* type, const char* help, double value) {
    head(name, type, help);
    line(name, "", value);
  }
  void head(const char* name, const char* type, const char* help) {
    text_ += "# HELP prompt_travel_" + std::string(name) + " " + help + "\n# TYPE prompt_travel_" +
             name + " " + type + "\n";
  }
  void line(const char* name, const std::string& labels, double value) {
    char number[40];
    std::snprintf(number, sizeof number, "%.17g", value);
    text_ += "prompt_travel_" + std::string(name) + labels + " " + number + "\n";
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

void add_drawing(MetricsText& metrics, const FeedCounts& counts) {
  metrics.head("jobs_total", "counter", "Jobs that ended since the server began, by their end.");
  for (const QueueState state : {QueueState::Done, QueueState::Failed, QueueState::Cancelled}) {
    const auto found = counts.jobs.find(state);
    metrics.line("jobs_total", "{state=\"" + std::string(queue_state_name(state)) + "\"}",
                 found == counts.jobs.end() ? 0 : static_cast<double>(found->second));
  }
  metrics.add("frames_total", "counter", "Frames drawn since the server began.",
              static_cast<double>(counts.frames));
  metrics.add("frame_seconds_total", "counter", "Seconds that those frames took.",
              counts.frame_seconds);
  metrics.add("last_frame_seconds", "gauge", "Seconds that the last frame took.",
              counts.last_frame_seconds);
  metrics.add("last_step_seconds", "gauge", "The same, by the steps of the request.",
              counts.last_step_seconds);
}

HttpResponse metrics(const ServerContext& context) {
  MetricsText metrics;
  metrics.add("queue_length", "gauge", "Jobs that wait.",
              static_cast<double>(context.queue.waiting_count()));
  metrics.add("jobs_in_work", "gauge", "Jobs that are being drawn.",
              context.queue.current() ? 1 : 0);
  metrics.add("paused", "gauge", "1 while the queue waits for the disk.",
              context.queue.paused().empty() ? 0 : 1);
  add_drawing(metrics, context.feed.counts());
  metrics.add("resident_bytes", "gauge", "Memory of the process.",
              static_cast<double>(resident_bytes()));
  metrics.add("weights_bytes", "gauge", "Weights of models that are loaded.",
              static_cast<double>(context.queue.model_bytes()));
  const HttpServerCounts http = context.http_counts ? context.http_counts() : HttpServerCounts{};
  metrics.add("http_requests_total", "counter", "Requests that were answered.",
              static_cast<double>(http.requests));
  metrics.add("http_refused_total", "counter", "Answers with a status of 400 and above.",
              static_cast<double>(http.refused));
  metrics.add("http_connections", "gauge", "Open connections.",
              static_cast<double>(http.connections));
  metrics.add("http_listeners", "gauge", "Open event streams.",
              static_cast<double>(http.listeners));
  return text_response(200, "text/plain; version=0.0.4; charset=utf-8", metrics.text());
}

}  // namespace

std::vector<ApiOperation> live_operations(ServerContext& context) {
  std::vector<ApiOperation> operations;
  operations.push_back(
      {.method = "GET",
       .path = "/api/v1/events",
       .summary = "Server-Sent Events of all jobs; Last-Event-ID goes on where a client was",
       .handler =
           [&context](const HttpRequest&) {
             return HttpResponse{
                 200,
                 {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}},
                 HttpEvents{context.events}};
           },
       .answers = {{200, "snapshot, job, progress, frame, preview, removed, note, paused, models",
                    "text/event-stream", Json()}}});
  operations.push_back({.method = "GET",
                        .path = "/api/v1/preview",
                        .summary = "The newest picture of the frame in work",
                        .handler = [&context](const HttpRequest&) { return preview(context); },
                        .query = {{"n",
                                   "Its number; only keeps caches away",
                                   {{"type", "string"}, {"pattern", kTextPattern}}}},
                        .answers = {{200, "The picture", "image/jpeg", Json()}}});
  operations.push_back({.method = "GET",
                        .path = "/metrics",
                        .summary = "Numbers for Prometheus",
                        .handler = [&context](const HttpRequest&) { return metrics(context); },
                        .answers = {{200, "Text format 0.0.4", "text/plain", Json()}}});
  return operations;
}

}  // namespace ptravel
