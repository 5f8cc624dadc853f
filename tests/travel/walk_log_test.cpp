#include "travel/walk_log.h"

#include <gtest/gtest.h>

#include "ptravel/error.h"
#include "tests/support/errors.h"

namespace ptravel {
namespace {

GradRecord grad(std::int64_t step, double latent) {
  GradRecord record;
  record.step = step;
  record.iteration = 1;
  record.t = 500;
  record.loss_latent = latent;
  record.loss_cond = 0.25;
  record.grad_mean = 0.1;
  record.grad_max = 3;
  record.from = 0.01;
  record.to = 0.24;
  record.total = 0.25;
  return record;
}

TEST(WalkLog, ReplaceIsWrittenAsTheFirstVersionDid) {
  WalkLog log;
  log.add(0, SwapRecord{1, "a cat", "cat a", false});
  log.add(0, SwapRecord{2, "a dog", "dog a", true});
  TravelRequest request;
  request.mode = TravelMode::Replace;
  request.replace_order = ReplaceOrder::Different;
  EXPECT_EQ(log.text(request, "a cat"),
            "replace_order = different\n\ntokens: a cat\n\n"
            "tokens: a cat\n  >> embed L1-distance ascend: cat a\n\n"
            "tokens: a dog\n  >> grad ascend: dog a\n\n");
  request.compat = Compat::First;
  EXPECT_TRUE(log.text(request, "a cat").starts_with("replace_order = most_different\n"));
}

TEST(WalkLog, GradIsWrittenAsTheFirstVersionDid) {
  WalkLog log;
  log.add(0, grad(1, 0.5));
  TravelRequest request;
  request.mode = TravelMode::Grad;
  EXPECT_EQ(log.text(request, ""),
            "grad_alpha   = 0.01\ngrad_iter    = 1\ngrad_meth    = clip\ngrad_w_grad  = 1.0\n"
            "grad_w_match = 1.0\n\nloss: 0.75 (l_grad: 0.5, l_match: 0.25)\n"
            "  |grad|.avg: 0.1, |grad|.max: 3\n"
            "  L1 from src: 0.01, L1 to dst: 0.24, L1 total: 0.25\n");
  EXPECT_EQ(
      log.csv(),
      "stage,step,iteration,t,loss_latent,loss_cond,grad_mean,grad_max,l1_from,l1_to,l1_total\n"
      "0,1,1,500,0.5,0.25,0.1,3.0,0.01,0.24,0.25\n");
}

TEST(WalkLog, RecordsSurviveJson) {
  WalkLog log;
  log.add(0, grad(1, 1.0 / 3));
  log.add(2, grad(4, std::nan("")));
  log.add(1, SwapRecord{3, "\"quoted\" \xc3\xa9", "", true});
  WalkLog back;
  back.restore(log.to_json());
  EXPECT_EQ(back.to_json(), log.to_json());
  EXPECT_EQ(back.csv(), log.csv());
  EXPECT_EQ(back.last_step(2), 4);
  EXPECT_EQ(back.last_step(1), 3);
  EXPECT_EQ(back.last_step(7), 0);
  back.begin(2);
  EXPECT_EQ(back.last_step(2), 0);
}

TEST(WalkLog, BrokenJsonIsRefused) {
  WalkLog log;
  for (const char* bad : {"", "[]", "{}", "{\"replace\": 1, \"grad\": []}",
                          "{\"replace\": [], \"grad\": [{\"gap\": \"x\"}]}"}) {
    EXPECT_THROW(log.restore(bad), Error) << bad;
  }
}

TEST(WalkLog, NumbersThatDoNotFitAreRefusedByName) {
  for (const char* bad : {"1e308", "-1e308", "1.5", "9223372036854775808", "18446744073709551615",
                          "-1", "\"text\"", "null"}) {
    for (const char* key : {"gap", "step"}) {
      std::string text = R"({"replace": [{"gap": 0, "step": 1, "words": "a", "ordered_words": "a",)"
                         R"( "by_gradient": false}], "grad": []})";
      const std::string sound = std::string("\"") + key + "\": ";
      text.replace(text.find(sound) + sound.size(), 1, bad);
      WalkLog log;
      expect_error(ErrorCode::Corrupt, std::string(key) + " is ", [&] { log.restore(text); });
    }
  }
}

}  // namespace
}  // namespace ptravel
