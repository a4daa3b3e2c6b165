// Prometheus' text format, read line by line. Lines that make no sense are passed over:
// one odd sample must not hide the others.
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etcd {

struct Sample {
    std::string_view name;
    std::vector<std::pair<std::string_view, std::string>> labels;  // values unescaped
    double value = 0;                                              // may be NaN or infinite
    // Empty when there is no such label.
    [[nodiscard]] std::string_view label(std::string_view key) const;
};

// Views in a Sample point into `text`. `wanted` tells by the name alone whether the
// rest of a line is worth reading.
void for_each_sample(std::string_view text, const std::function<bool(std::string_view name)>& wanted,
                     const std::function<void(const Sample&)>& on_sample);

}  // namespace etcd
