// Layout: members (local header, name, extra, data), then the central directory with one record for
// each member, then (ZIP64 only) a 64-bit end record with its locator, then the end record.
#include "checkpoint/zip_archive.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "ptravel/error.h"

namespace ptravel {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kCentralHeader = 0x02014b50;
constexpr std::uint32_t kEndRecord = 0x06054b50;
constexpr std::uint32_t kEndRecord64 = 0x06064b50;
constexpr std::uint32_t kEndLocator64 = 0x07064b50;
constexpr std::uint64_t kEndRecordBytes = 22;
constexpr std::uint64_t kEndLocator64Bytes = 20;
constexpr std::uint64_t kCentralHeaderBytes = 46;
constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint64_t kMaxCommentBytes = 65535;
constexpr std::uint32_t kSaturated = 0xffffffff;

/// Little-endian numbers at checked positions.
class Reader {
 public:
  Reader(std::span<const std::byte> file, const std::string& file_name)
      : file_(file), file_name_(file_name) {}

  [[noreturn]] void fail(ErrorCode code, const std::string& problem) const {
    throw Error(code, "[zip] " + file_name_ + ": " + problem);
  }
  void require(std::uint64_t position, std::uint64_t count, const char* what) const {
    if (position > file_.size() || count > file_.size() - position) {
      fail(ErrorCode::Corrupt, std::string(what) + " at byte " + std::to_string(position) +
                                   " reaches beyond the end of the file (" +
                                   std::to_string(file_.size()) + " bytes)");
    }
  }
  std::uint64_t number(std::uint64_t position, int bytes) const {
    require(position, static_cast<std::uint64_t>(bytes), "a number");
    std::uint64_t value = 0;
    for (int i = bytes - 1; i >= 0; --i) {
      value =
          value << 8 | std::to_integer<std::uint64_t>(file_[position + static_cast<unsigned>(i)]);
    }
    return value;
  }
  std::uint16_t u16(std::uint64_t position) const {
    return static_cast<std::uint16_t>(number(position, 2));
  }
  std::uint32_t u32(std::uint64_t position) const {
    return static_cast<std::uint32_t>(number(position, 4));
  }
  std::uint64_t u64(std::uint64_t position) const { return number(position, 8); }
  std::string text(std::uint64_t position, std::uint64_t count) const {
    require(position, count, "a name");
    return {reinterpret_cast<const char*>(file_.data()) + position, count};
  }
  std::uint64_t size() const { return file_.size(); }

 private:
  std::span<const std::byte> file_;
  const std::string& file_name_;
};

struct Directory {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  std::uint64_t count = 0;
};

std::uint64_t find_end_record(const Reader& reader) {
  if (reader.size() >= kEndRecordBytes) {
    const std::uint64_t last = reader.size() - kEndRecordBytes;
    const std::uint64_t first = last - std::min(last, kMaxCommentBytes);
    for (std::uint64_t position = last + 1; position-- > first;) {
      if (reader.u32(position) == kEndRecord &&
          reader.u16(position + 20) == reader.size() - position - kEndRecordBytes) {
        return position;
      }
    }
  }
  reader.fail(ErrorCode::Corrupt, "has no end record (is the file cut short?)");
}

Directory find_directory(const Reader& reader) {
  const std::uint64_t end = find_end_record(reader);
  Directory directory{reader.u32(end + 16), reader.u32(end + 12), reader.u16(end + 10)};
  std::uint64_t limit = end;
  if (end >= kEndLocator64Bytes && reader.u32(end - kEndLocator64Bytes) == kEndLocator64) {
    const std::uint64_t end64 = reader.u64(end - kEndLocator64Bytes + 8);
    if (end64 >= end || reader.u32(end64) != kEndRecord64) {
      reader.fail(ErrorCode::Corrupt, "the 64-bit end record is not where its locator says");
    }
    directory = {reader.u64(end64 + 48), reader.u64(end64 + 40), reader.u64(end64 + 32)};
    limit = end64;
  }
  if (directory.offset > limit || directory.size > limit - directory.offset) {
    reader.fail(ErrorCode::Corrupt, "the directory does not lie inside the file");
  }
  if (directory.count > directory.size / kCentralHeaderBytes) {
    reader.fail(ErrorCode::Corrupt, "the directory claims " + std::to_string(directory.count) +
                                        " members, more than its bytes can hold");
  }
  return directory;
}

/// One record of the central directory, with the 64-bit fields of its extra data applied.
struct Record {
  std::string name;
  std::uint64_t stored_size = 0;
  std::uint64_t real_size = 0;
  std::uint64_t header_offset = 0;
  std::uint64_t next = 0;
  bool left_out = false;  // compressed source text, which nobody asks for
};

/// Replaces the saturated 32-bit fields by those of extra field 1, in the order the format gives.
void apply_zip64(const Reader& reader,
                 std::uint64_t extra,
                 std::uint64_t extra_end,
                 Record& record) {
  while (extra + 4 <= extra_end) {
    const std::uint16_t id = reader.u16(extra);
    const std::uint64_t field_end = extra + 4 + reader.u16(extra + 2);
    if (field_end > extra_end) {
      reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\": broken extra field");
    }
    if (id == 1) {
      std::uint64_t position = extra + 4;
      for (std::uint64_t* field : {&record.real_size, &record.stored_size, &record.header_offset}) {
        if (*field == kSaturated && position + 8 <= field_end) {
          *field = reader.u64(position);
          position += 8;
        }
      }
    }
    extra = field_end;
  }
}

