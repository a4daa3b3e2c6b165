// Kubernetes' way to write amounts: "1Gi", "512Mi", "1500m", "1e3".
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kube {

// Rounded down to whole units; none for what is no quantity, negative or absurdly large.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(std::string_view text);

}  // namespace kube
