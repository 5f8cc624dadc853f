#include "pipeline/shared_calls.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <ATen/ATen.h>

#include "ptravel/error.h"
#include "tensor/memory_shortage.h"

namespace ptravel {
namespace {

/// Texts and results are kept for this many calls of the present size, and at least a few.
constexpr std::size_t kCallsKept = 2;
constexpr std::size_t kLeastKept = 4;
/// Runs have up to a few hundred steps; an adaptive sampler may ask for any time.
constexpr std::size_t kMostTimes = 1024;

/// Whether two contiguous float32 tensors hold the same bits.
bool same_numbers(const at::Tensor& a, const at::Tensor& b) {
  if (a.sizes() != b.sizes() || a.device() != b.device()) {
    return false;
  }
  if (!a.is_cpu()) {
    return a.equal(b);
  }
  return std::memcmp(a.data_ptr(), b.data_ptr(), static_cast<std::size_t>(a.nbytes())) == 0;
}

bool same_memory(const at::Tensor& a, const at::Tensor& b) {
  return a.data_ptr() == b.data_ptr() && a.sizes() == b.sizes();
}

}  // namespace

bool SharedCalls::same(const Operands& a, const Operands& b) const {
  if (a.time != b.time || a.conditioning.text != b.conditioning.text) {
    return false;
  }
  const bool may_read = first_call_ || a.latent.is_cpu();
  return same_memory(a.latent, b.latent) || (may_read && same_numbers(a.latent, b.latent));
}

bool SharedCalls::same_text_tensors(const Conditioning& a, const Conditioning& b) const {
  return a.hypernetworks == b.hypernetworks && a.text.tokens.is_same(b.text.tokens) &&
         a.text.vector.is_same(b.text.vector) && a.side_strengths == b.side_strengths;
}

at::Tensor SharedCalls::strengths_of(const Conditioning& conditioning) const {
  return conditioning.side_strengths.empty()
             ? at::Tensor()
             : at::tensor(conditioning.side_strengths).to(unet_.compute().device);
}

std::vector<HypernetworkUse> SharedCalls::uses_of(const Conditioning& conditioning) const {
  std::vector<HypernetworkUse> uses;
  for (const AdapterStrength& one : conditioning.hypernetworks) {
    PTRAVEL_CHECK(hypernetworks_);
    uses.push_back({hypernetworks_(one.model), one.strength});
    PTRAVEL_CHECK(uses.back().network);
  }
  return uses;
}

SharedCalls::KnownText& SharedCalls::text_of(const SharedConditioning& conditioning) {
  const auto found = std::find_if(texts_.begin(), texts_.end(), [&](const KnownText& known) {
    return known.conditioning == conditioning ||
           same_text_tensors(*known.conditioning, *conditioning);
  });
  if (found != texts_.end()) {
    texts_.splice(texts_.begin(), texts_, found);
  } else {
    std::vector<HypernetworkUse> uses = uses_of(*conditioning);
    const at::Tensor strengths = strengths_of(*conditioning);
    auto text = unet_.prepare_text(conditioning->text.tokens, uses, strengths);
    texts_.push_front({conditioning, std::move(uses), strengths, std::move(text), {}});
  }
  return texts_.front();
}

std::shared_ptr<const UnetTime> SharedCalls::time_of(float time, KnownText& text) {
  const at::Tensor& vector = text.conditioning->text.vector;
  Times& times = vector.defined() || text.strengths.defined() ? text.times : times_;
  if (times.size() >= kMostTimes) {
    times.clear();
  }
  auto& known = times[time];
  if (!known) {
    known = unet_.prepare_time(time, vector, text.strengths);
  }
  return known;
}

SharedCalls::Operands SharedCalls::operands_of(const NetworkRow& row) {
  PTRAVEL_CHECK(row.conditioning && row.latent.scalar_type() == at::kFloat);
  const Conditioning& conditioning = *row.conditioning;
  if (!conditioning.control_hints.empty()) {
    throw Error(ErrorCode::Unsupported,
                "[unet] conditioning: expected a text alone, got control hints");
  }
  const auto time = static_cast<float>(row.time);
  KnownText& text = text_of(row.conditioning);
  const at::Tensor latent =
      conditioning.picture.defined() ? at::cat({row.latent, conditioning.picture}) : row.latent;
  return {latent.contiguous(),
          time,
          {time_of(time, text), text.text, {}, text.hypernetworks, text.strengths}};
}

const at::Tensor* SharedCalls::find(const Operands& operands) const {
  const auto found =
      std::find_if(first_results_.begin(), first_results_.end(),
                   [&](const KnownResult& known) { return same(known.operands, operands); });
  return found == first_results_.end() ? nullptr : &found->result;
}

/// By one call of the network; off the CPU by one for each length of text.
std::vector<at::Tensor> SharedCalls::compute(const std::vector<Operands>& all) const {
  std::map<std::int64_t, std::vector<std::size_t>> calls;
  for (std::size_t i = 0; i < all.size(); ++i) {
    calls[all[i].latent.is_cpu() ? 0 : all[i].conditioning.text->tokens].push_back(i);
  }
  std::vector<at::Tensor> results(all.size());
  for (const auto& [length, members] : calls) {
    std::vector<at::Tensor> latents;
    std::vector<UnetConditioning> conditionings;
    for (const std::size_t member : members) {
      latents.push_back(all[member].latent);
      conditionings.push_back(all[member].conditioning);
    }
    before_large_work(LargeWork::NetworkCall, static_cast<std::int64_t>(members.size()));
    const at::Tensor x = at::stack(latents);
    const at::Tensor computed = unet_.forward(x, conditionings, {}, wrap_).to(x.device());
    for (std::size_t i = 0; i < members.size(); ++i) {
      results[members[i]] = computed[static_cast<std::int64_t>(i)];
    }
  }
  return results;
}

void SharedCalls::remember(std::vector<Operands> all, const std::vector<at::Tensor>& results) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].latent = all[i].latent.clone();
    first_results_.push_front({std::move(all[i]), results[i].clone()});
  }
}

