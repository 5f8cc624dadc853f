#include "pipeline/embedding_shelf.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/files.h"
#include "base/text.h"
#include "checkpoint/models_folder.h"
#include "checkpoint/tensor_file.h"
#ifdef PTRAVEL_WITH_MEDIA
#include "media/embedding_picture.h"
#endif
#include "ptravel/error.h"
#include "ptravel/model.h"
#include "text/chunks.h"

namespace ptravel {
namespace {

namespace fs = std::filesystem;

enum class Kind { Tensors, Picture, Other };

Kind kind_of(const fs::path& path) {
  const std::string extension = lower_case(path.extension().string());
  if (extension == ".pt" || extension == ".bin" || extension == ".safetensors") {
    return Kind::Tensors;
  }
  const bool picture = extension == ".png" || extension == ".webp";
  const bool preview = lower_case(path.stem().extension().string()) == ".preview";
  return picture && !preview ? Kind::Picture : Kind::Other;
}

/// A file as it was when it was looked at.
using Stamp = std::tuple<std::string, std::uintmax_t, fs::file_time_type::rep>;

/// Pictures without an embedding, so that those beside other files are decoded once.
class PlainPictures {
 public:
  bool contains(const Stamp& stamp) {
    const std::lock_guard lock(mutex_);
    return known_.contains(stamp);
  }
  void add(const Stamp& stamp) {
    const std::lock_guard lock(mutex_);
    if (known_.size() >= kMost) {
      known_.clear();
    }
    known_.insert(stamp);
  }

 private:
  static constexpr std::size_t kMost = 65536;
  std::mutex mutex_;  // guards known_
  std::set<Stamp> known_;
};

PlainPictures& plain_pictures() {
  static PlainPictures pictures;
  return pictures;
}

}  // namespace

#ifdef PTRAVEL_WITH_MEDIA
std::optional<EmbeddingContent> embedding_in_picture_file(const fs::path& path) {
  constexpr std::uint64_t kMostPictureBytes = std::uint64_t{1} << 28;
  const auto json = embedding_in_picture(read_file(path, kMostPictureBytes), path.string());
  return json ? std::optional(parse_embedding_json(*json, path.string())) : std::nullopt;
}
#else
std::optional<EmbeddingContent> embedding_in_picture_file(const fs::path& path) {
  throw Error(ErrorCode::Unsupported,
              "[embedding] " + path.string() + ": this build cannot read picture files");
}
#endif

SharedEmbedding make_embedding(std::string name,
                               const std::string& file,
                               std::string sha256,
                               EmbeddingContent content) {
  auto embedding = std::make_shared<PromptEmbedding>();
  embedding->name = std::move(name);
  embedding->file = file;
  embedding->sha256 = std::move(sha256);
  embedding->vectors = static_cast<int>(content.vectors());
  for (EmbeddingRows& rows : content.rows) {
    embedding->encoders.push_back({rows.count, rows.width, std::move(rows.numbers)});
  }
  return embedding;
}

EmbeddingShelf::EmbeddingShelf(const std::vector<fs::path>& files,
                               const Tokenizers& tokenizers,
                               const std::vector<ClipConfig>& clips)
    : tokenizer_(tokenizers.front()) {
  for (const ClipConfig& clip : clips) {
    width_ += clip.width;
  }
  for (const fs::path& path : files) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(path, error);
    const Kind kind = error || size == 0 ? Kind::Other : kind_of(path);
    if (kind == Kind::Tensors) {
      entries_[path.stem().string()].files.push_back({path, nullptr, ""});
    } else if (kind == Kind::Picture) {
      const auto time = fs::last_write_time(path, error).time_since_epoch().count();
      const Stamp stamp{path.string(), size, time};
      if (!plain_pictures().contains(stamp) && !add_picture(path)) {
        plain_pictures().add(stamp);
      }
    }
  }
  find_names();
}

std::shared_ptr<EmbeddingShelf> EmbeddingShelf::in_folders(
    const std::vector<fs::path>& models_folders,
    const Tokenizers& tokenizers,
    const std::vector<ClipConfig>& clips) {
  std::vector<fs::path> files;
  for (const FoundFile& file : find_files(models_folders, FileKind::Embedding)) {
    files.push_back(file.path);
  }
  return std::make_shared<EmbeddingShelf>(files, tokenizers, clips);
}

void EmbeddingShelf::find_names() {
  names_ = std::make_unique<EmbeddingNames>(tokenizer_, all(),
                                            [this](const std::string& name) { return find(name); });
}

void EmbeddingShelf::add_bundle(const fs::path& lora) {
  const TensorFile file = open_tensor_file(lora);
  for (const std::string& name : bundled_embeddings(*file.tensors)) {
    entries_[name].files.push_back({lora, nullptr, "", true});
  }
  find_names();
}

/// Whether there is one in it, or may be.
bool EmbeddingShelf::add_picture(const fs::path& path) {
  const std::string stem = path.stem().string();
  try {
    auto content = embedding_in_picture_file(path);
    if (!content) {
      return false;
    }
    const std::string name = content->name.empty() ? stem : content->name;
    entries_[name].files.push_back(
        {path, std::make_shared<const EmbeddingContent>(*std::move(content)), ""});
  } catch (const Error& error) {
    entries_[stem].files.push_back({path, nullptr, error.what()});
  }
  return true;
}

std::vector<std::string> EmbeddingShelf::all() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) {
    names.push_back(name);
  }
  std::stable_sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return lower_case(a) < lower_case(b);
  });
  return names;
}

SharedEmbedding EmbeddingShelf::find(const std::string& name) {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    return nullptr;
  }
  Entry& entry = found->second;
  const std::size_t left_out_before = left_out_.size();
  for (std::size_t i = 0; !entry.tried && !entry.embedding && i < entry.files.size(); ++i) {
    entry.embedding = load(name, entry.files[i]);
  }
  if (!entry.tried && entry.embedding) {
    left_out_.resize(left_out_before);  // Another file of that name does.
  }
  entry.tried = true;
  return entry.embedding;
}

EmbeddingContent EmbeddingShelf::content_of(const std::string& name, const Candidate& file) {
  if (file.content) {
    return *file.content;
  }
  return file.bundled ? read_embedding(*open_tensor_file(file.path).tensors, bundle_prefix(name),
                                       file.path.string())
                      : open_embedding(file.path);
}

/// Null, with a reason in left_out_, where the file cannot be used.
SharedEmbedding EmbeddingShelf::load(const std::string& name, const Candidate& file) {
  try {
    if (!file.problem.empty()) {
      left_out_.push_back({name, file.path, file.problem});
      return nullptr;
    }
    EmbeddingContent content = content_of(name, file);
    if (content.width() != width_) {
      left_out_.push_back({name, file.path,
                           "has vectors of width " + std::to_string(content.width()) +
                               ", expected the model's " + std::to_string(width_),
                           true});
      return nullptr;
    }
    const auto most = std::ranges::max_element(content.rows, {}, &EmbeddingRows::count)->count;
    if (most > kChunkTokens) {
      left_out_.push_back({name, file.path,
                           "has " + std::to_string(most) + " vectors, expected at most " +
                               std::to_string(kChunkTokens)});
      return nullptr;
    }
    return make_embedding(name, file.path.string(),
                          file.bundled ? std::string() : file_sha256(file.path),
                          std::move(content));
  } catch (const Error& error) {
    left_out_.push_back({name, file.path, error.what()});
    return nullptr;
  }
}

}  // namespace ptravel
