#include "edit/yaml_text.hpp"

#include <algorithm>
#include <map>
#include <memory>

#include <yaml.h>

#include "base/text.hpp"
#include "base/utf8.hpp"

namespace edit {
namespace {

constexpr std::size_t deepest = 100;

std::string at(std::string_view file, std::size_t line) {
    return std::string(file) + ":" + std::to_string(line) + ": ";
}

std::unexpected<base::Error> refuse(std::string_view file, std::size_t line, const std::string& message,
                                    std::string hint = {}) {
    return base::fail(base::ErrorCode::bad_input, at(file, line) + message, std::move(hint));
}

std::string as_string(const yaml_char_t* text) {
    return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text));
}

// libyaml's events and tokens, and its marks (which count characters) as bytes.
class Reader {
public:
    explicit Reader(std::string_view text, const std::vector<std::size_t>& bytes) : bytes_(bytes) {
        if (yaml_parser_initialize(&parser_) == 0) {
            throw std::bad_alloc();
        }
        // Said, so that libyaml does not guess from the first bytes.
        yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&parser_, reinterpret_cast<const yaml_char_t*>(text.data()), text.size());
    }
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    ~Reader() { yaml_parser_delete(&parser_); }

    [[nodiscard]] std::size_t byte(const yaml_mark_t& mark) const {
        return bytes_.empty() ? mark.index : bytes_[std::min(mark.index, bytes_.size() - 1)];
    }
    [[nodiscard]] yaml_parser_t& parser() { return parser_; }

    // Where and why libyaml gave up. Its words hold nothing of the text.
    [[nodiscard]] std::pair<std::size_t, std::string> problem() const {
        const bool by_bytes = parser_.error == YAML_READER_ERROR;
        std::string words = parser_.problem == nullptr ? "unreadable" : parser_.problem;
        if (parser_.context != nullptr) {
            words += std::string(" ") + parser_.context;
        }
        return {by_bytes ? parser_.problem_offset : byte(parser_.problem_mark), std::move(words)};
    }

private:
    yaml_parser_t parser_{};
    const std::vector<std::size_t>& bytes_;
};

struct EventGuard {
    yaml_event_t event{};
    EventGuard() = default;
    EventGuard(const EventGuard&) = delete;
    EventGuard& operator=(const EventGuard&) = delete;
    ~EventGuard() { yaml_event_delete(&event); }
};

Style style_of(yaml_scalar_style_t style) {
    switch (style) {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: return Style::single_quoted;
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: return Style::double_quoted;
        case YAML_LITERAL_SCALAR_STYLE:
        case YAML_FOLDED_SCALAR_STYLE: return Style::block;
        default: return Style::plain;
    }
}

Mark mark_of(yaml_token_type_t type) {
    switch (type) {
        case YAML_DOCUMENT_START_TOKEN: return Mark::document_start;
        case YAML_DOCUMENT_END_TOKEN: return Mark::document_end;
        case YAML_BLOCK_ENTRY_TOKEN: return Mark::dash;
        case YAML_FLOW_SEQUENCE_START_TOKEN:
        case YAML_FLOW_MAPPING_START_TOKEN: return Mark::open;
        case YAML_FLOW_ENTRY_TOKEN: return Mark::comma;
        case YAML_KEY_TOKEN: return Mark::key;
        case YAML_VALUE_TOKEN: return Mark::colon;
        case YAML_ANCHOR_TOKEN:
        case YAML_TAG_TOKEN: return Mark::property;
        case YAML_SCALAR_TOKEN: return Mark::scalar;
        default: return Mark::other;
    }
}

// Builds the nodes from events.
class Builder {
public:
    Builder(YamlText& result, std::string_view text, std::string_view file)
        : result_(result), text_(text), file_(file) {}

