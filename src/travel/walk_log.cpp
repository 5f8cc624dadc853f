#include "travel/walk_log.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/json_number.h"
#include "base/text.h"
#include "ptravel/error.h"
#include "request/compat.h"
#include "request/request_names.h"

namespace ptravel {
namespace {

using Json = nlohmann::ordered_json;

struct Column {
  const char* name;
  double GradRecord::*member;
};

constexpr std::array<Column, 7> kColumns = {{{"loss_latent", &GradRecord::loss_latent},
                                             {"loss_cond", &GradRecord::loss_cond},
                                             {"grad_mean", &GradRecord::grad_mean},
                                             {"grad_max", &GradRecord::grad_max},
                                             {"l1_from", &GradRecord::from},
                                             {"l1_to", &GradRecord::to},
                                             {"l1_total", &GradRecord::total}}};

std::string short_number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.7g", value);
  return text;
}

Json swap_json(std::int64_t gap, const SwapRecord& record) {
  return {{"gap", gap},
          {"step", record.step},
          {"words", record.words},
          {"ordered_words", record.ordered_words},
          {"by_gradient", record.by_gradient}};
}

Json grad_json(std::int64_t gap, const GradRecord& record) {
  Json object = {
      {"gap", gap}, {"step", record.step}, {"iteration", record.iteration}, {"t", record.t}};
  for (const Column& column : kColumns) {
    object[column.name] = record.*column.member;
  }
  return object;
}

[[noreturn]] void fail(const std::string& problem) {
  throw Error(ErrorCode::Corrupt, "[walk.json] is not the log of a walk: " + problem);
}

/// What is counted in a record: gaps, steps, iterations, a step's time.
std::int64_t count_at(const Json& object, const char* key) {
  const auto count = json_integer(object.at(key), 0);
  if (!count) {
    fail(std::string(key) + " is " +
         object.at(key).dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 40) +
         ", expected a whole number that is not negative");
  }
  return *count;
}

/// JSON has no NaN: it is written as null.
double number_at(const Json& object, const char* key) {
  const Json& value = object.at(key);
  const auto number = json_number(value);
  if (!number && !value.is_null()) {
    fail(std::string(key) + " is " + value.type_name() + ", expected a number or null");
  }
  return number.value_or(std::nan(""));
}

SwapRecord swap_of(const Json& object) {
  return {count_at(object, "step"), object.at("words").get<std::string>(),
          object.at("ordered_words").get<std::string>(), object.at("by_gradient").get<bool>()};
}

GradRecord grad_of(const Json& object) {
  GradRecord record;
  record.step = count_at(object, "step");
  record.iteration = count_at(object, "iteration");
  record.t = count_at(object, "t");
  for (const Column& column : kColumns) {
    record.*column.member = number_at(object, column.name);
  }
  return record;
}

/// The first version had longer names for two orders.
std::string order_name(const TravelRequest& request) {
  const std::string name(kReplaceOrderNames.name(request.replace_order));
  const bool longer =
      compat_quirks(request).long_order_names && (name == "similar" || name == "different");
  return (longer ? "most_" : "") + name;
}

template <typename Record>
std::int64_t last_of(const std::map<std::int64_t, std::vector<Record>>& records, std::int64_t gap) {
  const auto found = records.find(gap);
  return found == records.end() || found->second.empty() ? 0 : found->second.back().step;
}

}  // namespace

void WalkLog::begin(std::int64_t gap) {
  swaps_.erase(gap);
  grads_.erase(gap);
}

void WalkLog::add(std::int64_t gap, const SwapRecord& record) {
  swaps_[gap].push_back(record);
  if (listener_) {
    listener_(log_lines(record));
  }
}

void WalkLog::add(std::int64_t gap, const GradRecord& record) {
  grads_[gap].push_back(record);
  if (listener_) {
    listener_(log_lines(record));
  }
}

std::int64_t WalkLog::last_step(std::int64_t gap) const {
  return std::max(last_of(swaps_, gap), last_of(grads_, gap));
}

bool WalkLog::is_complete(std::int64_t gap, std::int64_t steps, double tolerance) const {
  const auto found = grads_.find(gap);
  const bool arrived = found != grads_.end() && !found->second.empty() && tolerance > 0 &&
                       found->second.back().to <= tolerance;
  return arrived || last_step(gap) == steps;
}

