#include "server/zip_stream.h"

#include <cstdlib>

#include <gtest/gtest.h>

#include "base/files.h"
#include "ptravel/error.h"
#include "tests/support/temporary_folder.h"

namespace ptravel {
namespace {

std::string all_pieces(const std::vector<ZipEntry>& entries) {
  const auto next = zip_pieces(entries);
  std::string whole;
  for (std::string piece = next(); !piece.empty(); piece = next()) {
    whole += piece;
  }
  EXPECT_TRUE(next().empty());
  return whole;
}

TEST(Crc32, OfTheCheckValue) {
  EXPECT_EQ(crc32_of("123456789"), 0xCBF43926U);
  EXPECT_EQ(crc32_of(""), 0U);
}

TEST(ZipStream, OtherProgramsReadIt) {
  const TemporaryFolder folder;
  std::vector<ZipEntry> entries;
  for (int i = 0; i < 3; ++i) {
    const std::string name = std::to_string(i) + ".png";
    const std::string content(static_cast<std::size_t>(i) * 1000, static_cast<char>('a' + i));
    write_file_atomic(folder / name, content);
    entries.push_back({folder / name, "frames/" + name, content.size()});
  }
  const std::string zip = all_pieces(entries);
  EXPECT_EQ(zip.size(), zip_length(entries));
  EXPECT_EQ(zip, all_pieces(entries));
  write_file_atomic(folder / "a.zip", zip);
  const std::string check =
      "cd '" + folder.path().string() +
      "' && python3 -c \"import zipfile; z = zipfile.ZipFile('a.zip'); assert z.testzip() is None; "
      "assert z.namelist() == ['frames/%d.png' % i for i in range(3)]; "
      "assert z.read('frames/2.png') == b'c' * 2000\"";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(ZipStream, ManyEntriesNeedZip64) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "x");
  std::vector<ZipEntry> entries;
  for (int i = 0; i < 65536; ++i) {
    entries.push_back({folder / "a", std::to_string(i), 1});
  }
  const std::string zip = all_pieces(entries);
  EXPECT_EQ(zip.size(), zip_length(entries));
  write_file_atomic(folder / "a.zip", zip);
  const std::string check = "python3 -c \"import zipfile; assert len(zipfile.ZipFile('" +
                            (folder / "a.zip").string() + "').namelist()) == 65536\"";
  EXPECT_EQ(std::system(check.c_str()), 0);
}

TEST(ZipStream, LengthsBeyondFourGigabytesAreCounted) {
  const std::uint64_t big = std::uint64_t{1} << 30;
  std::vector<ZipEntry> entries(5, {"/nowhere", "ab", big});
  // Five local headers and contents; five central headers, of which the last one lies beyond 32
  // bits; zip64's two ends, and the end.
  EXPECT_EQ(zip_length(entries), 5 * (30 + 2 + big) + 5 * (46 + 2) + 12 + 76 + 22);
}

TEST(ZipStream, AFileThatChangedMeanwhileBreaksItOff) {
  const TemporaryFolder folder;
  write_file_atomic(folder / "a", "x");
  EXPECT_THROW(zip_pieces({{folder / "a", "a", 2}})(), Error);
  EXPECT_THROW(zip_pieces({{folder / "b", "b", 1}})(), Error);
}

}  // namespace
}  // namespace ptravel
