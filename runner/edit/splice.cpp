#include "edit/splice.hpp"

#include <algorithm>
#include <array>

#include "edit/scalar_text.hpp"

namespace edit {
namespace {

// YAML 1.1 has five; libyaml takes them all.
constexpr std::array<std::string_view, 6> line_breaks{"\r\n", "\n", "\r", "\xC2\x85", "\xE2\x80\xA8", "\xE2\x80\xA9"};

std::size_t line_end(std::string_view text, std::size_t offset) {
    while (offset < text.size() && break_length(text, offset) == 0) {
        ++offset;
    }
    return offset;
}

// The line break that ends at `offset`, or nothing.
std::string_view break_before(std::string_view text, std::size_t offset) {
    const auto before = text.substr(0, offset);
    for (const std::string_view each : line_breaks) {
        if (before.ends_with(each)) {
            return before.substr(offset - each.size());
        }
    }
    return {};
}

std::size_t line_begin(std::string_view text, std::size_t offset) {
    while (offset > 0 && break_before(text, offset).empty()) {
        --offset;
    }
    return offset;
}

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t") == std::string_view::npos;
}

// Nothing, or a comment.
bool says_nothing(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos || text[first] == '#';
}

// The line end to write at `offset`: that of the line there, else that of the one before.
std::string line_break_near(std::string_view text, std::size_t offset) {
    const auto end = line_end(text, offset);
    if (const auto length = break_length(text, end); length > 0) {
        return std::string(text.substr(end, length));
    }
    const auto before = break_before(text, line_begin(text, offset));
    return before.empty() ? "\n" : std::string(before);
}

std::string indented(const std::vector<std::string>& lines, std::size_t column, const std::string& line_break) {
    std::string text;
    for (const auto& line : lines) {
        text += (text.empty() ? "" : line_break) + std::string(column, ' ') + line;
    }
    return text;
}

// Whole lines below the one that `offset` is in; where that begins a line, there.
Splice lines_below(std::string_view text, std::size_t offset, const std::vector<std::string>& lines,
                   std::size_t column) {
    if (offset == line_begin(text, offset)) {
        const auto line_break = offset == 0 ? line_break_near(text, 0) : std::string(break_before(text, offset));
        return {.begin = offset, .end = offset, .text = indented(lines, column, line_break) + line_break};
    }
    const auto end = line_end(text, offset);
    const auto line_break = line_break_near(text, offset);
    return {.begin = end, .end = end, .text = line_break + indented(lines, column, line_break)};
}

// The scalar's own token, without anchor and tag; nullptr when it has no bytes.
const Token* token_of(const Source& source, const Node& node) {
    const auto* token = source.yaml.before(node.end);
    return token != nullptr && token->mark == Mark::scalar && token->end == node.end && token->begin >= node.begin
               ? token
               : nullptr;
}

bool is_block_text_cut_short(const Source& source, std::size_t end) {
    const auto* last = source.yaml.before(end);
    if (last == nullptr || last->mark != Mark::scalar || end != source.text.size()) {
        return false;
    }
    const char first = source.text[last->begin];
    return (first == '|' || first == '>') && line_begin(source.text, end) != end;
}

struct LastPart {
    std::size_t key = no_node;    // of a sequence: the item itself
    std::size_t value = no_node;  // no_node: there is nothing
};

LastPart last_part(const Source& source, std::size_t collection) {
    LastPart last;
    for (auto part = YamlText::first(collection); source.yaml.has(collection, part);) {
        last.key = part;
        last.value = source.node(collection).kind == Kind::mapping ? source.yaml.next(part) : part;
        part = source.yaml.next(last.value);
    }
    return last;
}

// Behind the last part of a flow collection that is not empty. Where that has lines of its
// own, so has the new one.
Splice behind(const Source& source, const LastPart& part, const std::string& flow) {
    const auto text = source.text;
    const auto& last = source.node(part.value);
    // After an empty value a comma would become part of the key's colon or of a tag.
    const bool is_empty = last.kind == Kind::scalar && last.style == Style::plain && last.value.empty();
    const std::string comma = is_empty ? " ," : ",";
    const auto* following = source.yaml.from(last.end);
    const bool has_comma = following != nullptr && following->mark == Mark::comma;
    const auto after = has_comma ? following->end : last.end;
    const auto end = line_end(text, after);
    const auto rest = text.substr(after, end - after);
    const auto begin = line_begin(text, source.node(part.key).begin);
    const auto indentation = text.substr(begin, source.node(part.key).begin - begin);
    if (begin > 0 && is_blank(indentation) && says_nothing(rest) && end < text.size()) {
        const auto line = line_break_near(text, end) + std::string(indentation) + flow;
        return has_comma ? Splice{.begin = end, .end = end, .text = line + ","}
                         : Splice{.begin = after, .end = end, .text = comma + std::string(rest) + line};
    }
    return {.begin = last.end, .end = last.end, .text = comma + " " + flow};
}

base::Result<Splice> add_in_flow(const Source& source, std::size_t collection, const std::string& flow) {
    const auto& node = source.node(collection);
    const auto* open = source.yaml.from(node.begin);
    while (open != nullptr && open->mark == Mark::property) {
        ++open;  // the opening bracket follows
    }
    if (open == nullptr || open->mark != Mark::open) {
        return source.refuse(collection, "this mapping has no braces, nothing can be added to it", "write it in {}");
    }
    const auto last = last_part(source, collection);
    if (last.value == no_node) {
        return Splice{.begin = open->end, .end = open->end, .text = flow};
    }
    if (const auto& value = source.node(last.value); value.begin == value.end) {
        const auto* mark = source.yaml.before(value.end);
        if (mark == nullptr || mark->mark != Mark::colon) {
            return source.refuse(last.key, "this key has no colon, nothing can be added behind it", "write key: value");
        }
    }
    return behind(source, last, flow);
}

}  // namespace

