#include "pipeline/hypernetwork_shelf.h"

#include <utility>

#include "checkpoint/models_folder.h"
#include "ptravel/error.h"
#include "ptravel/model.h"

namespace ptravel {

HypernetworkShelf::HypernetworkShelf(std::vector<std::filesystem::path> models_folders,
                                     const Compute& compute)
    : folders_(std::move(models_folders)), compute_(compute) {}

const HypernetworkShelf::Entry& HypernetworkShelf::find(const std::string& name) {
  const auto known = entries_.find(name);
  if (known != entries_.end()) {
    return known->second;
  }
  Entry entry;
  for (const FoundFile& found : find_files(folders_, FileKind::Hypernetwork)) {
    // The web UI's word for no hypernetwork.
    if (entry.file.empty() && found.path.stem() == name && name != "None") {
      entry.file = found.path;
    }
  }
  if (entry.file.empty()) {
    entry.problem = "is not in the models folders";
  } else {
    try {
      entry.network = std::make_shared<const Hypernetwork>(open_hypernetwork(entry.file), compute_);
      entry.sha256 = file_sha256(entry.file);
    } catch (const Error& error) {
      entry.problem = error.what();
    }
  }
  return entries_.emplace(name, std::move(entry)).first->second;
}

}  // namespace ptravel
