#include "checkpoint/pickle.h"

#include <gtest/gtest.h>

#include "tests/support/errors.h"
#include "tests/support/tiny_files.h"

namespace ptravel {
namespace {

using namespace std::string_literals;

PickleTree parse(const std::string& bytes) {
  return parse_pickle(std::as_bytes(std::span(bytes)), "tiny");
}

const PickleValue& root(const PickleTree& tree) { return tree[tree.root]; }

TEST(Pickle, ReadsNumbersAndText) {
  EXPECT_EQ(root(parse("\x80\x02K\x07.")).integer(), 7);
  EXPECT_EQ(root(parse("M\xe9\x03.")).integer(), 1001);
  EXPECT_EQ(root(parse("J\xfe\xff\xff\xff.")).integer(), -2);
  EXPECT_EQ(root(parse("\x8a\x01\xff.")).integer(), -1);
  EXPECT_EQ(root(parse("\x8a\x00."s)).integer(), 0);
  EXPECT_EQ(root(parse("\x8a\x02\x00\x01."s)).integer(), 256);
  EXPECT_EQ(root(parse("G\x3f\xf8\x00\x00\x00\x00\x00\x00."s)).real(), 1.5);
  EXPECT_EQ(root(parse("X\x03\x00\x00\x00"
                       "abc."s))
                .text(),
            "abc");
  EXPECT_EQ(root(parse("\x8c\x02"
                       "hi."))
                .text(),
            "hi");
  EXPECT_EQ(root(parse("N.")).kind, PickleKind::None);
  EXPECT_EQ(root(parse("\x88.")).integer(), 1);
  EXPECT_EQ(root(parse("\x8a\x0a"
                       "0123456789."))
                .kind,
            PickleKind::Bytes);
}

TEST(Pickle, ReadsContainersAndMemo) {
  const PickleTree list = parse(
      "](K\x01K\x02"
      "eK\x03"
      "a.");
  EXPECT_EQ(root(list).items().size(), 3U);
  const PickleTree dict = parse(
      "}q\x00(\x8c\x01"
      "aK\x01\x8c\x01"
      "bh\x00u."s);
  ASSERT_TRUE(dict.find(dict.root, "a"));
  EXPECT_EQ(dict[*dict.find(dict.root, "a")].integer(), 1);
  EXPECT_EQ(*dict.find(dict.root, "b"), dict.root) << "a cycle is only an index";
  EXPECT_FALSE(dict.find(dict.root, "c"));
  EXPECT_EQ(root(parse("K\x01K\x02\x86.")).items().size(), 2U);
}

TEST(Pickle, KnowsWhereItEnds) {
  const PickleTree tree = parse("K\x07.the rest");
  EXPECT_EQ(tree.bytes, 3U);
}

struct Call {
  std::string pickle;
  std::string name;
};

class HostilePickle : public testing::TestWithParam<Call> {};

TEST_P(HostilePickle, IsRefusedByName) {
  expect_error(ErrorCode::Unsupported, "asks for " + GetParam().name,
               [] { parse(GetParam().pickle); });
}

INSTANTIATE_TEST_SUITE_P(
    Globals,
    HostilePickle,
    testing::Values(Call{"cos\nsystem\n(\x8c\x02lstR.", "os.system"},
                    Call{"cbuiltins\neval\n.", "builtins.eval"},
                    Call{"\x80\x04\x8c\x05posix\x8c\x06system\x93.", "posix.system"},
                    Call{"ctorch\nload\n.", "torch.load"},
                    Call{"c__builtin__\ngetattr\n.", "__builtin__.getattr"},
                    Call{"ctorch._utils\nsystem\n.", "torch._utils.system"},
                    Call{"cnumpy\nload\x01\n.", "numpy.load?"},
                    Call{"cpytorch_lightning\nTrainer\n.", "pytorch_lightning.Trainer"}));

TEST(Pickle, DropsLeftoversOfTraining) {
  const std::string checkpoint = "cpytorch_lightning.callbacks.model_checkpoint\nModelCheckpoint\n";
  EXPECT_EQ(root(parse(checkpoint + ")R.")).kind, PickleKind::Opaque);
  EXPECT_EQ(root(parse(checkpoint + ")\x81}(\x8c\x01"
                                    "aK\x01ub."))
                .kind,
            PickleKind::Opaque);
  EXPECT_EQ(root(parse("c__builtin__\nset\n](K\x01"
                       "e\x85R."))
                .kind,
            PickleKind::Opaque);
  EXPECT_EQ(root(parse("\x80\x04\x8f(K\x01\x90.")).kind, PickleKind::Opaque);
}

TEST(Pickle, KeepsTheStateOfParameterDicts) {
  const PickleTree tree = parse(
      "ctorch.nn.modules.container\nParameterDict\n)\x81}\x8c\x01"
      "aK\x05sb.");
  ASSERT_EQ(root(tree).kind, PickleKind::Object);
  EXPECT_EQ(tree[*tree.find(tree.root, "a")].integer(), 5);
}

class BrokenPickle : public testing::TestWithParam<std::string> {};

TEST_P(BrokenPickle, IsRefused) {
  expect_error(ErrorCode::Corrupt, "[pickle] tiny", [] { parse(GetParam()); });
}

INSTANTIATE_TEST_SUITE_P(Streams,
                         BrokenPickle,
                         testing::Values(""s,
                                         "."s,
                                         "K"s,
                                         "K\x01"s,
                                         "a."s,
                                         "e."s,
                                         "t."s,
                                         "u."s,
                                         "(K\x01u."s,
                                         "K\x01K\x02"
                                         "a."s,
                                         "](K\x01"
                                         "a."s,  // the list lies below the mark
                                         "h\x05."s,
                                         "j\x00\x00\x00\x7f."s,
                                         "X\xff\xff\xff\xff"
                                         "abc."s,
                                         "\x8d\xff\xff\xff\xff\xff\xff\xff\xff."s,
                                         "K\x01)R."s,
                                         "cos"s,
                                         "K\x01Q."s,
                                         "ccollections\nOrderedDict\nK\x01R."s,
                                         "ccollections\nOrderedDict\n(K\x01tR."s,
                                         "ctorch\nFloatStorage\n)R."s,
                                         "ctorch._utils\n_rebuild_tensor_v2\n)R."s,
                                         "K\x01K\x02\x93."s,
                                         "c" + std::string(2000, 'a') + "\nb\n."));

TEST(Pickle, NamesUnknownInstructions) {
  expect_error(ErrorCode::Unsupported, "instruction 105", [] { parse("i."); });
  expect_error(ErrorCode::Unsupported, "protocol", [] { parse("\x80\x09."); });
}

TEST(Pickle, BoundsWorkAndMemory) {
  // A million open lists: no recursion, and a limit on values.
  expect_error(ErrorCode::Unsupported, "more than",
               [] { parse(std::string(3'000'000, ']') + "."); });
  expect_error(ErrorCode::Unsupported, "marks", [] { parse(std::string(5'000'000, '(') + "."); });
  std::string nested = "]";
  for (int i = 0; i < 200'000; ++i) {
    nested += "\x85";
  }
  EXPECT_NO_THROW(parse(nested + "."));
  // A long list of pairs that is copied again and again.
  std::string copies = "](";
  for (int i = 0; i < 10'000; ++i) {
    copies += "NN\x86";
  }
  copies +=
      "eq\x01"
      "0ccollections\nOrderedDict\nq\x02"
      "0";
  for (int i = 0; i < 10'000; ++i) {
    copies += "h\x02h\x01\x85R0";
  }
  expect_error(ErrorCode::Unsupported, "copies", [&] { parse(copies + "N."); });
}

}  // namespace
}  // namespace ptravel
