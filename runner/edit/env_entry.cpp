#include "edit/env_entry.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "base/utf8.hpp"
#include "edit/env_part.hpp"
#include "edit/same_but.hpp"
#include "edit/splice.hpp"

namespace edit {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// What Linux lets one environment variable hold (MAX_ARG_STRLEN, execve(2)).
constexpr std::size_t longest_value = std::size_t{128} << 10U;
constexpr std::size_t longest_path = 20;  // keys
// A key that its colon may follow has at most 1024 characters, escapes among them
// (https://yaml.org/spec/1.1/#id863390).
constexpr std::size_t longest_key = 200;

std::string shown(std::string_view text) {
    return base::shorten(base::printable(text), 80);
}

base::Result<void> check(const EnvEntry& entry) {
    const auto& name = entry.name;
    if (name.empty() || name.size() > longest_key || name.find_first_not_of(name_characters) != std::string::npos ||
        (name[0] >= '0' && name[0] <= '9')) {
        return base::fail(
            base::ErrorCode::bad_input, "\"" + shown(name) + "\" cannot be the name of an environment variable",
            "letters, digits, '_', '-' and '.', not beginning with a digit, at most " + std::to_string(longest_key));
    }
    for (std::string_view rest = entry.value ? *entry.value : std::string_view(); !rest.empty();) {
        const auto character = base::first_character(rest);
        if (!character.valid || character.value == 0) {
            return base::fail(base::ErrorCode::bad_input, "the value for " + name + " is not a text in UTF-8");
        }
        rest.remove_prefix(character.length);
    }
    if (entry.value && entry.value->size() > longest_value) {
        return base::fail(base::ErrorCode::bad_input,
                          "the value for " + name + " is larger than " + base::human_bytes(longest_value));
    }
    const auto keys = base::split(entry.path, '.');
    const bool has_odd = std::ranges::any_of(keys, [](const std::string& key) {
        return key.empty() || key.size() > longest_key || base::printable(key) != key ||
               key.find_first_of("\r\n\t") != std::string::npos;
    });
    if (has_odd || keys.size() > longest_path) {
        return base::fail(base::ErrorCode::bad_input, "\"" + shown(entry.path) + "\" is not a path of keys",
                          "write it like backend.env");
    }
    return {};
}

bool is_nothing(const Node& node) {
    return node.kind == Kind::scalar && node.style == Style::plain && node.tag.empty() &&
           (node.value.empty() || node.value == "~" || node.value == "null" || node.value == "Null" ||
            node.value == "NULL");
}

// JSON is YAML, but not the other way round: what is added must not make it something that only helm reads.
bool is_json(const Source& source) {
    const auto& documents = source.yaml.documents;
    if (documents.size() != 1 || source.node(documents[0].root).layout != Layout::flow ||
        source.node(documents[0].root).kind != Kind::mapping) {
        return false;
    }
    const auto root = documents[0].root;
    const auto first = YamlText::first(root);
    for (auto key = first; source.yaml.has(root, key); key = source.yaml.next(source.yaml.next(key))) {
        if (source.node(key).style != Style::double_quoted) {
            return false;
        }
    }
    return source.yaml.has(root, first);
}

// A place in the text where the entry is, or a way to make one.
struct Plan {
    std::optional<Splice> splice = {};  // none: nothing to change
    std::size_t value = no_node;        // that is there already
};

class Editor {
public:
    Editor(const Source& source, const EnvEntry& entry)
        : source_(source),
          yaml_(source.yaml),
          entry_(entry),
          value_(entry.value.value_or("")),
          keys_(is_json(source) ? Style::double_quoted : Style::plain) {}

    base::Result<Plan> plan() {
        auto keys = base::split(entry_.path, '.');
        TRY_ASSIGN(const auto root, find_root());
        if (root == no_node) {
            if (keys.size() > 1) {
                return base::fail(base::ErrorCode::bad_input,
                                  entry_.file + ":1: there is no \"" + shown(keys[0]) + "\"",
                                  "correct the path of keys to the list");
            }
            return Plan{.splice = begin_document(source_, mapping_part(key_with_list(entry_, keys[0], 2, keys_)))};
        }
        return walk(follow(root), keys);
    }

private:
    // The root of the one document that holds something.
    base::Result<std::size_t> find_root() {
        std::size_t root = no_node;
        for (const auto& each : yaml_.documents) {
            const auto& node = source_.node(each.root);
            if (node.kind == Kind::scalar && node.style == Style::plain && node.begin == node.end) {
                continue;
            }
            if (root != no_node) {
                return source_.refuse_at(each.begin, "a second YAML document begins here; helm would ignore it",
                                         "use one file for each document");
            }
            root = each.root;
        }
        if (root == no_node && yaml_.documents.size() > 1) {
            return source_.refuse_at(yaml_.documents[1].begin,
                                     "a second YAML document begins here, and none holds anything", "leave one");
        }
        return root;
    }

