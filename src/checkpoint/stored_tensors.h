#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/number_format.h"

namespace ptravel {

/// Named tensors of a file or of several, as bytes: names, shapes and number formats are known once
/// it is open, numbers are read on demand. All functions are safe from several threads. Those that
/// take a name throw NotFound when there is no such tensor.
class StoredTensors {
 public:
  virtual ~StoredTensors() = default;
  virtual std::vector<std::string> names() const = 0;
  virtual bool contains(std::string_view name) const = 0;
  virtual std::vector<std::int64_t> shape(std::string_view name) const = 0;
  virtual NumberFormat format(std::string_view name) const = 0;
  /// The file that holds the tensor, for messages.
  virtual std::filesystem::path file(std::string_view name) const = 0;
  /// Copies bytes [begin, begin + to.size()) of the tensor's numbers into `to`. They count in row-
  /// major order without gaps, however the file has them; both ends lie between two numbers.
  /// Throws Io.
  virtual void read(std::string_view name, std::uint64_t begin, std::span<std::byte> to) const = 0;
};

/// How many numbers a tensor has.
std::uint64_t number_count(const StoredTensors& tensors, std::string_view name);

/// Whether some tensor's name begins so.
bool has_prefix(const StoredTensors& tensors, std::string_view prefix);

/// All numbers of a small tensor. Throws Unsupported for formats that are not is_computable.
std::vector<double> read_numbers(const StoredTensors& tensors, std::string_view name);

/// Tensors of other sources under new names; each may come from another file. The sources are kept
/// alive. Nothing is read or copied.
class RenamedTensors : public StoredTensors {
 public:
  /// How a tensor's shape differs from the one in its source.
  enum class Shape {
    AsStored,
    PointConvolution,  ///< A matrix [out, in] stands for a 1x1 convolution [out, in, 1, 1].
    Matrix,            ///< A 1x1 convolution [out, in, 1, 1] stands for a matrix [out, in].
    Transposed,        ///< A matrix [in, out] stands for a matrix [out, in].
  };
  /// What of the source's tensor an entry is: all of it in some shape, or one of several pieces of
  /// equal size that lie one below the other along the first side.
  struct View {
    Shape shape = Shape::AsStored;
    int piece = 0;
    int pieces = 1;  ///< More than one only with Shape::AsStored.
  };

  /// Replaces an entry of the same name. `source` must contain `source_name`. Throws Corrupt where
  /// a tensor cannot be cut into that many pieces.
  void add(std::string name,
           std::shared_ptr<const StoredTensors> source,
           std::string source_name,
           View view);
  void add(std::string name,
           std::shared_ptr<const StoredTensors> source,
           std::string source_name,
           Shape shape = Shape::AsStored) {
    add(std::move(name), std::move(source), std::move(source_name), View{shape});
  }
  void remove(std::string_view name);

  std::vector<std::string> names() const override;
  bool contains(std::string_view name) const override;
  std::vector<std::int64_t> shape(std::string_view name) const override;
  NumberFormat format(std::string_view name) const override;
  std::filesystem::path file(std::string_view name) const override;
  void read(std::string_view name, std::uint64_t begin, std::span<std::byte> to) const override;

 private:
  struct Entry {
    std::shared_ptr<const StoredTensors> source;
    std::string name;
    View view;
  };
  const Entry& find(std::string_view name) const;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace ptravel
