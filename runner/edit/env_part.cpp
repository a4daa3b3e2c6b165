#include "edit/env_part.hpp"

#include "edit/scalar_text.hpp"

namespace edit {
namespace {

Node text_node(std::string value) {
    return {.style = Style::double_quoted, .value = std::move(value)};
}

std::vector<Node> in_collection(Kind kind, const std::vector<Node>& inner) {
    std::vector<Node> nodes{{.kind = kind}};
    nodes.insert(nodes.end(), inner.begin(), inner.end());
    nodes.push_back({.kind = Kind::end});
    return nodes;
}

}  // namespace

Part pair_part(const std::string& key, const std::string& value, Style style, Style keys) {
    const auto key_text = scalar_text(key, keys, Layout::flow);
    return {.lines = {key_text + ": " + scalar_text(value, style, Layout::block)},
            .flow = key_text + ": " + scalar_text(value, style, Layout::flow),
            .nodes = {text_node(key), text_node(value)}};
}

Part item_part(const EnvEntry& entry, Style style, std::size_t gap, Style keys) {
    const auto name = pair_part("name", entry.name, keys, keys);
    const auto value = pair_part("value", entry.value.value_or(""), style, keys);
    std::vector<Node> nodes = name.nodes;
    nodes.insert(nodes.end(), value.nodes.begin(), value.nodes.end());
    return {.lines = {"-" + std::string(gap, ' ') + name.lines[0], std::string(gap + 1, ' ') + value.lines[0]},
            .flow = "{" + name.flow + ", " + value.flow + "}",
            .nodes = in_collection(Kind::mapping, nodes)};
}

Part list_part(const EnvEntry& entry, Style keys) {
    auto item = item_part(entry, Style::double_quoted, 1, keys);
    return {.lines = std::move(item.lines),
            .flow = "[" + item.flow + "]",
            .nodes = in_collection(Kind::sequence, item.nodes)};
}

Part mapping_part(const Part& inner) {
    return {.lines = inner.lines, .flow = "{" + inner.flow + "}", .nodes = in_collection(Kind::mapping, inner.nodes)};
}

Part key_with_list(const EnvEntry& entry, const std::string& key, std::size_t indentation, Style keys) {
    auto list = list_part(entry, keys);
    const auto key_text = scalar_text(key, keys, Layout::flow);
    Part part{.lines = {key_text + ":"}, .flow = key_text + ": " + list.flow, .nodes = {text_node(key)}};
    for (const auto& line : list.lines) {
        part.lines.push_back(std::string(indentation, ' ') + line);
    }
    part.nodes.insert(part.nodes.end(), list.nodes.begin(), list.nodes.end());
    return part;
}

}  // namespace edit
