#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "report/columns.hpp"
#include "report/limits.hpp"
#include "report/writers.hpp"

namespace report {
namespace {

constexpr std::size_t widest_page = 100;
constexpr std::size_t narrowest_page = 40;
constexpr std::size_t widest_cell = 44;
constexpr std::size_t narrowest_cell = 14;
constexpr std::size_t bar_columns = 40;

class Writer {
public:
    explicit Writer(const TerminalStyle& style)
        : style_(style),
          page_(style.columns == 0 ? widest_page : std::clamp(style.columns, narrowest_page, widest_page)) {}

    [[nodiscard]] std::string page(const Document& document) const {
        std::string text;
        const auto lines = wrapped(sign(document.mark) + " " + one_line(document.headline), page_);
        for (const auto& line : lines) {
            text += painted(document.mark, line) + "\n";
        }
        text += blocks(document.lead);
        for (const auto& section : document.sections) {
            text += "\n" + bold(one_line(section.title)) + "\n" + blocks(section.blocks);
        }
        return text;
    }

private:
    [[nodiscard]] std::string escape(const std::string& sequence, const std::string& text) const {
        return style_.colour ? "\033[" + sequence + "m" + text + "\033[0m" : text;
    }
    [[nodiscard]] std::string bold(const std::string& text) const { return escape("1", text); }
    [[nodiscard]] std::string painted(Mark mark, const std::string& text) const {
        constexpr std::array colours{"1;32", "1;31", "1;33"};
        return escape(colours.at(static_cast<std::size_t>(mark)), text);
    }
    static std::string sign(Mark mark) {
        constexpr std::array signs{"✔", "✘", "!"};
        return signs.at(static_cast<std::size_t>(mark));
    }
    static std::string one_line(const std::string& text) {
        return base::replace_all(base::shorten(clean(text), longest_paragraph), "\n", " ");
    }

    static std::string span_text(const Span& span) {
        switch (span.style) {
            case Style::good: return sign(Mark::good) + " " + one_line(span.text);
            case Style::bad: return sign(Mark::bad) + " " + one_line(span.text);
            case Style::attention: return sign(Mark::attention) + " " + one_line(span.text);
            default: return one_line(span.text);
        }
    }
    static std::string line_text(const Line& line) {
        std::string text;
        for (const auto& span : line) {
            text += span.text.empty() ? "" : span_text(span);
        }
        return text;
    }
    // The colour of a line is that of its first span.
    [[nodiscard]] std::string coloured(const Line& line, const std::string& text) const {
        if (line.empty()) {
            return text;
        }
        switch (line.front().style) {
            case Style::good: return escape("32", text);
            case Style::bad: return escape("31", text);
            case Style::attention: return escape("33", text);
            default: return text;
        }
    }

    [[nodiscard]] std::string blocks(const std::vector<Block>& all) const {
        std::string text;
        for (const auto& block : all) {
            text += std::visit([this](const auto& one) { return write(one); }, block);
        }
        return text;
    }

    [[nodiscard]] std::string write(const Paragraph& paragraph) const {
        std::string text;
        for (const auto& line : wrapped(line_text(paragraph.text), page_ - 2)) {
            text += "  " + line + "\n";
        }
        return text;
    }

    [[nodiscard]] std::string write(const Bullets& bullets) const {
        std::string text;
        for (std::size_t i = 0; i < std::min(bullets.items.size(), most_bullets); ++i) {
            std::string lead = "  • ";
            for (const auto& line : wrapped(line_text(bullets.items[i]), page_ - 4)) {
                text += lead + coloured(bullets.items[i], line) + "\n";
                lead = "    ";
            }
        }
        if (bullets.items.size() > most_bullets) {
            text += "  • … and " + std::to_string(bullets.items.size() - most_bullets) + " more\n";
        }
        return text;
    }

    using Cell = std::vector<std::string>;  // lines
    struct Grid {
        std::vector<Cell> header;
        std::vector<std::vector<Cell>> rows;
        std::vector<std::size_t> widths;
        [[nodiscard]] std::size_t columns() const {
            std::size_t all = 3;  // two before it, and its right edge
            for (const auto width : widths) {
                all += width + 3;
            }
            return all;
        }
    };

    // Cells broken so that no column is wider than `limit` unless a word is.
    static Grid grid(const Table& table, std::size_t limit) {
        Grid grid{.header = {}, .rows = {}, .widths = std::vector<std::size_t>(table.header.size())};
        const auto cell = [&grid, limit](std::size_t column, const std::string& text) {
            auto lines = wrapped(text, limit);
            for (const auto& line : lines) {
                grid.widths[column] = std::max(grid.widths[column], columns(line));
            }
            return lines;
        };
        for (std::size_t j = 0; j < table.header.size(); ++j) {
            grid.header.push_back(cell(j, table.header[j]));
        }
        for (std::size_t i = 0; i < std::min(table.rows.size(), most_rows); ++i) {
            auto& row = grid.rows.emplace_back(table.header.size());
            for (std::size_t j = 0; j < std::min(table.rows[i].size(), row.size()); ++j) {
                row[j] = cell(j, base::shorten(line_text(table.rows[i][j]), longest_cell));
            }
        }
        return grid;
    }

