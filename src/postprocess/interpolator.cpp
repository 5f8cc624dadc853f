#include "postprocess/interpolator.h"

#include <system_error>
#include <utility>

#include <ATen/ATen.h>

#include "checkpoint/models_folder.h"
#include "checkpoint/named_file.h"
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

[[noreturn]] void fail_unknown(const NetworkFile& file) {
  file.fail(ErrorCode::Unsupported,
            "is no network for pictures in between that is known: expected RIFE 4 (block0.conv0) "
            "or FILM (extract.extract_sublevels), found " +
                file.unwrapped().examples());
}

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
  fail_unknown(file);
}

std::string describe_interpolator(const NetworkFile& file) {
  if (is_rife(file)) {
    return describe(recognize_rife(rife_tensors(file)));
  }
  if (is_film(file)) {
    return describe(recognize_film(film_tensors(file)));
  }
  fail_unknown(file);
}

std::filesystem::path interpolator_file(const std::string& name,
                                        const std::vector<std::filesystem::path>& models_folders) {
  std::error_code error;
  if (std::filesystem::is_regular_file(name, error)) {
    return name;
  }
  const std::vector<FoundFile> files = find_files(models_folders, FileKind::Interpolator);
  const std::vector<FoundFile> named = files_named(files, name);
  if (named.empty()) {
    throw_unknown_name("interpolator", "interpolator", name, files, FileKind::Interpolator);
  }
  return named.front().path;
}

}  // namespace ptravel
