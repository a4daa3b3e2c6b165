// Helm as a program. It is the only writer of the release's objects.
#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "helm/release.hpp"
#include "model/record.hpp"
#include "model/request.hpp"
#include "sys/process.hpp"

namespace helm {

// How to call helm: where it is and which cluster it shall use.
struct Settings {
    std::string program = "helm";
    std::string kubeconfig;  // path; empty: in-cluster
    std::string context;
    std::string namespace_name;
};

// Revisions that helm has to keep so that `wanted` stays among them when `newest` has a few more
// after it: twenty at least.
[[nodiscard]] int revisions_to_keep(int newest, int wanted);

// What a helm upgrade --install needs.
// What becomes of fields that somebody else has set and the chart sets otherwise: an error, or helm takes them.
enum class Conflicts : std::uint8_t { refused, taken_back };

struct UpgradeOptions {
    std::string release;
    std::string chart;  // a folder or archive: remote charts were pulled before
    std::vector<std::string> values_files;
    std::vector<std::string> set;
    std::vector<std::string> set_string;
    bool install = true;  // false: fail when there is no release
    std::chrono::milliseconds timeout{};
    int history_max = 20;  // revisions that helm keeps
    Conflicts conflicts = Conflicts::refused;
};

struct RollbackOptions {
    std::string release;
    int revision = 0;  // to go back to
    std::chrono::milliseconds timeout{};
    int history_max = 20;
    Conflicts conflicts = Conflicts::refused;
};

// Whether helm failed since somebody else has set fields otherwise.
[[nodiscard]] bool is_conflict(const base::Error& error);

// Lines that helm prints, as they come: untrusted text.
using OnLine = std::function<void(sys::Stream, std::string_view)>;

struct Scope {
    std::stop_token stop;
    sys::Deadline deadline;
};

class Helm {
public:
    Helm(sys::ProcessRunner& processes, Settings settings);

    // "v4.3.1". Errors: helm_unusable when it is missing or older than 4.0.
    [[nodiscard]] base::Result<std::string> version(const Scope& scope) const;

    // Fetches a remote chart into `folder`; gives the archive's path. Errors: helm_failed
    // turned into refused, since nothing was touched.
    [[nodiscard]] base::Result<std::string> pull(const model::ChartReference& chart, const std::string& folder,
                                                 const OnLine& on_line, const Scope& scope) const;

    // Applies: always --server-side=true, always --reset-values with the whole set of
    // values, --wait=hookOnly (the rollout is watched by ourselves).
    // Errors: helm_failed with the CommandFailure, cancelled, timed_out.
    [[nodiscard]] base::Result<void> upgrade(const UpgradeOptions& options, const OnLine& on_line,
                                             const Scope& scope) const;

    // Renders as an upgrade would, by the cluster that there is, and applies nothing. The manifest holds secrets.
    // Errors: what helm says to the chart and its values.
    [[nodiscard]] base::Result<Release> render(const UpgradeOptions& options, const Scope& scope) const;

    // Back to the manifest of that revision, as a new revision. Errors: as upgrade.
    [[nodiscard]] base::Result<void> rollback(const RollbackOptions& options, const OnLine& on_line,
                                              const Scope& scope) const;

    [[nodiscard]] base::Result<void> uninstall(const std::string& release, std::chrono::milliseconds timeout,
                                               const OnLine& on_line, const Scope& scope) const;

private:
    sys::ProcessRunner& processes_;
    Settings settings_;
};

}  // namespace helm
