#include "travel/prompt_files.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "pipeline/prompt_tokens.h"
#include "request/frame_metadata.h"
#include "request/frame_settings.h"
#include "request/hires.h"
#include "text/network_tags.h"
#include "travel/settings.h"

namespace ptravel {
namespace {

/// Embeddings of prompts as they are found.
class FoundEmbeddings {
 public:
  FoundEmbeddings(const Tokenizers& tokenizers, const PromptOptions& options)
      : tokenizers_(tokenizers), options_(options) {}

  /// The web UI's text for a positive prompt. Each encoding of a schedule puts its hashes before
  /// the others; each of a model's text encoders does.
  std::string positive(const std::string& prompt) {
    std::vector<std::vector<ScheduledChunks>> encoded;
    std::string text;
    for (const PromptPart& part : tokenize_prompt(tokenizers_, prompt, options_)) {
      const bool known = std::ranges::any_of(encoded, [&](const auto& schedule) {
        return std::ranges::equal(schedule, part.schedule, {}, &ScheduledChunks::chunks,
                                  &ScheduledChunks::chunks);
      });
      if (!known) {
        put_before(text, part.schedule);
        encoded.push_back(part.schedule);
      }
    }
    return text;
  }

  std::string negative(const std::string& prompt) {
    std::string text;
    put_before(text, tokenize_negative_prompt(tokenizers_, prompt, options_).schedule);
    return text;
  }

  /// All that lie in files of their own, by path.
  const std::map<std::string, std::string>& files() const { return files_; }

 private:
  void put_before(std::string& text, const std::vector<ScheduledChunks>& schedule) {
    const std::vector<SharedEmbedding> found = embeddings_of(schedule);
    for (const SharedEmbedding& embedding : found) {
      if (!embedding->sha256.empty()) {
        files_[embedding->file] = embedding->sha256;
      }
    }
    const std::string hashes = hashes_text(found);
    for (std::size_t i = 0; !hashes.empty() && i < tokenizers_.size(); ++i) {
      text.insert(0, text.empty() ? "" : ", ").insert(0, hashes);
    }
  }

  const Tokenizers& tokenizers_;
  const PromptOptions& options_;
  std::map<std::string, std::string> files_;
};

void keep(std::map<std::string, std::string>& hashes, const std::string& prompt, std::string text) {
  if (!text.empty()) {
    hashes[prompt] = std::move(text);
  }
}

void identify_embeddings(const StagePlan& plan,
                         const TravelRequest& request,
                         const Pipeline& pipeline,
                         ModelIdentity& identity) {
  const PromptOptions options = prompt_options(request, pipeline);
  if (options.embeddings == nullptr) {
    return;
  }
  FoundEmbeddings found(pipeline.tokenizers(), options);
  for (const std::string& prompt : plan.prompts) {
    keep(identity.embedding_hashes, prompt, found.positive(prompt));
  }
  if (keeps_whole_negative(request)) {
    keep(identity.negative_embedding_hashes, one_line(request.negative_prompt),
         found.negative(request.negative_prompt));
  } else {
    for (const std::string& prompt : plan.negative_prompts) {
      keep(identity.negative_embedding_hashes, prompt, found.negative(prompt));
    }
  }
  if (request.hires) {
    // Pictures do not tell them, the run does.
    const StagePlan second = second_pass_plan(plan, request);
    for (std::size_t i = 0; i < second.prompts.size(); ++i) {
      found.positive(second.prompts[i]);
      found.negative(second.negative_prompts[i]);
    }
  }
  for (const auto& [path, sha256] : found.files()) {
    identity.files.push_back(
        {kEmbeddingRole, std::filesystem::path(path).filename().string(), sha256});
  }
}

HypernetTags hypernetworks_named_in(const std::string& prompt) {
  return hypernet_tags(take_extra_networks(remove_prompt_comments(prompt)).networks);
}

void identify_hypernetworks(const StagePlan& plan,
                            const Pipeline& pipeline,
                            ModelIdentity& identity) {
  constexpr std::size_t kDigits = 12;
  std::map<std::string, std::string> files;  // sha256 by path
  for (const std::string& prompt : plan.prompts) {
    std::string text;
    for (const AdapterStrength& one : prompt_hypernetworks(prompt, pipeline)) {
      const HypernetworkShelf::Entry& entry = pipeline.hypernetworks()->find(one.model);
      files[entry.file.string()] = entry.sha256;
      std::string name = one.model;
      std::erase_if(name, [](char letter) { return letter == ':' || letter == ','; });
      text += (text.empty() ? "" : ", ") + name + ": " + entry.sha256.substr(0, kDigits);
    }
    keep(identity.hypernetwork_hashes, prompt, std::move(text));
  }
  for (const auto& [path, sha256] : files) {
    identity.files.push_back(
        {kHypernetworkRole, std::filesystem::path(path).filename().string(), sha256});
  }
}

}  // namespace

std::vector<AdapterStrength> prompt_hypernetworks(const std::string& prompt,
                                                  const Pipeline& pipeline) {
  std::vector<AdapterStrength> usable;
  const HypernetTags named = hypernetworks_named_in(prompt);
  if (named.unreadable || !pipeline.hypernetworks()) {
    return usable;
  }
  for (const HypernetTag& tag : named.tags) {
    if (pipeline.hypernetworks()->find(tag.name).network) {
      usable.push_back({tag.name, tag.strength});
    }
  }
  return usable;
}

std::vector<AdapterStrength> mixed_strengths(const std::vector<AdapterStrength>& from,
                                             const std::vector<AdapterStrength>& to,
                                             double share) {
  if (share == 1) {
    return to;
  }
  std::vector<AdapterStrength> mixed = from;
  for (AdapterStrength& one : mixed) {
    one.strength *= 1 - share;
  }
  std::vector<bool> taken(mixed.size());
  for (const AdapterStrength& one : to) {
    std::size_t place = 0;
    while (place < taken.size() && (taken[place] || mixed[place].model != one.model)) {
      ++place;
    }
    if (place < taken.size()) {
      taken[place] = true;
      const double start = from[place].strength;
      mixed[place].strength = start + (one.strength - start) * share;
    } else {
      mixed.push_back({one.model, one.strength * share});
    }
  }
  return mixed;
}

void identify_prompt_files(const StagePlan& plan,
                           const TravelRequest& request,
                           const Pipeline& pipeline,
                           ModelIdentity& identity) {
  identify_embeddings(plan, request, pipeline, identity);
  identify_hypernetworks(plan, pipeline, identity);
}

std::vector<std::string> prompt_file_notes(const std::vector<std::string>& prompts,
                                           const Pipeline& pipeline) {
  std::vector<std::string> notes;
  const auto add = [&](std::string note) {
    if (std::ranges::find(notes, note) == notes.end()) {
      notes.push_back(std::move(note));
    }
  };
  for (const std::string& prompt : prompts) {
    if (const auto unreadable = hypernetworks_named_in(prompt).unreadable) {
      add(unreadable->message() + "; the prompt's hypernetworks are left out");
    }
  }
  if (const auto& hypernetworks = pipeline.hypernetworks()) {
    for (const auto& [name, entry] : hypernetworks->asked()) {
      if (!entry.network) {
        add("<hypernet:" + name + "> is left out: " + entry.problem);
      }
    }
  }
  if (const auto& embeddings = pipeline.embeddings()) {
    for (const EmbeddingShelf::LeftOut& left : embeddings->left_out()) {
      notes.push_back("the embedding \"" + left.name + "\" in the prompts is left out: " +
                      left.file.filename().string() + " " + left.reason);
    }
  }
  return notes;
}

}  // namespace ptravel
