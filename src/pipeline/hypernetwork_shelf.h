#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/hypernetwork.h"
#include "tensor/compute.h"

namespace ptravel {

/// The hypernetworks that prompts may name: files are read when a prompt names them. One thread.
class HypernetworkShelf {
 public:
  struct Entry {
    std::filesystem::path file;  ///< Empty: there is none of that name.
    std::string sha256;
    std::shared_ptr<const Hypernetwork> network;  ///< Null: it cannot be used.
    std::string problem;                          ///< Why: a clause.
  };

  /// .pt files of the models folders' hypernetworks, named by their stems; the first of a name
  /// counts. `compute`: as the model's networks have it.
  HypernetworkShelf(std::vector<std::filesystem::path> models_folders, const Compute& compute);

  /// What a name stands for; read when it is asked for first.
  const Entry& find(const std::string& name);
  /// All that were asked for.
  const std::map<std::string, Entry>& asked() const { return entries_; }

 private:
  std::vector<std::filesystem::path> folders_;
  Compute compute_;
  std::map<std::string, Entry> entries_;
};

}  // namespace ptravel
