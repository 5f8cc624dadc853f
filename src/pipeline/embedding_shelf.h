#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/config.h"
#include "checkpoint/embedding_file.h"
#include "text/prompt_embedding.h"
#include "text/tokenizer.h"

namespace ptravel {

/// The embeddings that prompts for a model may name: files are read when a prompt names them.
/// Neither copied nor moved; one thread.
class EmbeddingShelf {
 public:
  /// Why a name that a prompt holds has no embedding.
  struct LeftOut {
    std::string name;
    std::filesystem::path file;
    std::string reason;        ///< A clause: "has vectors of width 1024, expected 768".
    bool other_width = false;  ///< It is an embedding, of another model.
  };

  /// `files`: of .pt, .bin and .safetensors the name is the file's stem; .png and .webp pictures
  /// are looked into, because their embedding is named inside. Others, empty files and previews
  /// ("x.preview.png") are passed over. Of files with one name the first usable one counts.
  /// `clips`: the model's text encoders.
  EmbeddingShelf(const std::vector<std::filesystem::path>& files,
                 const Tokenizers& tokenizers,
                 const std::vector<ClipConfig>& clips);
  /// Those of models folders.
  static std::shared_ptr<EmbeddingShelf> in_folders(
      const std::vector<std::filesystem::path>& models_folders,
      const Tokenizers& tokenizers,
      const std::vector<ClipConfig>& clips);
  EmbeddingShelf(const EmbeddingShelf&) = delete;
  EmbeddingShelf& operator=(const EmbeddingShelf&) = delete;

  /// Adds what a LoRA file brings along; names that are there already keep their file. Throws what
  /// open_tensor_file throws.
  void add_bundle(const std::filesystem::path& lora);

  /// What finds them in prompts; until the next add_bundle.
  const EmbeddingNames& names() const { return *names_; }
  /// All names, ascending without regard to case.
  std::vector<std::string> all() const;
  /// The embedding of a name; null where none of its files can be used (left_out() says why).
  SharedEmbedding find(const std::string& name);
  /// Those that were asked for and cannot be used.
  const std::vector<LeftOut>& left_out() const { return left_out_; }

 private:
  /// A file of a name; `content` or `problem` where it was looked into already.
  struct Candidate {
    std::filesystem::path path;
    std::shared_ptr<const EmbeddingContent> content;
    std::string problem;
    bool bundled = false;
  };
  struct Entry {
    std::vector<Candidate> files;
    SharedEmbedding embedding;
    bool tried = false;
  };

  bool add_picture(const std::filesystem::path& path);
  static EmbeddingContent content_of(const std::string& name, const Candidate& file);
  SharedEmbedding load(const std::string& name, const Candidate& file);
  void find_names();

  Tokenizer tokenizer_;
  std::int64_t width_ = 0;  // of all encoders together
  std::map<std::string, Entry> entries_;
  std::vector<LeftOut> left_out_;
  std::unique_ptr<EmbeddingNames> names_;
};

/// The embedding that a picture carries, in a text chunk or in its pixels; nothing where it is a
/// picture like any other. Throws what reading pictures throws.
std::optional<EmbeddingContent> embedding_in_picture_file(const std::filesystem::path& path);

/// An embedding as prompts hold it. `sha256` may be empty.
SharedEmbedding make_embedding(std::string name,
                               const std::string& file,
                               std::string sha256,
                               EmbeddingContent content);

}  // namespace ptravel
