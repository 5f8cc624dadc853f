#include "onednn_ceiling_report.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include <nlohmann/json.hpp>

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

double ours_of(const Pair& pair) { return pair.ours; }
double ceiling_of(const Pair& pair) { return pair.ceiling; }
double ratio_of(const Pair& pair) { return pair.ratio(); }

Total total_of(const LayerTimer& timer) { return {timer.best_so_far(), timer.group().flops}; }

template <typename... Values>
std::string format(const char* pattern, Values... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

std::string row(const char* name, const Total& total) {
  return format("%-24s %9.4f s %9.1f GFLOP %8.1f GFLOP/s\n", name, total.seconds,
                1e-9 * total.flops, total.gflops_per_second());
}

Json json_of(const Total& total) {
  return {{"seconds", total.seconds},
          {"flops", total.flops},
          {"gflops_per_second", total.gflops_per_second()}};
}

Json json_of(const Pair& pair) {
  return {{"ours", pair.ours}, {"ceiling", pair.ceiling}, {"ratio", pair.ratio()}};
}

Json json_of(const LayerTimer& timer) {
  const bool linear = timer.group().kind == LayerKind::Linear;
  Json object = {{"kind", linear ? "linear" : "convolution"},
                 {"sizes", timer.group().sizes},
                 {"images", timer.group().images}};
  object.update(json_of(total_of(timer)));
  object["fastest"] = timer.fastest();
  return object;
}

}  // namespace

Total Ceiling::sum() const {
  return {convolutions.seconds + linears.seconds + attention.seconds,
          convolutions.flops + linears.flops + attention.flops};
}

double Measurement::best_ours() const {
  return std::min_element(pairs.begin(), pairs.end(),
                          [](const Pair& a, const Pair& b) { return a.ours < b.ours; })
      ->ours;
}

double Measurement::median(double (*value)(const Pair&)) const {
  std::vector<double> values;
  std::transform(pairs.begin(), pairs.end(), std::back_inserter(values), value);
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::string to_text(const Subject& subject) {
  return format("%s, %s, %lld x %lld, images: %lld, threads: %d, oneDNN %s\n", subject.part.c_str(),
                subject.precision.c_str(), static_cast<long long>(subject.width),
                static_cast<long long>(subject.height), static_cast<long long>(subject.images),
                subject.threads, subject.onednn.c_str());
}

std::string to_text(const Pair& pair) {
  return format("ours %8.4f s   ceiling %8.4f s   ours / ceiling %6.3f\n", pair.ours, pair.ceiling,
                pair.ratio());
}

std::string to_text(const Measurement& measurement) {
  const Ceiling& best = measurement.best;
  return row("convolutions", best.convolutions) + row("linear maps", best.linears) +
         row("attention", best.attention) + row("ceiling, best of each", best.sum()) +
         row("ours, best", {measurement.best_ours(), best.sum().flops}) +
         format("%-24s ours %.4f s, ceiling %.4f s\n", "medians", measurement.median(ours_of),
                measurement.median(ceiling_of)) +
         format("%-24s median of %zu pairs %.3f, best of each %.3f\n", "ours / ceiling",
                measurement.pairs.size(), measurement.median(ratio_of), measurement.best_ratio());
}

std::string to_text(const std::vector<LayerTimer>& timers) {
  std::string text;
  for (const LayerTimer& timer : timers) {
    const Total total = total_of(timer);
    text += format("%-40s %4.0f images %8.4f s %8.1f GFLOP/s  %s\n", to_text(timer.group()).c_str(),
                   timer.group().images, total.seconds, total.gflops_per_second(),
                   timer.fastest().c_str());
  }
  return text;
}

std::string to_json(const Subject& subject,
                    const Measurement& measurement,
                    const std::vector<LayerTimer>& timers) {
  Json object = {{"part", subject.part},     {"precision", subject.precision},
                 {"width", subject.width},   {"height", subject.height},
                 {"images", subject.images}, {"threads", subject.threads},
                 {"onednn", subject.onednn}, {"pairs", Json::array()}};
  for (const Pair& pair : measurement.pairs) {
    object["pairs"].push_back(json_of(pair));
  }
  object["median"] = {{"ours", measurement.median(ours_of)},
                      {"ceiling", measurement.median(ceiling_of)},
                      {"ratio", measurement.median(ratio_of)}};
  object["best"] = {{"ours", measurement.best_ours()},
                    {"ceiling", measurement.best.sum().seconds},
                    {"ratio", measurement.best_ratio()}};
  object["convolutions"] = json_of(measurement.best.convolutions);
  object["linears"] = json_of(measurement.best.linears);
  object["attention"] = json_of(measurement.best.attention);
  object["shapes"] = Json::array();
  for (const LayerTimer& timer : timers) {
    object["shapes"].push_back(json_of(timer));
  }
  return object.dump(2);
}

}  // namespace ptravel