std::size_t break_length(std::string_view text, std::size_t offset) {
    for (const auto each : line_breaks) {
        if (text.substr(offset).starts_with(each)) {
            return each.size();
        }
    }
    return 0;
}

std::unexpected<base::Error> Source::refuse(std::size_t index, const std::string& message, std::string hint) const {
    return refuse_at(yaml.nodes[index].begin, message, std::move(hint));
}

std::unexpected<base::Error> Source::refuse_at(std::size_t offset, const std::string& message, std::string hint) const {
    return base::fail(base::ErrorCode::bad_input,
                      std::string(file) + ":" + std::to_string(line_at(text, offset)) + ": " + message,
                      std::move(hint));
}

std::optional<std::size_t> column_of(const Source& source, std::size_t collection) {
    const auto& first = source.node(YamlText::first(collection));
    std::size_t place = 0;
    if (source.node(collection).kind == Kind::sequence) {
        const auto* dash = source.yaml.before(first.begin);
        if (dash == nullptr || dash->mark != Mark::dash) {
            return std::nullopt;
        }
        place = dash->begin;
    } else {
        // "? a: b" has a mapping for a key, and the first mark there is that one's.
        const bool is_block =
            (first.kind == Kind::mapping || first.kind == Kind::sequence) && first.layout == Layout::block;
        const auto* key = source.yaml.from(first.begin);
        if (is_block || key == nullptr || key->mark != Mark::key || key->begin != first.begin ||
            key->end != key->begin) {
            return std::nullopt;
        }
        place = key->begin;
    }
    return place - line_begin(source.text, place);
}

std::size_t list_indentation(const Source& source) {
    constexpr std::size_t usual = 2;
    const auto& nodes = source.yaml.nodes;
    for (std::size_t mapping = 0; mapping < nodes.size(); ++mapping) {
        if (nodes[mapping].kind != Kind::mapping || nodes[mapping].layout != Layout::block) {
            continue;
        }
        for (auto key = YamlText::first(mapping); source.yaml.has(mapping, key);) {
            const auto value = source.yaml.next(key);
            if (nodes[value].kind == Kind::sequence && nodes[value].layout == Layout::block) {
                const auto left = column_of(source, mapping);
                const auto right = column_of(source, value);
                if (left && right && *right >= *left && *right - *left <= 8) {
                    return *right - *left;
                }
            }
            key = source.yaml.next(value);
        }
    }
    return usual;
}

base::Result<Splice> add_last(const Source& source, std::size_t collection, Part part) {
    const auto& node = source.node(collection);
    Splice splice;
    if (node.layout == Layout::flow) {
        TRY_ASSIGN(splice, add_in_flow(source, collection, part.flow));
    } else {
        const auto column = column_of(source, collection);
        if (!column) {
            return source.refuse(collection, "the first key here is written in a way that nothing can be added to",
                                 "write it as key: value");
        }
        if (is_block_text_cut_short(source, node.end)) {
            return source.refuse(node.close, "the file ends within a block text, without a line end",
                                 "end the file with a line end");
        }
        splice = lines_below(source.text, node.end, part.lines, *column);
    }
    splice.at = node.close;
    splice.nodes = std::move(part.nodes);
    return splice;
}

