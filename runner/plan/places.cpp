#include "plan/places.hpp"

#include <cstddef>
#include <string>

#include <yaml-cpp/yaml.h>

namespace plan {
namespace {

constexpr int deepest = 64;

void walk(const YAML::Node& node, const std::string& path, const std::string& file, int depth,
          std::vector<ValuePlace>& places) {
    if (depth > deepest) {
        return;
    }
    if (node.IsMap()) {
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) {
                continue;
            }
            auto inner = path.empty() ? entry.first.Scalar() : path + "." + entry.first.Scalar();
            places.push_back(
                {.path = inner, .file = file, .line = static_cast<std::size_t>(entry.first.Mark().line) + 1});
            walk(entry.second, inner, file, depth + 1, places);
        }
    } else if (node.IsSequence()) {
        for (std::size_t i = 0; i < node.size(); ++i) {
            walk(node[i], path + "[" + std::to_string(i) + "]", file, depth + 1, places);
        }
    }
}

}  // namespace

std::vector<ValuePlace> places_in(const std::string& file, std::string_view yaml) {
    std::vector<ValuePlace> places;
    try {
        walk(YAML::Load(std::string(yaml)), {}, file, 0, places);
    } catch (const YAML::Exception&) {
        places.clear();
    }
    return places;
}

}  // namespace plan
