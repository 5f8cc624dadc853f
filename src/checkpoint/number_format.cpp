#include "checkpoint/number_format.h"

#include <algorithm>
#include <array>

#include "ptravel/error.h"

namespace ptravel {
namespace {

using Format = NumberFormat;

struct Row {
  Format format;
  std::string_view name;
  std::uint64_t bytes;
  bool computable;
};

// The one place that names number formats. Format: the README of the safetensors library, "Format".
constexpr std::array kFormats = {
    Row{Format::F64, "F64", 8, true},
    Row{Format::F32, "F32", 4, true},
    Row{Format::F16, "F16", 2, true},
    Row{Format::BF16, "BF16", 2, true},
    Row{Format::I64, "I64", 8, true},
    Row{Format::I32, "I32", 4, true},
    Row{Format::I16, "I16", 2, true},
    Row{Format::I8, "I8", 1, true},
    Row{Format::U64, "U64", 8, false},
    Row{Format::U32, "U32", 4, true},
    Row{Format::U16, "U16", 2, true},
    Row{Format::U8, "U8", 1, true},
    Row{Format::Bool, "BOOL", 1, true},
    Row{Format::C64, "C64", 8, false},
    Row{Format::F8E4M3, "F8_E4M3", 1, true},
    Row{Format::F8E5M2, "F8_E5M2", 1, true},
    Row{Format::F8E8M0, "F8_E8M0", 1, false},
    Row{Format::F8E4M3Fnuz, "F8_E4M3FNUZ", 1, false},
    Row{Format::F8E5M2Fnuz, "F8_E5M2FNUZ", 1, false},
};

const Row& row_of(Format format) {
  const auto index = static_cast<std::size_t>(format);
  PTRAVEL_CHECK(index < kFormats.size() && kFormats[index].format == format);
  return kFormats[index];
}

}  // namespace

std::string_view number_format_name(NumberFormat format) { return row_of(format).name; }

std::optional<NumberFormat> parse_number_format(std::string_view name) {
  const auto found = std::find_if(kFormats.begin(), kFormats.end(),
                                  [&](const Row& row) { return row.name == name; });
  return found == kFormats.end() ? std::nullopt : std::optional(found->format);
}

std::uint64_t bytes_per_number(NumberFormat format) { return row_of(format).bytes; }

bool is_computable(NumberFormat format) { return row_of(format).computable; }

}  // namespace ptravel
