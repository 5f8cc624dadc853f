#include "postprocess/interpolator.h"

#include <utility>

#include <ATen/ATen.h>

#include "postprocess/film.h"
#include "postprocess/network_file.h"
#include "postprocess/picture_tensor.h"
#include "postprocess/rife.h"

namespace ptravel {
namespace {

class RifeInterpolator : public Interpolator {
 public:
  RifeInterpolator(Rife rife, std::string name) : rife_(std::move(rife)), name_(std::move(name)) {}

  std::vector<Image> between(const Image& first, const Image& second, int count) const override {
    const at::Tensor from = unit_tensor(first), to = unit_tensor(second);
    std::vector<Image> pictures;
    for (int i = 1; i <= count; ++i) {
      pictures.push_back(image_of(rife_(from, to, i / (count + 1.0)).picture, name_));
    }
    return pictures;
  }
  std::string description() const override { return describe(rife_.config()); }

 private:
  Rife rife_;
  std::string name_;
};

class FilmInterpolator : public Interpolator {
 public:
  FilmInterpolator(Film film, std::string name) : film_(std::move(film)), name_(std::move(name)) {}

  std::vector<Image> between(const Image& first, const Image& second, int count) const override {
    std::vector<Image> pictures;
    for (const at::Tensor& picture :
         pictures_between(unit_tensor(first), unit_tensor(second), count)) {
      pictures.push_back(image_of(picture, name_));
    }
    return pictures;
  }
  std::string description() const override { return describe(film_.config()); }

 private:
  /// The network learned the middle: halves of halves are better than other times, where the count
  /// allows it.
  std::vector<at::Tensor> pictures_between(const at::Tensor& first,
                                           const at::Tensor& second,
                                           int count) const {
    if (count < 1) {
      return {};
    }
    if (count % 2 == 0) {
      std::vector<double> times;
      for (int i = 1; i <= count; ++i) {
        times.push_back(i / (count + 1.0));
      }
      return film_(first, second, times);
    }
    const at::Tensor middle = film_(first, second, {0.5})[0].clamp(0.0, 1.0);
    std::vector<at::Tensor> pictures = pictures_between(first, middle, count / 2);
    pictures.push_back(middle);
    for (at::Tensor& picture : pictures_between(middle, second, count / 2)) {
      pictures.push_back(std::move(picture));
    }
    return pictures;
  }

  Film film_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Interpolator> open_interpolator(const std::filesystem::path& path,
                                                const Compute& compute) {
  const NetworkFile file = NetworkFile::open(path);
  if (is_rife(file)) {
    const NetworkFile tensors = rife_tensors(file);
    return std::make_unique<RifeInterpolator>(
        load_network<Rife>(tensors, recognize_rife(tensors), compute), file.name());
  }
  if (is_film(file)) {
    const NetworkFile tensors = film_tensors(file);
    return std::make_unique<FilmInterpolator>(
        load_network<Film>(tensors, recognize_film(tensors), compute), file.name());
  }
  file.fail(ErrorCode::Unsupported,
            "is no network for pictures in between that is known: expected RIFE 4 (block0.conv0) "
            "or FILM (extract.extract_sublevels), found " +
                file.unwrapped().examples());
}

}  // namespace ptravel
