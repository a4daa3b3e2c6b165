// Times as Kubernetes and etcd's log write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "model/kubernetes.hpp"

namespace model {

// "2026-11-23T10:00:00Z" and "…00.123456Z" (metav1.Time, MicroTime); nothing for anything else.
[[nodiscard]] std::optional<Timestamp> parse_timestamp(std::string_view text);
// "2026-11-23T10:00:00Z"
[[nodiscard]] std::string utc_text(Timestamp time);
// "2026-11-23T10:00:00.123456Z", as a MicroTime must be written
[[nodiscard]] std::string precise_utc_text(Timestamp time);

}  // namespace model