base::Result<Splice> fill(const Source& source, std::size_t mapping, std::size_t index, Part collection,
                          std::size_t indentation) {
    const auto& node = source.node(index);
    const auto text = source.text;
    Splice splice{.begin = node.begin, .end = node.end};
    const bool is_bare = node.anchor.empty() && node.tag.empty();
    const bool on_one_line = line_end(text, node.begin) >= node.end;
    if (node.kind != Kind::scalar && (!is_bare || !on_one_line || source.node(mapping).layout == Layout::flow)) {
        // Within the brackets that are there.
        TRY_ASSIGN(splice, add_in_flow(source, index, collection.flow.substr(1, collection.flow.size() - 2)));
        splice.at = node.close;
        splice.nodes.assign(collection.nodes.begin() + 1, collection.nodes.end() - 1);
        return splice;
    }
    const auto* before = source.yaml.before(node.begin);
    if (before == nullptr || before->mark != Mark::colon || !is_bare) {
        return source.refuse(index, "what is here cannot be replaced", "write it as key: value, without & and !");
    }
    if (source.node(mapping).layout == Layout::flow) {
        splice.text = (node.begin == before->end ? " " : "") + collection.flow;
    } else {
        const auto column = column_of(source, mapping);
        if (!column) {
            return source.refuse(mapping, "the first key here is written in a way that nothing can be added to",
                                 "write it as key: value");
        }
        while (splice.begin > before->end && (text[splice.begin - 1] == ' ' || text[splice.begin - 1] == '\t')) {
            --splice.begin;
        }
        splice.end = line_end(text, node.end);
        const auto line_break = line_break_near(text, node.end);
        // libyaml takes "[]# this" for a comment, but not ":# this".
        auto rest = text.substr(node.end, splice.end - node.end);
        if (splice.begin == line_begin(text, splice.begin)) {
            rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));  // no tab may begin a line
        }
        splice.text = (rest.starts_with('#') ? " " : "") + std::string(rest) + line_break +
                      indented(collection.lines, *column + indentation, line_break);
    }
    splice.at = index;
    splice.removed = node.close + 1 - index;
    splice.nodes = std::move(collection.nodes);
    return splice;
}

Splice begin_document(const Source& source, Part part) {
    const auto& tokens = source.yaml.tokens;
    const bool has_document = !source.yaml.documents.empty();
    const auto start = std::ranges::find(tokens, Mark::document_start, &Token::mark);
    // "..." may follow the "---".
    const bool below_start = has_document && start != tokens.end() && start + 1 != tokens.end();
    auto splice = lines_below(source.text, below_start ? start->end : source.text.size(), part.lines, 0);
    splice.removed = has_document ? 1 : 0;
    splice.nodes = std::move(part.nodes);
    return splice;
}

base::Result<Splice> rewrite(const Source& source, std::size_t index, std::string_view value, Layout around) {
    const auto& node = source.node(index);
    const auto text = source.text;
    Node wanted = node;
    wanted.value = value;
    Splice splice{
        .begin = node.end, .end = node.end, .text = {}, .at = index, .removed = 1, .nodes = {std::move(wanted)}};
    const auto* token = token_of(source, node);
    if (token == nullptr) {
        const auto* before = source.yaml.before(node.end);
        if (before == nullptr || before->end != node.end ||
            (before->mark != Mark::colon && before->mark != Mark::property)) {
            return source.refuse(index, "a value cannot be written here", "write it as key: value");
        }
        splice.text = " " + scalar_text(value, Style::double_quoted, around);
        return splice;
    }
    splice.begin = token->begin;
    const auto* before = source.yaml.before(token->begin);
    const bool touches = before != nullptr && before->mark == Mark::property && before->end == token->begin;  // "&a:b"
    splice.text = (touches ? " " : "") + scalar_text(value, node.style, around);
    if (node.style == Style::block) {
        // In a line of its own "|" may stand in its key's column, a quote may not.
        const auto begin = line_begin(text, token->begin);
        splice.text.insert(0, is_blank(text.substr(begin, token->begin - begin)) ? " " : "");
        // What stands behind the "|" is kept (a comment), and so are blank lines at the end.
        const auto header = line_end(text, token->begin);
        const auto rest = text.substr(token->begin, header - token->begin);
        const auto behind = rest.substr(std::min(rest.find_first_of(" \t#"), rest.size()));
        splice.text += (behind.starts_with('#') ? " " : "") + std::string(behind);
        splice.end = token->end;
        while (splice.end > header) {
            const auto blank = text[splice.end - 1] == ' ' ? std::size_t{1} : break_before(text, splice.end).size();
            if (blank == 0) {
                break;
            }
            splice.end -= blank;
        }
    }
    return splice;
}

}  // namespace edit
