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
};

[[nodiscard]] base::Result<Release> decode_release(std::string_view payload);
// The same record with status "failed", as helm leaves it when it is interrupted.
[[nodiscard]] base::Result<std::string> mark_interrupted(std::string_view payload);

// Differences of two JSON objects of values, leaf by leaf, sorted by path. Values whose
// name says that they are secret become "***" (when they differ: "***" on both sides).
// A null before means: everything is new.
[[nodiscard]] base::Result<std::vector<model::ValueChange>> diff_values(std::string_view before,
                                                                        std::string_view after);

}  // namespace helm
