// The safetensors container: 8 bytes little-endian header length n, n bytes of JSON, raw data.
// Format: https://github.com/huggingface/safetensors (README, "Format").
#include "checkpoint/safetensors_header.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
constexpr std::size_t kMaxDimensions = 16;

/// Builds the header from the parser's events. Nothing deeper than "tensor: {field: [numbers]}" is
/// accepted, so no nesting can grow, and a repeated name is seen.
class HeaderBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderBuilder(const std::string& file_name) : file_name_(file_name) {}

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorCode::Corrupt, "[safetensors] " + file_name_ + ": " + problem);
  }

  bool null() override { return unexpected("null"); }
  bool boolean(bool) override { return unexpected("true or false"); }
  bool number_float(number_float_t, const string_t&) override {
    return unexpected("a number that is not a whole one");
  }
  bool binary(binary_t&) override { return unexpected("binary data"); }
  bool number_integer(number_integer_t value) override {
    fail("tensor \"" + name_ + "\": " + field_ + " holds " + std::to_string(value) +
         ", expected a number that is not negative");
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (depth_ != 2 || !in_list_ ||
        value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return unexpected("the number " + std::to_string(value));
    }
    if (numbers_.size() >= kMaxDimensions) {
      fail("tensor \"" + name_ + "\": " + field_ + " has more than " +
           std::to_string(kMaxDimensions) + " numbers");
    }
    numbers_.push_back(static_cast<std::int64_t>(value));
    return true;
  }
  bool string(string_t& value) override {
    if (depth_ != 2 || in_list_) {
      return unexpected("the text \"" + value.substr(0, 40) + "\"");
    }
    if (in_metadata_) {
      header.metadata[field_] = std::move(value);
    } else if (field_ == "dtype") {
      dtype_ = std::move(value);
    } else {
      return unexpected("text");
    }
    return true;
  }
  bool start_object(std::size_t) override {
    if (depth_ >= 2 || in_list_) {
      return unexpected("a nested object");
    }
    ++depth_;
    return true;
  }
  bool key(string_t& name) override {
    if (depth_ == 2) {
      start_field(std::move(name));
      return true;
    }
    name_ = std::move(name);
    field_.clear();
    in_metadata_ = name_ == "__metadata__";
    if (header.entries.contains(name_) || (in_metadata_ && std::exchange(metadata_seen_, true))) {
      fail("the name \"" + name_ + "\" occurs twice");
    }
    dtype_.reset();
    shape_.reset();
    offsets_.reset();
    return true;
  }
  bool end_object() override {
    if (depth_-- == 2 && !in_metadata_) {
      finish_entry();
    }
    return true;
  }
  bool start_array(std::size_t) override {
    if (depth_ != 2 || in_list_ || in_metadata_ || field_ == "dtype") {
      return unexpected("a list");
    }
    in_list_ = true;
    numbers_.clear();
    return true;
  }
  bool end_array() override {
    in_list_ = false;
    (field_ == "shape" ? shape_ : offsets_) = numbers_;
    return true;
  }
  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::json::exception&) override {
    fail("the header is not valid JSON near its byte " + std::to_string(position));
  }

  SafetensorsHeader header;

 private:
  bool unexpected(const std::string& what) const {
    fail("the header holds " + what + " where it must not (\"" + name_.substr(0, 100) + "\" " +
         field_.substr(0, 40) + ")");
  }

  void start_field(std::string field) {
    field_ = std::move(field);
    if (in_metadata_) {
      return;
    }
    const bool repeated = (field_ == "dtype" && dtype_) || (field_ == "shape" && shape_) ||
                          (field_ == "data_offsets" && offsets_);
    if (repeated || (field_ != "dtype" && field_ != "shape" && field_ != "data_offsets")) {
      fail("tensor \"" + name_ + "\": unexpected field \"" + field_.substr(0, 40) + "\"");
    }
  }

  void finish_entry() {
    if (!dtype_ || !shape_ || !offsets_ || offsets_->size() != 2) {
      fail("tensor \"" + name_ + "\": expected dtype, shape and two data_offsets");
    }
    const auto format = parse_number_format(*dtype_);
    if (!format) {
      throw Error(ErrorCode::Unsupported, "[safetensors] " + file_name_ + ": tensor \"" + name_ +
                                              "\" has the unknown dtype \"" +
                                              dtype_->substr(0, 40) + "\"");
    }
    SafetensorsEntry entry{*format, *shape_, static_cast<std::uint64_t>((*offsets_)[0]),
                           static_cast<std::uint64_t>((*offsets_)[1])};
    check_size(entry);
    header.entries.emplace(name_, std::move(entry));
  }

  void check_size(const SafetensorsEntry& entry) const {
    std::uint64_t bytes = bytes_per_number(entry.format);
    for (const std::int64_t side : entry.shape) {
      if (__builtin_mul_overflow(bytes, static_cast<std::uint64_t>(side), &bytes)) {
        fail("tensor \"" + name_ + "\": the product of its shape overflows");
      }
    }
    if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
      fail("tensor \"" + name_ + "\": data_offsets [" + std::to_string(entry.begin) + ", " +
           std::to_string(entry.end) + "], expected " + std::to_string(bytes) + " bytes");
    }
  }

  const std::string& file_name_;
  int depth_ = 0;  // 1 inside the header, 2 inside one of its objects
  bool in_list_ = false;
  bool in_metadata_ = false;
  bool metadata_seen_ = false;
  std::string name_;
  std::string field_;
  std::vector<std::int64_t> numbers_;
  std::optional<std::string> dtype_;
  std::optional<std::vector<std::int64_t>> shape_;
  std::optional<std::vector<std::int64_t>> offsets_;
};