    base::Result<void> add(const yaml_event_t& event, std::size_t begin, std::size_t end) {
        Node node{.begin = begin, .end = end};
        switch (event.type) {
            case YAML_DOCUMENT_START_EVENT:
                anchors_.clear();
                result_.documents.push_back({.root = result_.nodes.size(), .begin = begin});
                return {};
            case YAML_SCALAR_EVENT:
                node.style = style_of(event.data.scalar.style);
                node.value.assign(reinterpret_cast<const char*>(event.data.scalar.value), event.data.scalar.length);
                node.tag = as_string(event.data.scalar.tag);
                node.anchor = as_string(event.data.scalar.anchor);
                break;
            case YAML_ALIAS_EVENT: {
                node.kind = Kind::alias;
                node.value = as_string(event.data.alias.anchor);
                const auto found = anchors_.find(node.value);
                if (found == anchors_.end()) {
                    return refuse(
                        file_, line_at(text_, begin),
                        "the alias *" + base::shorten(base::printable(node.value), 80) + " has no anchor before it",
                        "this is not valid YAML, and helm would refuse it");
                }
                node.target = found->second;
                result_.nodes[found->second].aliased = true;
                break;
            }
            case YAML_SEQUENCE_START_EVENT:
                node.kind = Kind::sequence;
                node.layout =
                    event.data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE ? Layout::flow : Layout::block;
                node.tag = as_string(event.data.sequence_start.tag);
                node.anchor = as_string(event.data.sequence_start.anchor);
                return open(std::move(node));
            case YAML_MAPPING_START_EVENT:
                node.kind = Kind::mapping;
                node.layout = event.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE ? Layout::flow : Layout::block;
                node.tag = as_string(event.data.mapping_start.tag);
                node.anchor = as_string(event.data.mapping_start.anchor);
                return open(std::move(node));
            case YAML_SEQUENCE_END_EVENT:
            case YAML_MAPPING_END_EVENT: close(end); return {};
            default: return {};
        }
        node.close = result_.nodes.size();
        push(std::move(node));
        return {};
    }

private:
    base::Result<void> open(Node node) {
        if (open_.size() >= deepest) {
            return refuse(file_, line_at(text_, node.begin),
                          "nested more than " + std::to_string(deepest) + " levels deep", "name a helm values file");
        }
        open_.push_back(result_.nodes.size());
        push(std::move(node));
        return {};
    }
    void close(std::size_t end) {
        Node& node = result_.nodes[open_.back()];
        open_.pop_back();
        node.end = end;
        node.close = result_.nodes.size();
        result_.nodes.push_back({.kind = Kind::end, .begin = end, .end = end, .close = node.close});
    }
    void push(Node node) {
        if (!node.anchor.empty()) {
            anchors_[node.anchor] = result_.nodes.size();
        }
        result_.nodes.push_back(std::move(node));
    }

    YamlText& result_;
    std::string_view text_;
    std::string_view file_;
    std::vector<std::size_t> open_;
    std::map<std::string, std::size_t> anchors_;
};

std::unexpected<base::Error> not_yaml(const Reader& reader, std::string_view text, std::string_view file) {
    const auto [offset, words] = reader.problem();
    return refuse(file, line_at(text, std::min(offset, text.size())), "this is not valid YAML: " + words,
                  text.contains("{{") ? "a chart's template is no values file: name the values.yaml that it takes"
                                      : "correct it; helm could not read it either");
}

base::Result<void> read_nodes(std::string_view text, const std::vector<std::size_t>& bytes, std::string_view file,
                              YamlText& result) {
    Reader reader(text, bytes);
    Builder builder(result, text, file);
    for (;;) {
        EventGuard guard;
        if (yaml_parser_parse(&reader.parser(), &guard.event) == 0) {
            return not_yaml(reader, text, file);
        }
        if (guard.event.type == YAML_STREAM_END_EVENT) {
            return {};
        }
        TRY(builder.add(guard.event, reader.byte(guard.event.start_mark), reader.byte(guard.event.end_mark)));
    }
}

// After read_nodes, which has found that the text is not nested deep: on such text
// libyaml's scanner would take quadratic time.
base::Result<void> read_tokens(std::string_view text, const std::vector<std::size_t>& bytes, std::string_view file,
                               YamlText& result) {
    Reader reader(text, bytes);
    for (;;) {
        yaml_token_t token;
        if (yaml_parser_scan(&reader.parser(), &token) == 0) {
            return not_yaml(reader, text, file);
        }
        const auto type = token.type;
        const Token seen{
            .mark = mark_of(type), .begin = reader.byte(token.start_mark), .end = reader.byte(token.end_mark)};
        yaml_token_delete(&token);
        if (type == YAML_STREAM_END_TOKEN) {
            return {};
        }
        if (seen.end > seen.begin || seen.mark == Mark::key) {
            result.tokens.push_back(seen);
        }
    }
}

