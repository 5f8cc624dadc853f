#include "postprocess/film_finisher.h"

#include <utility>

#include "postprocess/flow_interpolator.h"
#include "ptravel/error.h"
#include "ptravel/model.h"
#include "tensor/kernel_family.h"
#include "tensor/thread_scope.h"

namespace ptravel {
namespace {

constexpr int kMostInterpolate = 8;

/// What the film's enlarger is asked for.
UpscaleOptions upscale_options(const FilmFinish& finish) {
  return {finish.upscaler, finish.upscale_by, finish.device, finish.threads, finish.models_folders};
}

/// Enlarges one picture after the other and counts them.
class Output {
 public:
  Output(const std::optional<Enlarger>& enlarger,
         const std::string& kernels,
         const std::function<void(const Image&)>& add,
         Progress& progress,
         KeptPictures* kept)
      : enlarger_(enlarger), kernels_(kernels), add_(add), progress_(progress), kept_(kept) {}

  void operator()(const Image& picture) {
    progress_.check_cancelled();
    if (!enlarger_) {
      add_(picture);
    } else {
      if (picture != small_) {
        large_ = enlarged(picture);
        small_ = picture;
      }
      add_(large_);
    }
    ++count_;
    if (kept_ != nullptr && kept_->made() == 0) {
      progress_.set_initial(static_cast<double>(count_));  // So far all were there.
    }
    progress_.update(static_cast<double>(count_));
  }

 private:
  Image enlarged(const Image& picture) const {
    const auto make = [&] {
      return (*enlarger_)(picture, [&](double share) {
        progress_.check_cancelled();
        progress_.update(static_cast<double>(count_) + share);
      });
    };
    if (kept_ == nullptr || !enlarger_->has_network()) {
      return make();
    }
    const std::string recipe = "enlarged by " + kernels_ + "\n" + enlarger_->recipe() + "\n" +
                               enlarger_->network_hash() + "\n" + pixel_hash(picture);
    return kept_->get(recipe, 1, [&] { return std::vector<Image>{make()}; }).front();
  }

  const std::optional<Enlarger>& enlarger_;
  const std::string& kernels_;
  const std::function<void(const Image&)>& add_;
  Progress& progress_;
  KeptPictures* kept_;
  std::int64_t count_ = 0;
  Image small_, large_;  // the picture before, as it was and enlarged
};

}  // namespace

void validate(const FilmFinish& finish) {
  std::vector<Problem> problems;
  if (finish.interpolate < 1 || finish.interpolate > kMostInterpolate) {
    problems.push_back({"interpolate", std::to_string(finish.interpolate) + ", expected 1 to 8"});
  }
  if (!finish.interpolator.empty() && finish.interpolate == 1) {
    problems.push_back({"interpolator", "is given, expected interpolate 2 to 8 with it"});
  }
  if (finish.upscaler.empty() && finish.upscale_by != 0) {
    problems.push_back({"upscale_by", "is given, expected upscale with it"});
  }
  if (!finish.upscaler.empty()) {
    collect_problems(problems, [&] { validate(upscale_options(finish)); });
  } else if (finish.threads < 0) {
    problems.push_back({"threads", std::to_string(finish.threads) + ", expected 0 or more"});
  }
  if (!problems.empty()) {
    throw Error(ErrorCode::InvalidArgument, problems);
  }
}

FilmFinisher::FilmFinisher(const FilmFinish& finish) : finish_(finish) {
  validate(finish);
  prepare_memory();
  const ThreadScope threads(finish.threads);
  if (finish.interpolate > 1 && finish.interpolator.empty()) {
    interpolator_ = make_flow_interpolator();
  } else if (finish.interpolate > 1) {
    const auto file = interpolator_file(finish.interpolator, finish.models_folders);
    interpolator_ = open_interpolator(file, resolve_compute(finish.device, Precision::Fp32));
    interpolator_hash_ = file_sha256(file);
  }
  if (!finish.upscaler.empty()) {
    enlarger_.emplace(upscale_options(finish));
  }
  if (has_networks()) {
    kernels_ = kernel_family(resolve_compute(finish.device, Precision::Fp32).device);
  }
}

std::vector<std::string> FilmFinisher::notes() const {
  std::vector<std::string> notes;
  if (interpolator_) {
    notes.push_back("pictures in between: " + interpolator_->description());
  }
  if (enlarger_ && !enlarger_->description().empty()) {
    notes.push_back(enlarger_->name() + " is " + enlarger_->description());
  }
  return notes;
}

bool FilmFinisher::has_networks() const {
  return !interpolator_hash_.empty() || (enlarger_ && enlarger_->has_network());
}

std::vector<Image> FilmFinisher::between(GapKind kind,
                                         const Image& first,
                                         const Image& second,
                                         KeptPictures* kept) const {
  const int count = finish_.interpolate - 1;
  const auto make = [&] { return fill_gap(kind, first, second, count, *interpolator_); };
  if (kept == nullptr || interpolator_hash_.empty() || kind != GapKind::Motion) {
    return make();
  }
  const std::string recipe = "in between by " + kernels_ + "\n" + std::to_string(count) + "\n" +
                             interpolator_hash_ + "\n" + pixel_hash(first) + "\n" +
                             pixel_hash(second);
  return kept->get(recipe, static_cast<std::size_t>(count), make);
}

std::optional<std::string> FilmFinisher::finish(const std::vector<std::int64_t>& film,
                                                const std::function<Image(std::int64_t)>& frame,
                                                const std::function<void(const Image&)>& add,
                                                Progress& progress,
                                                KeptPictures* kept) const {
  const ThreadScope threads(finish_.threads);
  Output output(enlarger_, kernels_, add, progress, has_networks() ? kept : nullptr);
  std::int64_t cuts = 0;
  Image last;
  for (std::size_t i = 0; i < film.size(); ++i) {
    if (i > 0 && film[i] == film[i - 1]) {
      for (int repeat = 0; repeat < finish_.interpolate; ++repeat) {
        output(last);
      }
      continue;
    }
    Image next = frame(film[i]);
    if (i > 0 && interpolator_) {
      const GapKind kind = gap_between(last, next);
      cuts += kind == GapKind::Cut ? 1 : 0;
      for (const Image& picture : between(kind, last, next, kept)) {
        output(picture);
      }
    }
    last = std::move(next);
    output(last);
  }
  if (cuts == 0) {
    return std::nullopt;
  }
  return "between " + std::to_string(cuts) + " of the film's " + std::to_string(film.size() - 1) +
         " pairs of neighbours nothing is alike: they are cuts, and their pictures repeat";
}

}  // namespace ptravel
