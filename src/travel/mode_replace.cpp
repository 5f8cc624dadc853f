#include <algorithm>
#include <optional>
#include <utility>

#include <ATen/ATen.h>

#include "diffusion/switch_points.h"
#include "request/compat.h"
#include "text/chunks.h"
#include "travel/mode_grad.h"
#include "travel/replace_walk.h"
#include "travel/token_swap.h"
#include "travel/token_words.h"

namespace ptravel {
namespace {

std::vector<double> numbers_of(const at::Tensor& values) {
  const at::Tensor wide = values.to(at::kCPU, at::kDouble).contiguous();
  return {wide.data_ptr<double>(), wide.data_ptr<double>() + wide.numel()};
}

/// The keys of each place, from the conditioning's rows [77 * chunks]: without the start and end
/// token of each chunk.
std::vector<double> place_keys(const at::Tensor& rows) {
  const at::Tensor chunks = rows.reshape({-1, kChunkSize}).narrow(1, 1, kChunkTokens);
  return numbers_of(chunks.contiguous());
}

/// One text on its way to another.
struct Passage {
  TokenSwap swap;
  std::size_t differing;           // at the beginning
  std::vector<double> distances;   // mean |difference| of the token embeddings
  std::vector<std::size_t> order;  // in which places are swapped; empty: decided step by step
  TextEncoding target;             // the encoded goal, where gradients are asked for
};

struct Entry {
  int end_at_step;
  std::size_t passage;
};

struct Part {
  std::vector<Entry> entries;
  double from_weight;
  double to_weight;
};

class PromptReplaceWalk : public ReplaceWalk {
 public:
  PromptReplaceWalk(const WalkTools& tools, const GapEnds& ends)
      : ReplaceWalk(tools, ends), empty_(empty_chunks(tools.pipeline.tokenizers())) {}

 protected:
  void restart() override;
  void advance(std::int64_t step, const TargetLatent& target) override;
  ImageConditioning current(const FramePlace& place) const override;

 private:
  const CompatQuirks& quirks() const { return compat_quirks(tools().request); }
  std::size_t passage_of(const TextChunks& from, const TextChunks& to);
  Part part_of(const PromptPart& from, const PromptPart& to);
  std::vector<std::size_t> swapped_in(const Passage& passage,
                                      std::int64_t step,
                                      const std::vector<double>& gradients) const;
  TextEncoding encoded(const TokenRows& rows) const;
  std::vector<double> gradients(const Passage& passage,
                                const LossDraw& draw,
                                const at::Tensor& latent,
                                std::int64_t step) const;
  void tell(const Passage& passage, std::int64_t step, const std::vector<double>& gradients) const;

