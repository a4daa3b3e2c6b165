// The safety net below every edit.
#pragma once

#include <string_view>

#include "edit/splice.hpp"

namespace edit {

// True when `after`, which `splice` has made of `before`, holds the same nodes, except that
// those which the splice names are replaced by those which it promises.
[[nodiscard]] bool same_but(const YamlText& before, const Splice& splice, const YamlText& after);

}  // namespace edit
