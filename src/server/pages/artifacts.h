#pragma once
// Files that runs and models have left: listed, shown and downloaded. Only what lies below their own folder
// is reached, whatever a request asks for.

#include <optional>
#include <string>
#include <vector>

#include "server/call.h"
#include "server/pages/html.h"
#include "storage/object_store.h"

namespace tidemill::server::pages {

struct ArtifactFolder {
  std::string prefix;                        // of its objects in the store of artifacts
  std::string path;                          // of its files on this site: "/runs/R/artifacts"
  std::vector<storage::ObjectInfo> files{};  // by key
};

// nullopt when they are kept where this project does not reach: another artifact root. Errors: those of the
// store.
std::optional<ArtifactFolder> artifact_folder(Call& call, const std::string& artifact_uri,
                                              const std::string& path);

// Each file with its size, to be downloaded. Says so where there are none, or where they are out of reach.
Html artifacts_card(const std::optional<ArtifactFolder>& folder, const std::string& artifact_uri);

struct Plot {
  std::string name;  // "plots/residuals.svg"
  std::string path;  // of <img>
};
// The pictures among them, a few.
std::vector<Plot> plots_of(const std::optional<ArtifactFolder>& folder);
Html plot_figure(const Plot& plot, const std::string& of_what);
Html plots_card(const std::optional<ArtifactFolder>& folder, const std::string& of_what);

// The answer to `folder.path`/{file...}: a picture where ?show is given and it is one, else a download.
// Errors: kNotFound for what is not in the folder.
net::Response artifact(Call& call, const std::optional<ArtifactFolder>& folder, const std::string& file);

}  // namespace tidemill::server::pages
