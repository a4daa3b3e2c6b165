// Kubernetes' way to write amounts: "1Gi", "512Mi", "1500m", "1e3".
// https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace model {

// Rounded down to whole units; none for what is no quantity, negative or absurdly large.
[[nodiscard]] std::optional<std::uint64_t> parse_quantity(std::string_view text);
// The same in thousandths, for CPUs: "1500m" is 1500. None above 9 petaunits, too.
[[nodiscard]] std::optional<std::uint64_t> parse_milli_quantity(std::string_view text);

}  // namespace model