std::uint64_t read_header_length(std::span<const std::byte> file) {
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) {
    length = length << 8 | std::to_integer<std::uint64_t>(file[static_cast<std::size_t>(i)]);
  }
  return length;
}

/// The tensors must cover the data section exactly: no holes, no overlaps, nothing behind.
void check_coverage(const HeaderBuilder& builder, std::uint64_t data_bytes) {
  std::vector<std::pair<const SafetensorsEntry*, const std::string*>> order;
  for (const auto& [name, entry] : builder.header.entries) {
    order.emplace_back(&entry, &name);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first->begin, a.first->end) < std::pair(b.first->begin, b.first->end);
  });
  std::uint64_t position = 0;
  for (const auto& [entry, name] : order) {
    if (entry->end > data_bytes) {
      builder.fail("tensor \"" + *name + "\" ends at byte " + std::to_string(entry->end) +
                   " of the data, the file has " + std::to_string(data_bytes) +
                   " (is it cut short?)");
    }
    if (entry->begin != position) {
      builder.fail("tensor \"" + *name + "\" begins at byte " + std::to_string(entry->begin) +
                   " of the data, expected " + std::to_string(position));
    }
    position = entry->end;
  }
  if (position != data_bytes) {
    builder.fail("the tensors end at byte " + std::to_string(position) +
                 " of the data, the file has " + std::to_string(data_bytes));
  }
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::span<const std::byte> file,
                                           const std::string& file_name) {
  HeaderBuilder builder(file_name);
  if (file.size() < 8) {
    builder.fail("has " + std::to_string(file.size()) + " bytes, expected at least 8");
  }
  const std::uint64_t length = read_header_length(file);
  if (length > file.size() - 8) {
    builder.fail("claims a header of " + std::to_string(length) + " bytes, the file has " +
                 std::to_string(file.size()) + " (not a safetensors file, or cut short)");
  }
  if (length > kMaxHeaderBytes) {
    builder.fail("the header has " + std::to_string(length) + " bytes, expected at most " +
                 std::to_string(kMaxHeaderBytes));
  }
  const auto* text = reinterpret_cast<const char*>(file.data() + 8);
  if (length < 2 || text[0] != '{') {
    builder.fail("the header does not begin with {");
  }
  nlohmann::json::sax_parse(text, text + length, &builder);
  builder.header.data_offset = 8 + length;
  check_coverage(builder, file.size() - builder.header.data_offset);
  return std::move(builder.header);
}

}  // namespace ptravel
