#include "farm/nats_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/sha256.h"

namespace ptravel {
namespace {

const std::string kRun = "0123456789abcdef";
const std::string kHash(64, 'a');

TEST(NatsMessages, AreReadAsTheyWereWritten) {
  const Announcement announcement{kRun, "0.1.0", kHash, "model", kHash, 27, 30'000};
  EXPECT_EQ(parse_announcement(to_json(announcement)), announcement);
  const WorkPiece piece{kRun, {3, 9}};
  EXPECT_EQ(parse_work_piece(to_json(piece)), piece);
  for (const auto kind :
       {WorkerReport::Kind::Began, WorkerReport::Kind::Done, WorkerReport::Kind::Failed,
        WorkerReport::Kind::GaveBack, WorkerReport::Kind::Cannot}) {
    const WorkerReport report{kind, "pc1", 7, "a reason"};
    EXPECT_EQ(parse_worker_report(to_json(report)), report);
  }
  const ObjectInfo info{"frame-00012.abc", "pt_" + kRun, "abc", 700'000, 6,
                        sha256_of("x"),    "pc1",        12};
  EXPECT_EQ(parse_object_info(to_json(info)), info);
  const ObjectInfo ours{"travel.json", "pt_" + kRun, "abc", 7, 1, sha256_of("x"), "", -1};
  EXPECT_EQ(parse_object_info(to_json(ours)), ours);
}

TEST(NatsMessages, ADigestIsTheObjectStoresOwn) {
  const ObjectInfo info{"a", "b", "c", 0, 0, sha256_of(""), "", -1};
  EXPECT_THAT(to_json(info),
              testing::HasSubstr("\"SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\""));
}

TEST(NatsMessages, RefuseWhatStrangersMaySend) {
  const std::string piece = to_json(WorkPiece{kRun, {3, 9}});
  const auto changed = [](std::string text, const std::string& from, const std::string& to) {
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_FALSE(parse_work_piece(""));
  EXPECT_FALSE(parse_work_piece("7"));
  EXPECT_FALSE(parse_work_piece(piece.substr(0, piece.size() - 1)));
  EXPECT_FALSE(parse_work_piece(changed(piece, "3", "-3")));
  EXPECT_FALSE(parse_work_piece(changed(piece, "8}", "2}")));  // ends before it begins
  EXPECT_FALSE(parse_work_piece(changed(piece, "8}", "18446744073709551615}")));
  EXPECT_FALSE(parse_work_piece(changed(piece, kRun, "../../etc/passwd")));
  EXPECT_FALSE(parse_work_piece(changed(piece, "\"format\":1", "\"format\":2")));
  EXPECT_FALSE(parse_work_piece(piece + std::string(20'000, ' ')));
  EXPECT_FALSE(parse_work_piece(std::string(10'000, '[')));
  const std::string info =
      to_json(ObjectInfo{"frame-00012.abc", "pt_" + kRun, "abc", 7, 1, kHash, "pc1", 12});
  EXPECT_FALSE(parse_object_info(changed(info, "\"abc\"", "\"a.>\"")));
  EXPECT_FALSE(parse_object_info(changed(info, "SHA-256=", "SHA-512=")));
  EXPECT_FALSE(parse_object_info(changed(info, "\"pc1\"", "\"p\\u001bc\"")));
  const std::string report = to_json(WorkerReport{WorkerReport::Kind::Failed, "pc1", 7, "why"});
  EXPECT_FALSE(parse_worker_report(changed(report, "pc1", "../pc1")));
  EXPECT_FALSE(parse_worker_report(changed(report, "failed", "won")));
}

TEST(NatsMessages, TextsOfStrangersAreOneLineWithoutControls) {
  EXPECT_EQ(shown_text("a\nb\x1b[31mc\x7f"), "a b [31mc ");
  EXPECT_EQ(shown_text("\xc2\x9b"
                       "31m"),
            "  31m");
  EXPECT_EQ(shown_text("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
  EXPECT_EQ(shown_text(std::string(9'000, 'x')).size(), 500);
}

TEST(NatsMessages, NamesOfObjectsAreFilesOfARunAndNothingElse) {
  ASSERT_EQ(object_name("00012.png", "abc"), "frame-00012.abc");
  EXPECT_EQ(drawn_object("frame-00012.abc")->index, 12);
  EXPECT_EQ(object_name("embryo-00003.png", "abc"), "embryo-00003.abc");
  EXPECT_EQ(drawn_object("embryo-00003.abc")->file, "embryo-00003.png");
  EXPECT_EQ(drawn_object("embryo.abc")->file, "embryo.png");
  EXPECT_EQ(drawn_object("walk.abc")->kind, DrawnObject::Kind::WalkLog);
  for (const char* name :
       {"", "frame-00012", "frame-12.abc", "frame--0012.abc", "frame-00012.a/b", "embryo-../x.abc",
        "embryo-0000a.abc", "travel.json", "walk.", "frame-99999999999999999999.abc"}) {
    EXPECT_FALSE(drawn_object(name)) << name;
  }
  for (const char* file : {"travel.json", "log.txt", "motion.png", "embryo-x.png", ".png"}) {
    EXPECT_FALSE(object_name(file, "abc")) << file;
  }
}

TEST(NatsMessages, DepthIsCountedOutsideOfTexts) {
  EXPECT_TRUE(nests_at_most("{\"a\":[1,\"[[[[\\\"[[\"]}", 2));
  EXPECT_FALSE(nests_at_most("{\"a\":[[1]]}", 2));
}

}  // namespace
}  // namespace ptravel
