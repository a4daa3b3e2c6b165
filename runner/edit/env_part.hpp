// An entry that is not there yet: how it is written in block and in flow layout.
#pragma once

#include <cstddef>
#include <string>

#include "edit/env_entry.hpp"
#include "edit/splice.hpp"

namespace edit {

// "key: value"
[[nodiscard]] Part pair_part(const std::string& key, const std::string& value, Style style, Style keys);
// "- name: X" and "value: Y" below it, with `gap` blanks behind the dash.
[[nodiscard]] Part item_part(const EnvEntry& entry, Style style, std::size_t gap, Style keys);
// A list of that one item.
[[nodiscard]] Part list_part(const EnvEntry& entry, Style keys);
// A mapping of the pairs in `inner`.
[[nodiscard]] Part mapping_part(const Part& inner);
// "key:" and the list below it.
[[nodiscard]] Part key_with_list(const EnvEntry& entry, const std::string& key, std::size_t indentation, Style keys);

}  // namespace edit