    // The widest columns are made narrower until the terminal can show it; nothing: it never can.
    [[nodiscard]] std::optional<Grid> fitting_grid(const Table& table) const {
        for (auto limit = widest_cell; limit >= narrowest_cell; --limit) {
            auto fitting = grid(table, limit);
            if (style_.columns == 0 || fitting.columns() <= style_.columns) {
                return fitting;
            }
        }
        return std::nullopt;
    }

    // Each row as an entry of a list: for terminals that are too narrow.
    [[nodiscard]] std::string as_list(const Table& table) const {
        Bullets bullets;
        for (const auto& row : table.rows) {
            std::string text;
            for (std::size_t j = 0; j < std::min(row.size(), table.header.size()); ++j) {
                if (const auto cell = line_text(row[j]); !cell.empty()) {
                    text += (text.empty() ? "" : ", ") + (j == 0 ? "" : table.header[j] + " ") + cell;
                }
            }
            bullets.items.push_back({plain(std::move(text))});
        }
        return write(bullets);
    }

    [[nodiscard]] std::string write(const Table& table) const {
        const auto fitting = fitting_grid(table);
        if (!fitting) {
            return as_list(table);
        }
        const auto& shown = *fitting;
        std::string text = rule(shown.widths, {"┌", "┬", "┐"});
        text +=
            row_text(shown.header, shown.widths, [this](std::size_t, const std::string& cell) { return bold(cell); });
        text += rule(shown.widths, {"├", "┼", "┤"});
        for (std::size_t i = 0; i < shown.rows.size(); ++i) {
            const auto& lines = table.rows[i];
            text += row_text(shown.rows[i], shown.widths, [&](std::size_t column, const std::string& cell) {
                return column < lines.size() ? coloured(lines[column], cell) : cell;
            });
        }
        text += rule(shown.widths, {"└", "┴", "┘"});
        if (table.rows.size() > most_rows) {
            text += "  … and " + std::to_string(table.rows.size() - most_rows) + " more\n";
        }
        return text;
    }

    template <typename Paint>
    static std::string row_text(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                                const Paint& paint) {
        std::size_t height = 1;
        for (const auto& cell : cells) {
            height = std::max(height, cell.size());
        }
        std::string text;
        for (std::size_t k = 0; k < height; ++k) {
            text += "  │";
            for (std::size_t j = 0; j < widths.size(); ++j) {
                const std::string cell = padded(k < cells[j].size() ? cells[j][k] : "", widths[j]);
                text += " " + paint(j, cell) + " │";
            }
            text += "\n";
        }
        return text;
    }

    static std::string rule(const std::vector<std::size_t>& widths, const std::array<const char*, 3>& corners) {
        std::string text = std::string("  ") + corners[0];
        for (std::size_t j = 0; j < widths.size(); ++j) {
            for (std::size_t k = 0; k < widths[j] + 2; ++k) {
                text += "─";
            }
            text += j + 1 == widths.size() ? corners[2] : corners[1];
        }
        return text + "\n";
    }

    // Not wrapped: it is there to be copied. What would be folded has its end in sight already.
    [[nodiscard]] std::string write(const Code& block) const {
        if (!block.fold.empty()) {
            return {};
        }
        std::string text;
        for (const auto& line : base::split(base::trim(clean(block.text)), '\n')) {
            text += "    " + (block.language == "sh" ? escape("36", line) : line) + "\n";
        }
        return text;
    }

    [[nodiscard]] std::string write(const Timeline& timeline) const {
        std::size_t width = 0;
        for (const auto& phase : timeline.phases) {
            width = std::max(width, columns(one_line(phase.name)));
        }
        const auto total = std::max(timeline.total.count(), std::chrono::milliseconds::rep{1});
        const auto column_of = [total](std::chrono::milliseconds time) {
            const auto inside = std::clamp(time.count(), std::chrono::milliseconds::rep{0}, total);
            return static_cast<std::size_t>(inside) * bar_columns / static_cast<std::size_t>(total);
        };
        std::string text;
        for (const auto& phase : timeline.phases) {
            const std::size_t begin = std::min(column_of(phase.begin), bar_columns - 1);
            const std::size_t end = std::max(column_of(phase.end), begin + 1);
            std::string bar;
            for (std::size_t i = begin; i < end; ++i) {
                bar += "█";
            }
            text += "  " + padded(one_line(phase.name), width) + "  " + std::string(begin, ' ') +
                    escape(phase.failed ? "31" : "32", bar) + std::string(bar_columns - end, ' ') + "  " +
                    base::human_duration(std::max(phase.end - phase.begin, std::chrono::milliseconds(0))) +
                    (phase.failed ? " " + escape("31", "✘") : "") + "\n";
        }
        return text;
    }

    TerminalStyle style_;
    std::size_t page_;
};

}  // namespace

std::string to_terminal(const Document& document, const TerminalStyle& style) {
    return Writer(style).page(document);
}

}  // namespace report