  std::vector<Chunk> empty_;
  std::vector<Passage> passages_;
  std::vector<Part> parts_;
};

std::size_t PromptReplaceWalk::passage_of(const TextChunks& from, const TextChunks& to) {
  const std::size_t chunks = std::max(from.size(), to.size());
  TokenSwap swap(TokenRows::of(from, chunks, empty_), TokenRows::of(to, chunks, empty_),
                 quirks().multipliers_stay ? Multipliers::Stay : Multipliers::Move);
  for (std::size_t i = 0; i < passages_.size(); ++i) {
    if (passages_[i].swap.from() == swap.from() && passages_[i].swap.to() == swap.to()) {
      return i;
    }
  }
  const PromptEncoder& encoder = tools().pipeline.encoder();
  const std::vector<double> distances =
      swap.by_unit(numbers_of((encoder.embeddings(swap.from().chunks(empty_)) -
                               encoder.embeddings(swap.to().chunks(empty_)))
                                  .abs()
                                  .mean(1)));
  Passage passage{std::move(swap), 0, distances, {}, {}};
  passage.differing = passage.swap.differing().size();
  if (walks_by_picture(tools().request)) {
    passage.target = encoded(passage.swap.to());
  } else if (tools().request.replace_order != ReplaceOrder::Random) {
    passage.order = by_keys(distances);
  }
  passages_.push_back(std::move(passage));
  return passages_.size() - 1;
}

Part PromptReplaceWalk::part_of(const PromptPart& from, const PromptPart& to) {
  Part part{{}, from.weight, to.weight};
  for (const auto& pair : pairs_at_switch_points(from.schedule, to.schedule)) {
    part.entries.push_back({pair.end_at_step, passage_of(pair.from.chunks, pair.to.chunks)});
  }
  return part;
}

void PromptReplaceWalk::restart() {
  passages_.clear();
  parts_.clear();
  const std::vector<PromptPart>& from = ends().from.tokens;
  const std::vector<PromptPart>& to = ends().to.tokens;
  for (std::size_t i = 0; i < std::max(from.size(), to.size()); ++i) {
    // A part without a partner keeps its text and fades through its weight.
    PromptPart source = i < from.size() ? from[i] : PromptPart{to[i].schedule, 0};
    PromptPart goal = i < to.size() ? to[i] : PromptPart{from[i].schedule, 0};
    parts_.push_back(part_of(source, goal));
  }
}

std::vector<std::size_t> PromptReplaceWalk::swapped_in(const Passage& passage,
                                                       std::int64_t step,
                                                       const std::vector<double>& gradients) const {
  const std::vector<std::size_t> left = passage.swap.differing();
  const std::size_t count = quirks().counts_what_is_left
                                ? std::min(v1_count(left.size(), ends().steps), left.size())
                                : even_count(passage.differing, left.size(), step);
  if (!passage.order.empty()) {
    return first_of(passage.order, left, count);
  }
  if (!gradients.empty()) {
    return first_of(by_keys(gradients), left, count);
  }
  const std::int64_t salt = quirks().shuffles_each_step ? step : 0;
  return first_of(shuffled(passage.swap.to().size(), salt), left, count);
}

TextEncoding PromptReplaceWalk::encoded(const TokenRows& rows) const {
  return tools().pipeline.encoder().encode_texts({rows.chunks(empty_)}, tools().options).front();
}

std::vector<double> PromptReplaceWalk::gradients(const Passage& passage,
                                                 const LossDraw& draw,
                                                 const at::Tensor& latent,
                                                 std::int64_t step) const {
  const EncodingPair pair{encoded(passage.swap.current()), passage.target};
  const TravelRequest& request = tools().request;
  const GradientParts parts =
      gradient_parts(tools().pipeline, pair, latent, draw, request.grad_w_latent != 0,
                     hypernetworks_in(tools(), ends(), step), strengths_in(tools(), ends(), step));
  return passage.swap.by_unit(place_keys(
      weighted_gradient(parts, request.grad_w_latent, request.grad_w_cond).tokens.mean(1)));
}

void PromptReplaceWalk::tell(const Passage& passage,
                             std::int64_t step,
                             const std::vector<double>& gradients) const {
  const Tokenizer& tokenizer = tools().pipeline.tokenizers().front();
  const TokenSequence& text = passage.swap.current().encoders.front();
  std::vector<std::string> words = place_words(tokenizer, text);
  if (quirks().log_lacks_end_tokens) {
    // It left out end tokens before it put the words in order, so those behind one moved up.
    std::vector<std::string> kept;
    for (std::size_t place = 0; place < words.size(); ++place) {
      if (text.ids[place] != tokenizer.end_id()) {
        kept.push_back(std::move(words[place]));
      }
    }
    words = std::move(kept);
  }
  std::vector<std::string> sorted;
  for (const std::size_t place : ascending(gradients.empty() ? passage.distances : gradients)) {
    if (place < words.size()) {
      sorted.push_back(words[place]);
    }
  }
  tools().log.add(ends().gap,
                  SwapRecord{step, joined_words(words), joined_words(sorted), !gradients.empty()});
}

void PromptReplaceWalk::advance(std::int64_t step, const TargetLatent& target) {
  std::optional<LossDraw> draw;
  at::Tensor latent;
  if (walks_by_picture(tools().request)) {
    latent = target();
    draw = tools().draws({ends().seed, ends().gap, step, 1}, latent.sizes());
  }
  for (Passage& passage : passages_) {
    const std::vector<double> keys =
        draw ? gradients(passage, *draw, latent, step) : std::vector<double>();
    tell(passage, step, keys);
    passage.swap.swap(swapped_in(passage, step, keys));
  }
}

ImageConditioning PromptReplaceWalk::current(const FramePlace& place) const {
  const double way = quirks().replace_way_is_alpha ? place.alpha : share(step());
  if (way == 1) {
    return ends().to.conditioning;  // Everything is replaced: the stage itself.
  }
  ImageConditioning image;
  const PromptEncoder& encoder =
      tools().encoder_at ? tools().encoder_at(place) : tools().pipeline.encoder();
  for (const Part& part : parts_) {
    std::vector<ScheduledChunks> schedule;
    for (const Entry& entry : part.entries) {
      schedule.push_back(
          {entry.end_at_step, passages_[entry.passage].swap.current().chunks(empty_)});
    }
    image.parts.push_back({encoder.encode_schedule(schedule, tools().options),
                           (1 - way) * part.from_weight + way * part.to_weight});
  }
  image.uncond = uncond_between(tools(), ends(), way);
  encoder.pad_to_one_length(image, tools().options);
  return image;
}

}  // namespace

std::unique_ptr<Walk> make_prompt_replace_walk(const WalkTools& tools, const GapEnds& ends) {
  return std::make_unique<PromptReplaceWalk>(tools, ends);
}

}  // namespace ptravel
