#pragma once

#include <optional>

#include "queue/model_catalog.h"

namespace ptravel {

/// The VAE that the web UI's "Automatic" takes from the folders for a model: the one that bears the
/// model's name, "x.safetensors" or "x.pt" for "x.ckpt". Nothing where a VAE lies beside the model
/// ("x.vae.safetensors"), which opening the model takes by itself, and for diffusers folders.
std::optional<CatalogEntry> automatic_vae(const ModelCatalog& catalog, const CatalogEntry& model);

}  // namespace ptravel