void SharedCalls::forget(std::size_t rows) {
  const std::size_t kept = std::max(kCallsKept * rows, kLeastKept);
  texts_.resize(std::min(texts_.size(), kept));
  first_results_.resize(std::min(first_results_.size(), kept));
}

/// Rows of which some attend to others: none stands for another one.
at::Tensor SharedCalls::mixed(const std::vector<NetworkRow>& rows) {
  std::vector<at::Tensor> latents;
  std::vector<UnetConditioning> conditionings;
  const auto row_of = [&](const SharedConditioning& conditioning) {
    const auto found = std::ranges::find_if(
        rows, [&](const NetworkRow& row) { return row.conditioning == conditioning; });
    PTRAVEL_CHECK(found != rows.end());
    return static_cast<std::size_t>(found - rows.begin());
  };
  for (const NetworkRow& row : rows) {
    Operands operands = operands_of(row);
    if (const auto& mix = row.conditioning->attention) {
      operands.conditioning.mix = UnetMix{row_of(mix->from), row_of(mix->to), mix->blend,
                                          text_of(mix->from_text).text, text_of(mix->to_text).text};
    }
    latents.push_back(std::move(operands.latent));
    conditionings.push_back(std::move(operands.conditioning));
  }
  before_large_work(LargeWork::NetworkCall, static_cast<std::int64_t>(rows.size()));
  const at::Tensor x = at::stack(latents);
  const at::Tensor results = unet_.forward(x, conditionings, {}, wrap_).to(x.device());
  forget(2 * rows.size());
  first_call_ = false;
  return results;
}

at::Tensor SharedCalls::operator()(const std::vector<NetworkRow>& rows) {
  if (std::ranges::any_of(rows, [](const NetworkRow& row) {
        return row.conditioning && row.conditioning->attention.has_value();
      })) {
    return mixed(rows);
  }
  std::vector<at::Tensor> results(rows.size());
  std::vector<Operands> needed;  // to be computed, each once
  std::vector<std::size_t> computed_by(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Operands operands = operands_of(rows[i]);
    if (const at::Tensor* known = first_call_ ? find(operands) : nullptr) {
      results[i] = *known;
      continue;
    }
    const auto twin = std::find_if(needed.begin(), needed.end(),
                                   [&](const Operands& other) { return same(other, operands); });
    computed_by[i] = static_cast<std::size_t>(twin - needed.begin());
    if (twin == needed.end()) {
      needed.push_back(std::move(operands));
    }
  }
  const std::vector<at::Tensor> computed = compute(needed);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!results[i].defined()) {
      results[i] = computed[computed_by[i]];
    }
  }
  if (first_call_) {
    remember(std::move(needed), computed);
  }
  forget(rows.size());
  first_call_ = false;
  return at::stack(results);
}

}  // namespace ptravel
