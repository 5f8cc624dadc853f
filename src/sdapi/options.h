#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "queue/model_catalog.h"
#include "sdapi/fields.h"
#include "serving/json_body.h"

namespace ptravel {

/// What a setting of the web UI does here.
enum class SdOptionUse {
  Drawn,    ///< Pictures and answers go by it.
  Kept,     ///< Only kept and given back: it is about the web UI's own page or files.
  Fixed,    ///< Another value would change pictures, which is not done here: it is refused.
  Derived,  ///< Follows from others; what is posted is ignored.
};

struct SdOption {
  SdField field;  ///< Name, type, default, range.
  SdOptionUse use = SdOptionUse::Kept;
  std::string_view choices;  ///< Of texts that are drawn by: "GPU, CPU, NV"; empty: any.
};

/// The settings that GET /sdapi/v1/options gives, which are those that POST takes.
std::span<const SdOption> sd_options();

/// Values of all settings at one time.
class SdSettings {
 public:
  SdSettings();
  std::string text(std::string_view name) const { return values_.text(name); }
  std::int64_t integer(std::string_view name) const { return values_.integer(name); }
  double number(std::string_view name) const { return values_.number(name); }
  bool boolean(std::string_view name) const { return values_.boolean(name); }
  const Json& values() const { return values_.values(); }

  /// Sets a setting from any value that converts. Returns what is wrong with it, or nothing; an
  /// unknown name is a problem of type "key_error".
  std::optional<SdProblem> set(std::string_view name, const Json& value);
  /// Sets a value that follows from others.
  void set_derived(std::string_view name, const std::string& value) { values_.set(name, value); }

 private:
  SdBody values_;
};

/// The settings of a server, kept in a file. Thread-safe.
class SdOptions {
 public:
  /// Reads the file where it is there; what cannot be read counts as not set.
  SdOptions(std::filesystem::path file, const ModelCatalog& catalog);

  /// With sd_model_checkpoint as the model's title now, and its hash.
  SdSettings settings() const;
  /// One setting that follows from nothing else; copies none of the others.
  bool kept_boolean(std::string_view name) const;
  /// `base` with a request's override_settings: unknown names and models that are not there are
  /// ignored, as in the original; a value that is fixed here is refused (SdRefusal, 422).
  SdSettings overridden(SdSettings base, const Json& overrides) const;
  /// What POST /options would make of the present settings. Throws SdRefusal: 500 KeyError for an
  /// unknown name, 500 RuntimeError for an unknown model or VAE, 422 for a value that is fixed.
  SdSettings changed(const Json& changes) const;
  /// Keeps from now on what changed() or overridden() took; settings that others changed meanwhile
  /// stay. Throws as they do, and Io.
  void keep(const Json& changes);
  void keep_overrides(const Json& overrides);

  /// The model that settings name; nothing where there is none at all.
  std::optional<CatalogEntry> model(const SdSettings& settings) const;

 private:
  SdSettings applied(SdSettings settings, const Json& changes) const;
  void write();  // mutex_ is held

  std::filesystem::path file_;
  const ModelCatalog& catalog_;
  mutable std::mutex mutex_;
  SdSettings kept_;
};

}  // namespace ptravel