    base::Result<Plan> walk(std::size_t root, const std::vector<std::string>& keys) {
        std::size_t mapping = root;
        std::size_t around = no_node;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const bool is_last = i + 1 == keys.size();
            if (i > 0 && is_last && is_nothing(source_.node(mapping))) {
                return make_list(around, mapping, keys[i]);
            }
            if (source_.node(mapping).kind != Kind::mapping) {
                return source_.refuse(mapping,
                                      i == 0 ? "a values file is a mapping of keys, and this is none"
                                             : "\"" + shown(keys[i - 1]) + "\" is not a mapping of keys",
                                      i == 0 ? "name a helm values file" : "correct the path of keys to the list");
            }
            TRY_ASSIGN(const auto value, find(mapping, keys[i]));
            if (value == no_node) {
                TRY(check_no_merge(mapping, "\"" + shown(keys[i]) + "\""));
                if (!is_last) {
                    return source_.refuse(mapping, "there is no \"" + shown(keys[i]) + "\" in this mapping",
                                          "correct the path of keys to the list");
                }
                return make_list(around, mapping, keys[i]);
            }
            around = mapping;
            mapping = follow(value);
        }
        return edit_list(around, mapping);
    }

    base::Result<Plan> make_list(std::size_t around, std::size_t mapping, const std::string& key) {
        TRY(check_own());
        const auto part = key_with_list(entry_, key, list_indentation(source_), keys_);
        const bool is_empty = !yaml_.has(mapping, YamlText::first(mapping));
        if (is_empty && around != no_node) {
            TRY_ASSIGN(auto splice, fill(source_, around, mapping, mapping_part(part), 2));
            return Plan{.splice = std::move(splice)};
        }
        TRY_ASSIGN(auto splice, add_last(source_, mapping, part));
        return Plan{.splice = std::move(splice)};
    }

    base::Result<Plan> edit_list(std::size_t around, std::size_t list) {
        const auto& node = source_.node(list);
        if (is_nothing(node)) {
            TRY(check_own());
            TRY_ASSIGN(auto splice, fill(source_, around, list, list_part(entry_, keys_), list_indentation(source_)));
            return Plan{.splice = std::move(splice)};
        }
        if (node.kind == Kind::mapping) {
            return edit_mapping(around, list);
        }
        if (node.kind != Kind::sequence) {
            return source_.refuse(list, "\"" + shown(entry_.path) + "\" is neither a list nor a mapping",
                                  "environment variables are a list of name and value");
        }
        TRY_ASSIGN(const auto item, find_item(list));
        if (item != no_node) {
            return edit_item(item);
        }
        if (!yaml_.has(list, YamlText::first(list))) {
            TRY(check_own());
            TRY_ASSIGN(auto splice, fill(source_, around, list, list_part(entry_, keys_), list_indentation(source_)));
            return Plan{.splice = std::move(splice)};
        }
        return add_item(list);
    }

    // `env: {NAME: value}`
    base::Result<Plan> edit_mapping(std::size_t around, std::size_t mapping) {
        TRY_ASSIGN(const auto value, find(mapping, entry_.name));
        if (value != no_node) {
            return edit_value(value, source_.node(mapping).layout);
        }
        TRY(check_no_merge(mapping, entry_.name));
        TRY(check_own());
        Style style = Style::double_quoted;
        for (auto key = YamlText::first(mapping); yaml_.has(mapping, key); key = yaml_.next(yaml_.next(key))) {
            const auto& last = source_.node(yaml_.next(key));
            style = last.kind == Kind::scalar && last.style == Style::single_quoted ? last.style : Style::double_quoted;
        }
        auto part = pair_part(entry_.name, value_, style, keys_);
        if (!yaml_.has(mapping, YamlText::first(mapping))) {
            TRY_ASSIGN(auto splice, fill(source_, around, mapping, mapping_part(part), 2));
            return Plan{.splice = std::move(splice)};
        }
        TRY_ASSIGN(auto splice, add_last(source_, mapping, std::move(part)));
        return Plan{.splice = std::move(splice)};
    }