void WalkLog::keep_gaps(const std::function<bool(std::int64_t gap)>& keep) {
  std::erase_if(swaps_, [&](const auto& entry) { return !keep(entry.first); });
  std::erase_if(grads_, [&](const auto& entry) { return !keep(entry.first); });
}

void WalkLog::take(const WalkLog& other, const std::function<bool(std::int64_t gap)>& wanted) {
  for (const auto& [gap, records] : other.swaps_) {
    if (wanted(gap)) {
      swaps_[gap] = records;
    }
  }
  for (const auto& [gap, records] : other.grads_) {
    if (wanted(gap)) {
      grads_[gap] = records;
    }
  }
}

std::string log_lines(const SwapRecord& record) {
  return "tokens: " + record.words + "\n  >> " +
         (record.by_gradient ? "grad" : "embed L1-distance") + " ascend: " + record.ordered_words +
         "\n\n";
}

std::string log_lines(const GradRecord& record) {
  return "loss: " + short_number(record.loss_latent + record.loss_cond) +
         " (l_grad: " + short_number(record.loss_latent) +
         ", l_match: " + short_number(record.loss_cond) +
         ")\n  |grad|.avg: " + short_number(record.grad_mean) +
         ", |grad|.max: " + short_number(record.grad_max) +
         "\n  L1 from src: " + short_number(record.from) +
         ", L1 to dst: " + short_number(record.to) + ", L1 total: " + short_number(record.total) +
         "\n";
}

std::string WalkLog::text(const TravelRequest& request, const std::string& first_words) const {
  std::string text;
  if (request.mode == TravelMode::Replace) {
    text = "replace_order = " + order_name(request) + "\n\ntokens: " + first_words + "\n\n";
  } else {
    text = "grad_alpha   = " + number_text(request.grad_alpha) +
           "\ngrad_iter    = " + std::to_string(request.grad_iter) +
           "\ngrad_meth    = " + std::string(kGradMethodNames.name(request.grad_method)) +
           "\ngrad_w_grad  = " + number_text(request.grad_w_latent) +
           "\ngrad_w_match = " + number_text(request.grad_w_cond) + "\n\n";
  }
  for (const auto& [gap, records] : swaps_) {
    for (const SwapRecord& record : records) {
      text += log_lines(record);
    }
  }
  for (const auto& [gap, records] : grads_) {
    for (const GradRecord& record : records) {
      text += log_lines(record);
    }
  }
  return text;
}

std::string WalkLog::csv() const {
  std::string text = "stage,step,iteration,t";
  for (const Column& column : kColumns) {
    text += std::string(",") + column.name;
  }
  text += "\n";
  for (const auto& [gap, records] : grads_) {
    for (const GradRecord& record : records) {
      text += std::to_string(gap) + "," + std::to_string(record.step) + "," +
              std::to_string(record.iteration) + "," + std::to_string(record.t);
      for (const Column& column : kColumns) {
        text += "," + number_text(record.*column.member);
      }
      text += "\n";
    }
  }
  return text;
}

std::string WalkLog::to_json() const {
  Json swaps = Json::array();
  for (const auto& [gap, records] : swaps_) {
    for (const SwapRecord& record : records) {
      swaps.push_back(swap_json(gap, record));
    }
  }
  Json grads = Json::array();
  for (const auto& [gap, records] : grads_) {
    for (const GradRecord& record : records) {
      grads.push_back(grad_json(gap, record));
    }
  }
  return Json{{"replace", std::move(swaps)}, {"grad", std::move(grads)}}.dump(
             1, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

void WalkLog::restore(std::string_view json) {
  try {
    const Json object = Json::parse(json);
    std::map<std::int64_t, std::vector<SwapRecord>> swaps;
    std::map<std::int64_t, std::vector<GradRecord>> grads;
    for (const Json& entry : object.at("replace")) {
      swaps[count_at(entry, "gap")].push_back(swap_of(entry));
    }
    for (const Json& entry : object.at("grad")) {
      grads[count_at(entry, "gap")].push_back(grad_of(entry));
    }
    swaps_ = std::move(swaps);
    grads_ = std::move(grads);
  } catch (const Json::exception& error) {
    fail(error.what());
  }
}

}  // namespace ptravel
