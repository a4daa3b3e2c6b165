#include "report/availability.hpp"

#include <array>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "report/story.hpp"

namespace report {
namespace {

double seconds(std::chrono::milliseconds time) {
    return static_cast<double>(time.count()) / 1000;
}

// "0.08 s"
std::string shown(std::chrono::milliseconds time) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.2f s", seconds(time));
    return text.data();
}

Line writes(const model::Availability& ledger) {
    Line line{plain("longest time without an acknowledged write: ")};
    line.push_back(strong(shown(ledger.longest_gap->length)));
    std::string text = ", " + base::human_duration(ledger.longest_gap->begin) + " after the start (" +
                       counted(ledger.acknowledged, "write");
    text += ledger.failed == 0 ? "" : ", " + std::to_string(ledger.failed) + " tried again at another member";
    text += !ledger.lost_write.empty() ? ")" : ledger.all_writes_found ? ", none lost)" : ", none known to be lost)";
    line.push_back(plain(std::move(text)));
    return line;
}

}  // namespace

std::string seconds_text(std::chrono::milliseconds time) {
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%.3f", seconds(time));
    return text.data();
}

std::optional<Section> availability_section(const model::RunRecord& record) {
    // Where nothing ran before there was nobody to be kept waiting.
    if (!record.availability || !record.before) {
        return std::nullopt;
    }
    const auto& ledger = *record.availability;
    Bullets bullets;
    if (!ledger.lost_write.empty()) {
        bullets.items.push_back({{"an acknowledged write was lost: " + ledger.lost_write, Style::bad}});
    }
    if (ledger.longest_gap) {
        bullets.items.push_back(writes(ledger));
    }
    if (ledger.lowest_healthy && ledger.acknowledged > 0) {
        bullets.items.push_back({plain("never fewer than "), strong(std::to_string(*ledger.lowest_healthy)),
                                 plain(" of " + counted(ledger.members, "member") + " well at the same time")});
    }
    if (ledger.leader_changes && ledger.acknowledged > 0) {
        bullets.items.push_back(
            {plain(*ledger.leader_changes == 0 ? std::string("the leader did not change")
                                               : counted(*ledger.leader_changes, "leader change"))});
    }
    if (!ledger.note.empty()) {
        bullets.items.push_back(
            {plain((ledger.acknowledged == 0 ? "not measured: " : "not measured to the end: ") + ledger.note)});
    }
    if (bullets.items.empty()) {
        return std::nullopt;
    }
    return Section{.title = "What clients saw while members were replaced", .blocks = {std::move(bullets)}};
}

nlohmann::ordered_json availability_json(const model::Availability& ledger) {
    nlohmann::ordered_json object{{"measured", ledger.acknowledged > 0},
                                  {"writesAcknowledged", ledger.acknowledged},
                                  {"writesFailed", ledger.failed}};
    if (ledger.longest_gap) {
        object["longestGapMs"] = ledger.longest_gap->length.count();
        object["longestGapAtMs"] = ledger.longest_gap->begin.count();
    }
    object["members"] = ledger.members;
    if (ledger.lowest_healthy) {
        object["lowestMembersHealthy"] = *ledger.lowest_healthy;
    }
    if (ledger.leader_changes) {
        object["leaderChanges"] = *ledger.leader_changes;
    }
    object["allWritesFound"] = ledger.all_writes_found;
    if (!ledger.lost_write.empty()) {
        object["lostWrite"] = base::printable(ledger.lost_write);
    }
    if (!ledger.note.empty()) {
        object["note"] = base::printable(ledger.note);
    }
    return object;
}

}  // namespace report
