// Looks through YAML without building anything of it: does it parse, is it one
// document, what is at its root, is a key there twice, would its aliases explode.
// yaml-cpp is known to yaml_scan.cpp alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace inputs {

struct YamlProblem {
    std::string message;  // holds keys, never values
    std::string hint;
    int line = 0;  // from 1; 0: unknown
    int column = 0;
};

enum class YamlRoot : std::uint8_t { empty, scalar, sequence, mapping };

struct YamlScan {
    bool parses = true;                  // false: the last problem says why not
    YamlRoot root = YamlRoot::empty;     // of the first document; null counts as empty
    std::vector<std::string> root_keys;  // when it is a mapping
    std::vector<YamlProblem> problems;   // at most a few dozen
};

[[nodiscard]] YamlScan scan_yaml(std::string_view text);

}  // namespace inputs
