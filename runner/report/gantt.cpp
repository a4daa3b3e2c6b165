#include "report/gantt.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace report {
namespace {

// A task's name ends at ':'; ';' and '#' end statements or begin entities, and a line
// that begins with a keyword is no task.
std::string task_name(const std::string& name) {
    std::string text;
    for (const char c : base::printable(name)) {
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view(" ._-/()").contains(c);
        text += safe ? c : ' ';
    }
    text = base::trim(text);
    constexpr std::array keywords{"gantt",    "title",    "section", "dateformat", "axisformat", "tick",
                                  "excludes", "includes", "today",   "click",      "call",       "href",
                                  "acc",      "inclu",    "weekday", "weekend",    "top"};
    const bool clashes =
        std::ranges::any_of(keywords, [&](const char* keyword) { return base::lower(text).starts_with(keyword); });
    return text.empty() ? "phase" : clashes ? "- " + text : text;
}

}  // namespace

// Times are milliseconds since the start of the run. The axis counts them from the
// epoch, for a clock's hours and minutes would depend on the reader's time zone.
std::string gantt(const Timeline& timeline) {
    const bool is_short = timeline.total < std::chrono::seconds(5);
    std::string text = "gantt\n    dateFormat x\n";
    text += std::string("    axisFormat ") + (is_short ? "%Q ms" : "%s s") + "\n    todayMarker off\n";
    for (const auto& phase : timeline.phases) {
        const auto begin = std::max(phase.begin.count(), std::chrono::milliseconds::rep{0});
        const auto length = std::max(phase.end.count() - begin, std::chrono::milliseconds::rep{1});
        text += "    " + task_name(phase.name) + " " +
                base::human_duration(std::max(phase.end - phase.begin, std::chrono::milliseconds(0))) + " :" +
                (phase.failed ? "crit, " : "") + std::to_string(begin) + ", " + std::to_string(length) + "ms\n";
    }
    return text;
}

}  // namespace report
