#include "inputs/yaml_scan.hpp"

#include <algorithm>
#include <map>
#include <sstream>

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include "base/text.hpp"

namespace inputs {
namespace {

// Ten times what a large real values file has. Helm's own YAML reader refuses
// documents in which aliases make up nearly everything, far later.
constexpr std::uint64_t most_nodes_through_aliases = 100'000;
constexpr std::size_t most_problems = 20;

class Scanner final : public YAML::EventHandler {
public:
    Scanner(std::string_view text, YamlScan& result) : text_(text), result_(result) {}

    void OnDocumentStart(const YAML::Mark& mark) override {
        ++documents_;
        if (documents_ == 2) {
            add(mark, "a second YAML document starts here; helm would ignore it", "use one file for each document");
        }
        anchors_.clear();
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        begin(mark, YamlRoot::empty, "");
        if (!open_.empty() && open_.back().is_block_mapping && !open_.back().at_key) {
            check_colon(open_.back());
        }
        leaf(anchor);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        const bool is_null = tag != "!" && (value == "~" || value == "null" || value == "Null" || value == "NULL");
        begin(mark, is_null ? YamlRoot::empty : YamlRoot::scalar, value);
        leaf(anchor);
        last_scalar_ = mark;
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        begin(mark, YamlRoot::scalar, "");
        const auto found = anchors_.find(anchor);
        aliased_ += found == anchors_.end() ? 1 : found->second;
        if (aliased_ > most_nodes_through_aliases && !exploded_) {
            exploded_ = true;
            add(mark,
                "the aliases in this file unfold to more than " + std::to_string(most_nodes_through_aliases) +
                    " values",
                "write the values out");
        }
        end(found == anchors_.end() ? 1 : found->second, 0);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        begin(mark, YamlRoot::sequence, "");
        open_.push_back({.anchor = anchor});
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value style) override {
        begin(mark, YamlRoot::mapping, "");
        open_.push_back({.is_mapping = true, .is_block_mapping = style == YAML::EmitterStyle::Block, .anchor = anchor});
    }
    void OnMapEnd() override { close(); }

    [[nodiscard]] bool exploded() const { return exploded_; }
    [[nodiscard]] const YAML::Mark& last_scalar() const { return last_scalar_; }

private:
    struct Open {
        bool is_mapping = false;
        bool is_block_mapping = false;  // not {like: this}
        bool at_key = true;
        YAML::Mark key_mark = {};
        std::string key = {};  // the last one, when it is a text
        YAML::anchor_t anchor = 0;
        std::uint64_t weight = 1;
        std::map<std::string, int> keys = {};  // -> line
    };

