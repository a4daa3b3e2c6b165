// The summary as a structure: composed once, from the RunRecord, and then written
// as Markdown or for a terminal. Texts are as they came; escaping is the writers'.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "model/record.hpp"

namespace report {

enum class Mark : std::uint8_t { good, bad, attention };
enum class Style : std::uint8_t { plain, strong, code, good, bad, attention };

struct Span {
    std::string text;
    Style style = Style::plain;
};
using Line = std::vector<Span>;

[[nodiscard]] inline Span plain(std::string text) {
    return {std::move(text), Style::plain};
}
[[nodiscard]] inline Span strong(std::string text) {
    return {std::move(text), Style::strong};
}
[[nodiscard]] inline Span code(std::string text) {
    return {std::move(text), Style::code};
}

struct Paragraph {
    Line text;
};

struct Bullets {
    std::vector<Line> items;
};

struct Table {
    std::vector<std::string> header;
    std::vector<std::vector<Line>> rows;
    std::string fold = {};  // as of Code; a terminal shows it all the same
};

// Shown as it is, so it has to be short already. With a `fold`, the summary shows that title until it is clicked.
struct Code {
    std::string language;  // "sh", "yaml", "text"
    std::string text;
    std::string fold = {};
};

struct Timeline {
    std::vector<model::Phase> phases;
    std::chrono::milliseconds total{0};
    std::string fold = {};
};

using Block = std::variant<Paragraph, Bullets, Table, Code, Timeline>;

struct Section {
    std::string title;
    std::vector<Block> blocks;
};

struct Document {
    Mark mark = Mark::good;
    std::string headline;
    std::vector<Block> lead;
    std::vector<Section> sections;  // in the order in which people ask
    std::string run_url;            // may be empty
};

[[nodiscard]] Document compose(const model::RunRecord& record);

}  // namespace report
