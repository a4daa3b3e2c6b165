#include "edit/same_but.hpp"

#include <algorithm>

namespace edit {
namespace {

bool same(const Node& a, const Node& b) {
    return a.kind == b.kind && a.style == b.style && a.layout == b.layout && a.value == b.value && a.tag == b.tag &&
           a.anchor == b.anchor;
}

// How it is written is free, but a scalar has to be a text.
bool as_promised(const Node& promised, const Node& found) {
    return promised.kind == found.kind && promised.value == found.value && promised.tag == found.tag &&
           promised.anchor == found.anchor && (found.kind != Kind::scalar || is_text(found));
}

}  // namespace

bool same_but(const YamlText& before, const Splice& splice, const YamlText& after) {
    const auto& old = before.nodes;
    const auto& now = after.nodes;
    const auto replaced_end = splice.at + splice.removed;
    const auto new_end = splice.at + splice.nodes.size();
    if (replaced_end > old.size() || now.size() != old.size() - splice.removed + splice.nodes.size() ||
        after.documents.size() != std::max<std::size_t>(before.documents.size(), 1)) {
        return false;
    }
    const auto at = static_cast<std::ptrdiff_t>(splice.at);
    return std::equal(old.begin(), old.begin() + at, now.begin(), same) &&
           std::ranges::equal(
               splice.nodes,
               std::ranges::subrange(now.begin() + at, now.begin() + static_cast<std::ptrdiff_t>(new_end)),
               as_promised) &&
           std::equal(old.begin() + static_cast<std::ptrdiff_t>(replaced_end), old.end(),
                      now.begin() + static_cast<std::ptrdiff_t>(new_end), same);
}

}  // namespace edit
