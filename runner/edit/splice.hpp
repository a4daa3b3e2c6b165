// Replacing a part of a YAML text: where it goes and how it is written there.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "edit/yaml_text.hpp"

namespace edit {

struct Source {
    std::string_view text;  // without a byte order mark
    std::string_view file;  // for messages
    YamlText yaml;

    [[nodiscard]] const Node& node(std::size_t index) const { return yaml.nodes[index]; }
    [[nodiscard]] std::size_t line_of(std::size_t node) const { return line_at(text, yaml.nodes[node].begin); }
    // ErrorCode::bad_input, "FILE:LINE: message".
    [[nodiscard]] std::unexpected<base::Error> refuse(std::size_t node, const std::string& message,
                                                      std::string hint = {}) const;
    [[nodiscard]] std::unexpected<base::Error> refuse_at(std::size_t offset, const std::string& message,
                                                         std::string hint) const;
};

// The bytes of the line break at `offset`; 0: there is none. YAML 1.1 has five kinds.
[[nodiscard]] std::size_t break_length(std::string_view text, std::size_t offset);

// What to put in, in both ways of writing it.
struct Part {
    std::vector<std::string> lines;  // in block layout, without the column that it goes to
    std::string flow;
    std::vector<Node> nodes;  // what a reader will find there
};

// The bytes [begin, end) become `text`; then the nodes [at, at + removed) are `nodes`.
struct Splice {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string text = {};
    std::size_t at = 0;
    std::size_t removed = 0;
    std::vector<Node> nodes = {};
};

// Of a block collection: where its keys or dashes stand. No value: keys are written in a
// way ("? key", no key) that this cannot add to.
[[nodiscard]] std::optional<std::size_t> column_of(const Source& source, std::size_t collection);

// The columns by which this text's lists stand right of their key; 2 when it has none.
[[nodiscard]] std::size_t list_indentation(const Source& source);

// After all that the mapping or sequence holds.
[[nodiscard]] base::Result<Splice> add_last(const Source& source, std::size_t collection, Part part);

// Instead of `node`, which is null or an empty collection, a value of `mapping`: below its
// key where that is in block layout, `indentation` columns right of it. `collection` is the
// part with its opening and closing nodes, "[…]" or "{…}".
[[nodiscard]] base::Result<Splice> fill(const Source& source, std::size_t mapping, std::size_t node, Part collection,
                                        std::size_t indentation);

// At the end of a document that holds nothing: the only one (`root`) or none at all.
[[nodiscard]] Splice begin_document(const Source& source, Part part);

// Another value for the scalar `node`, which stands in a mapping of layout `around`.
[[nodiscard]] base::Result<Splice> rewrite(const Source& source, std::size_t node, std::string_view value,
                                           Layout around);

}  // namespace edit