    // Called once for every node, before anything of it is opened.
    void begin(const YAML::Mark& mark, YamlRoot kind, const std::string& value) {
        if (open_.empty()) {
            if (documents_ == 1) {
                result_.root = kind;
            }
            return;
        }
        Open& parent = open_.back();
        if (parent.at_key) {
            parent.key = value;
            parent.key_mark = mark;
        }
        if (!parent.is_mapping || !parent.at_key || kind != YamlRoot::scalar || value.empty()) {
            return;
        }
        if (open_.size() == 1 && documents_ == 1) {
            result_.root_keys.push_back(value);
        }
        const auto [place, is_new] = parent.keys.emplace(value, mark.line + 1);
        if (!is_new) {
            add(mark,
                "the key \"" + base::shorten(base::printable(value), 80) + "\" is there twice, first in line " +
                    std::to_string(place->second),
                "remove one of them: only the last would count");
        }
    }
    void leaf(YAML::anchor_t anchor) { end(1, anchor); }
    void close() {
        const Open closed = std::move(open_.back());
        open_.pop_back();
        end(closed.weight, closed.anchor);
    }
    // A node is complete: its parent grows by it, and its anchor stands for so much.
    void end(std::uint64_t weight, YAML::anchor_t anchor) {
        constexpr std::uint64_t enough = std::uint64_t{1} << 40U;
        weight = std::min(weight, enough);
        if (anchor != 0) {
            anchors_[anchor] = weight;
        }
        if (!open_.empty()) {
            open_.back().weight = std::min(open_.back().weight + weight, enough);
            open_.back().at_key = !open_.back().at_key;
        }
    }
    // yaml-cpp takes a lone word for a key without a value; helm does not.
    void check_colon(const Open& mapping) {
        const auto begin = static_cast<std::size_t>(std::max(mapping.key_mark.pos, 0));
        if (mapping.key.empty() || text_.substr(std::min(begin, text_.size()), mapping.key.size()) != mapping.key) {
            return;  // a quoted key, say: helm looks at that
        }
        const auto before = text_.substr(0, begin).find_last_not_of(' ');
        if (before != std::string_view::npos && text_[before] == '?') {
            return;  // an explicit key needs no colon
        }
        const auto next = text_.find_first_not_of(' ', begin + mapping.key.size());
        if (next == std::string_view::npos || text_[next] == '\n' || text_[next] == '\r' || text_[next] == '#') {
            add(mapping.key_mark, "this is not valid YAML: a colon is missing after this word",
                "settings are written as name: value");
            result_.parses = false;
        }
    }
    void add(const YAML::Mark& mark, std::string message, std::string hint) {
        if (result_.problems.size() < most_problems) {
            result_.problems.push_back({std::move(message), std::move(hint), mark.line + 1, mark.column + 1});
        }
    }

    std::string_view text_;
    YamlScan& result_;
    int documents_ = 0;
    std::uint64_t aliased_ = 0;
    bool exploded_ = false;
    YAML::Mark last_scalar_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, std::uint64_t> anchors_;
};

std::string_view line_of(std::string_view text, int number) {
    std::size_t begin = 0;
    for (int line = 1; line < number; ++line) {
        const auto end = text.find('\n', begin);
        if (end == std::string_view::npos) {
            return {};
        }
        begin = end + 1;
    }
    return text.substr(begin, text.find('\n', begin) - begin);
}

std::string hint_for(std::string_view text, int line) {
    const auto bad = line_of(text, line);
    const auto indentation = bad.substr(0, bad.find_first_not_of(" \t"));
    if (indentation.contains('\t')) {
        return "indent with spaces: this line has a tab";
    }
    return {};
}

// yaml-cpp lets a quoted text run to the end of the file; helm does not.
bool is_unclosed_quote(std::string_view text, const YAML::Mark& scalar) {
    const auto begin = static_cast<std::size_t>(std::max(scalar.pos, 0));
    if (begin >= text.size() || (text[begin] != '\'' && text[begin] != '"')) {
        return false;
    }
    for (std::size_t i = begin + 1; i < text.size(); ++i) {
        if (text[begin] == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == text[begin]) {
            return false;
        }
    }
    return true;
}

}  // namespace

YamlScan scan_yaml(std::string_view text) {
    YamlScan result;
    try {
        std::istringstream stream{std::string(text)};
        YAML::Parser parser(stream);
        Scanner scanner(text, result);
        while (!scanner.exploded() && parser.HandleNextDocument(scanner)) {
        }
        if (const auto& mark = scanner.last_scalar(); is_unclosed_quote(text, mark)) {
            result.parses = false;
            result.problems.push_back(
                {"this is not valid YAML: a quote is never closed", "", mark.line + 1, mark.column + 1});
        }
    } catch (const YAML::Exception& error) {
        result.parses = false;
        const bool known = !error.mark.is_null();
        const int line = known ? error.mark.line + 1 : 0;
        // Of yaml-cpp's message only what it says by itself: after a colon may come our text.
        const std::string message = error.msg.substr(0, error.msg.find(':'));
        result.problems.push_back({"this is not valid YAML: " + base::printable(message), hint_for(text, line), line,
                                   known ? error.mark.column + 1 : 0});
    }
    return result;
}

}  // namespace inputs
