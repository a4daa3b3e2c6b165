#include <algorithm>

#include "base/text.hpp"
#include "report/escape.hpp"
#include "report/gantt.hpp"
#include "report/limits.hpp"
#include "report/writers.hpp"

namespace report {
namespace {

enum class Place : std::uint8_t { text, table };

std::string_view sign(Mark mark) {
    switch (mark) {
        case Mark::good: return "✅";
        case Mark::bad: return "❌";
        case Mark::attention: return "⚠️";
    }
    return "";
}

std::string span_text(const Span& span, Place place) {
    const std::string text = base::shorten(clean(span.text), place == Place::table ? longest_cell : longest_paragraph);
    switch (span.style) {
        case Style::plain: return escape_text(text);
        case Style::strong: {
            // Spaces within the asterisks would keep them from being markup.
            const auto words = base::trim(text);
            return words.empty() ? "" : "**" + escape_text(words) + "**" + (text.ends_with(' ') ? " " : "");
        }
        case Style::code: return place == Place::table ? code_span_in_table(text) : code_span(text);
        case Style::good: return std::string(sign(Mark::good)) + " " + escape_text(text);
        case Style::bad: return std::string(sign(Mark::bad)) + " " + escape_text(text);
        case Style::attention: return std::string(sign(Mark::attention)) + " " + escape_text(text);
    }
    return {};
}

std::string line_text(const Line& line, Place place) {
    std::string text;
    for (const auto& span : line) {
        text += span.text.empty() && span.style != Style::code ? "" : span_text(span, place);
    }
    return text;
}

std::string folded(const std::string& title, const std::string& content) {
    if (title.empty()) {
        return content;
    }
    return "<details><summary>" + escape_text(title) + "</summary>\n\n" + content + "\n</details>\n";
}

std::string write(const Paragraph& paragraph) {
    return line_text(paragraph.text, Place::text) + "\n";
}

std::string write(const Bullets& bullets) {
    std::string text;
    for (std::size_t i = 0; i < std::min(bullets.items.size(), most_bullets); ++i) {
        text += "- " + line_text(bullets.items[i], Place::text) + "\n";
    }
    if (bullets.items.size() > most_bullets) {
        text += "- … and " + std::to_string(bullets.items.size() - most_bullets) + " more\n";
    }
    return text;
}

std::string write(const Table& table) {
    std::string text = "|";
    std::string rule = "|";
    for (const auto& title : table.header) {
        text += " " + escape_text(title) + " |";
        rule += "---|";
    }
    text += "\n" + rule + "\n";
    for (std::size_t i = 0; i < std::min(table.rows.size(), most_rows); ++i) {
        text += "|";
        for (const auto& cell : table.rows[i]) {
            text += " " + line_text(cell, Place::table) + " |";
        }
        text += "\n";
    }
    if (table.rows.size() > most_rows) {
        text += "| … and " + std::to_string(table.rows.size() - most_rows) + " more |\n";
    }
    return folded(table.fold, text);
}

std::string write(const Code& block) {
    return folded(block.fold, fenced(block.language, clean(block.text)));
}

std::string write(const Timeline& timeline) {
    return folded(timeline.fold, fenced("mermaid", gantt(timeline)));
}

// Appends while there is room; says once where something was left out.
class Page {
public:
    void add(const std::string& text) {
        if (full_) {
            return;
        }
        if (text_.size() + text.size() + left_out.size() > largest_summary) {
            full_ = true;
            text_ += left_out;
            return;
        }
        text_ += text;
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    static constexpr std::string_view left_out = "\n_… the rest is left out: a summary holds 1 MiB._\n";
    std::string text_;
    bool full_ = false;
};

std::string run_link(const std::string& url) {
    const bool safe = (url.starts_with("https://") || url.starts_with("http://")) &&
                      std::ranges::none_of(url, [](char c) { return std::string_view(" ()<>[]\"'\\`\n").contains(c); });
    return safe ? "\n[This run](" + url + ")" : "";
}

}  // namespace

std::string to_markdown(const Document& document) {
    Page page;
    page.add("## " + std::string(sign(document.mark)) + " " +
             escape_text(base::shorten(clean(document.headline), longest_paragraph)) + "\n");
    const auto add_blocks = [&page](const std::vector<Block>& blocks) {
        for (const auto& block : blocks) {
            page.add("\n" + std::visit([](const auto& one) { return write(one); }, block));
        }
    };
    add_blocks(document.lead);
    for (const auto& section : document.sections) {
        page.add("\n### " + escape_text(section.title) + "\n");
        add_blocks(section.blocks);
    }
    page.add(run_link(document.run_url) + (run_link(document.run_url).empty() ? "" : "\n"));
    return page.take();
}

}  // namespace report
