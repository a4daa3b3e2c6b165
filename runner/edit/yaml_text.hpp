// A YAML text as a flat list of what it holds, each with the bytes that it takes, so that
// a part can be replaced and the rest stays as it is. libyaml is known to yaml_text.cpp
// alone; it was chosen because helm's YAML reader is a translation of it (go.yaml.in/yaml),
// so that both read a file in the same way. Nothing here recurses or grows beyond limits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace edit {

// What a Secret, in which helm keeps the values, can hold.
inline constexpr std::size_t largest_text = std::size_t{1} << 20U;
inline constexpr std::size_t no_node = static_cast<std::size_t>(-1);

enum class Kind : std::uint8_t { scalar, alias, sequence, mapping, end };
enum class Style : std::uint8_t { plain, single_quoted, double_quoted, block };  // of a scalar
enum class Layout : std::uint8_t { block, flow };                                // of a collection

// Nodes stand in the order of the text; a collection is followed by what it holds (for a
// mapping key, value, key, value, …) and by a node of Kind::end.
struct Node {
    Kind kind = Kind::scalar;
    Style style = Style::plain;
    Layout layout = Layout::block;
    std::string value = {};   // of a scalar, parsed; of an alias, its name
    std::string tag = {};     // "!", "tag:yaml.org,2002:str", … or ""
    std::string anchor = {};  // without the "&"
    // Bytes, with anchor and tag. A block collection ends where its last part does; an empty
    // scalar takes none and stands right after the ":" or "-", if there is one.
    std::size_t begin = 0;
    std::size_t end = 0;
    std::size_t close = no_node;   // of a collection: its Kind::end; of others: itself
    std::size_t target = no_node;  // of an alias: the node that it stands for
    bool aliased = false;          // an alias stands for this node
};

enum class Mark : std::uint8_t {
    document_start,
    document_end,
    dash,      // of a block sequence
    open,      // of a flow collection
    comma,     // between the parts of one
    key,       // of a mapping; takes no byte unless it is a "?"
    colon,     // before a value
    property,  // an anchor or a tag
    scalar,
    other,
};

// What the text is made of, in order; comments and blanks are between.
struct Token {
    Mark mark = Mark::other;
    std::size_t begin = 0;
    std::size_t end = 0;
};

struct Document {
    std::size_t root = no_node;
    std::size_t begin = 0;  // of its "---", or where the text begins
};

struct YamlText {
    std::vector<Node> nodes;
    std::vector<Document> documents;
    std::vector<Token> tokens;  // of all that has bytes; and of all keys

    // The node after `node` and all that it holds.
    [[nodiscard]] std::size_t next(std::size_t node) const { return nodes[node].close + 1; }
    // The first node in a collection, and whether `child` still is one of it.
    [[nodiscard]] static std::size_t first(std::size_t node) { return node + 1; }
    [[nodiscard]] bool has(std::size_t node, std::size_t child) const { return child < nodes[node].close; }
    // The node itself, or what it is an alias of.
    [[nodiscard]] std::size_t meant(std::size_t node) const;
    // The last token that begins before `offset`; nullptr: none. Tokens of no bytes do not count.
    [[nodiscard]] const Token* before(std::size_t offset) const;
    // The first one that begins at `offset` or later; nullptr: none.
    [[nodiscard]] const Token* from(std::size_t offset) const;
};

// Counts from 1, as editors do: after "\n", "\r\n" and a lone "\r".
[[nodiscard]] std::size_t line_at(std::string_view text, std::size_t offset);

// `text` without a byte order mark. ErrorCode::bad_input, beginning with "FILE:LINE: ":
// no UTF-8 (or a byte order mark within), no YAML, more than 1 MiB, nested more than 100 deep, an alias of nothing.
[[nodiscard]] base::Result<YamlText> read_yaml(std::string_view text, std::string_view file);

// True when the node is a text for YAML 1.1 and 1.2 alike, not a number, a truth value or
// nothing. A plain word that one of them might take for something else is no text.
[[nodiscard]] bool is_text(const Node& node);

}  // namespace edit
