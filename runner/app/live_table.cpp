#include "app/live_table.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "report/columns.hpp"

namespace app {
namespace {

using std::chrono::seconds;

// What goes on for less is not worth a clock that ticks.
constexpr seconds tick{1};

std::string duration_since(std::chrono::steady_clock::time_point since, std::chrono::steady_clock::time_point now) {
    const auto whole = std::chrono::duration_cast<seconds>(now - since);
    return whole < seconds(60) ? std::to_string(whole.count()) + " s" : base::human_duration(whole);
}

bool is_ready(const rollout::PodLine& pod) {
    return pod.phrase == "ready";
}

// A line that is broken by the terminal would be two, and the table could not be taken away.
std::string cut(const std::string& line, std::size_t width) {
    auto bytes = line.size();
    std::string shorter = line;
    while (report::columns(shorter) >= width && bytes > 0) {
        shorter = base::shorten(line, --bytes);
    }
    return shorter;
}

}  // namespace

LiveTable::LiveTable(Terminal terminal, sys::Clock& clock)
    : terminal_(std::move(terminal)), clock_(clock), ticker_([this](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
              ending_.wait_for(lock, stop, tick, [] { return false; });
              if (height_ > 0 && !stop.stop_requested()) {
                  redraw();
              }
          }
      }) {}

LiveTable::~LiveTable() {
    end();
}

void LiveTable::log(std::string_view lines) {
    const std::scoped_lock lock(mutex_);
    auto text = taken_away();
    text += lines;
    text += drawn();
    terminal_.write(text);
}

void LiveTable::begin_phase(std::string name) {
    const std::scoped_lock lock(mutex_);
    phases_.push_back({.name = std::move(name), .since = clock_.now()});
    redraw();
}

void LiveTable::end_phase() {
    const std::scoped_lock lock(mutex_);
    if (!phases_.empty()) {
        phases_.pop_back();
    }
    redraw();
}

void LiveTable::show_pods(std::vector<rollout::PodLine> pods) {
    const std::scoped_lock lock(mutex_);
    std::vector<Row> rows;
    for (auto& pod : pods) {
        const auto known = std::ranges::find(rows_, pod, &Row::pod);
        const auto since = known == rows_.end() ? clock_.now() : known->since;
        rows.push_back({.pod = std::move(pod), .since = since});
    }
    rows_ = std::move(rows);
    redraw();
}

void LiveTable::end() {
    const std::scoped_lock lock(mutex_);
    if (const auto text = taken_away(); !text.empty()) {
        terminal_.write(text);
    }
    ended_ = true;
}

std::string LiveTable::taken_away() {
    const auto height = std::exchange(height_, 0);
    // Up to its first line, and what is below is erased (ECMA-48: CUU, ED).
    return height == 0 ? std::string() : "\x1b[" + std::to_string(height) + "A\x1b[J";
}

std::string LiveTable::drawn() {
    if (ended_ || phases_.empty()) {
        return {};
    }
    const auto now = clock_.now();
    const auto size = terminal_.size();
    std::vector<std::string> lines{phases_.back().name + "  " + duration_since(phases_.back().since, now)};
    std::size_t name_width = 0;
    std::size_t phrase_width = 0;
    for (const auto& row : rows_) {
        name_width = std::max(name_width, report::columns(row.pod.pod));
        phrase_width = std::max(phrase_width, report::columns(row.pod.phrase));
    }
    // The duration stands at the end of the longest phrase, or of the terminal.
    constexpr std::size_t beside_phrase = 6 + 2 + 8;
    const auto room = size.columns > name_width + beside_phrase ? size.columns - name_width - beside_phrase : 1;
    for (const auto& row : rows_) {
        lines.push_back("  " + std::string(is_ready(row.pod) ? "✓ " : "· ") + report::padded(row.pod.pod, name_width) +
                        "  " + report::padded(cut(row.pod.phrase, room + 1), std::min(phrase_width, room)) + "  " +
                        duration_since(row.since, now));
    }
    // Half of the terminal is the log's.
    const auto most = std::max<std::size_t>(size.rows / 2, 1);
    if (lines.size() > most) {
        lines.resize(most);
    }
    std::string text;
    for (const auto& line : lines) {
        text += cut(line, size.columns) + "\n";
    }
    height_ = lines.size();
    return text;
}

void LiveTable::redraw() {
    auto text = taken_away();
    text += drawn();
    if (!text.empty()) {
        terminal_.write(text);
    }
}

}  // namespace app