    // The item of the list that is about NAME, or no_node.
    base::Result<std::size_t> find_item(std::size_t list) {
        std::size_t found = no_node;
        for (auto item = YamlText::first(list); yaml_.has(list, item); item = yaml_.next(item)) {
            const auto meant = yaml_.meant(item);
            if (source_.node(meant).kind != Kind::mapping) {
                return source_.refuse(item, "this is not an entry with name and value",
                                      "write it as - name: NAME, and value: below it");
            }
            TRY_ASSIGN(const auto name, find(meant, "name"));
            if (name == no_node) {
                TRY(check_no_merge(meant, "the entry's name"));
                return source_.refuse(item, "this entry has no name", "give it one, or remove it");
            }
            const auto& text = source_.node(yaml_.meant(name));
            if (text.kind != Kind::scalar) {
                return source_.refuse(name, "this name is not a text", "write the variable's name here");
            }
            if (text.value != entry_.name) {
                continue;
            }
            if (found != no_node) {
                return source_.refuse(
                    item,
                    entry_.name + " is here a second time, first in line " + std::to_string(source_.line_of(found)),
                    "remove one of them: only the last would count");
            }
            found = item;
        }
        return found;
    }

    base::Result<Plan> edit_item(std::size_t item) {
        const auto mapping = follow(item);
        TRY_ASSIGN(const auto from, find(mapping, "valueFrom"));
        if (from != no_node) {
            return source_.refuse(from, entry_.name + " takes its value from elsewhere (valueFrom)",
                                  "replace valueFrom by value, or remove the entry");
        }
        TRY_ASSIGN(const auto value, find(mapping, "value"));
        if (value != no_node) {
            return edit_value(value, source_.node(mapping).layout);
        }
        TRY(check_no_merge(mapping, "the value of " + entry_.name));
        TRY(check_own());
        TRY_ASSIGN(auto splice, add_last(source_, mapping, pair_part("value", value_, Style::double_quoted, keys_)));
        return Plan{.splice = std::move(splice)};
    }

    base::Result<Plan> edit_value(std::size_t alias_or_value, Layout around) {
        const auto value = follow(alias_or_value);
        const auto& node = source_.node(value);
        if (is_text(node) && entry_.value && node.value == value_) {
            return Plan{.value = value};
        }
        TRY(check_own());
        if (node.kind != Kind::scalar) {
            return source_.refuse(value, "the value of " + entry_.name + " is not a text",
                                  "write a text here, in quotes; a chart's template ({{ … }}) is no values file");
        }
        if (!node.tag.empty() && node.tag != "!" && node.tag != "tag:yaml.org,2002:str") {
            return source_.refuse(value, "the value of " + entry_.name + " has the tag " + shown(node.tag),
                                  "remove the tag: environment variables are texts");
        }
        TRY_ASSIGN(auto splice, rewrite(source_, value, value_, around));
        return Plan{.splice = std::move(splice), .value = value};
    }

    // In the way of the last entry.
    base::Result<Plan> add_item(std::size_t list) {
        TRY(check_own());
        std::size_t last = no_node;
        for (auto item = YamlText::first(list); yaml_.has(list, item); item = yaml_.next(item)) {
            last = item;
        }
        Style style = Style::double_quoted;
        TRY_ASSIGN(const auto value, find(yaml_.meant(last), "value"));
        if (value != no_node && source_.node(value).kind == Kind::scalar &&
            source_.node(value).style == Style::single_quoted) {
            style = Style::single_quoted;
        }
        const auto& node = source_.node(last);
        std::size_t gap = 1;
        if (node.kind == Kind::mapping && node.layout == Layout::block) {
            // The blanks between dash and first key, when nothing else is there.
            const auto* dash = yaml_.before(node.begin);
            const auto key = source_.node(YamlText::first(last)).begin;
            const auto blanks = dash == nullptr ? std::string_view() : source_.text.substr(dash->end, key - dash->end);
            gap = blanks.size() <= 8 && blanks.find_first_not_of(' ') == std::string_view::npos
                      ? std::max<std::size_t>(blanks.size(), 1)
                      : 1;
        }
        auto part = item_part(entry_, style, gap, keys_);
        if (node.kind == Kind::mapping && node.layout == Layout::flow) {
            part.lines = {"- " + part.flow};
        }
        TRY_ASSIGN(auto splice, add_last(source_, list, std::move(part)));
        return Plan{.splice = std::move(splice)};
    }

    // The value of a key that is there once; no_node: it is not there.
    base::Result<std::size_t> find(std::size_t mapping, std::string_view key) {
        std::size_t found = no_node;
        for (auto each = YamlText::first(mapping); yaml_.has(mapping, each);) {
            const auto value = yaml_.next(each);
            const auto& node = source_.node(yaml_.meant(each));
            if (node.kind == Kind::scalar && node.value == key) {
                if (found != no_node) {
                    return source_.refuse(each,
                                          "the key \"" + shown(key) + "\" is here a second time, first in line " +
                                              std::to_string(source_.line_of(found)),
                                          "remove one of them: only the last would count");
                }
                found = value;
            }
            each = yaml_.next(value);
        }
        return found;
    }

