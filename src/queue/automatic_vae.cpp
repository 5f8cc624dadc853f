#include "queue/automatic_vae.h"

#include <vector>

namespace ptravel {

std::optional<CatalogEntry> automatic_vae(const ModelCatalog& catalog, const CatalogEntry& model) {
  if (model.info.layout == ModelLayout::Diffusers) {
    return std::nullopt;
  }
  const std::string stem = model.path.stem().string();
  std::optional<CatalogEntry> found;
  for (CatalogEntry& vae : catalog.vaes()) {
    const std::string name = vae.path.stem().string();
    if (name == stem + ".vae" && vae.path.parent_path() == model.path.parent_path()) {
      return std::nullopt;
    }
    if (name == stem && vae.refusal.empty() && !found) {
      found = std::move(vae);
    }
  }
  return found;
}

}  // namespace ptravel
