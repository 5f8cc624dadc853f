#include "checkpoint/file_marks.h"

#include <array>
#include <utility>

#include "checkpoint/noise_schedule.h"

namespace ptravel {
namespace {

constexpr double kNoSignal = 1e-6;

/// A mark in a file's metadata.
struct Mark {
  std::string_view key;
  std::string_view value;
  Prediction prediction;
};

constexpr std::array kPredictionMarks = {
    Mark{"modelspec.predict_key", "epsilon", Prediction::Eps},
    Mark{"modelspec.predict_key", "v", Prediction::V},
    Mark{"modelspec.prediction_type", "epsilon", Prediction::Eps},
    Mark{"modelspec.prediction_type", "v", Prediction::V},
    Mark{"modelspec.prediction_type", "v_prediction", Prediction::V},
    Mark{"ss_v_parameterization", "True", Prediction::V},
    Mark{"ss_v_parameterization", "true", Prediction::V},
};

bool is_marked(const TensorFile& file, std::string_view key, std::string_view value) {
  const auto found = file.metadata.find(key);
  return found != file.metadata.end() && found->second == value;
}

const Mark* prediction_mark(const TensorFile& file) {
  for (const Mark& mark : kPredictionMarks) {
    if (is_marked(file, mark.key, mark.value)) {
      return &mark;
    }
  }
  return nullptr;
}

}  // namespace

void take_marks(const TensorFile& file, ConfigHints& hints) {
  const Mark* mark = prediction_mark(file);
  const char* v_tensor = nullptr;
  for (const char* name : {"v_pred", "edm_vpred.sigma_max", "edm_vpred.sigma_min"}) {
    v_tensor = v_tensor == nullptr && file.tensors->contains(name) ? name : v_tensor;
  }
  const bool marked_v = v_tensor != nullptr;
  if (marked_v && mark != nullptr && mark->prediction != Prediction::V) {
    hints.notes.push_back("The file's metadata (" + std::string(mark->key) +
                          ") contradicts its tensor " + v_tensor + ", which is believed.");
  }
  if (hints.prediction) {
    return;
  }
  if (marked_v) {
    hints.prediction = Prediction::V;
    hints.prediction_reason = std::string("the tensor ") + v_tensor;
  } else if (mark != nullptr) {
    hints.prediction = mark->prediction;
    hints.prediction_reason = "metadata " + std::string(mark->key);
  }
}

std::optional<std::vector<double>> schedule_of(const TensorFile& file) {
  auto alphas = read_alphas_cumprod(*file.tensors);
  const bool marked = file.tensors->contains("ztsnr") ||
                      is_marked(file, "ss_zero_terminal_snr", "True") ||
                      is_marked(file, "ss_zero_terminal_snr", "true");
  return !alphas && marked ? alphas_cumprod_of({.zero_terminal_snr = true}) : alphas;
}

bool has_zero_snr(const std::optional<std::vector<double>>& alphas_cumprod) {
  return alphas_cumprod && alphas_cumprod->back() < kNoSignal;
}

BelievedPrediction believed_prediction(const ConfigHints& hints, ModelFamily family) {
  if (hints.prediction) {
    return {*hints.prediction, hints.prediction_reason, false};
  }
  if (family_traits(family).tests_prediction) {
    return {Prediction::Eps, "its answers", true};
  }
  return {Prediction::Eps, "usual for its kind", false};
}

}  // namespace ptravel