    // Refuses when `mapping` may get `what` from another one (`<<: *other`).
    base::Result<void> check_no_merge(std::size_t mapping, const std::string& what) {
        for (auto key = YamlText::first(mapping); yaml_.has(mapping, key); key = yaml_.next(yaml_.next(key))) {
            const auto& node = source_.node(key);
            if (node.kind == Kind::scalar && node.style == Style::plain && node.value == "<<") {
                return source_.refuse(key, what + " may come from the mapping that is merged here (<<)",
                                      "write it out here");
            }
        }
        return {};
    }

    // The node that counts, which may be written elsewhere.
    std::size_t follow(std::size_t index) {
        const auto& node = source_.node(index);
        if (shared_ == no_node && (node.kind == Kind::alias || node.aliased)) {
            shared_ = index;
        }
        return yaml_.meant(index);
    }

    // Refuses to change what was reached through an alias, or is used through one elsewhere.
    base::Result<void> check_own() {
        if (shared_ == no_node || !entry_.value) {
            return {};
        }
        const auto& node = source_.node(shared_);
        if (node.kind == Kind::alias) {
            return source_.refuse(shared_,
                                  "this is an alias; what it stands for is in line " +
                                      std::to_string(source_.line_of(node.target)) + " (&" + shown(node.value) + ")",
                                  "write it out here, or change it there");
        }
        const auto alias = std::ranges::find(yaml_.nodes, shared_, &Node::target);
        return source_.refuse(shared_,
                              "what is here is used in line " + std::to_string(line_at(source_.text, alias->begin)) +
                                  " too (*" + shown(node.anchor) + "), where it would change as well",
                              "write it out there");
    }

    const Source& source_;
    const YamlText& yaml_;
    const EnvEntry& entry_;
    const std::string value_;
    const Style keys_;              // of those that are added
    std::size_t shared_ = no_node;  // the first node on the way that is not only ours
};

// libyaml lets a plain text swallow blank lines with tabs behind it, which nothing else may
// have there. The first such line after `offset`, as an offset.
std::optional<std::size_t> tab_in_blank_line(std::string_view text, std::size_t offset) {
    bool below = false;
    while (offset < text.size()) {
        const auto length = break_length(text, offset);
        if (length == 0 && text[offset] != ' ' && text[offset] != '\t') {
            break;
        }
        if (below && text[offset] == '\t') {
            return offset;
        }
        below = below || length > 0;
        offset += std::max<std::size_t>(length, 1);
    }
    return std::nullopt;
}

// The nodes that the splice promised hold the new value last, but for closing ones.
std::size_t value_in(const Splice& splice) {
    std::size_t last = splice.nodes.size();
    while (last > 0 && splice.nodes[last - 1].kind == Kind::end) {
        --last;
    }
    return splice.at + last - 1;
}

}  // namespace

base::Result<Edit> set_env(std::string_view text, const EnvEntry& entry) {
    TRY(check(entry));
    const std::size_t mark = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0;
    const auto body = text.substr(mark);
    TRY_ASSIGN(auto yaml, read_yaml(body, entry.file));
    const Source source{.text = body, .file = entry.file, .yaml = std::move(yaml)};
    Editor editor(source, entry);
    TRY_ASSIGN(const auto plan, editor.plan());
    Edit edit{.text = std::string(text)};
    if (plan.value != no_node) {
        edit.line = source.line_of(plan.value);
        const auto& old = source.node(source.yaml.meant(plan.value));
        edit.before = old.kind == Kind::scalar ? std::optional(old.value) : std::nullopt;
    }
    if (!plan.splice || !entry.value) {
        return edit;
    }
    const auto& splice = *plan.splice;
    edit.change = plan.value == no_node ? Change::added : Change::updated;
    edit.begin = mark + splice.begin;
    edit.removed = splice.end - splice.begin;
    edit.inserted = splice.text.size();
    edit.text.replace(edit.begin, edit.removed, splice.text);
    const auto new_body = std::string_view(edit.text).substr(mark);
    if (new_body.size() > largest_text) {
        return base::fail(base::ErrorCode::bad_input,
                          entry.file + ":1: would become larger than " + base::human_bytes(largest_text),
                          "helm takes no more: make the file smaller");
    }
    const auto again = read_yaml(new_body, entry.file);
    if (const auto tab = tab_in_blank_line(body, splice.end); !again && tab) {
        return source.refuse_at(*tab, "this blank line has a tab, which may not be there after the edit",
                                "remove the tab");
    }
    if (!again || !same_but(source.yaml, splice, *again)) {
        return base::fail(base::ErrorCode::bug,
                          entry.file + ": the edited text would not read as it should; nothing was written",
                          "edit the file by hand, and report this with the file");
    }
    edit.line = line_at(new_body, again->nodes[value_in(splice)].begin);
    return edit;
}

}  // namespace edit
