// Helm's stored release record (driver "secret": base64 of gzip of JSON), decoded.
// https://github.com/helm/helm/blob/main/pkg/storage/driver/util.go
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/record.hpp"

namespace helm {

struct Release {
    model::ReleaseRevision revision;
    std::string manifest;      // YAML, holds secrets: never log
    std::string values;        // the user's values as JSON text, holds secrets: never log
    std::string apply_method;  // "ssa", "csa" or "" when not told
    std::string hooks;         // YAML of the hooks' objects, a document each
    // Of the chart: its own values as JSON text, and where it says that it comes from ("https://bitnami.com").
    std::string chart_values;
    std::string chart_home;
};

[[nodiscard]] base::Result<Release> decode_release(std::string_view payload);
// The same of what `helm upgrade --dry-run --output json` prints.
[[nodiscard]] base::Result<Release> decode_rendering(std::string_view json);
// The same record with status "failed", as helm leaves it when it is interrupted.
[[nodiscard]] base::Result<std::string> mark_interrupted(std::string_view payload);

// SHA-256 of these values (JSON text) in which the secret ones count alike: it can be shown.
[[nodiscard]] std::string values_hash(std::string_view values);

// Differences of two JSON objects of values, leaf by leaf, sorted by path. Values whose
// name says that they are secret become "***" (when they differ: "***" on both sides).
// A null before means: everything is new.
[[nodiscard]] base::Result<std::vector<model::ValueChange>> diff_values(std::string_view before,
                                                                        std::string_view after);

}  // namespace helm