/// TorchScript archives hold their code beside the tensors, compressed: "net/code/__torch__.py".
bool is_source_text(const std::string& name) { return name.find("/code/") != std::string::npos; }

Record read_record(const Reader& reader, std::uint64_t position) {
  if (reader.u32(position) != kCentralHeader) {
    reader.fail(ErrorCode::Corrupt,
                "expected a directory record at byte " + std::to_string(position));
  }
  const std::uint16_t flags = reader.u16(position + 8);
  const std::uint16_t method = reader.u16(position + 10);
  const std::uint64_t name_bytes = reader.u16(position + 28);
  const std::uint64_t extra_bytes = reader.u16(position + 30);
  const std::uint64_t extra = position + kCentralHeaderBytes + name_bytes;
  Record record;
  record.name = reader.text(position + kCentralHeaderBytes, name_bytes);
  record.stored_size = reader.u32(position + 20);
  record.real_size = reader.u32(position + 24);
  record.header_offset = reader.u32(position + 42);
  record.next = extra + extra_bytes + reader.u16(position + 32);
  reader.require(position, record.next - position, "a directory record");
  apply_zip64(reader, extra, extra + extra_bytes, record);
  record.left_out = (flags & 1U) == 0 && method != 0 && is_source_text(record.name);
  if (((flags & 1U) != 0 || method != 0) && !record.left_out) {
    reader.fail(ErrorCode::Unsupported, "\"" + record.name +
                                            "\" is compressed or encrypted; model " +
                                            "files store their members as they are");
  }
  if (record.stored_size != record.real_size && !record.left_out) {
    reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\" has two different sizes");
  }
  return record;
}

ZipMember locate(const Reader& reader, const Record& record, std::uint64_t directory_offset) {
  if (record.header_offset >= directory_offset ||
      reader.u32(record.header_offset) != kLocalHeader) {
    reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\" is not where the directory says");
  }
  const std::uint64_t name_bytes = reader.u16(record.header_offset + 26);
  const std::uint64_t name_offset = record.header_offset + kLocalHeaderBytes;
  if (reader.text(name_offset, name_bytes) != record.name) {
    reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\" has another name at its place");
  }
  const std::uint64_t data = name_offset + name_bytes + reader.u16(record.header_offset + 28);
  if (data > directory_offset || record.stored_size > directory_offset - data) {
    reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\" claims " +
                                        std::to_string(record.stored_size) +
                                        " bytes, more than the file has there");
  }
  return {data, record.stored_size};
}

}  // namespace

bool looks_like_zip(std::span<const std::byte> file) {
  static const std::string name;
  return file.size() >= 4 && Reader(file, name).u32(0) == kLocalHeader;
}

std::map<std::string, ZipMember, std::less<>> read_zip_directory(std::span<const std::byte> file,
                                                                 const std::string& file_name) {
  const Reader reader(file, file_name);
  const Directory directory = find_directory(reader);
  std::map<std::string, ZipMember, std::less<>> members;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  std::uint64_t position = directory.offset;
  for (std::uint64_t i = 0; i < directory.count; ++i) {
    const Record record = read_record(reader, position);
    position = record.next;
    if (position > directory.offset + directory.size) {
      reader.fail(ErrorCode::Corrupt, "the directory's records are longer than the directory");
    }
    const ZipMember member = locate(reader, record, directory.offset);
    ranges.emplace_back(record.header_offset, member.offset + member.size);
    const bool wanted = !record.name.ends_with('/') && !record.left_out;
    if (wanted && !members.emplace(record.name, member).second) {
      reader.fail(ErrorCode::Corrupt, "\"" + record.name + "\" occurs twice");
    }
  }
  std::sort(ranges.begin(), ranges.end());
  for (std::size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].first < ranges[i - 1].second) {
      reader.fail(ErrorCode::Corrupt, "two members overlap");
    }
  }
  return members;
}

}  // namespace ptravel
