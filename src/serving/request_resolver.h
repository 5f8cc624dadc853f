#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ptravel/request.h"
#include "ptravel/server.h"
#include "queue/model_catalog.h"
#include "serving/json_body.h"
#include "serving/upload_store.h"

namespace ptravel {

/// Turns the names that requests over HTTP may use into the paths that a travel is drawn with, and
/// back: no path of a client reaches the file system, and none of this machine leaves it.
///
/// `model` and `vae` are names of the catalog ("" the default model and VAE, "none" the
/// checkpoint's own VAE), `init_image` and `mask` are "" or "upload:<id>". `out`,
/// `models_dir`, `schedule_file`, `styles_file`, `wildcards_dir`, `soundtrack` and `beats` are not
/// a client's to choose. `device`, `precision` and `threads` may be given where the server's own
/// option leaves them open, `low_memory` always. Thread-safe.
class RequestResolver {
 public:
  RequestResolver(const ModelCatalog& catalog,
                  const UploadStore& uploads,
                  const ServeOptions& options)
      : catalog_(catalog), uploads_(uploads), options_(options) {}

  /// A request as a client means it, with paths where it has names, and what is wrong with it.
  struct Settled {
    TravelRequest request;
    std::vector<Problem> problems;
    std::vector<std::string> notes;  ///< What was made of other ways of writing a film down.
  };

  /// The defaults with the members of `partial` set, prepared (ptravel/notation.h), names resolved,
  /// everything validated. Reports all problems; never throws for what a client may send.
  Settled settle(const Json& partial) const;
  /// The same for a request that is made already, whose prompts are taken as they are; its model,
  /// VAE and init picture are names.
  Settled settle(TravelRequest request) const;
  /// settle(), throwing InvalidArgument with the problems.
  TravelRequest settled(const Json& partial) const;

  /// What is wrong with how many pixels are drawn at once, of both passes.
  std::optional<Problem> pixel_problem(const TravelRequest& request) const;
  /// What is wrong with the length of the film that `request` asks for of so many frames, of which
  /// `stages` show a stage; counted without listing them.
  std::optional<Problem> film_problem(const TravelRequest& request,
                                      std::int64_t frames,
                                      std::int64_t stages) const;

  /// What is wrong with the length of a prompt: encoding takes a thousand times its bytes.
  std::optional<Problem> prompt_problem(const char* field, const std::string& prompt) const;

  /// The request as clients see it: all fields of request_to_json, names in place of paths.
  Json shown(const TravelRequest& request) const;
  /// Shows a field's value (a path or a text) as clients see it.
  std::string shown_model(const std::string& path) const;
  std::string shown_vae(const std::string& path) const;
  std::string shown_init_image(const std::string& path) const;

 private:
  /// The path of a picture that was uploaded as `name`; a problem of `field` where there is none.
  std::string upload_path(const char* field,
                          const std::string& name,
                          std::vector<Problem>& problems) const;
  std::vector<std::string> prepare(TravelRequest& request, std::vector<Problem>& problems) const;
  /// The models folders as the text of `models_dir`.
  std::string server_folders() const;
  void resolve_names(TravelRequest& request, std::vector<Problem>& problems) const;
  void settle_machine(TravelRequest& request, std::vector<Problem>& problems) const;

  const ModelCatalog& catalog_;
  const UploadStore& uploads_;
  const ServeOptions& options_;
};

/// What a model is called in requests and in the lists of models.
const std::string& request_name(const CatalogEntry& entry);

}  // namespace ptravel