// libyaml ends a block collection, and places an empty scalar, where it notices them: at
// what comes next.
void correct_places(YamlText& result) {
    for (auto& node : result.nodes) {
        if (node.kind == Kind::scalar && node.begin == node.end) {
            const auto* last = result.before(node.begin);
            if (last != nullptr && (last->mark == Mark::colon || last->mark == Mark::dash)) {
                node.begin = last->end;
                node.end = last->end;
            }
        }
        const bool collection = node.kind == Kind::sequence || node.kind == Kind::mapping;
        if (collection && node.layout == Layout::block) {
            if (const auto* last = result.before(node.end); last != nullptr && last->end >= node.begin) {
                node.end = last->end;
            }
        }
    }
}

// Where each character begins, and the end; empty when each is one byte.
base::Result<std::vector<std::size_t>> characters(std::string_view text, std::string_view file) {
    std::vector<std::size_t> bytes;
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
        return bytes;
    }
    bytes.reserve(text.size() + 1);
    for (std::size_t offset = 0; offset < text.size();) {
        const auto character = base::first_character(text.substr(offset));
        if (!character.valid) {
            return refuse(file, line_at(text, offset), "this is not valid UTF-8", "save the file as UTF-8");
        }
        if (character.value == 0xFEFF) {
            // libyaml skips it where a line begins, and counts a column for it.
            return refuse(file, line_at(text, offset), "there is a byte order mark within the text", "remove it");
        }
        bytes.push_back(offset);
        offset += character.length;
    }
    bytes.push_back(text.size());
    return bytes;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, word) != words.end();
}

// Numbers, dates and times of day begin with a digit, a sign or a dot, and have no second
// dot: an address with a port does.
bool may_be_number(std::string_view text) {
    return std::string_view("+-.0123456789").contains(text.front()) && std::ranges::count(text, '.') <= 1 &&
           text.find_first_not_of("0123456789abcdefABCDEFxXoOtTzZ_.+-: ") == std::string_view::npos;
}

}  // namespace

std::size_t YamlText::meant(std::size_t node) const {
    return nodes[node].kind == Kind::alias ? nodes[node].target : node;
}

const Token* YamlText::before(std::size_t offset) const {
    auto place = std::ranges::lower_bound(tokens, offset, {}, &Token::begin);
    while (place != tokens.begin()) {
        --place;
        if (place->end > place->begin) {
            return &*place;
        }
    }
    return nullptr;
}

const Token* YamlText::from(std::size_t offset) const {
    const auto place = std::ranges::lower_bound(tokens, offset, {}, &Token::begin);
    return place == tokens.end() ? nullptr : &*place;
}

std::size_t line_at(std::string_view text, std::size_t offset) {
    std::size_t line = 1;
    for (std::size_t i = 0; i < std::min(offset, text.size()); ++i) {
        const bool ends = text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n'));
        line += ends ? 1 : 0;
    }
    return line;
}

base::Result<YamlText> read_yaml(std::string_view text, std::string_view file) {
    if (text.size() > largest_text) {
        return refuse(file, 1, "larger than " + base::human_bytes(largest_text), "name a helm values file");
    }
    const auto start = text.substr(0, 2);
    if (start == "\xFF\xFE" || start == "\xFE\xFF" || text.substr(0, 4).contains('\0')) {
        return refuse(file, 1, "this is not UTF-8; it looks like UTF-16 or UTF-32", "save the file as UTF-8");
    }
    TRY_ASSIGN(const auto bytes, characters(text, file));
    YamlText result;
    TRY(read_nodes(text, bytes, file, result));
    TRY(read_tokens(text, bytes, file, result));
    correct_places(result);
    return result;
}

bool is_text(const Node& node) {
    if (node.kind != Kind::scalar) {
        return false;
    }
    if (node.tag == YAML_STR_TAG || (node.tag.empty() && node.style != Style::plain) || node.tag == "!") {
        return true;
    }
    if (!node.tag.empty() || node.value.empty() || may_be_number(node.value)) {
        return false;
    }
    // https://yaml.org/type/bool.html and null.html; helm's reader knows them in most spellings.
    return !is_one_of(base::lower(node.value), {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "<<",
                                                "=", ".inf", "-.inf", "+.inf", ".nan"});
}

}  // namespace edit
