// What etcd counts of itself, read from the text of GET /metrics.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "model/etcd.hpp"

namespace etcd {

// Errors: protocol, when nothing of etcd's is in it.
[[nodiscard]] base::Result<model::MemberMetrics> decode_metrics(std::string_view text);

}  // namespace etcd
