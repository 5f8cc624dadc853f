#include "jobs/same_files.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "ptravel/model_store.h"

namespace ptravel {
namespace {

std::vector<FileIdentity> of_role(const std::vector<FileIdentity>& files, const std::string& role) {
  std::vector<FileIdentity> found;
  for (const FileIdentity& file : files) {
    if (file.role == role) {
      found.push_back(file);
    }
  }
  return found;
}

/// What is wrong with the files of one role; they are told apart by their order, because a model
/// may have moved under another name.
void compare_role(const std::vector<FileIdentity>& expected,
                  const std::vector<FileIdentity>& found,
                  std::vector<Problem>& problems) {
  for (std::size_t i = 0; i < std::max(expected.size(), found.size()); ++i) {
    if (i >= found.size()) {
      problems.push_back({expected[i].role, expected[i].name +
                                                " is not there any more, expected the file with "
                                                "sha256 " +
                                                expected[i].sha256});
    } else if (i >= expected.size()) {
      problems.push_back(
          {found[i].role, found[i].name + " was not there when the run began, expected none"});
    } else if (expected[i].sha256 != found[i].sha256) {
      problems.push_back({found[i].role, found[i].name + " has sha256 " + found[i].sha256 +
                                             ", expected that of the run's " + expected[i].name +
                                             ", " + expected[i].sha256});
    }
  }
}

/// Files that prompts name: which there are depends on the stages.
bool is_named_in_prompts(std::string_view role) {
  return role == kEmbeddingRole || role == kHypernetworkRole || role == kLoraRole;
}

/// Those of `expected` that `found` has too, by their names.
std::vector<FileIdentity> of_same_names(const std::vector<FileIdentity>& expected,
                                        const std::vector<FileIdentity>& found) {
  std::vector<FileIdentity> same;
  for (const FileIdentity& file : found) {
    const auto known = std::ranges::find(expected, file.name, &FileIdentity::name);
    same.push_back(known == expected.end() ? file : *known);
  }
  return same;
}

/// The little that format 1 knew of a model, as files.
std::vector<FileIdentity> main_files(const std::string& model, const std::string& vae) {
  std::vector<FileIdentity> files = {{"model", "weights", model}};
  if (!vae.empty()) {
    files.push_back({"vae", "weights", vae});
  }
  return files;
}

}  // namespace

void check_same_files(const Manifest& manifest,
                      const ModelIdentity& identity,
                      std::string_view operation,
                      RunExtent extent) {
  std::vector<FileIdentity> expected = manifest.files;
  // Pictures do not depend on it, and films are checked where they are made.
  std::erase_if(expected, [](const FileIdentity& file) { return file.role == "soundtrack"; });
  std::vector<FileIdentity> found = identity.files;
  if (manifest.format == 1) {
    expected = main_files(manifest.model_sha256, manifest.vae_sha256);
    found = main_files(identity.sha256, identity.vae_sha256);
  }
  std::set<std::string> roles;
  std::vector<Problem> problems;
  for (const auto* files : {&expected, &found}) {
    for (const FileIdentity& file : *files) {
      if (roles.insert(file.role).second) {
        const std::vector<FileIdentity> now = of_role(found, file.role);
        const std::vector<FileIdentity> then = of_role(expected, file.role);
        const bool fewer = extent == RunExtent::Part && is_named_in_prompts(file.role);
        compare_role(fewer ? of_same_names(then, now) : then, now, problems);
      }
    }
  }
  for (Problem& problem : problems) {
    problem.message = "is another one than when the run began: " + problem.message;
  }
  if (!problems.empty()) {
    std::string message = "[" + std::string(operation) + "] ";
    for (std::size_t i = 0; i < problems.size(); ++i) {
      message += (i == 0 ? "" : "\n") + problems[i].field + ": " + problems[i].message;
    }
    throw Error(ErrorCode::InvalidArgument, message);
  }
}

std::vector<Problem> compare_named_files(const std::string& hashes,
                                         const ModelIdentity& identity,
                                         const std::string& role,
                                         bool exactly) {
  const std::vector<FileIdentity> now = of_role(identity.files, role);
  std::vector<Problem> problems;
  std::set<std::string> told;
  for (const std::string_view entry : split(hashes, ',')) {
    const std::size_t colon = entry.rfind(':');
    if (colon == std::string_view::npos) {
      continue;
    }
    const std::string hash(trimmed(entry.substr(colon + 1)));
    const bool there = std::ranges::any_of(
        now, [&](const FileIdentity& file) { return file.sha256.starts_with(hash); });
    if (told.insert(hash).second && !there) {
      problems.push_back({role, std::string(trimmed(entry.substr(0, colon))) +
                                    ": the file with sha256 " + hash +
                                    "... is not in the models folders"});
    }
  }
  for (const FileIdentity& file : now) {
    const bool known = std::ranges::any_of(
        told, [&](const std::string& hash) { return file.sha256.starts_with(hash); });
    if (exactly && !known) {
      problems.push_back({role, file.name + " with sha256 " + file.sha256.substr(0, 12) +
                                    "... is not what the picture was drawn with"});
    }
  }
  return problems;
}

}  // namespace ptravel
